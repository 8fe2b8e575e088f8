//! Pages of providers on which invoices are paid.

use chrono::TimeDelta;
use uuid::Uuid;

use super::accounts::{Account, account_of};
use crate::billing::contract::events::PaymentPageOpened;
use crate::billing::contract::{InvoiceId, MoneyError};
use crate::billing::invoices;
use crate::billing::payments::providers::domain::{Made, Order, Provider};
use crate::billing::payments::providers::store::{self, CheckoutRow};
use crate::kernel::Message;
use crate::platform::db::TenantTx;
use crate::platform::problem::Problem;
use crate::platform::seal::Seal;

/// A page that is about to end is of no use.
const USEFUL: TimeDelta = TimeDelta::minutes(10);

/// A page to be, or one that is there.
#[derive(Debug)]
pub enum Begun {
    /// It is there.
    There(CheckoutRow),
    /// The provider is to be asked for it.
    ToMake(Account, Order),
}

/// Begins a page for what is due of an invoice, or finds the one that is there for the same amount.
///
/// Whoever asks at the same time gets the same order under the same name, so that the provider makes one page.
pub fn begin(
    tx: &mut TenantTx<'_>,
    seal: &Seal,
    id: InvoiceId,
    provider: Provider,
) -> Result<Begun, MoneyError> {
    let invoice = invoices::lock(tx, id)?;
    if invoice.due_minor() == 0 {
        return Err(invoices::wrong_state(&invoice, "paid", &["issued", "overdue"]));
    }
    let amount = invoice.money(invoice.due_minor())?;
    let account = account_of(tx, seal, provider)?.ok_or_else(|| not_connected(provider))?;
    if !provider.takes(amount.currency()) {
        return Err(not_taken(provider, &invoice.currency).into());
    }
    let mut row = match store::under_way(tx, id, provider.as_str())? {
        Some(row) if row.amount_minor == amount.minor() && row.expires_at > tx.now() + USEFUL => row,
        other => {
            if let Some(mut old) = other {
                "ended".clone_into(&mut old.status);
                old.updated_at = tx.now();
                store::save_checkout(tx, &old)?;
            }
            CheckoutRow {
                tenant_id: invoice.tenant_id,
                id: Uuid::now_v7(),
                invoice_id: invoice.id,
                provider: provider.as_str().to_owned(),
                status: "making".to_owned(),
                currency: invoice.currency.clone(),
                amount_minor: amount.minor(),
                external_id: None,
                url: None,
                expires_at: tx.now() + provider.page_lasts(),
                created_at: tx.now(),
                updated_at: tx.now(),
            }
        }
    };
    if row.status == "open" {
        return Ok(Begun::There(row));
    }
    row.updated_at = tx.now();
    store::save_checkout(tx, &row)?;
    let number = invoice.number.unwrap_or_default();
    let order = Order {
        checkout: row.id,
        invoice: invoice.id,
        label: format!("{}-{number}", invoice.series),
        amount,
        return_url: account.return_url.clone(),
        expires_at: row.expires_at,
    };
    Ok(Begun::ToMake(account, order))
}

/// Notes that the provider made the page of `order`; whoever was first is told to both.
pub fn opened(
    tx: &mut TenantTx<'_>,
    provider: Provider,
    order: &Order,
    made: Made,
) -> Result<CheckoutRow, MoneyError> {
    let row = store::lock_checkout(tx, order.checkout)?;
    let mut row = row.ok_or_else(|| MoneyError::broken("checkout"))?;
    match row.status.as_str() {
        "making" => "open".clone_into(&mut row.status),
        "open" | "paid" => return Ok(row),
        _ => return Err(overtaken().into()),
    }
    (row.external_id, row.url) = (Some(made.external), Some(made.url));
    row.updated_at = tx.now();
    store::save_checkout(tx, &row)?;
    let event = PaymentPageOpened {
        id: row.id,
        invoice_id: order.invoice.into(),
        provider: provider.method(),
        amount: order.amount,
    };
    tx.emit(row.id, 1, &event);
    Ok(row)
}

/// Notes that the provider refused to make a page.
pub fn failed(tx: &mut TenantTx<'_>, checkout: Uuid) -> Result<(), MoneyError> {
    if let Some(mut row) = store::lock_checkout(tx, checkout)?
        && row.status == "making"
    {
        "failed".clone_into(&mut row.status);
        row.updated_at = tx.now();
        store::save_checkout(tx, &row)?;
    }
    Ok(())
}

/// 409: while the provider made the page, another amount became due.
fn overtaken() -> Problem {
    Problem::conflict(
        "payment-page-overtaken",
        Message::new(
            "What is due changed while the page was made; ask for it again",
            "Lo que se debe cambió mientras se hacía la página; pídala de nuevo",
        ),
    )
}

fn not_connected(provider: Provider) -> MoneyError {
    let name = provider.as_str();
    Problem::conflict(
        "payment-account-missing",
        Message::new(
            "Your company is not connected with this provider",
            "Su empresa no está conectada con este proveedor",
        ),
    )
    .detail(Message::formatted(
        format!("Connect `{name}` at `POST /api/v1/payment-accounts` first"),
        format!("Conecte antes `{name}` en `POST /api/v1/payment-accounts`"),
    ))
    .into()
}

fn not_taken(provider: Provider, currency: &str) -> Problem {
    let name = provider.as_str();
    Problem::conflict(
        "payment-currency-not-taken",
        Message::new(
            "The provider does not take the invoice's currency",
            "El proveedor no acepta la moneda de la factura",
        ),
    )
    .detail(Message::formatted(
        format!(
            "`{name}` does not take {currency}; note the payment by hand, or invoice in another currency"
        ),
        format!("`{name}` no acepta {currency}; registre el pago a mano o facture en otra moneda"),
    ))
}

//! What is done with payments.

mod refunds;
mod statement;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde_json::json;

pub use refunds::{Outcome, finish, note_given_back, refund};
pub use statement::{Statement, statement};

use super::domain::Method;
use super::store::{self, AllocationRow, PaymentRow};
use crate::billing::contract::events::{Allocation, PaymentAllocated, PaymentSucceeded};
use crate::billing::contract::{InvoiceId, MoneyError, PaymentId};
use crate::billing::invoices::{self, InvoiceRow};
use crate::crm::CustomerId;
use crate::kernel::{Invalid, Message, Money};
use crate::platform::db::TenantTx;
use crate::platform::id::Id;
use crate::platform::problem::Problem;

/// A payment to note.
#[derive(Debug, Clone)]
pub struct NewPayment {
    /// Who paid.
    pub customer: CustomerId,
    /// How.
    pub method: Method,
    /// How much.
    pub amount: Money,
    /// What the bank or the terminal calls it.
    pub reference: Option<String>,
    /// What else is to be known of it.
    pub notes: Option<String>,
    /// What the provider calls it.
    pub provider_payment_id: Option<String>,
    /// When the money came.
    pub received_at: DateTime<Utc>,
    /// What of it pays which invoice.
    pub allocations: Vec<(InvoiceId, Money)>,
}

/// Notes a payment and what it pays; none when it is a provider's and was noted before.
///
/// Invoices are locked by identifier, and none gets more than is due of it.
pub fn record(tx: &mut TenantTx<'_>, new: &NewPayment) -> Result<Option<PaymentRow>, MoneyError> {
    let sum = sum_of(&new.allocations, new.amount)?;
    let mut invoices = lock_invoices(tx, &new.allocations, new.customer, new.amount)?;
    let row = PaymentRow {
        tenant_id: tx.tenant().uuid(),
        id: PaymentId::new().uuid(),
        version: 1,
        customer_id: new.customer.uuid(),
        method: new.method.as_str().to_owned(),
        currency: new.amount.currency().as_str().to_owned(),
        amount_minor: new.amount.minor(),
        allocated_minor: sum,
        refunded_minor: 0,
        reference: new.reference.clone(),
        notes: new.notes.clone(),
        provider_payment_id: new.provider_payment_id.clone(),
        received_at: new.received_at,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    if !store::insert(tx, &row)? {
        return Ok(None);
    }
    pay(tx, row.payment(), &mut invoices, &new.allocations)?;
    let event = PaymentSucceeded {
        id: row.payment(),
        customer_id: new.customer,
        method: new.method,
        amount: new.amount,
        allocations: told(&new.allocations),
    };
    tx.emit(row.id, row.version, &event);
    Ok(Some(row))
}

/// Pays invoices with what is left of a payment.
pub fn allocate(
    tx: &mut TenantTx<'_>,
    id: PaymentId,
    expected: Option<i32>,
    allocations: &[(InvoiceId, Money)],
) -> Result<PaymentRow, MoneyError> {
    let mut row = store::lock(tx, id)?;
    if expected.is_some_and(|version| version != row.version) {
        return Err(MoneyError::Stale(row.version));
    }
    refuse_while_refunding(tx, &row)?;
    let left = row.money(row.credit_minor())?;
    let sum = sum_of(allocations, left)?;
    let mut invoices = lock_invoices(tx, allocations, row.customer_id.into(), left)?;
    row.allocated_minor += sum;
    row.version += 1;
    row.updated_at = tx.now();
    store::save(tx, &row)?;
    pay(tx, id, &mut invoices, allocations)?;
    let event = PaymentAllocated { id, customer_id: row.customer_id.into(), allocations: told(allocations) };
    tx.emit(row.id, row.version, &event);
    Ok(row)
}

/// What `allocations` come to, which is at most `most`.
fn sum_of(allocations: &[(InvoiceId, Money)], most: Money) -> Result<i64, MoneyError> {
    let mut sum = Money::from_minor(0, most.currency());
    let mut seen = HashSet::new();
    for (index, (invoice, amount)) in allocations.iter().enumerate() {
        let place = |member: &str| format!("/allocations/{index}/{member}");
        if !seen.insert(*invoice) {
            let reason = Invalid::new("is named twice; add both up", "está repetida; sume ambas");
            return Err(MoneyError::at(place("invoice_id"), reason));
        }
        if amount.minor() <= 0 {
            return Err(MoneyError::at(place("amount"), above_zero()));
        }
        sum = sum.checked_add(*amount).map_err(|reason| MoneyError::at(place("amount"), reason))?;
    }
    if sum.minor() > most.minor() {
        let reason = Invalid::formatted(
            format!("These come to {sum}, which is more than the {most} there are."),
            format!("Estos suman {sum}, más que los {most} que hay."),
        );
        return Err(MoneyError::at("/allocations", reason));
    }
    Ok(sum.minor())
}

/// Refuses an amount that is nothing.
pub fn above_zero() -> Invalid {
    Invalid::new("The amount must be above zero.", "La cantidad debe ser mayor que cero.")
}

/// The invoices of `allocations`, locked and found to be this customer's, of this currency, and to owe as much.
fn lock_invoices(
    tx: &mut TenantTx<'_>,
    allocations: &[(InvoiceId, Money)],
    customer: CustomerId,
    amount: Money,
) -> Result<Vec<InvoiceRow>, MoneyError> {
    let ids: Vec<_> = allocations.iter().map(|(invoice, _)| invoice.uuid()).collect();
    let rows = if ids.is_empty() { Vec::new() } else { invoices::lock_all(tx, &ids)? };
    for (index, (invoice, share)) in allocations.iter().enumerate() {
        let place = format!("/allocations/{index}/invoice_id");
        let row = rows.iter().find(|row| row.id == invoice.uuid() && row.customer_id == customer.uuid());
        let Some(row) = row else {
            let reason = Invalid::new(
                "is not an invoice of this customer; `GET /api/v1/invoices?customer_id=` lists them",
                "no es una factura de este cliente; `GET /api/v1/invoices?customer_id=` las muestra",
            );
            return Err(MoneyError::at(place, reason));
        };
        if row.currency()? != amount.currency() {
            let (other, own) = (&row.currency, amount.currency());
            let reason = Invalid::formatted(
                format!("is in {other}, and the payment in {own}"),
                format!("está en {other}, y el pago en {own}"),
            );
            return Err(MoneyError::at(place, reason));
        }
        let due = row.money(row.due_minor())?;
        if due.minor() == 0 {
            return Err(invoices::wrong_state(row, "paid", &["issued", "overdue"]));
        }
        if share.minor() > due.minor() {
            return Err(above_due(*invoice, due).into());
        }
    }
    Ok(rows)
}

fn above_due(invoice: InvoiceId, due: Money) -> Problem {
    let title =
        Message::new("The payment is above what is due", "El pago supera lo que se debe de la factura");
    Problem::conflict("payment-above-due", title)
        .detail(Message::formatted(
            format!("{due} is due of invoice {invoice}"),
            format!("De la factura {invoice} se deben {due}"),
        ))
        .member("invoice_id", json!(invoice))
        .member("due", json!(due))
}

fn pay(
    tx: &mut TenantTx<'_>,
    payment: PaymentId,
    invoices: &mut [InvoiceRow],
    allocations: &[(InvoiceId, Money)],
) -> Result<(), MoneyError> {
    for row in invoices {
        let share = allocations.iter().find(|(invoice, _)| invoice.uuid() == row.id);
        let Some((_, share)) = share else { continue };
        let allocation = AllocationRow {
            tenant_id: row.tenant_id,
            payment_id: payment.uuid(),
            invoice_id: row.id,
            amount_minor: share.minor(),
            created_at: tx.now(),
        };
        store::allocate(tx, &allocation)?;
        invoices::settle(tx, row, share.minor())?;
    }
    Ok(())
}

/// 409 while a provider is asked to give money of it back.
fn refuse_while_refunding(tx: &mut TenantTx<'_>, row: &PaymentRow) -> Result<(), MoneyError> {
    if store::pending_minor(tx, row.id)? == 0 {
        return Ok(());
    }
    Err(Problem::conflict(
        "payment-being-refunded",
        Message::new(
            "The provider is asked to give money of this payment back; wait until it answered",
            "El proveedor está devolviendo dinero de este pago; espere su respuesta",
        ),
    )
    .into())
}

fn told(allocations: &[(InvoiceId, Money)]) -> Vec<Allocation> {
    allocations.iter().map(|(invoice, amount)| Allocation { invoice_id: *invoice, amount: *amount }).collect()
}

/// The allocations `taken` of a payment, as events tell them.
fn told_back(row: &PaymentRow, taken: &[(uuid::Uuid, i64)]) -> Result<Vec<Allocation>, MoneyError> {
    let each = taken.iter().map(|(invoice, minor)| {
        Ok(Allocation { invoice_id: Id::from(*invoice), amount: row.money(*minor)? })
    });
    each.collect()
}

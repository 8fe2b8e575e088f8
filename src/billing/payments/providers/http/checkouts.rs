//! Pages to pay on.

use actix_web::post;
use actix_web::web::{Data, Path};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::billing::contract::{InvoiceId, MoneyError};
use crate::billing::http::WriteBilling;
use crate::billing::payments::providers::Providers;
use crate::billing::payments::providers::caller::CallError;
use crate::billing::payments::providers::domain::{Credentials, Made, Order, Provider, paypal, stripe};
use crate::billing::payments::providers::service::{self, Account, Begun};
use crate::billing::payments::providers::store::CheckoutRow;
use crate::kernel::{Currency, Message, Money};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Command, Reply};
use crate::platform::problem::Problem;

/// A page to pay on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "provider": "stripe" }))]
struct CheckoutRequest {
    /// Through whom.
    provider: Provider,
}

/// A page of a provider on which an invoice is paid.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c84", "invoice_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c71",
    "provider": "stripe", "url": "https://checkout.stripe.com/c/pay/cs_test_a1", "status": "open",
    "amount": { "amount": "1160.00", "currency": "MXN" }, "expires_at": "2026-11-23T17:00:00Z"
}))]
struct CheckoutView {
    /// Its identifier.
    id: Uuid,
    /// The invoice.
    invoice_id: Uuid,
    /// Through whom.
    #[schema(value_type = Provider)]
    provider: String,
    /// Where the customer pays.
    #[schema(required)]
    url: Option<String>,
    /// `open`, or `paid` when the customer was faster.
    status: String,
    /// What is due.
    amount: Money,
    /// Until when.
    expires_at: DateTime<Utc>,
}

/// Get a link to pay
///
/// Has a provider make a page on which the customer pays what is due of an invoice. As long as that is the same and the page is open,
/// the same link is answered again.
#[utoipa::path(operation_id = "invoices_checkout", tag = "payments", security(("bearer" = ["billing:write"])),
    params(("id" = InvoiceId, Path, description = "The invoice.")), request_body = CheckoutRequest,
    responses((status = 200, description = "The page.", body = CheckoutView),
        (status = 503, description = "The provider is away; try again.")))]
#[post("/api/v1/invoices/{id}/checkout")]
pub async fn invoices_checkout(
    who: Authorized<WriteBilling>,
    id: Path<InvoiceId>,
    db: Data<Db>,
    providers: Data<Providers>,
    command: Command<CheckoutRequest>,
) -> Result<Reply, Problem> {
    let (id, Command { value, once }) = (id.into_inner(), command);
    let (seal, provider) = (providers.seal.clone(), value.provider);
    let begun = db.tenant(who.actor(), move |tx| service::begin(tx, &seal, id, provider)).await?;
    // A repetition under the same key finds the page that the first one made.
    let row = match begun {
        Begun::There(row) => row,
        Begun::ToMake(account, order) => {
            let made = ask(&providers, &account, &order).await;
            let checkout = order.checkout;
            let made = match made {
                Ok(made) => made,
                Err(CallError::Away(words)) => return Err(away(&words)),
                Err(CallError::Refused(words)) => {
                    db.tenant(who.actor(), move |tx| service::failed(tx, checkout)).await?;
                    return Err(refused(&words));
                }
            };
            db.tenant(who.actor(), move |tx| service::opened(tx, provider, &order, made)).await?
        }
    };
    let reply = Reply::ok(&CheckoutView::new(row)?);
    db.tenant(who.actor(), move |tx| once.run(tx, |_| Ok::<_, MoneyError>(reply))).await
}

async fn ask(providers: &Providers, account: &Account, order: &Order) -> Result<Made, CallError> {
    let (caller, key) = (&providers.caller, order.checkout.to_string());
    let made = match &account.credentials {
        Credentials::Stripe { secret_key, .. } => {
            let form = stripe::checkout_form(order);
            stripe::made(&caller.stripe(secret_key, "/v1/checkout/sessions", &key, &form).await?)
        }
        Credentials::Paypal { .. } => {
            let body = paypal::order_body(order).to_string();
            let answer =
                caller.paypal(account.id, &account.credentials, "/v2/checkout/orders", &key, &body).await?;
            paypal::made(&answer)
        }
    };
    made.ok_or_else(|| CallError::Away("the answer has no page".to_owned()))
}

fn away(words: &str) -> Problem {
    Problem::unavailable(
        "payment-provider-away",
        Message::new(
            "The payment provider does not answer; try again",
            "El proveedor de pagos no responde; intente de nuevo",
        ),
    )
    .detail(Message::formatted(words.to_owned(), words.to_owned()))
}

fn refused(words: &str) -> Problem {
    Problem::conflict(
        "payment-provider-refused",
        Message::new(
            "The payment provider refused; look at the account's credentials",
            "El proveedor de pagos lo rechazó; revise las credenciales de la cuenta",
        ),
    )
    .detail(Message::formatted(words.to_owned(), words.to_owned()))
}

impl CheckoutView {
    fn new(row: CheckoutRow) -> Result<Self, Problem> {
        let currency = Currency::parse(&row.currency).map_err(|_| Problem::internal())?;
        Ok(Self {
            id: row.id,
            invoice_id: row.invoice_id,
            provider: row.provider,
            url: row.url,
            status: row.status,
            amount: Money::from_minor(row.amount_minor, currency),
            expires_at: row.expires_at,
        })
    }
}

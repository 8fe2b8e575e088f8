//! Noting payments, what they pay, and giving them back.

use actix_web::web::{Data, Path};
use actix_web::{get, post};
use chrono::TimeDelta;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::views::PaymentView;
use crate::billing::contract::{InvoiceId, MoneyError, PaymentId};
use crate::billing::customers;
use crate::billing::http::{ReadBilling, WriteBilling};
use crate::billing::payments::domain::Method;
use crate::billing::payments::service::{self, NewPayment};
use crate::billing::payments::store::{self, PaymentFilter, PaymentRow};
use crate::crm::CustomerId;
use crate::identity::People;
use crate::kernel::{Invalid, Line, Money, NonNegativeMoney, Prose};
use crate::platform::auth::Authorized;
use crate::platform::db::{Db, TenantTx};
use crate::platform::http::{Command, Cursor, Fields, IfMatch, Moment, Page, PageLimit, Query, Reply};
use crate::platform::problem::Problem;

/// Invoices that a payment may pay at once.
const MOST_ALLOCATIONS: usize = 100;
/// Clocks differ, and somebody notes today's transfer before midnight elsewhere.
const AHEAD: TimeDelta = TimeDelta::days(1);

/// A payment to note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "customer_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c72", "method": "transfer",
    "amount": { "amount": "500.00", "currency": "MXN" }, "reference": "SPEI 8846", "received_at": "2026-11-22T18:00:00Z",
    "allocations": []
}))]
struct PaymentRequest {
    /// Who paid.
    #[schema(value_type = Uuid)]
    customer_id: CustomerId,
    /// `cash`, `transfer` or `card`.
    method: ByHand,
    /// How much.
    amount: NonNegativeMoney,
    /// What the bank or the terminal calls it.
    #[schema(value_type = Option<Line<100>>)]
    reference: Option<Line<100>>,
    /// What else is to be known of it.
    #[schema(value_type = Option<Prose<2000>>)]
    notes: Option<Prose<2000>>,
    /// When the money came; now when not said.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    received_at: Option<Moment>,
    /// What of it pays which invoices of this customer; the rest is the customer's credit.
    #[serde(default)]
    #[schema(max_items = 100)]
    allocations: Vec<AllocationRequest>,
}

/// How people note that money came.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ByHand {
    /// In cash.
    Cash,
    /// By bank transfer.
    Transfer,
    /// By card, at a terminal.
    Card,
}

/// What of a payment pays an invoice.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AllocationRequest {
    /// The invoice.
    #[schema(value_type = Uuid)]
    invoice_id: InvoiceId,
    /// How much, at most what is due of it.
    amount: NonNegativeMoney,
}

/// What a payment pays besides.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "allocations": [{
    "invoice_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c71", "amount": { "amount": "50.00", "currency": "MXN" }
}] }))]
struct AllocationsRequest {
    /// What of the rest pays which invoices of the customer.
    #[schema(min_items = 1, max_items = 100)]
    allocations: Vec<AllocationRequest>,
}

/// What is given back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "amount": { "amount": "50.00", "currency": "MXN" }, "reason": "Pagó de más" }))]
struct RefundRequest {
    /// How much.
    amount: NonNegativeMoney,
    /// Why.
    #[schema(value_type = Option<Line<255>>)]
    reason: Option<Line<255>>,
}

/// Which payments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PaymentQuery {
    /// Of this customer.
    customer_id: Option<Uuid>,
    /// That pay this invoice.
    invoice_id: Option<Uuid>,
    /// That came so.
    #[param(inline)]
    method: Option<Method>,
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// Note a payment
///
/// Notes money that came by cash, transfer or card, and which invoices of the customer it pays, never more than is due of each.
#[utoipa::path(operation_id = "payments_create", tag = "payments", security(("bearer" = ["billing:write"])),
    request_body = PaymentRequest,
    responses((status = 201, description = "Noted.", body = PaymentView)))]
#[post("/api/v1/payments")]
pub async fn payments_create(
    who: Authorized<WriteBilling>,
    db: Data<Db>,
    command: Command<PaymentRequest>,
) -> Result<Reply, Problem> {
    let Command { value: request, once } = command;
    let latest = db.clock().now() + AHEAD;
    let new = request.parse(latest, db.clock().now())?;
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            customers::known(tx, new.customer)?;
            let row = service::record(tx, &new)?.ok_or_else(|| MoneyError::broken("payment"))?;
            let (version, location) = (row.version, format!("/api/v1/payments/{}", row.id));
            Ok::<_, MoneyError>(Reply::created(&view(tx, row)?, location).version(version))
        })
    })
    .await
}

/// Read a payment
///
/// Reads a payment with what it pays and what was given back.
#[utoipa::path(operation_id = "payments_get", tag = "payments", security(("bearer" = ["billing:read"])),
    params(("id" = PaymentId, Path, description = "The payment.")),
    responses((status = 200, description = "The payment; its `ETag` is the version.", body = PaymentView)))]
#[get("/api/v1/payments/{id}")]
pub async fn payments_get(
    who: Authorized<ReadBilling>,
    id: Path<PaymentId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    Ok(db
        .read(who.actor(), move |tx| {
            let row = store::find(tx, id)?;
            reply(tx, row)
        })
        .await?)
}

/// List payments
///
/// Lists payments, the newest first.
#[utoipa::path(operation_id = "payments_list", tag = "payments", params(PaymentQuery),
    security(("bearer" = ["billing:read"])),
    responses((status = 200, description = "A page of payments.", body = Page<PaymentView>)))]
#[get("/api/v1/payments")]
pub async fn payments_list(
    who: Authorized<ReadBilling>,
    query: Query<PaymentQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let query = query.0;
    let limit = query.limit.unwrap_or_default();
    let filter = PaymentFilter {
        customer: query.customer_id,
        invoice: query.invoice_id,
        method: query.method.map(Method::as_str),
        behind: query.cursor.as_deref().map(Cursor::read_time).transpose()?,
    };
    Ok(db
        .read(who.actor(), move |tx| {
            let rows = store::list(tx, &filter, limit)?;
            let page = Page::cut(rows, limit, |row| Cursor::write(&(row.created_at, row.id)));
            let data = PaymentView::of(tx, page.data)?;
            Ok::<_, MoneyError>(Reply::ok(&Page { data, next_cursor: page.next_cursor }))
        })
        .await?)
}

/// Pay invoices with what is left
///
/// Pays invoices with what is left of a payment, never more than is due of each.
#[utoipa::path(operation_id = "payments_allocate", tag = "payments", security(("bearer" = ["billing:write"])),
    params(("id" = PaymentId, Path, description = "The payment."),
        ("If-Match" = Option<String>, Header, description = "The version that you read.")),
    request_body = AllocationsRequest,
    responses((status = 200, description = "The payment as it is now.", body = PaymentView)))]
#[post("/api/v1/payments/{id}/allocations")]
pub async fn payments_allocate(
    who: Authorized<WriteBilling>,
    id: Path<PaymentId>,
    expected: IfMatch,
    db: Data<Db>,
    command: Command<AllocationsRequest>,
) -> Result<Reply, Problem> {
    let (id, Command { value, once }) = (id.into_inner(), command);
    check(&value.allocations)?;
    let allocations = pairs(&value.allocations);
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::allocate(tx, id, expected.0, &allocations)?;
            reply(tx, row)
        })
    })
    .await
}

/// Give money back
///
/// Gives money of a payment back: the customer's credit first, then what paid the last invoice, which is owed again. Of a payment
/// by Stripe or PayPal the provider is asked, and the refund is `pending` until it answered.
#[utoipa::path(operation_id = "payments_refund", tag = "payments", security(("bearer" = ["billing:write"])),
    params(("id" = PaymentId, Path, description = "The payment.")),
    request_body = RefundRequest,
    responses((status = 200, description = "The payment with its refunds.", body = PaymentView)))]
#[post("/api/v1/payments/{id}/refunds")]
pub async fn payments_refund(
    who: Authorized<WriteBilling>,
    id: Path<PaymentId>,
    db: Data<Db>,
    people: Data<dyn People>,
    command: Command<RefundRequest>,
) -> Result<Reply, Problem> {
    let (id, Command { value, once }) = (id.into_inner(), command);
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let reason = value.reason.as_ref().map(|reason| reason.as_str().to_owned());
            service::refund(tx, &**people, id, value.amount.into(), reason)?;
            let row = store::find(tx, id)?;
            reply(tx, row)
        })
    })
    .await
}

fn view(tx: &mut TenantTx<'_>, row: PaymentRow) -> Result<PaymentView, MoneyError> {
    PaymentView::of(tx, vec![row])?.pop().ok_or_else(|| MoneyError::broken("payment"))
}

fn reply(tx: &mut TenantTx<'_>, row: PaymentRow) -> Result<Reply, MoneyError> {
    let version = row.version;
    Ok(Reply::ok(&view(tx, row)?).version(version))
}

fn check(allocations: &[AllocationRequest]) -> Result<(), Problem> {
    let mut fields = Fields::default();
    if allocations.is_empty() || allocations.len() > MOST_ALLOCATIONS {
        fields.refuse("/allocations", Invalid::new("must be 1 to 100", "deben ser de 1 a 100"));
    }
    fields.finish()
}

fn pairs(allocations: &[AllocationRequest]) -> Vec<(InvoiceId, Money)> {
    allocations.iter().map(|one| (one.invoice_id, one.amount.into())).collect()
}

impl PaymentRequest {
    fn parse(
        self,
        latest: chrono::DateTime<chrono::Utc>,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<NewPayment, Problem> {
        let mut fields = Fields::default();
        let amount = Money::from(self.amount);
        if amount.minor() == 0 {
            fields.refuse("/amount", service::above_zero());
        }
        let received_at = self.received_at.map_or(now, Moment::utc);
        if received_at > latest {
            fields.refuse("/received_at", Invalid::new("is in the future", "está en el futuro"));
        }
        fields.finish()?;
        if !self.allocations.is_empty() {
            check(&self.allocations)?;
        }
        Ok(NewPayment {
            customer: self.customer_id,
            method: match self.method {
                ByHand::Cash => Method::Cash,
                ByHand::Transfer => Method::Transfer,
                ByHand::Card => Method::Card,
            },
            amount,
            reference: self.reference.map(|reference| reference.as_str().to_owned()),
            notes: self.notes.map(|notes| notes.as_str().to_owned()),
            provider_payment_id: None,
            received_at,
            allocations: pairs(&self.allocations),
        })
    }
}

//! Payments as clients see them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::billing::contract::MoneyError;
use crate::billing::payments::domain::{Method, RefundStatus};
use crate::billing::payments::service::Statement;
use crate::billing::payments::store::{self, AllocationRow, Entry, PaymentRow, RefundRow};
use crate::kernel::Money;
use crate::platform::db::TenantTx;

/// A payment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c81", "customer_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c72",
    "method": "transfer", "amount": { "amount": "500.00", "currency": "MXN" },
    "allocated": { "amount": "450.00", "currency": "MXN" }, "refunded": { "amount": "0.00", "currency": "MXN" },
    "credit": { "amount": "50.00", "currency": "MXN" }, "reference": "SPEI 8846", "notes": null,
    "provider_payment_id": null, "received_at": "2026-11-22T18:00:00Z",
    "allocations": [{
        "invoice_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c71", "amount": { "amount": "450.00", "currency": "MXN" }
    }],
    "refunds": [], "version": 1, "created_at": "2026-11-22T18:05:00Z", "updated_at": "2026-11-22T18:05:00Z"
}))]
pub struct PaymentView {
    /// Its identifier.
    id: Uuid,
    /// Who paid.
    customer_id: Uuid,
    /// How.
    #[schema(value_type = Method)]
    method: String,
    /// How much.
    amount: Money,
    /// What of it pays invoices.
    allocated: Money,
    /// What of it was given back.
    refunded: Money,
    /// What is left of it.
    credit: Money,
    /// What the bank or the terminal calls it.
    #[schema(required)]
    reference: Option<String>,
    /// What else is to be known of it.
    #[schema(required)]
    notes: Option<String>,
    /// What the provider calls it.
    #[schema(required)]
    provider_payment_id: Option<String>,
    /// When the money came.
    received_at: DateTime<Utc>,
    /// What it pays, the last one first.
    allocations: Vec<AllocationView>,
    /// What was given back or is to be.
    refunds: Vec<RefundView>,
    /// Counts the changes; also the `ETag`.
    version: i32,
    /// When it was noted.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

/// What of a payment pays an invoice.
#[derive(Debug, Serialize, ToSchema)]
pub struct AllocationView {
    /// The invoice.
    invoice_id: Uuid,
    /// How much.
    amount: Money,
}

/// Money that is given back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c82", "status": "pending", "amount": { "amount": "50.00", "currency": "MXN" },
    "reason": "Pagó de más", "provider_refund_id": null, "failure": null, "created_at": "2026-11-23T18:00:00Z",
    "finished_at": null
}))]
pub struct RefundView {
    /// Its identifier.
    id: Uuid,
    /// Where it stands.
    #[schema(value_type = RefundStatus)]
    status: String,
    /// How much.
    amount: Money,
    /// Why.
    #[schema(required)]
    reason: Option<String>,
    /// What the provider calls it.
    #[schema(required)]
    provider_refund_id: Option<String>,
    /// Why the provider refused.
    #[schema(required)]
    failure: Option<String>,
    /// When it was asked for.
    created_at: DateTime<Utc>,
    /// When it succeeded or failed.
    #[schema(required)]
    finished_at: Option<DateTime<Utc>>,
}

/// What happened between a customer and the company.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "opening": { "amount": "0.00", "currency": "MXN" },
    "entries": [{
        "at": "2026-11-22T18:00:00Z", "kind": "invoice", "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c71", "label": "A-17",
        "amount": { "amount": "1160.00", "currency": "MXN" }, "balance": { "amount": "1160.00", "currency": "MXN" }
    }],
    "closing": { "amount": "1160.00", "currency": "MXN" }
}))]
pub struct StatementView {
    /// What was owed at the beginning; below zero when more had been paid.
    opening: Money,
    /// What happened, in order.
    entries: Vec<EntryView>,
    /// What was owed at the end.
    closing: Money,
}

/// What changed the debt of a customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryView {
    /// When.
    at: DateTime<Utc>,
    /// `invoice`, `credit_note`, `payment` or `refund`.
    kind: String,
    /// Which.
    id: Uuid,
    /// Its number, or what people called it.
    #[schema(required)]
    label: Option<String>,
    /// What it added to the debt; below zero when it took off.
    amount: Money,
    /// What was owed after it.
    balance: Money,
}

impl PaymentView {
    /// The payments of `rows` with what they pay and what was given back.
    pub fn of(tx: &mut TenantTx<'_>, rows: Vec<PaymentRow>) -> Result<Vec<Self>, MoneyError> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let allocations = store::allocations_of(tx, &ids)?;
        let refunds = store::refunds_of(tx, &ids)?;
        rows.into_iter().map(|row| Self::new(row, &allocations, &refunds)).collect()
    }

    fn new(
        row: PaymentRow,
        allocations: &[AllocationRow],
        refunds: &[RefundRow],
    ) -> Result<Self, MoneyError> {
        let own = allocations.iter().filter(|allocation| allocation.payment_id == row.id);
        let allocations = own.map(|allocation| {
            let amount = row.money(allocation.amount_minor)?;
            Ok::<_, MoneyError>(AllocationView { invoice_id: allocation.invoice_id, amount })
        });
        let refunds = refunds.iter().filter(|refund| refund.payment_id == row.id);
        Ok(Self {
            allocations: allocations.collect::<Result<_, _>>()?,
            refunds: refunds.map(|refund| RefundView::new(&row, refund)).collect::<Result<_, _>>()?,
            id: row.id,
            customer_id: row.customer_id,
            amount: row.money(row.amount_minor)?,
            allocated: row.money(row.allocated_minor)?,
            refunded: row.money(row.refunded_minor)?,
            credit: row.money(row.credit_minor())?,
            method: row.method,
            reference: row.reference,
            notes: row.notes,
            provider_payment_id: row.provider_payment_id,
            received_at: row.received_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl RefundView {
    fn new(payment: &PaymentRow, row: &RefundRow) -> Result<Self, MoneyError> {
        Ok(Self {
            id: row.id,
            status: row.status.clone(),
            amount: payment.money(row.amount_minor)?,
            reason: row.reason.clone(),
            provider_refund_id: row.provider_refund_id.clone(),
            failure: row.failure.clone(),
            created_at: row.created_at,
            finished_at: row.finished_at,
        })
    }
}

impl From<Statement> for StatementView {
    fn from(statement: Statement) -> Self {
        let currency = statement.opening.currency();
        let entry = |(entry, balance): (Entry, Money)| EntryView {
            at: entry.at,
            kind: entry.kind,
            id: entry.id,
            label: entry.label,
            amount: Money::from_minor(entry.minor, currency),
            balance,
        };
        Self {
            opening: statement.opening,
            entries: statement.entries.into_iter().map(entry).collect(),
            closing: statement.closing,
        }
    }
}

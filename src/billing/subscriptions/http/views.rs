//! Subscriptions as clients see them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::billing::contract::MoneyError;
use crate::billing::domain::{Discount, DocumentLine};
use crate::billing::invoices::Content;
use crate::billing::subscriptions::domain::{Period, Status};
use crate::billing::subscriptions::store::{PeriodRow, SubscriptionRow};
use crate::kernel::{Currency, Money};

/// A subscription.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c91", "customer_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c72",
    "name": "Mantenimiento", "status": "active", "currency": "MXN",
    "lines": [{
        "product_id": null, "description": "Mantenimiento mensual", "quantity": "1", "unit_code": "E48",
        "sat_product_key": "81112200", "unit_price": "1500", "discount": null,
        "taxes": [{ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" }]
    }],
    "discount": null, "net": { "amount": "1500.00", "currency": "MXN" }, "period": "month",
    "starts_on": "2026-11-22", "anchor_on": "2026-12-01", "next_at": "2026-12-01T06:00:00Z", "payment_terms_days": 15,
    "ends_with_period": false, "cancelled_at": null,
    "periods": [{
        "starts_on": "2026-11-22", "ends_on": "2026-12-01", "invoice_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c71"
    }],
    "version": 2, "created_at": "2026-11-22T18:00:00Z", "updated_at": "2026-11-22T18:00:15Z"
}))]
pub struct SubscriptionView {
    /// Its identifier.
    id: Uuid,
    /// Who pays.
    customer_id: Uuid,
    /// What it is called.
    name: String,
    /// Where it stands.
    #[schema(value_type = Status)]
    status: String,
    /// Its currency.
    currency: Currency,
    /// What each whole period is billed for.
    lines: Vec<DocumentLine>,
    /// What is taken off the whole.
    #[schema(required)]
    discount: Option<Discount>,
    /// What a whole period costs before taxes.
    net: Money,
    /// How often it is billed.
    #[schema(value_type = Period)]
    period: String,
    /// Its first day.
    starts_on: NaiveDate,
    /// The first day of its first whole period.
    anchor_on: NaiveDate,
    /// When it is billed next; null while it is not.
    #[schema(required)]
    next_at: Option<DateTime<Utc>>,
    /// Days until its invoices are due.
    payment_terms_days: i32,
    /// Whether it ends with the period that was billed.
    ends_with_period: bool,
    /// When it ended.
    #[schema(required)]
    cancelled_at: Option<DateTime<Utc>>,
    /// The last periods that were billed, the newest first; in lists none are told.
    periods: Vec<PeriodView>,
    /// Counts the changes; also the `ETag`.
    version: i32,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

/// A period that was billed.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodView {
    /// Its first day.
    starts_on: NaiveDate,
    /// The day after its last.
    ends_on: NaiveDate,
    /// Its invoice.
    invoice_id: Uuid,
}

impl SubscriptionView {
    /// The subscription with its periods.
    pub fn new(row: SubscriptionRow, periods: Vec<PeriodRow>) -> Result<Self, MoneyError> {
        let Content { lines, discount, .. } = row.content()?;
        let period = |row: PeriodRow| PeriodView {
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            invoice_id: row.invoice_id,
        };
        Ok(Self {
            id: row.id,
            customer_id: row.customer_id,
            currency: row.currency()?,
            net: row.net()?,
            name: row.name,
            status: row.status,
            lines,
            discount,
            period: row.period,
            starts_on: row.starts_on,
            anchor_on: row.anchor_on,
            next_at: row.next_at,
            payment_terms_days: row.payment_terms_days,
            ends_with_period: row.ends_with_period,
            cancelled_at: row.cancelled_at,
            periods: periods.into_iter().map(period).collect(),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

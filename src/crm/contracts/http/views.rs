//! Contracts as clients see them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::crm::contract::CrmError;
use crate::crm::contracts::domain::{BillingPeriod, ContractStatus};
use crate::crm::contracts::store::ContractRow;
use crate::kernel::Money;

/// A contract.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c61", "customer_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c51",
    "title": "Mantenimiento 2027", "status": "active", "value": { "amount": "1500.00", "currency": "MXN" },
    "billing_period": "month", "arr": { "amount": "18000.00", "currency": "MXN" }, "starts_on": "2027-01-01",
    "ends_on": "2027-12-31", "renews_on": "2027-12-01", "notes": null, "closing_reason": null, "previous_id": null,
    "version": 1, "created_at": "2026-11-22T18:00:00Z", "updated_at": "2026-11-22T18:00:00Z"
}))]
pub struct ContractView {
    /// The contract's identifier.
    pub id: Uuid,
    /// Whose it is.
    pub customer_id: Uuid,
    /// What it is about.
    pub title: String,
    /// Where it stands.
    pub status: ContractStatus,
    /// What is paid each time.
    pub value: Money,
    /// How often.
    pub billing_period: BillingPeriod,
    /// Annual recurring revenue: twelve months, four quarters or one year of the value, nothing of what is paid once.
    pub arr: Money,
    /// Its first day.
    pub starts_on: NaiveDate,
    /// Its last day.
    #[schema(required)]
    pub ends_on: Option<NaiveDate>,
    /// When it is to be renewed.
    #[schema(required)]
    pub renews_on: Option<NaiveDate>,
    /// Free text.
    #[schema(required)]
    pub notes: Option<String>,
    /// Why it ended.
    #[schema(required)]
    pub closing_reason: Option<String>,
    /// The contract in whose place it is.
    #[schema(required)]
    pub previous_id: Option<Uuid>,
    /// Counts the changes; also the `ETag`.
    pub version: i32,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl TryFrom<ContractRow> for ContractView {
    type Error = CrmError;

    fn try_from(row: ContractRow) -> Result<Self, CrmError> {
        Ok(Self {
            status: row.state()?,
            value: row.value()?,
            billing_period: row.period()?,
            arr: row.arr()?,
            id: row.id,
            customer_id: row.customer_id,
            title: row.title,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            renews_on: row.renews_on,
            notes: row.notes,
            closing_reason: row.closing_reason,
            previous_id: row.previous_id,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

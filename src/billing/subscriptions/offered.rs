//! What others may know of subscriptions.

use chrono::{DateTime, Utc};

use super::domain::{Period, Status};
use super::store;
use crate::billing::contract::{MoneyError, SubscriptionId};
use crate::crm::CustomerId;
use crate::kernel::Money;
use crate::platform::db::TenantTx;
use crate::platform::http::PageLimit;

/// A subscription that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentSubscription {
    /// The subscription.
    pub id: SubscriptionId,
    /// What it is called.
    pub name: String,
    /// Where it stands.
    pub status: Status,
    /// What a whole period costs before taxes.
    pub net: Money,
    /// How often it is billed.
    pub period: Period,
    /// When it is billed next.
    pub next_at: Option<DateTime<Utc>>,
}

/// The subscriptions of a customer that are not over, the newest first, of the twenty newest in all.
pub fn current(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<Vec<CurrentSubscription>, MoneyError> {
    let rows = store::list(tx, Some(customer.uuid()), None, None, PageLimit::default())?;
    let told = rows.into_iter().map(|row| {
        let broken = || MoneyError::broken("subscription");
        Ok(CurrentSubscription {
            id: row.subscription(),
            status: Status::stored(&row.status).ok_or_else(broken)?,
            net: row.net()?,
            period: Period::stored(&row.period).ok_or_else(broken)?,
            name: row.name,
            next_at: row.next_at,
        })
    });
    let all = told.collect::<Result<Vec<_>, MoneyError>>()?;
    Ok(all.into_iter().filter(|subscription| subscription.status != Status::Cancelled).collect())
}

//! What events do to figures, and the figures of a dashboard.

mod leads;
mod money;

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::contract::InsightsError;
use super::domain::{Period, Tally};
use super::store::{self, Dimension};
use crate::identity::People;
use crate::kernel::TimeZone;
use crate::platform::auth::TenantId;
use crate::platform::db::TenantTx;
use crate::platform::events::LoggedEvent;

pub use leads::{
    lead_assigned, lead_converted, lead_created, lead_deleted, lead_merged, lead_qualified, lead_unmerged,
    lead_updated,
};
pub use money::{
    credit_note_created, customer_assigned, customer_created, invoice_issued, invoice_overdue, invoice_paid,
    invoice_reopened, invoice_voided, payment_allocated, payment_refunded, payment_succeeded,
    quotation_accepted, quotation_created, quotation_sent,
};

/// For how long a time zone is taken as known.
const KNOWN_FOR: TimeDelta = TimeDelta::minutes(1);

/// Tells on which day of a tenant something happened; events come in runs of one tenant's, so it remembers the last one's zone.
pub struct Calendar {
    people: Arc<dyn People>,
    last: Mutex<Option<(TenantId, DateTime<Utc>, TimeZone)>>,
}

impl Calendar {
    /// A calendar that asks `people` for time zones.
    pub fn new(people: &Arc<dyn People>) -> Self {
        Self { people: people.clone(), last: Mutex::default() }
    }

    /// The day of `event` where its tenant is.
    fn day(&self, tx: &mut TenantTx<'_>, event: &LoggedEvent) -> Result<NaiveDate, InsightsError> {
        let (tenant, now) = (tx.tenant(), tx.now());
        let known = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, since, zone)) = known
            && of == tenant
            && now - since < KNOWN_FOR
        {
            return Ok(zone.day_of(event.occurred_at));
        }
        let zone = self.people.settings(tx)?.time_zone;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((tenant, now, zone));
        Ok(zone.day_of(event.occurred_at))
    }
}

/// The figures of some days.
#[derive(Debug)]
pub struct Dashboard {
    /// The days.
    pub period: Period,
    /// Those of all days.
    pub totals: Tally,
    /// Each day that has any, in order.
    pub days: Vec<(NaiveDate, Tally)>,
    /// Each source, the one with most leads first; empty for what began with no lead.
    pub sources: Vec<(String, Tally)>,
    /// Each campaign; empty for none.
    pub campaigns: Vec<(String, Tally)>,
    /// Each owner's identifier.
    pub owners: Vec<(String, Tally)>,
}

/// The figures of `period`.
pub fn dashboard(tx: &mut TenantTx<'_>, period: Period) -> Result<Dashboard, InsightsError> {
    let mut totals = Tally::default();
    let mut days: Vec<(NaiveDate, Tally)> = Vec::new();
    for (day, currency, figures) in store::by_day(tx, period)? {
        totals.take(currency, figures);
        match days.last_mut() {
            Some((last, tally)) if *last == day => tally.take(currency, figures),
            _ => {
                let mut tally = Tally::default();
                tally.take(currency, figures);
                days.push((day, tally));
            }
        }
    }
    days.retain(|(_, tally)| !tally.is_nothing());
    Ok(Dashboard {
        period,
        totals,
        days,
        sources: keys(tx, Dimension::Source, period)?,
        campaigns: keys(tx, Dimension::Campaign, period)?,
        owners: keys(tx, Dimension::Owner, period)?,
    })
}

/// The keys of a dimension with their figures, those with most leads and sales first.
fn keys(
    tx: &mut TenantTx<'_>,
    dimension: Dimension,
    period: Period,
) -> Result<Vec<(String, Tally)>, InsightsError> {
    let mut keys: Vec<(String, Tally)> = Vec::new();
    for (key, currency, figures) in store::by_key(tx, dimension, period)? {
        match keys.last_mut() {
            Some((last, tally)) if *last == key => tally.take(currency, figures),
            _ => {
                let mut tally = Tally::default();
                tally.take(currency, figures);
                keys.push((key, tally));
            }
        }
    }
    keys.retain(|(_, tally)| !tally.is_nothing());
    let weight = |tally: &Tally| (tally.counts.leads, tally.counts.accepted, tally.counts.quotations);
    keys.sort_by_key(|(_, tally)| std::cmp::Reverse(weight(tally)));
    keys.truncate(KEYS_AT_MOST);
    Ok(keys)
}

/// The most keys of a dimension that a dashboard shows.
const KEYS_AT_MOST: usize = 100;

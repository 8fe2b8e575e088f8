//! What events do to figures, and the figures of a dashboard.

mod leads;
mod money;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::contract::InsightsError;
use super::domain::{Figures, Period, Tally};
use super::store::{self, Dimension, Group};
use crate::identity::People;
use crate::kernel::{Currency, TimeZone};
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

/// Tenants whose time zones are remembered.
const KNOWN_AT_MOST: usize = 10_000;

/// Tells on which day of a tenant something happened; it remembers their zones.
pub struct Calendar {
    people: Arc<dyn People>,
    known: Mutex<HashMap<TenantId, (DateTime<Utc>, TimeZone)>>,
}

impl Calendar {
    /// A calendar that asks `people` for time zones.
    pub fn new(people: &Arc<dyn People>) -> Self {
        Self { people: people.clone(), known: Mutex::default() }
    }

    /// The day of `event` where its tenant is.
    fn day(&self, tx: &mut TenantTx<'_>, event: &LoggedEvent) -> Result<NaiveDate, InsightsError> {
        let (tenant, now) = (tx.tenant(), tx.now());
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&tenant).copied();
        if let Some((_, zone)) = known.filter(|(since, _)| now - *since < KNOWN_FOR) {
            return Ok(zone.day_of(event.occurred_at));
        }
        let zone = self.people.settings(tx)?.time_zone;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_AT_MOST {
            known.clear();
        }
        known.insert(tenant, (now, zone));
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
    let mut days = Vec::new();
    let [mut sources, mut campaigns, mut owners] = [const { Vec::new() }; 3];
    for (group, currency, figures) in store::sums(tx, period)? {
        match group {
            Group::Day(day) => {
                totals.take(currency, figures);
                add(&mut days, day, currency, figures);
            }
            Group::Key(Dimension::Source, key) => add(&mut sources, key, currency, figures),
            Group::Key(Dimension::Campaign, key) => add(&mut campaigns, key, currency, figures),
            Group::Key(Dimension::Owner, key) => add(&mut owners, key, currency, figures),
        }
    }
    days.retain(|(_, tally)| !tally.is_nothing());
    let without = campaigns.iter().fold(totals.clone(), |rest, (_, tally)| rest.without(tally));
    campaigns.push((String::new(), without));
    let [sources, campaigns, owners] = [sources, campaigns, owners].map(first);
    Ok(Dashboard { period, totals, days, sources, campaigns, owners })
}

/// Adds to the last one when it is the same.
fn add<K: PartialEq>(tallies: &mut Vec<(K, Tally)>, key: K, currency: Option<Currency>, figures: Figures) {
    match tallies.last_mut() {
        Some((last, tally)) if *last == key => tally.take(currency, figures),
        _ => {
            let mut tally = Tally::default();
            tally.take(currency, figures);
            tallies.push((key, tally));
        }
    }
}

/// The keys with most leads and sales, those first.
fn first(mut keys: Vec<(String, Tally)>) -> Vec<(String, Tally)> {
    keys.retain(|(_, tally)| !tally.is_nothing());
    let weight = |tally: &Tally| (tally.counts.leads, tally.counts.accepted, tally.counts.quotations);
    keys.sort_by_key(|(_, tally)| std::cmp::Reverse(weight(tally)));
    keys.truncate(KEYS_AT_MOST);
    keys
}

/// The most keys of a dimension that a dashboard shows.
const KEYS_AT_MOST: usize = 100;

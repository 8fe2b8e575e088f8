//! Health, recomputed when something happens and once a day, because time is a sign too.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use super::domain::{HealthReason, Paying, Signs, score};
use super::store::{self, HealthRow, PastRow};
use crate::crm::contract::events::CustomerHealthScoreUpdated;
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::contracts::store as contracts;
use crate::crm::customers::domain::Record;
use crate::crm::customers::store as customers;
use crate::crm::todos::store as todos;
use crate::platform::db::{RawJson, TenantTx};
use crate::platform::http::PageLimit;

/// Customers looked at in one transaction.
const AT_ONCE: i64 = 100;

/// How many paid invoices tell whether a customer pays in time.
const LAST_PAID: usize = 3;

/// How well it goes with a customer.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// 0 to 100.
    pub score: i32,
    /// The rules that applied.
    pub reasons: Vec<HealthReason>,
    /// When it was last looked at; none when it was not yet.
    pub checked_at: Option<DateTime<Utc>>,
}

/// The health of a customer as it was last found.
pub fn health(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<Health, CrmError> {
    let record = customers::find(tx, customer)?;
    let found = store::find(tx, customer)?;
    Ok(Health {
        score: record.health_score,
        reasons: found.as_ref().and_then(|row| row.reasons.read()).unwrap_or_default(),
        checked_at: found.map(|row| row.checked_at),
    })
}

/// A page of the scores that a customer had, the newest first; one more than asked for when there is a next page.
pub fn past(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    place: Option<Uuid>,
    limit: PageLimit,
) -> Result<Vec<PastRow>, CrmError> {
    customers::find(tx, customer)?;
    store::past(tx, customer, place, limit)
}

/// Brings the stored health up to date; tells it only when the score changes. A customer that is gone has none.
pub fn reexamine(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<(), CrmError> {
    match customers::lock(tx, customer) {
        Ok(record) => examine(tx, &record),
        Err(CrmError::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn examine(tx: &mut TenantTx<'_>, record: &Record) -> Result<(), CrmError> {
    let (customer, now) = (record.id, tx.now());
    let (score, reasons) = score(&signs(tx, record)?, now);
    let (tenant, customer_id) = (tx.tenant().uuid(), customer.uuid());
    let kept = HealthRow { tenant_id: tenant, customer_id, reasons: RawJson::of(&reasons), checked_at: now };
    let is_first = store::find(tx, customer)?.is_none();
    store::save(tx, &kept)?;
    if score == record.health && !is_first {
        return Ok(());
    }
    let past =
        PastRow { tenant_id: tenant, id: Uuid::now_v7(), customer_id, score, reasons: kept.reasons, at: now };
    store::remember(tx, &past)?;
    if score == record.health {
        return Ok(());
    }
    store::set_score(tx, customer, score)?;
    let updated = CustomerHealthScoreUpdated { id: customer, from: record.health, to: score, reasons };
    tx.emit(customer_id, record.version, &updated);
    Ok(())
}

/// Looks at customers that nobody looked at for a day; answers whether there may be more.
pub fn keep_up(tx: &mut TenantTx<'_>) -> Result<bool, CrmError> {
    let due = store::unchecked(tx, tx.now() - TimeDelta::days(1), AT_ONCE)?;
    let mut looked_at = 0;
    for customer in due {
        if let Some(record) = customers::try_lock(tx, CustomerId::from(customer))? {
            examine(tx, &record)?;
            looked_at += 1;
        }
    }
    Ok(looked_at == AT_ONCE)
}

/// Notes what happened to an invoice of a customer, and looks at the customer again. A customer that is gone has no health.
pub fn note(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    invoice: Uuid,
    news: InvoiceNews,
) -> Result<(), CrmError> {
    let record = match customers::lock(tx, customer) {
        Ok(record) => record,
        Err(CrmError::NotFound(_)) => return Ok(()),
        Err(error) => return Err(error),
    };
    match news {
        InvoiceNews::Issued(due_on) => store::owe(tx, customer, invoice, due_on)?,
        InvoiceNews::Overdue => store::set_overdue(tx, invoice)?,
        InvoiceNews::Settled => {
            let now = tx.now();
            store::set_settled(tx, invoice, Some(now))?;
        }
        InvoiceNews::Reopened => store::set_settled(tx, invoice, None)?,
        InvoiceNews::Voided => store::forget(tx, invoice)?,
    }
    examine(tx, &record)
}

/// What billing tells of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvoiceNews {
    /// It is owed, and due then.
    Issued(NaiveDate),
    /// It was not paid in time.
    Overdue,
    /// Nothing of it is owed any more.
    Settled,
    /// It is owed again.
    Reopened,
    /// It counts no more.
    Voided,
}

fn signs(tx: &mut TenantTx<'_>, record: &Record) -> Result<Signs, CrmError> {
    let now = tx.now();
    let active = contracts::active(tx, record.id)?;
    Ok(Signs {
        status: record.status,
        created_at: record.created_at,
        last_activity_at: record.last_activity_at,
        contract_days: active.iter().map(|row| row.renews_on.or(row.ends_on)).collect(),
        had_contract: store::had_contract(tx, record.id)?,
        has_late_task: todos::overdue(tx, record.id, now - TimeDelta::days(7))? > 0,
        has_slow_onboarding: store::has_onboarding_since(tx, record.id, now - TimeDelta::days(30))?,
        paying: paying(tx, record.id)?,
    })
}

fn paying(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<Paying, CrmError> {
    if let Some(day) = store::overdue_since(tx, customer)? {
        return Ok(Paying::OverdueSince(day));
    }
    let is_in_time = store::paid_late(tx, customer, LAST_PAID)? == [false; LAST_PAID];
    Ok(if is_in_time { Paying::InTime } else { Paying::Unknown })
}

//! Health in the database.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::min;
use diesel::prelude::*;
use uuid::Uuid;

use crate::crm::CRM;
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::schema::{contracts, customers, health, health_history, invoice_signs, onboardings};
use crate::platform::db::{DbError, Prepare, RawJson, TenantTx};
use crate::platform::http::PageLimit;

/// A row of `crm.health`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = health)]
pub struct HealthRow {
    pub tenant_id: Uuid,
    pub customer_id: Uuid,
    pub reasons: RawJson,
    pub checked_at: DateTime<Utc>,
}

/// A row of `crm.health_history`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = health_history)]
pub struct PastRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub customer_id: Uuid,
    pub score: i32,
    pub reasons: RawJson,
    pub at: DateTime<Utc>,
}

/// What the health of the customer was last found to be; none when it was not looked at yet.
pub fn find(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<Option<HealthRow>, CrmError> {
    let tenant = tx.tenant().uuid();
    let row = health::table.find((tenant, customer.uuid())).select(HealthRow::as_select());
    Ok(row.first(tx.conn(CRM)?).optional().map_err(DbError::from)?)
}

/// Keeps why the health is what it is.
pub fn save(tx: &mut TenantTx<'_>, row: &HealthRow) -> Result<(), CrmError> {
    diesel::insert_into(health::table)
        .values(row)
        .on_conflict((health::tenant_id, health::customer_id))
        .do_update()
        .set(row)
        .prepared()
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Keeps a score that differs from the one before.
pub fn remember(tx: &mut TenantTx<'_>, row: &PastRow) -> Result<(), CrmError> {
    diesel::insert_into(health_history::table).values(row).execute(tx.conn(CRM)?).map_err(DbError::from)?;
    Ok(())
}

/// Sets the score alone.
pub fn set_score(tx: &mut TenantTx<'_>, customer: CustomerId, score: i32) -> Result<(), CrmError> {
    let tenant = tx.tenant().uuid();
    diesel::update(customers::table.find((tenant, customer.uuid())))
        .set(customers::health_score.eq(score))
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Up to `limit + 1` scores that the customer had, behind `place`, the newest first.
pub fn past(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    place: Option<Uuid>,
    limit: PageLimit,
) -> Result<Vec<PastRow>, CrmError> {
    let tenant = tx.tenant().uuid();
    let mut query = health_history::table
        .filter(health_history::tenant_id.eq(tenant).and(health_history::customer_id.eq(customer.uuid())))
        .into_boxed();
    if let Some(id) = place {
        query = query.filter(health_history::id.lt(id));
    }
    let query = query.order(health_history::id.desc()).limit(limit.rows_to_read());
    Ok(query.select(PastRow::as_select()).load(tx.conn(CRM)?).map_err(DbError::from)?)
}

/// Up to `at_most` customers that nobody looked at since `since`, the longest first.
pub fn unchecked(tx: &mut TenantTx<'_>, since: DateTime<Utc>, at_most: i64) -> Result<Vec<Uuid>, CrmError> {
    let tenant = tx.tenant().uuid();
    let found = health::table
        .filter(health::tenant_id.eq(tenant).and(health::checked_at.lt(since)))
        .order((health::checked_at, health::customer_id))
        .limit(at_most)
        .select(health::customer_id)
        .load(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(found)
}

/// Whether the customer has a contract that was in force and was closed.
pub fn had_contract(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<bool, CrmError> {
    let tenant = tx.tenant().uuid();
    let closed: Option<Uuid> = contracts::table
        .filter(contracts::tenant_id.eq(tenant).and(contracts::customer_id.eq(customer.uuid())))
        .filter(contracts::status.eq_any(["ended", "cancelled"]).and(contracts::activated_at.is_not_null()))
        .select(contracts::id)
        .first(tx.conn(CRM)?)
        .optional()
        .map_err(DbError::from)?;
    Ok(closed.is_some())
}

/// Whether a checklist of the customer is open since before `since`.
pub fn has_onboarding_since(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    since: DateTime<Utc>,
) -> Result<bool, CrmError> {
    let tenant = tx.tenant().uuid();
    let slow: Option<Uuid> = onboardings::table
        .filter(onboardings::tenant_id.eq(tenant).and(onboardings::customer_id.eq(customer.uuid())))
        .filter(onboardings::completed_at.is_null().and(onboardings::started_at.lt(since)))
        .select(onboardings::id)
        .first(tx.conn(CRM)?)
        .optional()
        .map_err(DbError::from)?;
    Ok(slow.is_some())
}

/// Notes that an invoice is owed; what is known of it already stays.
pub fn owe(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    invoice: Uuid,
    due_on: NaiveDate,
) -> Result<(), CrmError> {
    diesel::insert_into(invoice_signs::table)
        .values((
            invoice_signs::tenant_id.eq(tx.tenant().uuid()),
            invoice_signs::invoice_id.eq(invoice),
            invoice_signs::customer_id.eq(customer.uuid()),
            invoice_signs::due_on.eq(due_on),
            invoice_signs::was_overdue.eq(false),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Notes that an invoice was not paid in time.
pub fn set_overdue(tx: &mut TenantTx<'_>, invoice: Uuid) -> Result<(), CrmError> {
    diesel::update(invoice_signs::table.find((tx.tenant().uuid(), invoice)))
        .set(invoice_signs::was_overdue.eq(true))
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Notes when nothing of an invoice was owed any more, or that it is owed again.
pub fn set_settled(tx: &mut TenantTx<'_>, invoice: Uuid, at: Option<DateTime<Utc>>) -> Result<(), CrmError> {
    diesel::update(invoice_signs::table.find((tx.tenant().uuid(), invoice)))
        .set(invoice_signs::settled_at.eq(at))
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Forgets an invoice that counts no more.
pub fn forget(tx: &mut TenantTx<'_>, invoice: Uuid) -> Result<(), CrmError> {
    diesel::delete(invoice_signs::table.find((tx.tenant().uuid(), invoice)))
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Since when the oldest overdue invoice of the customer should have been paid.
pub fn overdue_since(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<Option<NaiveDate>, CrmError> {
    let tenant = tx.tenant().uuid();
    let oldest = invoice_signs::table
        .filter(invoice_signs::tenant_id.eq(tenant).and(invoice_signs::customer_id.eq(customer.uuid())))
        .filter(invoice_signs::settled_at.is_null().and(invoice_signs::was_overdue))
        .select(min(invoice_signs::due_on))
        .first(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(oldest)
}

/// Of the last invoices that the customer paid, at most `at_most`: whether each was overdue before.
pub fn paid_late(tx: &mut TenantTx<'_>, customer: CustomerId, at_most: usize) -> Result<Vec<bool>, CrmError> {
    let tenant = tx.tenant().uuid();
    let late = invoice_signs::table
        .filter(invoice_signs::tenant_id.eq(tenant).and(invoice_signs::customer_id.eq(customer.uuid())))
        .filter(invoice_signs::settled_at.is_not_null())
        .order((invoice_signs::settled_at.desc(), invoice_signs::invoice_id.desc()))
        .limit(i64::try_from(at_most).unwrap_or(i64::MAX))
        .select(invoice_signs::was_overdue)
        .load(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(late)
}

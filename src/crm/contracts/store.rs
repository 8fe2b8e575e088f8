//! Contracts in the database.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Date, Uuid as SqlUuid};
use uuid::Uuid;

use super::domain::{BillingPeriod, ContractStatus};
use crate::crm::CRM;
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::schema::contracts;
use crate::kernel::{Currency, Money};
use crate::platform::db::{DbError, Prepare, TenantTx};
use crate::platform::http::PageLimit;

/// A row of `crm.contracts`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = contracts, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ContractRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub customer_id: Uuid,
    pub version: i32,
    pub title: String,
    pub status: String,
    pub value_minor: i64,
    pub arr_minor: i64,
    pub currency: String,
    pub billing_period: String,
    pub starts_on: NaiveDate,
    pub ends_on: Option<NaiveDate>,
    pub renews_on: Option<NaiveDate>,
    pub notes: Option<String>,
    pub closing_reason: Option<String>,
    pub previous_id: Option<Uuid>,
    pub activated_at: Option<DateTime<Utc>>,
    pub renewal_raised_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl ContractRow {
    /// Where it stands.
    pub fn state(&self) -> Result<ContractStatus, CrmError> {
        ContractStatus::parse(&self.status).ok_or_else(|| broken("status"))
    }

    /// How often it is paid.
    pub fn period(&self) -> Result<BillingPeriod, CrmError> {
        BillingPeriod::parse(&self.billing_period).ok_or_else(|| broken("billing_period"))
    }

    /// What is paid each time.
    pub fn value(&self) -> Result<Money, CrmError> {
        self.money(self.value_minor)
    }

    /// What that makes in a year.
    pub fn arr(&self) -> Result<Money, CrmError> {
        self.money(self.arr_minor)
    }

    fn money(&self, minor: i64) -> Result<Money, CrmError> {
        let currency = Currency::parse(&self.currency).map_err(|_| broken("currency"))?;
        Ok(Money::from_minor(minor, currency))
    }
}

fn broken(column: &str) -> CrmError {
    CrmError::Db(DbError::Failed(format!("a stored contract is broken: {column}")))
}

/// Writes a new contract.
pub fn insert(tx: &mut TenantTx<'_>, row: &ContractRow) -> Result<(), CrmError> {
    diesel::insert_into(contracts::table).values(row).execute(tx.conn(CRM)?).map_err(DbError::from)?;
    Ok(())
}

/// Writes a changed contract back.
pub fn save(tx: &mut TenantTx<'_>, row: &ContractRow) -> Result<(), CrmError> {
    diesel::update(contracts::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// One contract of the customer.
pub fn find(tx: &mut TenantTx<'_>, customer: CustomerId, id: Uuid) -> Result<ContractRow, CrmError> {
    let tenant = tx.tenant().uuid();
    contracts::table
        .find((tenant, id))
        .filter(contracts::customer_id.eq(customer.uuid()))
        .select(ContractRow::as_select())
        .first(tx.conn(CRM)?)
        .optional()
        .map_err(DbError::from)?
        .ok_or(CrmError::ContractNotFound)
}

/// One contract of the customer, locked until the transaction ends; the customer is locked before it.
pub fn lock(tx: &mut TenantTx<'_>, customer: CustomerId, id: Uuid) -> Result<ContractRow, CrmError> {
    let tenant = tx.tenant().uuid();
    contracts::table
        .find((tenant, id))
        .filter(contracts::customer_id.eq(customer.uuid()))
        .for_no_key_update()
        .select(ContractRow::as_select())
        .first(tx.conn(CRM)?)
        .optional()
        .map_err(DbError::from)?
        .ok_or(CrmError::ContractNotFound)
}

/// Up to `limit + 1` contracts of the customer behind `place`, the newest first.
pub fn of_customer(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    place: Option<Uuid>,
    limit: PageLimit,
) -> Result<Vec<ContractRow>, CrmError> {
    let tenant = tx.tenant().uuid();
    let mut query = contracts::table
        .filter(contracts::tenant_id.eq(tenant).and(contracts::customer_id.eq(customer.uuid())))
        .into_boxed();
    if let Some(id) = place {
        query = query.filter(contracts::id.lt(id));
    }
    let query = query.order(contracts::id.desc()).limit(limit.rows_to_read());
    Ok(query.select(ContractRow::as_select()).load(tx.conn(CRM)?).map_err(DbError::from)?)
}

/// The contracts of the customer that are in force, the oldest first.
pub fn active(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<Vec<ContractRow>, CrmError> {
    let tenant = tx.tenant().uuid();
    let rows = contracts::table
        .filter(contracts::tenant_id.eq(tenant).and(contracts::customer_id.eq(customer.uuid())))
        .filter(contracts::status.eq(ContractStatus::Active.as_str()))
        .order(contracts::id)
        .select(ContractRow::as_select())
        .load(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(rows)
}

/// Up to `limit + 1` contracts in force, of all customers, that renew on or before `until`, behind `place`, the nearest first.
pub fn renewing(
    tx: &mut TenantTx<'_>,
    until: NaiveDate,
    place: Option<(NaiveDate, Uuid)>,
    limit: PageLimit,
) -> Result<Vec<ContractRow>, CrmError> {
    let tenant = tx.tenant().uuid();
    let mut query = contracts::table
        .filter(contracts::tenant_id.eq(tenant).and(contracts::renews_on.le(until)))
        .filter(contracts::status.eq(ContractStatus::Active.as_str()))
        .into_boxed();
    if let Some((day, id)) = place {
        query = query.filter(
            sql::<Bool>("(renews_on, id) > (").bind::<Date, _>(day).sql(", ").bind::<SqlUuid, _>(id).sql(")"),
        );
    }
    let query = query.order((contracts::renews_on.asc(), contracts::id.asc())).limit(limit.rows_to_read());
    Ok(query.select(ContractRow::as_select()).load(tx.conn(CRM)?).map_err(DbError::from)?)
}

/// Customers with a contract in force that came to its end before `today`, or whose renewal has come and was not told yet;
/// up to `at_most` of both.
pub fn with_days_come(
    tx: &mut TenantTx<'_>,
    today: NaiveDate,
    at_most: i64,
) -> Result<Vec<(Uuid, Uuid)>, CrmError> {
    let tenant = tx.tenant().uuid();
    let in_force = contracts::tenant_id.eq(tenant).and(contracts::status.eq(ContractStatus::Active.as_str()));
    let mut found: Vec<(Uuid, Uuid)> = contracts::table
        .filter(in_force.and(contracts::ends_on.lt(today)))
        .order((contracts::ends_on, contracts::id))
        .limit(at_most)
        .select((contracts::customer_id, contracts::id))
        .load(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    let renewals: Vec<(Uuid, Uuid)> = contracts::table
        .filter(in_force.and(contracts::renews_on.le(today)))
        .filter(contracts::renewal_raised_at.is_null())
        .order((contracts::renews_on, contracts::id))
        .limit(at_most)
        .select((contracts::customer_id, contracts::id))
        .load(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    found.extend(renewals);
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

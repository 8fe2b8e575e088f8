//! Tasks in the database.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use crate::crm::CRM;
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::schema::tasks;
use crate::platform::db::{DbError, Prepare, TenantTx};
use crate::platform::http::PageLimit;

/// A row of `crm.tasks`.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tasks, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct TaskRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub customer_id: Uuid,
    pub version: i32,
    pub title: String,
    pub notes: Option<String>,
    pub due_at: Option<DateTime<Utc>>,
    pub assignee_id: Option<Uuid>,
    pub done_at: Option<DateTime<Utc>>,
    pub done_by: Option<Uuid>,
    pub due_raised_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Writes a new task.
pub fn insert(tx: &mut TenantTx<'_>, row: &TaskRow) -> Result<(), CrmError> {
    diesel::insert_into(tasks::table).values(row).execute(tx.conn(CRM)?).map_err(DbError::from)?;
    Ok(())
}

/// Writes a changed task back.
pub fn save(tx: &mut TenantTx<'_>, row: &TaskRow) -> Result<(), CrmError> {
    diesel::update(tasks::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Takes a task away.
pub fn delete(tx: &mut TenantTx<'_>, id: Uuid) -> Result<(), CrmError> {
    let tenant = tx.tenant().uuid();
    diesel::delete(tasks::table.find((tenant, id))).execute(tx.conn(CRM)?).map_err(DbError::from)?;
    Ok(())
}

/// One task of the customer.
pub fn find(tx: &mut TenantTx<'_>, customer: CustomerId, id: Uuid) -> Result<TaskRow, CrmError> {
    let tenant = tx.tenant().uuid();
    tasks::table
        .find((tenant, id))
        .filter(tasks::customer_id.eq(customer.uuid()))
        .select(TaskRow::as_select())
        .first(tx.conn(CRM)?)
        .optional()
        .map_err(DbError::from)?
        .ok_or(CrmError::TaskNotFound)
}

/// One task of the customer, locked until the transaction ends; the customer is locked before it.
pub fn lock(tx: &mut TenantTx<'_>, customer: CustomerId, id: Uuid) -> Result<TaskRow, CrmError> {
    let tenant = tx.tenant().uuid();
    tasks::table
        .find((tenant, id))
        .filter(tasks::customer_id.eq(customer.uuid()))
        .for_no_key_update()
        .select(TaskRow::as_select())
        .first(tx.conn(CRM)?)
        .optional()
        .map_err(DbError::from)?
        .ok_or(CrmError::TaskNotFound)
}

/// Up to `limit + 1` tasks of the customer behind `place`, the newest first; open ones, done ones, or all.
pub fn of_customer(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    is_done: Option<bool>,
    place: Option<Uuid>,
    limit: PageLimit,
) -> Result<Vec<TaskRow>, CrmError> {
    let tenant = tx.tenant().uuid();
    let mut query = tasks::table
        .filter(tasks::tenant_id.eq(tenant).and(tasks::customer_id.eq(customer.uuid())))
        .into_boxed();
    match is_done {
        Some(true) => query = query.filter(tasks::done_at.is_not_null()),
        Some(false) => query = query.filter(tasks::done_at.is_null()),
        None => {}
    }
    if let Some(id) = place {
        query = query.filter(tasks::id.lt(id));
    }
    let query = query.order(tasks::id.desc()).limit(limit.rows_to_read());
    Ok(query.select(TaskRow::as_select()).load(tx.conn(CRM)?).map_err(DbError::from)?)
}

/// Which open tasks of all customers.
#[derive(Debug, Clone, Default)]
pub struct DueFilter {
    /// Of this person.
    pub assignee: Option<Uuid>,
    /// Due at this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Due before this time.
    pub to: Option<DateTime<Utc>>,
}

/// Up to `limit + 1` open tasks of all customers that have a time, behind `place`, the most urgent first.
pub fn due(
    tx: &mut TenantTx<'_>,
    filter: &DueFilter,
    place: Option<(DateTime<Utc>, Uuid)>,
    limit: PageLimit,
) -> Result<Vec<TaskRow>, CrmError> {
    let tenant = tx.tenant().uuid();
    let mut query = tasks::table
        .filter(tasks::tenant_id.eq(tenant).and(tasks::done_at.is_null()))
        .filter(tasks::due_at.is_not_null())
        .into_boxed();
    if let Some(assignee) = filter.assignee {
        query = query.filter(tasks::assignee_id.eq(assignee));
    }
    if let Some(from) = filter.from {
        query = query.filter(tasks::due_at.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(tasks::due_at.lt(to));
    }
    if let Some((at, id)) = place {
        let behind = sql::<Bool>("(due_at, id) > (").bind::<Timestamptz, _>(at);
        query = query.filter(behind.sql(", ").bind::<SqlUuid, _>(id).sql(")"));
    }
    let query = query.order((tasks::due_at.asc(), tasks::id.asc())).limit(limit.rows_to_read());
    Ok(query.select(TaskRow::as_select()).load(tx.conn(CRM)?).map_err(DbError::from)?)
}

/// Up to `at_most` open tasks whose time has come and was not told yet, by customer and task.
pub fn come_due(tx: &mut TenantTx<'_>, at_most: i64) -> Result<Vec<(Uuid, Uuid)>, CrmError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let found = tasks::table
        .filter(tasks::tenant_id.eq(tenant).and(tasks::due_at.le(now)))
        .filter(tasks::done_at.is_null().and(tasks::due_raised_at.is_null()))
        .order((tasks::due_at, tasks::id))
        .limit(at_most)
        .select((tasks::customer_id, tasks::id))
        .load(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(found)
}

/// The open tasks of the customer that are done first: by their time, those without one last.
pub fn open(tx: &mut TenantTx<'_>, customer: CustomerId, at_most: i64) -> Result<Vec<TaskRow>, CrmError> {
    let tenant = tx.tenant().uuid();
    let rows = tasks::table
        .filter(tasks::tenant_id.eq(tenant).and(tasks::customer_id.eq(customer.uuid())))
        .filter(tasks::done_at.is_null())
        .order((tasks::due_at.asc().nulls_last(), tasks::id.asc()))
        .limit(at_most)
        .select(TaskRow::as_select())
        .load(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(rows)
}

/// How many open tasks of the customer were due before `since`.
pub fn overdue(tx: &mut TenantTx<'_>, customer: CustomerId, since: DateTime<Utc>) -> Result<i64, CrmError> {
    let tenant = tx.tenant().uuid();
    let late = tasks::table
        .filter(tasks::tenant_id.eq(tenant).and(tasks::customer_id.eq(customer.uuid())))
        .filter(tasks::done_at.is_null().and(tasks::due_at.lt(since)));
    Ok(late.count().get_result(tx.conn(CRM)?).map_err(DbError::from)?)
}

//! What was done about a customer.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::crm::CRM;
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::schema::activities;
use crate::platform::db::{DbError, TenantTx};

/// A row of `crm.activities`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = activities, treat_none_as_default_value = false)]
pub struct ActivityRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub customer_id: Uuid,
    pub kind: String,
    pub text: String,
    pub at: DateTime<Utc>,
    pub user_id: Option<Uuid>,
    pub created_at: DateTime<Utc>,
}

/// Notes an activity.
pub fn insert_activity(tx: &mut TenantTx<'_>, row: &ActivityRow) -> Result<(), CrmError> {
    diesel::insert_into(activities::table).values(row).execute(tx.conn(CRM)?).map_err(DbError::from)?;
    Ok(())
}

/// The texts of those activities that are there.
pub fn activity_texts(tx: &mut TenantTx<'_>, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>, CrmError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let tenant = tx.tenant().uuid();
    let rows = activities::table.filter(activities::tenant_id.eq(tenant)).filter(activities::id.eq_any(ids));
    Ok(rows.select((activities::id, activities::text)).load(tx.conn(CRM)?).map_err(DbError::from)?)
}

/// The latest activities of the customer, `at_most` so many, the newest first.
pub fn latest(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    at_most: i64,
) -> Result<Vec<ActivityRow>, CrmError> {
    let tenant = tx.tenant().uuid();
    let rows = activities::table
        .filter(activities::tenant_id.eq(tenant).and(activities::customer_id.eq(customer.uuid())))
        .order((activities::at.desc(), activities::id.desc()))
        .limit(at_most)
        .select(ActivityRow::as_select())
        .load(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(rows)
}

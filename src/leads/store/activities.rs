//! What was done about a lead.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use crate::leads::LEADS;
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::schema::activities;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::http::PageLimit;

/// A row of `leads.activities`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = activities, treat_none_as_default_value = false)]
pub struct ActivityRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub lead_id: Uuid,
    pub kind: String,
    pub text: String,
    pub at: DateTime<Utc>,
    pub user_id: Option<Uuid>,
    pub created_at: DateTime<Utc>,
}

/// Notes an activity.
pub fn insert_activity(tx: &mut TenantTx<'_>, row: &ActivityRow) -> Result<(), LeadsError> {
    diesel::insert_into(activities::table).values(row).execute(tx.conn(LEADS)?).map_err(DbError::from)?;
    Ok(())
}

/// Up to `limit + 1` activities of the lead behind a place, newest first.
pub fn activities(
    tx: &mut TenantTx<'_>,
    lead: LeadId,
    place: Option<(DateTime<Utc>, Uuid)>,
    limit: PageLimit,
) -> Result<Vec<ActivityRow>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let mut query = activities::table
        .filter(activities::tenant_id.eq(tenant))
        .filter(activities::lead_id.eq(lead.uuid()))
        .into_boxed();
    if let Some((at, id)) = place {
        query = query.filter(
            sql::<Bool>("(at, id) < (").bind::<Timestamptz, _>(at).sql(", ").bind::<SqlUuid, _>(id).sql(")"),
        );
    }
    let rows = query
        .order((activities::at.desc(), activities::id.desc()))
        .limit(limit.rows_to_read())
        .select(ActivityRow::as_select())
        .load(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(rows)
}

/// The texts of those activities that are there.
pub fn activity_texts(tx: &mut TenantTx<'_>, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>, LeadsError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let tenant = tx.tenant().uuid();
    let rows = activities::table.filter(activities::tenant_id.eq(tenant)).filter(activities::id.eq_any(ids));
    Ok(rows.select((activities::id, activities::text)).load(tx.conn(LEADS)?).map_err(DbError::from)?)
}

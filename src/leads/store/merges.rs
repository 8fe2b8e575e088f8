//! Merges: the record of two leads that became one, and what moves between them.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Timestamptz, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

use super::{LEADS, Row};
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::schema::{activities, contacts, leads, merges};
use crate::platform::db::{DbError, Prepare, TenantTx};
use crate::platform::http::PageLimit;

/// A row of `leads.merges`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = merges, treat_none_as_default_value = false)]
pub struct MergeRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub lead_id: Uuid,
    pub other_id: Uuid,
    pub other_import_id: Option<Uuid>,
    pub memory: Value,
    pub merged_by: Option<Uuid>,
    pub merged_at: DateTime<Utc>,
    pub undone_at: Option<DateTime<Utc>>,
}

/// Writes a merge down.
pub fn insert_merge(tx: &mut TenantTx<'_>, row: &MergeRow) -> Result<(), LeadsError> {
    diesel::insert_into(merges::table).values(row).execute(tx.conn(LEADS)?).map_err(DbError::from)?;
    Ok(())
}

/// The merge, locked until the transaction ends.
pub fn lock_merge(tx: &mut TenantTx<'_>, id: Uuid) -> Result<MergeRow, LeadsError> {
    let tenant = tx.tenant().uuid();
    let row = merges::table.find((tenant, id)).for_no_key_update().select(MergeRow::as_select());
    row.first(tx.conn(LEADS)?).optional().map_err(DbError::from)?.ok_or(LeadsError::MergeNotFound)
}

/// Notes that the merge was undone; its memory goes.
pub fn close_merge(tx: &mut TenantTx<'_>, id: Uuid) -> Result<(), LeadsError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    diesel::update(merges::table.find((tenant, id)))
        .set((merges::undone_at.eq(now), merges::memory.eq(Value::Null)))
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Up to `limit + 1` merges behind a place, newest first.
pub fn merges(
    tx: &mut TenantTx<'_>,
    place: Option<(DateTime<Utc>, Uuid)>,
    limit: PageLimit,
) -> Result<Vec<MergeRow>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let mut query = merges::table.filter(merges::tenant_id.eq(tenant)).into_boxed();
    if let Some((at, id)) = place {
        let behind = sql::<Bool>("(merged_at, id) < (");
        query = query.filter(behind.bind::<Timestamptz, _>(at).sql(", ").bind::<SqlUuid, _>(id).sql(")"));
    }
    let rows = query
        .order((merges::merged_at.desc(), merges::id.desc()))
        .limit(limit.rows_to_read())
        .select(MergeRow::as_select())
        .load(tx.conn(LEADS)?);
    Ok(rows.map_err(DbError::from)?)
}

/// Forgets merges that are older than `age`.
pub fn forget_merges(tx: &mut TenantTx<'_>, age: TimeDelta) -> Result<(), LeadsError> {
    let (tenant, before) = (tx.tenant().uuid(), tx.now() - age);
    let old = merges::table.filter(merges::tenant_id.eq(tenant)).filter(merges::merged_at.lt(before));
    diesel::delete(old).execute(tx.conn(LEADS)?).map_err(DbError::from)?;
    Ok(())
}

/// Gives the contacts and activities of `from` to `to`; answers which they are.
pub fn move_belongings(
    tx: &mut TenantTx<'_>,
    from: LeadId,
    to: LeadId,
) -> Result<(Vec<Uuid>, Vec<Uuid>), LeadsError> {
    let tenant = tx.tenant().uuid();
    let of = contacts::table.filter(contacts::tenant_id.eq(tenant)).filter(contacts::lead_id.eq(from.uuid()));
    let moved_contacts = diesel::update(of)
        .set(contacts::lead_id.eq(to.uuid()))
        .returning(contacts::id)
        .get_results(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    let of = activities::table
        .filter(activities::tenant_id.eq(tenant))
        .filter(activities::lead_id.eq(from.uuid()));
    let moved_activities = diesel::update(of)
        .set(activities::lead_id.eq(to.uuid()))
        .returning(activities::id)
        .get_results(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok((moved_contacts, moved_activities))
}

/// Gives those of the contacts and activities named that `from` still has to `to`.
pub fn move_back(
    tx: &mut TenantTx<'_>,
    from: LeadId,
    to: LeadId,
    moved_contacts: &[Uuid],
    moved_activities: &[Uuid],
) -> Result<(), LeadsError> {
    let tenant = tx.tenant().uuid();
    let of = contacts::table
        .filter(contacts::tenant_id.eq(tenant))
        .filter(contacts::lead_id.eq(from.uuid()))
        .filter(contacts::id.eq_any(moved_contacts));
    diesel::update(of)
        .set(contacts::lead_id.eq(to.uuid()))
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    let of = activities::table
        .filter(activities::tenant_id.eq(tenant))
        .filter(activities::lead_id.eq(from.uuid()))
        .filter(activities::id.eq_any(moved_activities));
    diesel::update(of)
        .set(activities::lead_id.eq(to.uuid()))
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Writes a lead back as it was, there or gone.
pub fn put_row(tx: &mut TenantTx<'_>, row: &Row) -> Result<(), LeadsError> {
    diesel::insert_into(leads::table)
        .values(row)
        .on_conflict((leads::tenant_id, leads::id))
        .do_update()
        .set(row)
        .prepared()
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(())
}

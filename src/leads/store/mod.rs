//! Leads in the database: reading, writing, and the identities that make duplicates.

mod activities;
mod assignment;
mod contacts;
mod likenesses;
mod listing;
mod merges;
mod rows;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Uuid as SqlUuid};

pub use activities::{ActivityRow, activities, activity_texts, insert_activity};
pub use assignment::{RuleRow, delete_rule, loads, lock_rule, rules, save_rule, take_turns};
pub use contacts::{ContactRow, contacts, delete_contact, find_contact, insert_contact, save_contact};
pub use likenesses::{Shared, likenesses_of, rows_of, save_likenesses, shared};
pub use listing::{Filter, Place, Sort, SortKey, attention, counts, custom_keys, ids, ids_among, list};
pub use merges::{
    MergeRow, close_merge, forget_merges, insert_merge, lock_merge, merges, move_back, move_belongings,
    put_row,
};
pub use rows::{IdentityRow, Row, restore as lead_of};
use rows::{identity_rows, restore, row};

use super::LEADS;
use super::contract::{LeadId, LeadsError};
use super::domain::Lead;
use super::schema::{identities, leads};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, Prepare, SystemTx, TenantTx};
use crate::platform::id::Id;

/// What a new lead does when its e-mail or phone belongs to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It is refused.
    All,
    /// It stays without them.
    WhatIsFree,
}

/// The lead's row.
pub fn find(tx: &mut TenantTx<'_>, id: LeadId) -> Result<Row, LeadsError> {
    let tenant = tx.tenant().uuid();
    let row = leads::table.find((tenant, id.uuid())).select(Row::as_select()).first(tx.conn(LEADS)?);
    row.optional().map_err(DbError::from)?.ok_or(LeadsError::NotFound(id))
}

/// The lead.
pub fn read(tx: &mut TenantTx<'_>, id: LeadId) -> Result<Lead, LeadsError> {
    restore(find(tx, id)?)
}

/// The lead, locked until the transaction ends.
pub fn lock(tx: &mut TenantTx<'_>, id: LeadId) -> Result<Lead, LeadsError> {
    restore(lock_row(tx, id)?)
}

/// The lead's row, locked until the transaction ends.
pub fn lock_row(tx: &mut TenantTx<'_>, id: LeadId) -> Result<Row, LeadsError> {
    let tenant = tx.tenant().uuid();
    let row = leads::table
        .find((tenant, id.uuid()))
        .for_no_key_update()
        .select(Row::as_select())
        .first(tx.conn(LEADS)?)
        .optional()
        .map_err(DbError::from)?;
    row.ok_or(LeadsError::NotFound(id))
}

/// The lead, which is there until the transaction ends, although others may change it.
pub fn hold(tx: &mut TenantTx<'_>, id: LeadId) -> Result<Lead, LeadsError> {
    let tenant = tx.tenant().uuid();
    let row = leads::table
        .find((tenant, id.uuid()))
        .for_key_share()
        .select(Row::as_select())
        .first(tx.conn(LEADS)?)
        .optional()
        .map_err(DbError::from)?;
    restore(row.ok_or(LeadsError::NotFound(id))?)
}

/// Those of the leads that are there, locked until the transaction ends, by identifier.
pub fn lock_all(tx: &mut TenantTx<'_>, of: &[uuid::Uuid]) -> Result<Vec<Lead>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let rows = leads::table
        .filter(leads::tenant_id.eq(tenant))
        .filter(leads::id.eq_any(of))
        .order(leads::id)
        .for_no_key_update()
        .select(Row::as_select())
        .load::<Row>(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    rows.into_iter().map(restore).collect()
}

/// Writes new leads and claims their identities; answers their rows.
pub fn insert(tx: &mut TenantTx<'_>, new: &[Lead], claim: Claim) -> Result<Vec<Row>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let rows: Vec<Row> = new.iter().map(|lead| row(tenant, lead)).collect();
    // One row is a statement that stays prepared; several are prepared anew each time.
    match rows.as_slice() {
        [row] => diesel::insert_into(leads::table).values(row).execute(tx.conn(LEADS)?),
        rows => diesel::insert_into(leads::table).values(rows).execute(tx.conn(LEADS)?),
    }
    .map_err(DbError::from)?;
    let keys: Vec<IdentityRow> = new.iter().flat_map(|lead| identity_rows(tenant, lead)).collect();
    claim_identities(tx, &keys, claim)?;
    Ok(rows)
}

/// Writes a changed lead back; answers its row.
pub fn save(tx: &mut TenantTx<'_>, lead: &Lead) -> Result<Row, LeadsError> {
    let tenant = tx.tenant().uuid();
    let row = row(tenant, lead);
    diesel::update(leads::table.find((tenant, lead.id.uuid())))
        .set(&row)
        .prepared()
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(row)
}

/// Gives up the lead's identities and claims those that it has now.
pub fn reclaim(tx: &mut TenantTx<'_>, lead: &Lead, claim: Claim) -> Result<(), LeadsError> {
    give_up(tx, lead)?;
    let tenant = tx.tenant().uuid();
    claim_identities(tx, &identity_rows(tenant, lead), claim)
}

/// The same for a lead whose details changed: what is new must be free; what it `had` it keeps, whoever holds it.
pub fn reclaim_changed(
    tx: &mut TenantTx<'_>,
    lead: &Lead,
    had: &[(&'static str, String)],
) -> Result<(), LeadsError> {
    let kept = |key: &IdentityRow| had.iter().any(|(kind, value)| (*kind, value) == (&*key.kind, &key.value));
    let tenant = tx.tenant().uuid();
    let (kept, new): (Vec<_>, Vec<_>) = identity_rows(tenant, lead).into_iter().partition(kept);
    give_up(tx, lead)?;
    claim_identities(tx, &new, Claim::All)?;
    claim_identities(tx, &kept, Claim::WhatIsFree)
}

fn give_up(tx: &mut TenantTx<'_>, lead: &Lead) -> Result<(), LeadsError> {
    let own = identities::table
        .filter(identities::tenant_id.eq(tx.tenant().uuid()))
        .filter(identities::lead_id.eq(lead.id.uuid()));
    diesel::delete(own).execute(tx.conn(LEADS)?).map_err(DbError::from)?;
    Ok(())
}

/// Who holds any of `values` already.
pub fn holders(tx: &mut TenantTx<'_>, values: &[String]) -> Result<Vec<IdentityRow>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let held = identities::table
        .filter(identities::tenant_id.eq(tenant))
        .filter(identities::kind.eq_any(["email", "phone"]))
        .filter(identities::value.eq_any(values))
        .select(IdentityRow::as_select())
        .load(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(held)
}

/// Deletes the lead with all that belongs to it.
pub fn delete(tx: &mut TenantTx<'_>, id: LeadId) -> Result<(), LeadsError> {
    let tenant = tx.tenant().uuid();
    diesel::delete(leads::table.find((tenant, id.uuid()))).execute(tx.conn(LEADS)?).map_err(DbError::from)?;
    Ok(())
}

/// Sets the score alone.
pub fn set_score(tx: &mut TenantTx<'_>, id: LeadId, score: i32) -> Result<(), LeadsError> {
    let tenant = tx.tenant().uuid();
    diesel::update(leads::table.find((tenant, id.uuid())))
        .set(leads::score.eq(score))
        .prepared()
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Every tenant that has leads.
pub fn tenants(tx: &mut SystemTx<'_>) -> Result<Vec<TenantId>, LeadsError> {
    let tenants = diesel::select(diesel::dsl::sql::<Array<SqlUuid>>("ARRAY(SELECT leads.tenants())"))
        .get_result::<Vec<uuid::Uuid>>(tx.conn())
        .map_err(DbError::from)?;
    Ok(tenants.into_iter().map(Id::from).collect())
}

/// Up to `at_most` leads whose follow-up has come and was not told yet, locked.
pub fn due(tx: &mut TenantTx<'_>, at_most: i64) -> Result<Vec<Lead>, LeadsError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let rows = leads::table
        .filter(leads::tenant_id.eq(tenant))
        .filter(leads::next_follow_up_at.le(now))
        .filter(leads::follow_up_raised_at.is_null())
        .filter(leads::status.eq_any(["new", "contacted", "qualified"]))
        .order((leads::next_follow_up_at, leads::id))
        .limit(at_most)
        .for_no_key_update()
        .skip_locked()
        .select(Row::as_select())
        .load::<Row>(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    rows.into_iter().map(restore).collect()
}

/// Up to `at_most` open leads about which nothing was done since `since`, not marked yet, locked.
pub fn neglected(tx: &mut TenantTx<'_>, since: DateTime<Utc>, at_most: i64) -> Result<Vec<Lead>, LeadsError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let rows = leads::table
        .filter(leads::tenant_id.eq(tenant))
        .filter(leads::status.eq_any(["new", "contacted", "qualified"]))
        .filter(leads::updated_at.lt(since))
        .filter(leads::forgotten_at.is_null())
        .filter(leads::next_follow_up_at.is_null().or(leads::next_follow_up_at.lt(now)))
        .order((leads::updated_at, leads::id))
        .limit(at_most)
        .for_no_key_update()
        .skip_locked()
        .select(Row::as_select())
        .load::<Row>(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    rows.into_iter().map(restore).collect()
}

fn claim_identities(tx: &mut TenantTx<'_>, keys: &[IdentityRow], claim: Claim) -> Result<(), LeadsError> {
    if keys.is_empty() {
        return Ok(());
    }
    let table = diesel::insert_into(identities::table);
    let claimed = match keys {
        [key] => table.values(key).on_conflict_do_nothing().prepared().execute(tx.conn(LEADS)?),
        keys => table.values(keys).on_conflict_do_nothing().execute(tx.conn(LEADS)?),
    }
    .map_err(DbError::from)?;
    if claim == Claim::WhatIsFree || claimed == keys.len() {
        return Ok(());
    }
    let values: Vec<String> = keys.iter().map(|key| key.value.clone()).collect();
    let held = holders(tx, &values)?;
    let same = |key: &IdentityRow, other: &IdentityRow| {
        (&key.kind, &key.value) == (&other.kind, &other.value) && key.lead_id != other.lead_id
    };
    let duplicate = |kind: &str, existing| LeadsError::Duplicate {
        existing,
        field: if kind == "email" { "email" } else { "phone" },
    };
    if let Some(other) = held.iter().find(|other| keys.iter().any(|key| same(key, other))) {
        return Err(duplicate(&other.kind, Some(Id::from(other.lead_id))));
    }
    // Somebody has it, and whoever acts does not see who.
    let is_seen =
        |key: &IdentityRow| held.iter().any(|other| (&key.kind, &key.value) == (&other.kind, &other.value));
    match keys.iter().find(|key| !is_seen(key)) {
        Some(key) if !tx.actor().sight().is_everything() => Err(duplicate(&key.kind, None)),
        _ => Ok(()),
    }
}

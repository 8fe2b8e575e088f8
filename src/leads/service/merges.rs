//! Leads that may be the same one, and how two become one and two again.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::take_back::former;
use super::{check_version, commit, definitions, fields};
use crate::leads::contract::events::{LeadMergeUndone, LeadMerged};
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::domain::{
    Choices, Lead, LikenessKind, Status, changes, left_over, likenesses, merge as merge_into,
};
use crate::leads::store::{self, Claim, ContactRow, MergeRow, Row, Shared};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::http::PageLimit;
use crate::platform::id::Id;

/// How long a merge can be undone.
pub const UNDO_FOR: TimeDelta = TimeDelta::days(30);

/// Keys looked at in one query, and queries for one page.
const WINDOW: i64 = 200;
const WINDOWS: usize = 20;

/// Two leads that may be the same one.
#[derive(Debug)]
pub struct Pair {
    /// The older one.
    pub lead: Row,
    /// The newer one.
    pub other: Row,
    /// What they have in common.
    pub reasons: Vec<(LikenessKind, String)>,
}

/// What to merge.
#[derive(Debug)]
pub struct Merge {
    /// The lead that goes.
    pub other: LeadId,
    /// Which field is whose.
    pub choices: Choices,
    /// The version of the lead that stays, as the caller read it.
    pub version: Option<i32>,
    /// The version of the other.
    pub other_version: Option<i32>,
}

/// What a merge must know to be undone.
#[derive(Serialize, Deserialize)]
struct Memory {
    before: Row,
    other: Row,
    after: Row,
    contacts: Vec<Uuid>,
    activities: Vec<Uuid>,
    added: Vec<Uuid>,
}

/// Brings up to date what a lead is like; one that is gone is like nothing.
pub fn note_likenesses(tx: &mut TenantTx<'_>, id: LeadId) -> Result<(), LeadsError> {
    // Held before its likenesses are, as whoever deletes it does: the other way round each would wait for the other. Whoever
    // changes it meanwhile says so, and is heard later.
    let lead = match store::hold(tx, id) {
        Ok(lead) => lead,
        Err(LeadsError::NotFound(_)) => return Ok(()),
        Err(error) => return Err(error),
    };
    let contacts = store::contacts(tx, id)?.into_iter().map(|contact| (contact.email, contact.phone));
    store::save_likenesses(tx, id, &likenesses(&lead, contacts))
}

/// A page of pairs, and the place behind it when there may be more. A pair of several reasons stands at the first.
pub fn duplicates(
    tx: &mut TenantTx<'_>,
    place: Option<Shared>,
    limit: PageLimit,
) -> Result<(Vec<Pair>, Option<Shared>), LeadsError> {
    let mut place = place;
    let mut pairs = Vec::new();
    for _ in 0..WINDOWS {
        let window = store::shared(tx, place.as_ref(), WINDOW)?;
        let is_last = i64::try_from(window.len()).is_ok_and(|count| count < WINDOW);
        let mut found = pairs_of(tx, place.as_ref(), &window)?;
        let room = limit.rows() - pairs.len();
        if found.len() > room || found.len() == room && !is_last {
            found.truncate(room);
            let last = found.last().map(|(at, _)| at.clone());
            pairs.extend(found.into_iter().map(|(_, pair)| pair));
            return Ok((pairs, last));
        }
        pairs.extend(found.into_iter().map(|(_, pair)| pair));
        place = window.last().cloned();
        if is_last {
            return Ok((pairs, None));
        }
    }
    Ok((pairs, place))
}

/// Neighbours at a key, each with the place of the second.
fn pairs_of(
    tx: &mut TenantTx<'_>,
    before: Option<&Shared>,
    window: &[Shared],
) -> Result<Vec<(Shared, Pair)>, LeadsError> {
    let firsts = before.into_iter().chain(window);
    let seconds = if before.is_some() { window } else { window.get(1..).unwrap_or_default() };
    let neighbours: Vec<(&Shared, &Shared)> =
        firsts.zip(seconds).filter(|(one, two)| (one.kind, &one.key) == (two.kind, &two.key)).collect();
    let ids: BTreeSet<Uuid> = neighbours.iter().flat_map(|(one, two)| [one.lead, two.lead]).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut keys: HashMap<Uuid, BTreeSet<(i16, String)>> = HashMap::new();
    for shared in store::likenesses_of(tx, &ids)? {
        keys.entry(shared.lead).or_default().insert((shared.kind, shared.key));
    }
    let rows = store::rows_of(tx, &ids)?;
    let rows: HashMap<Uuid, Row> = rows.into_iter().map(|row| (row.id, row)).collect();
    let mut pairs = Vec::new();
    for (one, two) in neighbours {
        let (Some(lead), Some(other)) = (rows.get(&one.lead), rows.get(&two.lead)) else { continue };
        let (Some(of_one), Some(of_two)) = (keys.get(&one.lead), keys.get(&two.lead)) else { continue };
        let common: Vec<&(i16, String)> = of_one.intersection(of_two).collect();
        let is_first = common.first().is_some_and(|(kind, key)| (*kind, key) == (two.kind, &two.key));
        let is_open = [lead, other].iter().all(|row| row.status != Status::Converted.as_str());
        if is_first && is_open {
            let reasons =
                common.into_iter().map(|(kind, key)| (LikenessKind::of(*kind), key.clone())).collect();
            pairs.push((two.clone(), Pair { lead: lead.clone(), other: other.clone(), reasons }));
        }
    }
    Ok(pairs)
}

/// Merges `request.other` into the lead: contacts, activities and tags of both are kept, and the other one is gone.
pub fn merge(tx: &mut TenantTx<'_>, id: LeadId, request: &Merge) -> Result<(MergeRow, Row), LeadsError> {
    let other_id = request.other;
    if id == other_id {
        return Err(LeadsError::MergeWithItself);
    }
    // Always in the same order, so that two merges at once do not wait for each other.
    let (mut lead, other) = if id.uuid() < other_id.uuid() {
        let lead = store::lock(tx, id)?;
        (lead, store::lock(tx, other_id)?)
    } else {
        let other = store::lock(tx, other_id)?;
        (store::lock(tx, id)?, other)
    };
    check_version(&lead, request.version)?;
    check_version(&other, request.other_version)?;
    for lead in [&lead, &other] {
        if lead.status == Status::Converted {
            return Err(LeadsError::MergeConverted(lead.id));
        }
    }
    let (before, gone) = (store::find(tx, id)?, store::find(tx, other_id)?);
    let old = lead.clone();
    merge_into(&mut lead, &other, &request.choices)?;
    let definitions = definitions(tx)?;
    let (contacts, activities) = store::move_belongings(tx, other_id, id)?;
    let mut added = Vec::new();
    for details in [&old.details, &other.details] {
        if let Some((name, email, phone)) = left_over(details, &lead.details) {
            let row = ContactRow {
                tenant_id: tx.tenant().uuid(),
                id: Uuid::now_v7(),
                lead_id: id.uuid(),
                name,
                role: None,
                email,
                phone,
                created_at: tx.now(),
            };
            store::insert_contact(tx, &row)?;
            added.push(row.id);
        }
    }
    store::delete(tx, other_id)?;
    store::reclaim(tx, &lead, Claim::WhatIsFree)?;
    fields::reindex(tx, &lead, &definitions)?;
    let merge_id = Uuid::now_v7();
    let changed = told(&old, &lead);
    let after = commit(tx, &mut lead, |_| LeadMerged { id, other_id, merge_id, changes: changed })?;
    let memory = Memory { before, other: gone, after: after.clone(), contacts, activities, added };
    let row = MergeRow {
        tenant_id: tx.tenant().uuid(),
        id: merge_id,
        lead_id: id.uuid(),
        other_id: other_id.uuid(),
        other_import_id: memory.other.import_id,
        memory: serde_json::to_value(memory).map_err(|error| broken(&error))?,
        merged_by: tx.actor().user().map(Id::uuid),
        merged_at: tx.now(),
        undone_at: None,
    };
    store::insert_merge(tx, &row)?;
    Ok((row, after))
}

/// A page of merges, newest first; one more than asked for when there is a next page.
pub fn merges(
    tx: &mut TenantTx<'_>,
    place: Option<(DateTime<Utc>, Uuid)>,
    limit: PageLimit,
) -> Result<Vec<MergeRow>, LeadsError> {
    store::merges(tx, place, limit)
}

/// Makes two leads of a merged one again: both are what they were, except for what was changed since.
pub fn undo_merge(tx: &mut TenantTx<'_>, id: Uuid) -> Result<(Row, Row), LeadsError> {
    let merge = store::lock_merge(tx, id)?;
    if merge.undone_at.is_some() || merge.merged_at + UNDO_FOR < tx.now() {
        return Err(LeadsError::MergeOver);
    }
    let memory: Memory = serde_json::from_value(merge.memory).map_err(|error| broken(&error))?;
    let (lead_id, other_id) = (LeadId::from(merge.lead_id), LeadId::from(merge.other_id));
    let merged = match store::lock(tx, lead_id) {
        Ok(merged) => merged,
        Err(LeadsError::NotFound(_)) => return Err(LeadsError::MergeOver),
        Err(error) => return Err(error),
    };
    let current = store::find(tx, lead_id)?;
    remove_added(tx, &memory)?;
    let now = tx.now();
    let row = Row { version: current.version + 1, updated_at: now, ..restored(&memory, &current)? };
    let other = Row { version: memory.other.version + 1, updated_at: now, ..memory.other };
    let definitions = definitions(tx)?;
    let mut changes = Map::new();
    for row in [&row, &other] {
        store::put_row(tx, row)?;
        let lead = store::read(tx, LeadId::from(row.id))?;
        store::reclaim(tx, &lead, Claim::WhatIsFree)?;
        fields::reindex(tx, &lead, &definitions)?;
        // What is searched follows what was restored.
        store::save(tx, &lead)?;
        if lead.id == lead_id {
            changes = told(&merged, &lead);
        }
    }
    store::move_back(tx, lead_id, other_id, &memory.contacts, &memory.activities)?;
    store::close_merge(tx, id)?;
    let undone = LeadMergeUndone { id: lead_id, other_id, merge_id: id, changes };
    tx.emit(lead_id.uuid(), row.version, &undone);
    Ok((row, other))
}

fn restored(memory: &Memory, current: &Row) -> Result<Row, LeadsError> {
    let json = |row: &Row| serde_json::to_value(row).map_err(|error| broken(&error));
    former(&json(&memory.before)?, &json(&memory.after)?, current)
}

/// Takes away the people whom the merge added, but for those who were changed since.
fn remove_added(tx: &mut TenantTx<'_>, memory: &Memory) -> Result<(), LeadsError> {
    let merged = store::lead_of(memory.after.clone())?.details;
    let mut as_added = Vec::new();
    for row in [&memory.before, &memory.other] {
        as_added.extend(left_over(&store::lead_of(row.clone())?.details, &merged));
    }
    for contact in store::contacts(tx, LeadId::from(memory.after.id))? {
        let ContactRow { id, name, role, email, phone, .. } = contact;
        if memory.added.contains(&id) && role.is_none() && as_added.contains(&(name, email, phone)) {
            store::delete_contact(tx, id)?;
        }
    }
    Ok(())
}

fn told(old: &Lead, new: &Lead) -> Map<String, Value> {
    let mut changed = changes(&old.details, &new.details);
    if old.owner != new.owner {
        changed.insert("owner_id".to_owned(), serde_json::json!({ "from": old.owner, "to": new.owner }));
    }
    changed
}

fn broken(error: &serde_json::Error) -> LeadsError {
    LeadsError::Db(DbError::Failed(format!("a merge is broken: {error}")))
}

//! A change of a lead is taken back: it becomes what it was, except for what was changed since.

use serde_json::Value;

use super::{definitions, fields};
use crate::kernel::taken_back;
use crate::leads::contract::events::LeadUpdated;
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::domain::changes;
use crate::leads::store::{self, Claim, Row};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::transfers::TakenBack;

/// Columns that are one value each only together.
const TOGETHER: &[&[&str]] = &[
    &["annual_revenue_minor", "annual_revenue_currency"],
    &["next_follow_up_at", "follow_up_note", "follow_up_raised_at"],
];

/// Takes the change of a lead from `before` to `after` back, both as rows in JSON.
pub fn take_back(
    tx: &mut TenantTx<'_>,
    id: LeadId,
    before: &Value,
    after: &Value,
) -> Result<TakenBack, LeadsError> {
    let old = store::lock(tx, id)?;
    let current = store::find(tx, id)?;
    let is_untouched = after["version"] == current.version;
    let row = Row { version: current.version + 1, updated_at: tx.now(), ..former(before, after, &current)? };
    store::put_row(tx, &row)?;
    let lead = store::read(tx, id)?;
    store::reclaim(tx, &lead, Claim::WhatIsFree)?;
    let definitions = definitions(tx)?;
    fields::reindex(tx, &lead, &definitions)?;
    // What is searched follows what was restored.
    store::save(tx, &lead)?;
    let changes = changes(&old.details, &lead.details);
    if !changes.is_empty() {
        tx.emit(id.uuid(), lead.version, &LeadUpdated { id, changes });
    }
    Ok(if is_untouched { TakenBack::Whole } else { TakenBack::Partly })
}

/// What `current` becomes when the change from `before` to `after` is taken back.
pub(super) fn former(before: &Value, after: &Value, current: &Row) -> Result<Row, LeadsError> {
    let now = serde_json::to_value(current).map_err(|error| broken(&error))?;
    let mut row: Row =
        serde_json::from_value(taken_back(before, after, &now, TOGETHER)).map_err(|error| broken(&error))?;
    // A lead can be reached.
    if row.email.is_none() && row.phone.is_none() {
        row.email.clone_from(&current.email);
        row.phone.clone_from(&current.phone);
    }
    Ok(row)
}

fn broken(error: &serde_json::Error) -> LeadsError {
    LeadsError::Db(DbError::Failed(format!("a remembered lead is broken: {error}")))
}

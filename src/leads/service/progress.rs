//! Moving a lead along: owner, state, follow-up.

use chrono::{DateTime, Utc};

use super::{check_version, commit};
use crate::identity::People;
use crate::leads::contract::events::{LeadAssigned, LeadFollowUpScheduled, LeadQualified, LeadStatusChanged};
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::domain::Status;
use crate::leads::store::{self, Row};
use crate::platform::auth::UserId;
use crate::platform::db::TenantTx;
use crate::platform::problem::{FieldError, Problem};

/// Gives a lead to an active user of the tenant; giving it to its owner changes nothing.
pub fn assign(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    id: LeadId,
    owner: UserId,
    version: Option<i32>,
) -> Result<Row, LeadsError> {
    let mut lead = store::lock(tx, id)?;
    check_version(&lead, version)?;
    check_owner(tx, people, owner)?;
    if lead.owner == Some(owner) {
        return store::find(tx, id);
    }
    let from = lead.owner.replace(owner);
    commit(tx, &mut lead, |_| LeadAssigned { id, from, to: owner })
}

/// Refuses an owner who is not an active user of the tenant, or whose leads whoever acts does not see.
pub fn check_owner(tx: &mut TenantTx<'_>, people: &dyn People, owner: UserId) -> Result<(), LeadsError> {
    match people.person(tx, owner)? {
        Some(person) if person.is_active() => Ok(tx.actor().sight().check_owner(owner)?),
        _ => Err(LeadsError::UnknownOwner(owner)),
    }
}

/// Finds a lead worth a seller's time.
pub fn qualify(tx: &mut TenantTx<'_>, id: LeadId, version: Option<i32>) -> Result<Row, LeadsError> {
    change_status(tx, id, Status::Qualified, None, version)
}

/// Gives a lead up, for a reason.
pub fn disqualify(
    tx: &mut TenantTx<'_>,
    id: LeadId,
    reason: String,
    version: Option<i32>,
) -> Result<Row, LeadsError> {
    change_status(tx, id, Status::Disqualified, Some(reason), version)
}

/// Moves a lead to another state; becoming a customer is a journey of its own.
pub fn change_status(
    tx: &mut TenantTx<'_>,
    id: LeadId,
    to: Status,
    reason: Option<String>,
    version: Option<i32>,
) -> Result<Row, LeadsError> {
    let mut lead = store::lock(tx, id)?;
    check_version(&lead, version)?;
    if to == Status::Converted {
        return Err(LeadsError::WrongState { from: lead.status, to });
    }
    let from = lead.go(to, reason.clone())?;
    let score = lead.score;
    let row = commit(tx, &mut lead, |_| LeadStatusChanged { id, from, to, reason })?;
    if to == Status::Qualified {
        tx.emit(id.uuid(), lead.version, &LeadQualified { id, score });
    }
    Ok(row)
}

/// Sets the time to call again.
pub fn schedule_follow_up(
    tx: &mut TenantTx<'_>,
    id: LeadId,
    at: DateTime<Utc>,
    note: Option<String>,
    version: Option<i32>,
) -> Result<Row, LeadsError> {
    let mut lead = store::lock(tx, id)?;
    check_version(&lead, version)?;
    lead.follow_up(at, note.clone(), tx.now())
        .map_err(|reason| Problem::invalid(vec![FieldError::at("/at", reason)]))?;
    commit(tx, &mut lead, |_| LeadFollowUpScheduled { id, at, note })
}

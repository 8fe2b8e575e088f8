//! What is done with teams, inside the caller's transaction. Whoever changes one holds the tenant's lock: names are told apart
//! one change at a time.

use std::collections::BTreeSet;

use super::domain::{Team, TeamName};
use super::store;
pub(super) use super::store::{find, list};
use crate::identity::contract::events::{TeamCreated, TeamDeleted, TeamUpdated};
use crate::identity::contract::{IdentityError, TeamId, Visibilities, Visibility};
use crate::identity::users::domain::Roles;
use crate::identity::{tenants, users};
use crate::kernel::{Invalid, Message};
use crate::platform::auth::{Sight, UserId};
use crate::platform::db::TenantTx;
use crate::platform::problem::{FieldError, Problem};

/// Teams that a company may have.
const TEAMS_AT_MOST: usize = 200;
/// People that a team may have.
pub(super) const MEMBERS_AT_MOST: usize = 500;

/// Whose records somebody of these roles sees, where the tenant's roles see what `visibilities` says.
pub(in crate::identity) fn sight(
    tx: &mut TenantTx<'_>,
    user: UserId,
    roles: &Roles,
    visibilities: &Visibilities,
) -> Result<Sight, IdentityError> {
    Ok(match roles.visibility(visibilities) {
        Visibility::All => Sight::Everything,
        Visibility::Own => Sight::own(user),
        Visibility::Team => {
            let mut people = store::colleagues(tx, user)?;
            people.insert(user);
            Sight::Of(people.into_iter().collect())
        }
    })
}

/// Makes a team.
pub(super) fn create(
    tx: &mut TenantTx<'_>,
    name: &TeamName,
    members: &[UserId],
) -> Result<Team, IdentityError> {
    tenants::store::find_locked(tx)?;
    if store::count(tx)? >= TEAMS_AT_MOST {
        let title =
            Message::new("A company has at most 200 teams", "Una empresa tiene como máximo 200 equipos");
        return Err(IdentityError::Refused(Problem::conflict("too-many-teams", title)));
    }
    check_name(tx, name, None)?;
    let now = tx.now();
    let team = Team {
        id: TeamId::new(),
        name: name.to_string(),
        members: checked(tx, members)?,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    store::insert(tx, &team)?;
    store::set_members(tx, &team)?;
    let created = TeamCreated { name: team.name.clone(), member_ids: team.members.iter().copied().collect() };
    tx.emit(team.id.uuid(), team.version, &created);
    Ok(team)
}

/// What is to change in a team; what is not said stays.
pub(super) struct TeamChange {
    /// The name.
    pub name: Option<TeamName>,
    /// Who is in it.
    pub members: Option<Vec<UserId>>,
}

/// Changes a team; a change that changes nothing leaves no trace.
pub(super) fn change(
    tx: &mut TenantTx<'_>,
    id: TeamId,
    change: TeamChange,
    read: Option<i32>,
) -> Result<Team, IdentityError> {
    let before = held(tx, id, read)?;
    let mut team = before.clone();
    if let Some(name) = change.name {
        check_name(tx, &name, Some(id))?;
        team.name = name.to_string();
    }
    if let Some(members) = change.members {
        team.members = checked(tx, &members)?;
    }
    if (&team.name, &team.members) == (&before.name, &before.members) {
        return Ok(before);
    }
    team.version += 1;
    team.updated_at = tx.now();
    store::update(tx, &team)?;
    store::set_members(tx, &team)?;
    let updated = TeamUpdated {
        name: team.name.clone(),
        joined_ids: team.members.difference(&before.members).copied().collect(),
        left_ids: before.members.difference(&team.members).copied().collect(),
    };
    tx.emit(id.uuid(), team.version, &updated);
    Ok(team)
}

/// Dissolves a team; its people stay.
pub(super) fn delete(tx: &mut TenantTx<'_>, id: TeamId, read: Option<i32>) -> Result<(), IdentityError> {
    let team = held(tx, id, read)?;
    store::delete(tx, id)?;
    tx.emit(id.uuid(), team.version + 1, &TeamDeleted { name: team.name });
    Ok(())
}

fn held(tx: &mut TenantTx<'_>, id: TeamId, read: Option<i32>) -> Result<Team, IdentityError> {
    tenants::store::find_locked(tx)?;
    let team = store::find(tx, id)?;
    match read {
        Some(version) if version != team.version => Err(IdentityError::Stale(team.version)),
        _ => Ok(team),
    }
}

fn check_name(tx: &mut TenantTx<'_>, name: &TeamName, own: Option<TeamId>) -> Result<(), IdentityError> {
    match store::named(tx, name.as_str())? {
        Some(other) if Some(other) != own => Err(IdentityError::TeamNameTaken(other)),
        _ => Ok(()),
    }
}

/// The members, each once; refused when one is nobody of the company.
fn checked(tx: &mut TenantTx<'_>, members: &[UserId]) -> Result<BTreeSet<UserId>, IdentityError> {
    let refuse = |pointer: String, reason| {
        Err(IdentityError::Refused(Problem::invalid(vec![FieldError::at(pointer, reason)])))
    };
    if members.len() > MEMBERS_AT_MOST {
        let reason = Invalid::new("holds 500 people at most", "admite 500 personas como máximo");
        return refuse("/member_ids".to_owned(), reason);
    }
    let there = users::store::people(tx, members)?;
    let is_unknown = |member: &UserId| there.iter().all(|person| person.id != *member);
    if let Some(index) = members.iter().position(is_unknown) {
        let reason = Invalid::new(
            "is not a user of this company; `GET /api/v1/users` lists them",
            "no es un usuario de esta empresa; `GET /api/v1/users` los muestra",
        );
        return refuse(format!("/member_ids/{index}"), reason);
    }
    Ok(members.iter().copied().collect())
}

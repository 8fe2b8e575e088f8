//! Rows of teams and of who is in them.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::domain::Team;
use crate::identity::IDENTITY;
use crate::identity::contract::{IdentityError, TeamId};
use crate::identity::schema::{team_members, teams};
use crate::platform::auth::UserId;
use crate::platform::db::{DbError, Prepare, TenantTx};
use crate::platform::http::PageLimit;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = teams)]
struct Row {
    tenant_id: Uuid,
    id: Uuid,
    version: i32,
    name: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Insertable)]
#[diesel(table_name = team_members)]
#[expect(clippy::struct_field_names, reason = "the names of the columns")]
struct MemberRow {
    tenant_id: Uuid,
    team_id: Uuid,
    user_id: Uuid,
}

/// The team.
pub(in crate::identity) fn find(tx: &mut TenantTx<'_>, id: TeamId) -> Result<Team, IdentityError> {
    let tenant = tx.tenant().uuid();
    let row = teams::table.find((tenant, id.uuid())).select(Row::as_select()).first(tx.conn(IDENTITY)?);
    let row = row.optional().map_err(DbError::from)?.ok_or(IdentityError::TeamNotFound)?;
    Ok(with_members(tx, vec![row])?.remove(0))
}

/// A page of teams, the oldest first; one more than asked for when there is a next page.
pub(in crate::identity) fn list(
    tx: &mut TenantTx<'_>,
    after: Option<TeamId>,
    limit: PageLimit,
) -> Result<Vec<Team>, IdentityError> {
    let mut query = teams::table
        .filter(teams::tenant_id.eq(tx.tenant().uuid()))
        .order(teams::id)
        .limit(limit.rows_to_read())
        .select(Row::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(teams::id.gt(after.uuid()));
    }
    let rows = query.load(tx.conn(IDENTITY)?).map_err(DbError::from)?;
    with_members(tx, rows)
}

/// How many teams there are.
pub(super) fn count(tx: &mut TenantTx<'_>) -> Result<usize, IdentityError> {
    let all = teams::table.filter(teams::tenant_id.eq(tx.tenant().uuid())).count();
    let count: i64 = all.get_result(tx.conn(IDENTITY)?).map_err(DbError::from)?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// The team of this name.
pub(super) fn named(tx: &mut TenantTx<'_>, name: &str) -> Result<Option<TeamId>, IdentityError> {
    let id: Option<Uuid> = teams::table
        .filter(teams::tenant_id.eq(tx.tenant().uuid()).and(teams::name.eq(name)))
        .select(teams::id)
        .first(tx.conn(IDENTITY)?)
        .optional()
        .map_err(DbError::from)?;
    Ok(id.map(TeamId::from))
}

/// Whoever is in a team with `user`.
pub(super) fn colleagues(tx: &mut TenantTx<'_>, user: UserId) -> Result<BTreeSet<UserId>, IdentityError> {
    let tenant = tx.tenant().uuid();
    let own = diesel::alias!(team_members as own);
    let own_teams = own
        .filter(own.field(team_members::tenant_id).eq(tenant))
        .filter(own.field(team_members::user_id).eq(user.uuid()))
        .select(own.field(team_members::team_id));
    let people: Vec<Uuid> = team_members::table
        .filter(team_members::tenant_id.eq(tenant).and(team_members::team_id.eq_any(own_teams)))
        .select(team_members::user_id)
        .load(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(people.into_iter().map(UserId::from).collect())
}

/// Stores a new team, without its members.
pub(super) fn insert(tx: &mut TenantTx<'_>, team: &Team) -> Result<(), IdentityError> {
    let row = Row::of(tx.tenant().uuid(), team);
    diesel::insert_into(teams::table).values(&row).execute(tx.conn(IDENTITY)?).map_err(DbError::from)?;
    Ok(())
}

/// Stores a changed team, without its members.
pub(super) fn update(tx: &mut TenantTx<'_>, team: &Team) -> Result<(), IdentityError> {
    let row = Row::of(tx.tenant().uuid(), team);
    diesel::update(teams::table.find((row.tenant_id, row.id)))
        .set(&row)
        .prepared()
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Stores who is in a team, in the place of who was.
pub(super) fn set_members(tx: &mut TenantTx<'_>, team: &Team) -> Result<(), IdentityError> {
    let tenant = tx.tenant().uuid();
    let before = team_members::table
        .filter(team_members::tenant_id.eq(tenant).and(team_members::team_id.eq(team.id.uuid())));
    diesel::delete(before).execute(tx.conn(IDENTITY)?).map_err(DbError::from)?;
    let member =
        |user: &UserId| MemberRow { tenant_id: tenant, team_id: team.id.uuid(), user_id: user.uuid() };
    let rows: Vec<MemberRow> = team.members.iter().map(member).collect();
    diesel::insert_into(team_members::table)
        .values(&rows)
        .execute(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Takes a team away.
pub(super) fn delete(tx: &mut TenantTx<'_>, id: TeamId) -> Result<(), IdentityError> {
    let team = teams::table.find((tx.tenant().uuid(), id.uuid()));
    diesel::delete(team).execute(tx.conn(IDENTITY)?).map_err(DbError::from)?;
    Ok(())
}

fn with_members(tx: &mut TenantTx<'_>, rows: Vec<Row>) -> Result<Vec<Team>, IdentityError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let pairs: Vec<(Uuid, Uuid)> = team_members::table
        .filter(team_members::tenant_id.eq(tx.tenant().uuid()).and(team_members::team_id.eq_any(ids)))
        .select((team_members::team_id, team_members::user_id))
        .load(tx.conn(IDENTITY)?)
        .map_err(DbError::from)?;
    let mut members: HashMap<Uuid, BTreeSet<UserId>> = HashMap::new();
    for (team, user) in pairs {
        members.entry(team).or_default().insert(user.into());
    }
    let team = |row: Row| Team {
        id: row.id.into(),
        members: members.remove(&row.id).unwrap_or_default(),
        name: row.name,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Ok(rows.into_iter().map(team).collect())
}

impl Row {
    fn of(tenant: Uuid, team: &Team) -> Self {
        Self {
            tenant_id: tenant,
            id: team.id.uuid(),
            version: team.version,
            name: team.name.clone(),
            created_at: team.created_at,
            updated_at: team.updated_at,
        }
    }
}

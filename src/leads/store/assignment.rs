//! Assignment rules, whose turn it is, and how many open leads people have.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::LEADS;
use crate::kernel::Line;
use crate::leads::contract::LeadsError;
use crate::leads::domain::{AssignmentMethod, AssignmentRule};
use crate::leads::schema::{assignment_rules, leads};
use crate::platform::db::{DbError, Prepare, TenantTx};
use crate::platform::id::Id;

/// A row of `leads.assignment_rules`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = assignment_rules)]
pub struct RuleRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub version: i32,
    pub name: String,
    pub position: i32,
    pub method: String,
    pub sources: Vec<String>,
    pub industries: Vec<String>,
    pub regions: Vec<String>,
    pub user_ids: Vec<Uuid>,
    pub turn: i64,
    pub is_active: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl RuleRow {
    /// The rule; none when it was stored by another version.
    pub fn rule(&self) -> Option<AssignmentRule> {
        let lines =
            |texts: &[String]| texts.iter().map(|text| Line::parse(text).ok()).collect::<Option<Vec<_>>>();
        Some(AssignmentRule {
            id: self.id,
            method: AssignmentMethod::parse(&self.method)?,
            sources: lines(&self.sources)?,
            industries: lines(&self.industries)?,
            regions: lines(&self.regions)?,
            users: self.user_ids.iter().map(|id| Id::from(*id)).collect(),
        })
    }
}

/// All rules, by position.
pub fn rules(tx: &mut TenantTx<'_>) -> Result<Vec<RuleRow>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let rows = assignment_rules::table
        .filter(assignment_rules::tenant_id.eq(tenant))
        .order((assignment_rules::position, assignment_rules::id))
        .select(RuleRow::as_select())
        .load(tx.conn(LEADS)?);
    Ok(rows.map_err(DbError::from)?)
}

/// One rule, locked until the transaction ends.
pub fn lock_rule(tx: &mut TenantTx<'_>, id: Uuid) -> Result<RuleRow, LeadsError> {
    let tenant = tx.tenant().uuid();
    let row = assignment_rules::table.find((tenant, id)).for_no_key_update().select(RuleRow::as_select());
    row.first(tx.conn(LEADS)?).optional().map_err(DbError::from)?.ok_or(LeadsError::RuleNotFound)
}

/// Writes a new rule or a changed one.
pub fn save_rule(tx: &mut TenantTx<'_>, row: &RuleRow) -> Result<(), LeadsError> {
    diesel::insert_into(assignment_rules::table)
        .values(row)
        .on_conflict((assignment_rules::tenant_id, assignment_rules::id))
        .do_update()
        .set(row)
        .prepared()
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Takes a rule away.
pub fn delete_rule(tx: &mut TenantTx<'_>, id: Uuid) -> Result<(), LeadsError> {
    let tenant = tx.tenant().uuid();
    diesel::delete(assignment_rules::table.find((tenant, id)))
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Counts `count` leads that the rule gives; answers how many it gave before.
pub fn take_turns(tx: &mut TenantTx<'_>, id: Uuid, count: i64) -> Result<i64, LeadsError> {
    let tenant = tx.tenant().uuid();
    let turn: i64 = diesel::update(assignment_rules::table.find((tenant, id)))
        .set(assignment_rules::turn.eq(assignment_rules::turn + count))
        .returning(assignment_rules::turn)
        .get_result(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(turn - count)
}

/// How many open leads each of `users` has; those without any are left out.
pub fn loads(tx: &mut TenantTx<'_>, users: &[Uuid]) -> Result<Vec<(Option<Uuid>, i64)>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let counts = leads::table
        .filter(leads::tenant_id.eq(tenant))
        .filter(leads::owner_id.eq_any(users))
        .filter(leads::status.eq_any(["new", "contacted", "qualified"]))
        .group_by(leads::owner_id)
        .select((leads::owner_id, diesel::dsl::count_star()))
        .load(tx.conn(LEADS)?);
    Ok(counts.map_err(DbError::from)?)
}

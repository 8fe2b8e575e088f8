//! Assignment rules, and the owners that they give to new leads.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::identity::{People, Person};
use crate::kernel::Invalid;
use crate::leads::contract::LeadsError;
use crate::leads::contract::events::{LeadAssigned, LeadAssignmentRuleChanged, RuleChange};
use crate::leads::domain::{AssignmentMethod, AssignmentRule, Lead};
use crate::leads::store::{self, RuleRow};
use crate::platform::auth::UserId;
use crate::platform::db::TenantTx;
use crate::platform::problem::{FieldError, Problem};

/// Rules that a tenant may have.
pub(super) const RULES_AT_MOST: usize = 50;

/// All rules, by position; there are at most 50.
pub fn rules(tx: &mut TenantTx<'_>) -> Result<Vec<RuleRow>, LeadsError> {
    store::rules(tx)
}

/// One rule.
pub fn rule(tx: &mut TenantTx<'_>, id: Uuid) -> Result<RuleRow, LeadsError> {
    store::rules(tx)?.into_iter().find(|row| row.id == id).ok_or(LeadsError::RuleNotFound)
}

/// Adds a rule, whose users must be active, behind the others when it has no position.
pub fn add_rule(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    mut row: RuleRow,
    position: Option<i32>,
) -> Result<RuleRow, LeadsError> {
    check_users(tx, people, &row.user_ids)?;
    let there = store::rules(tx)?;
    if there.len() >= RULES_AT_MOST {
        let reason =
            Invalid::new("a company has at most 50 rules", "una empresa tiene como máximo 50 reglas");
        return Err(Problem::invalid(vec![FieldError::at("", reason)]).into());
    }
    let last = there.iter().map(|row| row.position).max().unwrap_or_default();
    row.position = position.unwrap_or_else(|| last.saturating_add(1));
    store::save_rule(tx, &row)?;
    tell(tx, &row, RuleChange::Added);
    Ok(row)
}

/// Changes a rule.
pub fn change_rule(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    id: Uuid,
    version: Option<i32>,
    change: impl FnOnce(RuleRow) -> Result<RuleRow, Problem>,
) -> Result<RuleRow, LeadsError> {
    let before = store::lock_rule(tx, id)?;
    check(&before, version)?;
    let mut row = change(before.clone())?;
    if row.user_ids != before.user_ids {
        check_users(tx, people, &row.user_ids)?;
    }
    row.version += 1;
    row.updated_at = tx.now();
    store::save_rule(tx, &row)?;
    tell(tx, &row, RuleChange::Changed);
    Ok(row)
}

/// Takes a rule away; leads that it gave keep their owners.
pub fn remove_rule(tx: &mut TenantTx<'_>, id: Uuid, version: Option<i32>) -> Result<(), LeadsError> {
    let mut row = store::lock_rule(tx, id)?;
    check(&row, version)?;
    store::delete_rule(tx, id)?;
    row.version += 1;
    tell(tx, &row, RuleChange::Removed);
    Ok(())
}

/// Gives those of the new `leads` that have no owner one by the first rule that fits and has an active user. A lead that
/// no rule fits stays without.
pub fn give_owners(tx: &mut TenantTx<'_>, people: &dyn People, leads: &mut [Lead]) -> Result<(), LeadsError> {
    if leads.iter().all(|lead| lead.owner.is_some()) {
        return Ok(());
    }
    let rows = store::rules(tx)?;
    let mut rules: Vec<AssignmentRule> =
        rows.iter().filter(|row| row.is_active).filter_map(RuleRow::rule).collect();
    if rules.is_empty() {
        return Ok(());
    }
    let users: HashSet<UserId> = rules.iter().flat_map(|rule| rule.users.iter().copied()).collect();
    let users: Vec<UserId> = users.into_iter().collect();
    let there = people.people(tx, &users)?;
    let active: HashSet<UserId> =
        there.into_iter().filter(Person::is_active).map(|person| person.id).collect();
    for rule in &mut rules {
        rule.users.retain(|user| active.contains(user));
    }
    rules.retain(|rule| !rule.users.is_empty());
    let rule_of: Vec<Option<usize>> = leads
        .iter()
        .map(|lead| rules.iter().position(|rule| lead.owner.is_none() && rule.fits(&lead.details)))
        .collect();
    let mut burden: Option<HashMap<UserId, i64>> = None;
    // In the order of their identifiers, so that two imports at once do not wait for each other.
    let mut order: Vec<usize> = (0..rules.len()).collect();
    order.sort_by_key(|index| rules[*index].id);
    for index in order {
        let rule = &rules[index];
        let theirs: Vec<usize> = (0..leads.len()).filter(|lead| rule_of[*lead] == Some(index)).collect();
        if theirs.is_empty() {
            continue;
        }
        let owners = match rule.method {
            AssignmentMethod::RoundRobin => in_turn(tx, rule, theirs.len())?,
            AssignmentMethod::LeastLoaded => {
                let burden = match &mut burden {
                    Some(burden) => burden,
                    none => none.insert(loads_of(tx, &users)?),
                };
                least_loaded(rule, theirs.len(), burden)
            }
        };
        for (lead, owner) in theirs.into_iter().zip(owners) {
            leads[lead].owner = Some(owner);
        }
    }
    Ok(())
}

/// Tells who got `lead`, when a rule gave it to them.
pub fn tell_owner(tx: &mut TenantTx<'_>, lead: &Lead) {
    if let Some(to) = lead.owner {
        tx.emit(lead.id.uuid(), lead.version, &LeadAssigned { id: lead.id, from: None, to });
    }
}

fn in_turn(tx: &mut TenantTx<'_>, rule: &AssignmentRule, count: usize) -> Result<Vec<UserId>, LeadsError> {
    let turn = store::take_turns(tx, rule.id, i64::try_from(count).unwrap_or(i64::MAX))?;
    let first = usize::try_from(turn).unwrap_or_default() % rule.users.len();
    Ok(rule.users.iter().copied().cycle().skip(first).take(count).collect())
}

fn loads_of(tx: &mut TenantTx<'_>, users: &[UserId]) -> Result<HashMap<UserId, i64>, LeadsError> {
    let ids: Vec<Uuid> = users.iter().map(|user| user.uuid()).collect();
    let counts = store::loads(tx, &ids)?;
    Ok(counts.into_iter().filter_map(|(user, count)| Some((UserId::from(user?), count))).collect())
}

fn least_loaded(rule: &AssignmentRule, count: usize, loads: &mut HashMap<UserId, i64>) -> Vec<UserId> {
    let mut owners = Vec::with_capacity(count);
    for _ in 0..count {
        let least = rule.users.iter().min_by_key(|user| loads.get(user).copied().unwrap_or_default());
        if let Some(user) = least {
            *loads.entry(*user).or_default() += 1;
            owners.push(*user);
        }
    }
    owners
}

fn check_users(tx: &mut TenantTx<'_>, people: &dyn People, users: &[Uuid]) -> Result<(), LeadsError> {
    let ids: Vec<UserId> = users.iter().map(|id| UserId::from(*id)).collect();
    let there = people.people(tx, &ids)?;
    let is_active = |user: &UserId| there.iter().any(|person| person.id == *user && person.is_active());
    let wrong = ids.iter().enumerate().filter(|(_, user)| !is_active(user));
    let errors: Vec<FieldError> = wrong
        .map(|(index, _)| {
            let reason = Invalid::new(
                "is not an active user of this company; `GET /api/v1/users` lists them",
                "no es un usuario activo de esta empresa; `GET /api/v1/users` los muestra",
            );
            FieldError::at(format!("/user_ids/{index}"), reason)
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors).into()) }
}

fn check(row: &RuleRow, version: Option<i32>) -> Result<(), LeadsError> {
    match version {
        Some(version) if version != row.version => Err(LeadsError::Stale(row.version)),
        _ => Ok(()),
    }
}

fn tell(tx: &mut TenantTx<'_>, row: &RuleRow, change: RuleChange) {
    tx.emit(row.id, row.version, &LeadAssignmentRuleChanged { id: row.id, name: row.name.clone(), change });
}

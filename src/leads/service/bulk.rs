//! Many leads at once: each is decided and told by itself, and all of it commits together.

use uuid::Uuid;

use super::{check_owner, commit, delete, rewrite};
use crate::identity::People;
use crate::kernel::{Invalid, Message};
use crate::leads::contract::events::LeadAssigned;
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::domain::{BulkAction, Decision, Lead};
use crate::leads::store::{self, Filter};
use crate::platform::db::TenantTx;
use crate::platform::problem::{FieldError, Problem};

/// The most leads of one request.
pub const LEADS_AT_ONCE: usize = 500;

/// Which leads.
#[derive(Debug)]
pub enum Chosen {
    /// These, each of which must be there.
    These(Vec<LeadId>),
    /// Those that a filter leaves, behind a place.
    Matching(Box<Filter>, Option<Uuid>),
}

/// Whether anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkMode {
    /// It is.
    Real,
    /// Only the counts are told.
    DryRun,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct BulkOutcome {
    /// Leads that were looked at.
    pub matched: usize,
    /// Leads that changed, or would.
    pub changed: usize,
    /// Leads that were as they would be.
    pub unchanged: usize,
    /// Leads that may not, and why.
    pub refused: Vec<(LeadId, Message)>,
    /// Where to go on, when there are more leads than one request takes.
    pub next: Option<Uuid>,
}

/// Does `action` to the chosen leads, in the order of their identifiers.
pub fn bulk(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    chosen: &Chosen,
    action: &BulkAction,
    mode: BulkMode,
) -> Result<BulkOutcome, LeadsError> {
    if let BulkAction::Assign(owner) = action {
        check_owner(tx, people, *owner)?;
    }
    let mut outcome = BulkOutcome::default();
    let ids = match chosen {
        Chosen::These(ids) => {
            let mut ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        }
        Chosen::Matching(filter, behind) => {
            let mut ids = store::ids(tx, filter, *behind, LEADS_AT_ONCE + 1)?;
            if ids.len() > LEADS_AT_ONCE {
                ids.truncate(LEADS_AT_ONCE);
                outcome.next = ids.last().copied();
            }
            ids
        }
    };
    let mut leads = store::lock_all(tx, &ids)?;
    match chosen {
        Chosen::These(named) => all_there(named, &leads)?,
        // Others may have changed a lead before it was locked.
        Chosen::Matching(filter, _) => {
            let matching = store::ids_among(tx, filter, &ids)?;
            leads.retain(|lead| matching.contains(&lead.id.uuid()));
        }
    }
    outcome.matched = leads.len();
    for lead in leads {
        let id = lead.id;
        match action.decide(&lead) {
            Decision::Nothing => outcome.unchanged += 1,
            Decision::Refuse(reason) => outcome.refused.push((id, reason)),
            Decision::Change => {
                outcome.changed += 1;
                if mode == BulkMode::Real {
                    apply(tx, lead, action)?;
                }
            }
        }
    }
    Ok(outcome)
}

fn apply(tx: &mut TenantTx<'_>, mut lead: Lead, action: &BulkAction) -> Result<(), LeadsError> {
    let id = lead.id;
    match action {
        BulkAction::Assign(owner) => {
            let from = lead.owner.replace(*owner);
            commit(tx, &mut lead, |_| LeadAssigned { id, from, to: *owner })?;
        }
        BulkAction::AddTags(_) | BulkAction::RemoveTags(_) => {
            let mut details = lead.details.clone();
            details.tags = action.tags(&lead);
            let touch = lead.last_touch.clone();
            rewrite(tx, &mut lead, details, touch)?;
        }
        BulkAction::Status(to, reason) => {
            super::change_status(tx, id, *to, reason.clone(), None)?;
        }
        BulkAction::Delete => delete(tx, id, None)?,
    }
    Ok(())
}

fn all_there(named: &[LeadId], there: &[Lead]) -> Result<(), LeadsError> {
    let missing = named.iter().enumerate().filter(|(_, id)| there.iter().all(|lead| lead.id != **id));
    let errors: Vec<FieldError> = missing
        .map(|(index, _)| {
            let reason = Invalid::new("is no lead of this company", "no es un prospecto de esta empresa");
            FieldError::at(format!("/lead_ids/{index}"), reason)
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors).into()) }
}

//! What time does to leads: follow-ups come due, and leads are forgotten.

use chrono::TimeDelta;

use super::merges::UNDO_FOR;
use crate::identity::People;
use crate::leads::FIELDS;
use crate::leads::contract::LeadsError;
use crate::leads::contract::events::{LeadFollowUpDue, LeadForgotten};
use crate::leads::domain::Lead;
use crate::leads::exports::LeadExports;
use crate::leads::imports::LeadImports;
use crate::leads::store;
use crate::platform::auth::TenantId;
use crate::platform::db::{SystemTx, TenantTx};
use crate::platform::transfers::{forget_exports, forget_imports};

/// Leads marked in one transaction.
const AT_ONCE: i64 = 200;

/// Every tenant that has leads to keep up.
pub fn tenants(tx: &mut SystemTx<'_>) -> Result<Vec<TenantId>, LeadsError> {
    store::tenants(tx)
}

/// Tells follow-ups that are due, marks forgotten leads of the tenant, and goes on with what its fields leave to do;
/// answers whether there may be more.
pub fn keep_up(tx: &mut TenantTx<'_>, people: &dyn People) -> Result<bool, LeadsError> {
    let now = tx.now();
    let due = store::due(tx, AT_ONCE)?;
    for mut lead in due.iter().cloned() {
        lead.follow_up_raised_at = Some(now);
        store::save(tx, &lead)?;
        let at = lead.next_follow_up_at.unwrap_or(now);
        tx.emit(lead.id.uuid(), lead.version, &LeadFollowUpDue { id: lead.id, at, owner_id: lead.owner });
    }
    let days = people.settings(tx)?.forgotten_after_days;
    let neglected = store::neglected(tx, now - TimeDelta::days(i64::from(days)), AT_ONCE)?;
    for mut lead in neglected.iter().cloned() {
        lead.forgotten_at = Some(now);
        store::save(tx, &lead)?;
        let since = lead.updated_at;
        tx.emit(lead.id.uuid(), lead.version, &LeadForgotten { id: lead.id, since, owner_id: lead.owner });
    }
    store::forget_merges(tx, UNDO_FOR)?;
    forget_imports::<LeadImports>(tx)?;
    forget_exports(tx, &LeadExports)?;
    let fields_left = FIELDS.keep_up(tx)?;
    let full = |leads: &[Lead]| i64::try_from(leads.len()).is_ok_and(|count| count == AT_ONCE);
    Ok(full(&due) || full(&neglected) || fields_left)
}

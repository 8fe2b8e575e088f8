//! A lead that is there takes what a row knows, and what it was is remembered.

use super::Plan;
use crate::kernel::Line;
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::domain::Lead;
use crate::leads::imports::domain::{Name, OnDuplicate};
use crate::leads::imports::store::{self, ChangeRow};
use crate::leads::{service, store as lead_store};
use crate::platform::db::TenantTx;

/// Gives a lead that is there what a row knows, and remembers what it was.
pub fn change(
    tx: &mut TenantTx<'_>,
    plan: &Plan,
    target: LeadId,
    mut lead: Lead,
    name: Name,
) -> Result<(), LeadsError> {
    let before = lead_store::lock_row(tx, target)?;
    if name == Name::Borrowed {
        let known = Line::parse(&before.company_name);
        lead.details.company_name = known.unwrap_or(lead.details.company_name);
    }
    let after = match plan.on_duplicate {
        OnDuplicate::Merge => service::complete(tx, target, &lead.details, lead.last_touch)?,
        _ => service::enrich(tx, target, &lead.details, lead.last_touch)?,
    };
    if after.version == before.version {
        return Ok(());
    }
    let is_ours = before.import_id == Some(plan.id.uuid());
    let stored = |row: &lead_store::Row| serde_json::to_value(row).unwrap_or_default();
    let row = ChangeRow {
        tenant_id: after.tenant_id,
        import_id: plan.id.uuid(),
        lead_id: after.id,
        before: (!is_ours).then(|| stored(&before)),
        after: stored(&after),
    };
    store::note_change(tx, &row)
}

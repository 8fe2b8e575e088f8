//! What was done about a lead.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::commit;
use crate::kernel::{Invalid, Prose};
use crate::leads::contract::events::LeadActivityLogged;
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::domain::ActivityKind;
use crate::leads::store::{self, ActivityRow};
use crate::platform::db::TenantTx;
use crate::platform::http::PageLimit;
use crate::platform::id::Id;
use crate::platform::problem::{FieldError, Problem};

/// An activity to note.
#[derive(Debug, Clone)]
pub struct NewActivity {
    /// What kind.
    pub kind: ActivityKind,
    /// What was said or done.
    pub text: Prose<10_000>,
    /// When; now when not said.
    pub at: Option<DateTime<Utc>>,
}

/// Notes an activity; the lead's last activity becomes the latest one noted.
pub fn log_activity(tx: &mut TenantTx<'_>, id: LeadId, new: &NewActivity) -> Result<ActivityRow, LeadsError> {
    let mut lead = store::lock(tx, id)?;
    let now = tx.now();
    let at = new.at.unwrap_or(now);
    if at > now + TimeDelta::minutes(5) {
        let reason = Invalid::new(
            "lies in the future; schedule a follow-up instead",
            "está en el futuro; programe un seguimiento",
        );
        return Err(Problem::invalid(vec![FieldError::at("/at", reason)]).into());
    }
    let row = ActivityRow {
        tenant_id: tx.tenant().uuid(),
        id: Uuid::now_v7(),
        lead_id: id.uuid(),
        kind: new.kind.as_str().to_owned(),
        text: new.text.to_string(),
        at,
        user_id: tx.actor().user().map(Id::uuid),
        created_at: now,
    };
    store::insert_activity(tx, &row)?;
    lead.last_activity_at = lead.last_activity_at.max(Some(at));
    let activity_id = row.id;
    commit(tx, &mut lead, |_| LeadActivityLogged { id, activity_id, kind: new.kind, at })?;
    Ok(row)
}

/// A page of what was done about a lead, newest first; one more than asked for when there is a next page.
pub fn activities(
    tx: &mut TenantTx<'_>,
    id: LeadId,
    place: Option<(DateTime<Utc>, Uuid)>,
    limit: PageLimit,
) -> Result<Vec<ActivityRow>, LeadsError> {
    store::find(tx, id)?;
    store::activities(tx, id, place, limit)
}

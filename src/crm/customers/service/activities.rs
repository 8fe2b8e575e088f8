//! What was done about a customer.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{commit, held};
use crate::crm::contract::events::CustomerActivityLogged;
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::customers::domain::ActivityKind;
use crate::crm::customers::store::{self, ActivityRow};
use crate::kernel::{Invalid, Prose};
use crate::platform::db::TenantTx;
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

/// Notes an activity; the customer's last activity becomes the latest one noted.
pub fn log_activity(
    tx: &mut TenantTx<'_>,
    id: CustomerId,
    new: &NewActivity,
) -> Result<ActivityRow, CrmError> {
    let mut record = held(tx, id, None)?;
    let now = tx.now();
    let at = new.at.unwrap_or(now);
    if at > now + TimeDelta::minutes(5) {
        let reason =
            Invalid::new("lies in the future; make a task instead", "está en el futuro; cree una tarea");
        return Err(Problem::invalid(vec![FieldError::at("/at", reason)]).into());
    }
    let row = ActivityRow {
        tenant_id: tx.tenant().uuid(),
        id: Uuid::now_v7(),
        customer_id: id.uuid(),
        kind: new.kind.as_str().to_owned(),
        text: new.text.to_string(),
        at,
        user_id: tx.actor().user().map(Id::uuid),
        created_at: now,
    };
    store::insert_activity(tx, &row)?;
    record.last_activity_at = record.last_activity_at.max(Some(at));
    let activity_id = row.id;
    commit(tx, &mut record, |_| CustomerActivityLogged { id, activity_id, kind: new.kind, at })?;
    Ok(row)
}

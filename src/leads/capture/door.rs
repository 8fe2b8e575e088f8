//! The way in for whoever holds a form's key: nobody's user, for whom the platform acts in the form's company.

use uuid::Uuid;

use super::service::{self, Form};
use crate::leads::LEADS;
use crate::platform::auth::{Actor, CorrelationId, TenantId};
use crate::platform::db::Db;
use crate::platform::problem::Problem;

/// A form that was found by its key.
pub struct Door {
    /// The platform, in the form's company.
    pub actor: Actor,
    /// The form.
    pub form: Form,
}

/// The form with this key, for what is done under `correlation`; 404 when there is none.
pub async fn open(db: &Db, key: &str, correlation: CorrelationId) -> Result<Door, Problem> {
    let key = key.to_owned();
    let (tenant, id): (TenantId, Uuid) = db.system(LEADS, move |tx| service::find_by_key(tx, &key)).await?;
    let actor = Actor::platform(tenant, correlation);
    let form = db.read(actor.clone(), move |tx| service::form(tx, id)).await?;
    Ok(Door { actor, form })
}

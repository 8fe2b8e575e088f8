//! The background work of undoing imports: batches, each of which locks its import, so that no two servers do the same.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::domain::{ImportId, Undo};
use super::service::{self, UndoStep};
use super::store;
use super::tasks::{claimant, initiator};
use crate::leads::LEADS;
use crate::leads::contract::LeadsError;
use crate::platform::auth::{Actor, TenantId};
use crate::platform::db::{Db, DbError};
use crate::platform::tasks::{Next, Tasks};

/// How often imports are looked for that another server was asked to undo.
const PERIOD: Duration = Duration::from_secs(1);
/// Leads of a batch.
const AT_ONCE: i64 = 200;

/// Starts undoing imports; `signal` wakes it.
pub fn start(db: &Db, tasks: &Tasks, signal: Arc<Notify>) {
    let db = db.for_background();
    tasks.run("leads-imports-undo", signal, PERIOD, move || {
        let db = db.clone();
        async move {
            match round(&db).await {
                Ok(true) => Next::Again,
                Ok(false) => Next::Wait,
                Err(error) => {
                    tracing::warn!(%error, "undoing imports will be tried again");
                    Next::After(PERIOD)
                }
            }
        }
    });
}

/// A batch of each import that is being undone; answers whether there is more to do.
async fn round(db: &Db) -> Result<bool, LeadsError> {
    let mut has_more = false;
    for (tenant, id) in db.system(LEADS, store::to_undo).await? {
        let Some(actor) = whoever_asked(db, tenant, id).await? else { continue };
        let step = match batch(db, &actor, id, AT_ONCE, false).await {
            Err(error) if !may_pass(&error) => {
                tracing::warn!(%error, import = %id, "a batch of undoing failed: its leads are tried one by one");
                match batch(db, &actor, id, 1, false).await {
                    Err(error) if !may_pass(&error) => batch(db, &actor, id, 1, true).await?,
                    other => other?,
                }
            }
            other => other?,
        };
        has_more |= step == UndoStep::More;
    }
    Ok(has_more)
}

async fn batch(db: &Db, actor: &Actor, id: ImportId, size: i64, care: bool) -> Result<UndoStep, LeadsError> {
    db.tenant(actor.clone(), move |tx| service::undo_batch(tx, id, size, care)).await
}

/// Who caused what undoing does, under the correlation id of their request.
async fn whoever_asked(db: &Db, tenant: TenantId, id: ImportId) -> Result<Option<Actor>, LeadsError> {
    let row = db.tenant(claimant(tenant), move |tx| store::find(tx, id)).await?;
    let undo: Option<Undo> = row.undo.and_then(|undo| serde_json::from_value(undo).ok());
    Ok(undo.map(|undo| initiator(tenant, undo.user, &undo.correlation)))
}

fn may_pass(error: &LeadsError) -> bool {
    matches!(error, LeadsError::Db(DbError::Busy | DbError::Away(_)))
}

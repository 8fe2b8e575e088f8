//! The background work of undoing imports: batches, each of which locks its import, so that no two servers do the same.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::domain::{ImportId, Undo};
use super::service::{self, UndoStep};
use super::tasks::{claimant, initiator, sight_now};
use super::{Importable, store};
use crate::platform::auth::{Actor, SightOf, TenantId};
use crate::platform::db::{Db, DbError, TenantTx};
use crate::platform::tasks::{Next, Tasks};
use crate::platform::transfers::TransferError;

/// How often imports are looked for that another server was asked to undo.
const PERIOD: Duration = Duration::from_secs(1);
/// Records of a batch.
const AT_ONCE: i64 = 200;

/// Starts undoing imports; `signal` wakes it.
pub fn start<I: Importable>(db: &Db, tasks: &Tasks, sight_of: SightOf, signal: Arc<Notify>) {
    let db = db.for_background();
    tasks.run(I::TASKS[1], signal, PERIOD, move || {
        let (db, sight_of) = (db.clone(), sight_of.clone());
        async move {
            match round::<I>(&db, &sight_of).await {
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
async fn round<I: Importable>(db: &Db, sight_of: &SightOf) -> Result<bool, TransferError> {
    let mut has_more = false;
    for (tenant, id) in db.system(I::TABLES.module(), |tx| store::to_undo(tx, I::TABLES)).await? {
        let Some(actor) = whoever_asked::<I>(db, sight_of, tenant, id).await? else { continue };
        let step = match batch::<I>(db, &actor, id, AT_ONCE, false).await {
            Err(error) if !may_pass(&error) => {
                tracing::warn!(%error, import = %id, "a batch of undoing failed: its records are tried one by one");
                match batch::<I>(db, &actor, id, 1, false).await {
                    Err(error) if !may_pass(&error) => batch::<I>(db, &actor, id, 1, true).await?,
                    other => other?,
                }
            }
            other => other?,
        };
        has_more |= step == UndoStep::More;
    }
    Ok(has_more)
}

async fn batch<I: Importable>(
    db: &Db,
    actor: &Actor,
    id: ImportId,
    size: i64,
    care: bool,
) -> Result<UndoStep, TransferError> {
    db.tenant(actor.clone(), move |tx| service::undo_batch::<I>(tx, id, size, care)).await
}

/// Who caused what undoing does, under the correlation id of their request: records that they do not see stay.
async fn whoever_asked<I: Importable>(
    db: &Db,
    sight_of: &SightOf,
    tenant: TenantId,
    id: ImportId,
) -> Result<Option<Actor>, TransferError> {
    let sight_of = sight_of.clone();
    let read = move |tx: &mut TenantTx<'_>| {
        let row = store::find(tx, I::TABLES, id)?;
        let undo: Option<Undo> = row.undo.and_then(|undo| serde_json::from_value(undo).ok());
        let Some(undo) = undo else { return Ok(None) };
        let sight = sight_now(tx, &sight_of, undo.user)?;
        Ok::<_, TransferError>(Some(initiator(tenant, undo.user, &undo.correlation, sight)))
    };
    db.read(claimant(tenant), read).await
}

fn may_pass(error: &TransferError) -> bool {
    matches!(error, TransferError::Db(DbError::Busy | DbError::Away(_)))
}

//! Works imports off: a batch is a transaction, and what fails is tried in ever smaller batches until the bad row is alone.

use std::collections::{BTreeMap, HashSet};
use std::hash::RandomState;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use super::Importable;
use super::domain::{ImportId, Mode, RowContext, Settings, failure};
use super::service::{self, Batch, Decided, Plan, ReadRow};
use super::store::{self, ImportRow};
use super::tasks;
use crate::kernel::{FieldSet, Invalid, Message};
use crate::platform::auth::{Actor, Sight, SightOf, TenantId};
use crate::platform::db::{Db, DbError, TenantTx};
use crate::platform::sheets::decode::{Position, Sheet};
use crate::platform::sheets::mapping::Mapping;
use crate::platform::transfers::TransferError;

/// Failures of one batch in a row, before the import is given back for a while.
const MAX_TRIES: u32 = 12;
/// How long an import that was given back rests.
const REST: TimeDelta = TimeDelta::seconds(5);
/// How long to wait for a database that is away or busy.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is needed to work.
#[derive(Clone)]
pub struct Workshop {
    /// The database, on the connections of background work.
    pub db: Db,
    /// Who holds the leases.
    pub worker: Uuid,
    /// Knows what whoever asked for an import sees by now.
    pub sight_of: SightOf,
}

/// An import that is being worked off, with its file open in memory.
pub struct Job {
    /// Whose it is.
    pub tenant: TenantId,
    plan: Arc<Plan>,
    actor: Actor,
    position: Position,
    known_reasons: Arc<Vec<String>>,
    seen: Arc<HashSet<u64>>,
    size: usize,
    care: Care,
    tries: u32,
    /// Its part of the memory for files that are open.
    _place: Option<OwnedSemaphorePermit>,
}

/// How the next batch treats its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Care {
    /// As they are.
    Usual,
    /// The one row that it has made the database stumble, and is refused.
    RefuseRow,
}

/// What a batch came to.
#[derive(Debug)]
pub enum Step {
    /// The import goes on; this is how it stands.
    More(Box<ImportRow>),
    /// Every row is decided.
    Done,
    /// It is another worker's now, or gone, or given back for a while.
    Lost,
    /// The database is away; nothing is lost.
    Wait(Duration),
}

impl Job {
    /// The import.
    pub fn id(&self) -> ImportId {
        self.plan.id
    }

    fn largest_size(&self) -> usize {
        // A change is some statements a row.
        if self.plan.context.settings.on_duplicate.changes_records() { 100 } else { 500 }
    }
}

impl Workshop {
    /// Takes an import up and opens its file; none when it is not to be worked on.
    pub async fn open<I: Importable>(
        &self,
        tenant: TenantId,
        id: ImportId,
        place: Option<OwnedSemaphorePermit>,
    ) -> Result<Option<Job>, TransferError> {
        let (worker, claimant) = (self.worker, tasks::claimant(tenant));
        let taken = self.db.tenant(claimant.clone(), move |tx| service::take_up::<I>(tx, id, worker)).await?;
        let Some(row) = taken else { return Ok(None) };
        let settings: Settings = stored(&row.settings).unwrap_or_default();
        let (file, context, reasons) = self
            .db
            .tenant(claimant.clone(), move |tx| {
                let reasons = store::reasons(tx, I::TABLES, &[id.uuid()])?;
                let fields = I::FIELDS.definitions(tx)?;
                let context = I::context(tx, settings, fields)?;
                Ok::<_, TransferError>((store::content(tx, I::TABLES, id)?, context, reasons))
            })
            .await?;
        let opened = tokio::task::spawn_blocking(move || Sheet::open(file)).await;
        let sheet = opened.unwrap_or_else(|_| Err(unreadable()));
        let prepared = sheet.and_then(|sheet| prepare::<I>(&row, sheet, context));
        let plan = match prepared {
            Ok(plan) => plan,
            Err(reason) => {
                let why = failure(&reason);
                self.db.tenant(claimant, move |tx| service::fail::<I>(tx, id, worker, &why)).await?;
                return Ok(None);
            }
        };
        let mut position = row.position();
        let mut known_reasons: Vec<String> = reasons.into_iter().map(|reason| reason.reason_key).collect();
        if plan.mode == Mode::DryRun {
            // What a dry run saw is known to its worker only, so that another one begins at the top.
            position = plan.sheet.rows().position();
            known_reasons.clear();
            self.db.tenant(claimant, move |tx| store::begin_again(tx, I::TABLES, id, position)).await?;
        }
        let mut job = Job {
            tenant,
            actor: tasks::initiator(tenant, row.user_id, &row.correlation_id, Sight::Everything),
            plan: Arc::new(plan),
            position,
            known_reasons: Arc::new(known_reasons),
            seen: Arc::default(),
            size: 0,
            care: Care::Usual,
            tries: 0,
            _place: place,
        };
        job.size = job.largest_size();
        Ok(Some(job))
    }

    /// Works off the next batch.
    pub async fn step<I: Importable>(&self, job: &mut Job) -> Step {
        match self.batch::<I>(job).await {
            Ok(None) => Step::Lost,
            Ok(Some(decided)) => {
                job.position = decided.next;
                job.tries = 0;
                job.care = Care::Usual;
                job.size = (job.size * 2).min(job.largest_size());
                Arc::make_mut(&mut job.seen).extend(decided.seen);
                let known = Arc::make_mut(&mut job.known_reasons);
                for key in decided.reasons {
                    if !known.contains(&key) {
                        known.push(key);
                    }
                }
                if decided.is_complete { Step::Done } else { Step::More(Box::new(decided.row)) }
            }
            Err(TransferError::Db(DbError::Busy | DbError::Away(_))) => Step::Wait(PATIENCE),
            Err(error) => self.after_failure::<I>(job, &error).await,
        }
    }

    /// Gives the import back: another worker may go on with it after `rest`.
    pub async fn give_back<I: Importable>(&self, job: &Job, rest: Option<TimeDelta>) {
        let (id, worker) = (job.id(), self.worker);
        let until = rest.map(|rest| self.db.clock().now() + rest);
        let released = self
            .db
            .tenant(tasks::claimant(job.tenant), move |tx| store::release(tx, I::TABLES, id, worker, until))
            .await;
        if let Err(error) = released {
            tracing::warn!(%error, import = %id, "an import could not be given back; its lease will end by itself");
        }
    }

    /// Who brings the next rows in, seeing what they see by now, and the custom fields that there are by now: upkeep of a new
    /// field does not look at the records of imports that began before it for long.
    async fn presently<I: Importable>(&self, job: &Job) -> Result<(Actor, FieldSet), TransferError> {
        let (user, sight_of) = (job.actor.user(), self.sight_of.clone());
        let read = move |tx: &mut TenantTx<'_>| {
            let sight = user.map(|user| sight_of(tx, user)).transpose()?;
            Ok::<_, TransferError>((sight, I::FIELDS.definitions(tx)?))
        };
        let (sight, fields) = self.db.read(tasks::claimant(job.tenant), read).await?;
        let actor = job.actor.clone();
        Ok((sight.map_or(actor.clone(), |sight| actor.seeing(sight)), fields))
    }

    async fn batch<I: Importable>(&self, job: &mut Job) -> Result<Option<Decided>, TransferError> {
        let (actor, fields) = self.presently::<I>(job).await?;
        job.plan = job.plan.by(fields);
        let (plan, worker) = (job.plan.clone(), self.worker);
        let (from, size, care) = (job.position, job.size, job.care);
        let (known, seen) = (job.known_reasons.clone(), job.seen.clone());
        self.db
            .tenant(actor, move |tx| {
                // Nothing was asked of the database yet, so that reading keeps no lock.
                let (mut rows, next) = plan.read::<I>(from, size, tx.now())?;
                if care == Care::RefuseRow {
                    rows = rows.into_iter().map(ReadRow::refused).collect();
                }
                let batch = Batch { worker, from, known_reasons: &known, seen: &seen };
                // The transaction is rolled back after a panic, and nothing else outlives it.
                catch_unwind(AssertUnwindSafe(|| service::run::<I>(tx, &plan, &batch, rows, next)))
                    .unwrap_or_else(|_| {
                        Err(TransferError::Db(DbError::Failed("a batch panicked".to_owned())))
                    })
            })
            .await
    }

    async fn after_failure<I: Importable>(&self, job: &mut Job, error: &TransferError) -> Step {
        let id = job.id();
        job.tries += 1;
        tracing::warn!(%error, import = %id, rows = job.size, tries = job.tries, "a batch of an import failed");
        if job.tries > MAX_TRIES {
            self.give_back::<I>(job, Some(REST)).await;
            return Step::Lost;
        }
        let may_pass = match error {
            TransferError::Db(DbError::TimedOut(_)) => true,
            // Once or twice somebody was faster; what still stands in the way of one row does not go away.
            TransferError::Meanwhile(_) => job.size > 1 || job.tries < 3,
            _ => false,
        };
        if may_pass {
            job.size = (job.size / 2).max(1);
        } else if job.size == 1 {
            job.care = Care::RefuseRow;
        } else {
            job.size = 1;
        }
        Step::More(Box::new(match self.reread::<I>(job).await {
            Some(row) => row,
            None => return Step::Lost,
        }))
    }

    async fn reread<I: Importable>(&self, job: &Job) -> Option<ImportRow> {
        let id = job.id();
        self.db.read(tasks::claimant(job.tenant), move |tx| store::find(tx, I::TABLES, id)).await.ok()
    }
}

/// A column of the stored mapping.
#[derive(Deserialize)]
struct StoredColumn {
    header: String,
    field: String,
}

/// The plan of an import, as it was when the file was uploaded.
fn prepare<I: Importable>(row: &ImportRow, sheet: Sheet, context: RowContext) -> Result<Plan, Invalid> {
    let columns: Vec<StoredColumn> = stored(&row.mapping)?;
    let choices: BTreeMap<String, String> =
        columns.into_iter().map(|column| (column.header, column.field)).collect();
    stored::<Settings>(&row.settings)?;
    Ok(Plan {
        id: ImportId::from(row.id),
        mapping: Mapping::guess(I::VOCABULARY, sheet.headers()).with_overrides(&choices)?,
        sheet: Arc::new(sheet),
        context,
        mode: if row.dry_run { Mode::DryRun } else { Mode::Real },
        hasher: RandomState::new(),
    })
}

fn stored<T: serde::de::DeserializeOwned>(json: &serde_json::Value) -> Result<T, Invalid> {
    T::deserialize(json).map_err(|_| unreadable())
}

fn unreadable() -> Invalid {
    Invalid(Message::new("It was stored by another version.", "Lo guardó otra versión."))
}

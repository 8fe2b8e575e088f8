//! The background work of imports, and the same work done alone by a command.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, Semaphore};
use uuid::Uuid;

use super::domain::ImportId;
use super::http::Imports;
use super::service::{self, NewImport};
use super::store::{self, ImportRow, ReasonRow};
use super::worker::{Job, Step, Workshop};
use super::{Importable, UNDO_FOR, undoing};
use crate::platform::auth::{Actor, CorrelationId, Sight, SightOf, TenantId, UserId};
use crate::platform::db::{Db, TenantTx};
use crate::platform::id::Id;
use crate::platform::tasks::{Next, Tasks};
use crate::platform::transfers::TransferError;

/// How often imports are looked for that another server received, or left behind.
const PERIOD: Duration = Duration::from_secs(1);

/// Who looks after an import of `tenant` on the platform's behalf.
pub(super) fn claimant(tenant: TenantId) -> Actor {
    Actor::platform(tenant, CorrelationId::new())
}

/// Who caused what an import or its undoing does: the one who asked for it, under the correlation id of their request, seeing
/// what they see.
pub(super) fn initiator(tenant: TenantId, user: Option<Uuid>, correlation: &str, sight: Sight) -> Actor {
    let correlation = CorrelationId::parse(correlation).unwrap_or_default();
    Actor::on_behalf_of(tenant, user.map(UserId::from), correlation).seeing(sight)
}

/// What whoever asked sees now; the platform itself sees everything.
pub(super) fn sight_now(
    tx: &mut TenantTx<'_>,
    sight_of: &SightOf,
    user: Option<Uuid>,
) -> Result<Sight, TransferError> {
    Ok(match user {
        Some(user) => sight_of(tx, user.into())?,
        None => Sight::Everything,
    })
}

/// Starts working imports of one kind of record off.
pub fn start<I: Importable>(db: &Db, tasks: &Tasks, imports: &Imports) {
    let workshop = Workshop { db: db.for_background(), worker: Uuid::now_v7(), sight_of: imports.sight_of() };
    let bench = Bench { jobs: Vec::new(), looked_at: None, places: imports.places() };
    let bench = Arc::new(Mutex::new(bench));
    let (stopping, signal) = (tasks.stopping(), imports.signal::<I>());
    undoing::start::<I>(db, tasks, imports.sight_of(), imports.undo_signal::<I>());
    tasks.run(I::TASKS[0], signal, PERIOD, move || {
        let (workshop, bench, stopping) = (workshop.clone(), bench.clone(), stopping.clone());
        async move {
            let mut bench = bench.lock().await;
            let next = bench.round::<I>(&workshop).await;
            if stopping.is_cancelled() {
                for job in bench.jobs.drain(..) {
                    workshop.give_back::<I>(&job, None).await;
                }
            }
            next
        }
    });
}

/// Forgets uploads that nobody imported in time, in all tenants; what is kept of old imports is forgotten tenant by tenant.
pub async fn forget_uploads<I: Importable>(db: &Db) -> Result<(), TransferError> {
    let tables = I::TABLES;
    let tenants = db.system(tables.module(), move |tx| store::tenants_with_old_uploads(tx, tables)).await?;
    for tenant in tenants {
        db.tenant(claimant(tenant), move |tx| store::forget_uploads(tx, tables)).await?;
    }
    Ok(())
}

/// Forgets what is kept of imports that can be undone no more.
pub fn forget_imports<I: Importable>(tx: &mut TenantTx<'_>) -> Result<(), TransferError> {
    store::forget(tx, I::TABLES, UNDO_FOR)
}

/// Stores an import and works it off here and now, beside servers or without any; `report` is told how it stands.
pub async fn run_alone<I: Importable>(
    db: &Db,
    tenant: TenantId,
    new: NewImport,
    mut report: impl FnMut(&ImportRow),
) -> Result<(ImportRow, Vec<ReasonRow>), TransferError> {
    // A command is nobody's in particular.
    let sight_of: SightOf = Arc::new(|_, _| Ok(Sight::Everything));
    let workshop = Workshop { db: db.for_background(), worker: Uuid::now_v7(), sight_of };
    let worker = service::Worker::This(workshop.worker);
    let row = db.tenant(claimant(tenant), move |tx| service::receive::<I>(tx, &new, worker)).await?;
    report(&row);
    let id: ImportId = Id::from(row.id);
    if let Some(mut job) = workshop.open::<I>(tenant, id, None).await? {
        loop {
            match workshop.step::<I>(&mut job).await {
                Step::More(row) => report(&row),
                Step::Wait(pause) => tokio::time::sleep(pause).await,
                Step::Done | Step::Lost => break,
            }
        }
    }
    db.read(claimant(tenant), move |tx| service::find::<I>(tx, id)).await
}

/// The imports that this server works off at present, each with its file in memory.
struct Bench {
    jobs: Vec<Job>,
    looked_at: Option<Instant>,
    /// How many more there may be, of all kinds of records.
    places: Arc<Semaphore>,
}

impl Bench {
    /// Takes up what waits, then works off a batch of each import.
    async fn round<I: Importable>(&mut self, workshop: &Workshop) -> Next {
        let is_due = self.jobs.is_empty() || self.looked_at.is_none_or(|at| at.elapsed() >= PERIOD);
        if is_due {
            self.looked_at = Some(Instant::now());
            if let Err(error) = self.take_up::<I>(workshop).await {
                tracing::warn!(%error, "imports will be looked for again");
            }
        }
        let mut pause = None;
        let mut going_on = Vec::with_capacity(self.jobs.len());
        for mut job in self.jobs.drain(..) {
            match workshop.step::<I>(&mut job).await {
                Step::More(_) => going_on.push(job),
                Step::Wait(wait) => {
                    pause = Some(wait);
                    going_on.push(job);
                }
                Step::Done => {
                    tracing::info!(import = %job.id(), tenant = %job.tenant, "an import is complete");
                }
                Step::Lost => {
                    tracing::info!(import = %job.id(), tenant = %job.tenant, "an import was let go");
                }
            }
        }
        self.jobs = going_on;
        match pause {
            Some(pause) => Next::After(pause),
            None if self.jobs.is_empty() => Next::Wait,
            None => Next::Again,
        }
    }

    async fn take_up<I: Importable>(&mut self, workshop: &Workshop) -> Result<(), TransferError> {
        let tables = I::TABLES;
        for (tenant, id) in workshop.db.system(tables.module(), move |tx| store::waiting(tx, tables)).await? {
            if self.jobs.iter().all(|job| job.tenant != tenant) {
                let Ok(place) = self.places.clone().try_acquire_owned() else { break };
                self.jobs.extend(workshop.open::<I>(tenant, id, Some(place)).await?);
            }
        }
        Ok(())
    }
}

//! The background work of imports, and the same work done alone by a command.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use uuid::Uuid;

use super::domain::ImportId;
use super::http::Imports;
use super::service::{self, NewImport};
use super::store::{self, ImportRow, ReasonRow};
use super::undoing;
use super::worker::{Job, Step, Workshop};
use crate::identity::People;
use crate::leads::LEADS;
use crate::leads::contract::LeadsError;
use crate::platform::auth::{Actor, CorrelationId, TenantId, UserId};
use crate::platform::db::Db;
use crate::platform::id::Id;
use crate::platform::tasks::{Next, Tasks};

/// How often imports are looked for that another server received, or left behind.
const PERIOD: Duration = Duration::from_secs(1);
/// Imports worked off in turns; each has its file in memory.
const AT_ONCE: usize = 3;

/// Who looks after an import of `tenant` on the platform's behalf.
pub(super) fn claimant(tenant: TenantId) -> Actor {
    Actor::platform(tenant, CorrelationId::new())
}

/// Who caused what an import or its undoing does: the one who asked for it, under the correlation id of their request.
pub(super) fn initiator(tenant: TenantId, user: Option<Uuid>, correlation: &str) -> Actor {
    let correlation = CorrelationId::parse(correlation).unwrap_or_default();
    Actor::on_behalf_of(tenant, user.map(UserId::from), correlation)
}

/// Starts working imports off.
pub fn start(db: &Db, tasks: &Tasks, people: &Arc<dyn People>, imports: &Imports) {
    let workshop = Workshop { db: db.for_background(), people: people.clone(), worker: Uuid::now_v7() };
    let bench = Arc::new(Mutex::new(Bench { jobs: Vec::new(), looked_at: None }));
    let (stopping, signal) = (tasks.stopping(), imports.signal());
    undoing::start(db, tasks, imports.undo_signal());
    tasks.run("leads-imports", signal, PERIOD, move || {
        let (workshop, bench, stopping) = (workshop.clone(), bench.clone(), stopping.clone());
        async move {
            let mut bench = bench.lock().await;
            let next = bench.round(&workshop).await;
            if stopping.is_cancelled() {
                for job in bench.jobs.drain(..) {
                    workshop.give_back(&job, None).await;
                }
            }
            next
        }
    });
}

/// Forgets uploads that nobody imported in time.
pub async fn forget_uploads(db: &Db) -> Result<(), LeadsError> {
    for tenant in db.system(LEADS, store::tenants_with_old_uploads).await? {
        db.tenant(claimant(tenant), store::forget_uploads).await?;
    }
    Ok(())
}

/// Stores an import and works it off here and now, beside servers or without any; `report` is told how it stands.
pub async fn run_alone(
    db: &Db,
    people: &Arc<dyn People>,
    tenant: TenantId,
    new: NewImport,
    mut report: impl FnMut(&ImportRow),
) -> Result<(ImportRow, Vec<ReasonRow>), LeadsError> {
    let workshop = Workshop { db: db.for_background(), people: people.clone(), worker: Uuid::now_v7() };
    let worker = service::Worker::This(workshop.worker);
    let row = db.tenant(claimant(tenant), move |tx| service::receive(tx, &new, worker)).await?;
    report(&row);
    let id: ImportId = Id::from(row.id);
    if let Some(mut job) = workshop.open(tenant, id).await? {
        loop {
            match workshop.step(&mut job).await {
                Step::More(row) => report(&row),
                Step::Wait(pause) => tokio::time::sleep(pause).await,
                Step::Done | Step::Lost => break,
            }
        }
    }
    db.tenant(claimant(tenant), move |tx| service::find(tx, id)).await
}

/// The imports that this server works off at present.
struct Bench {
    jobs: Vec<Job>,
    looked_at: Option<Instant>,
}

impl Bench {
    /// Takes up what waits, then works off a batch of each import.
    async fn round(&mut self, workshop: &Workshop) -> Next {
        let is_due = self.jobs.is_empty() || self.looked_at.is_none_or(|at| at.elapsed() >= PERIOD);
        if is_due && self.jobs.len() < AT_ONCE {
            self.looked_at = Some(Instant::now());
            if let Err(error) = self.take_up(workshop).await {
                tracing::warn!(%error, "imports will be looked for again");
            }
        }
        let mut pause = None;
        let mut going_on = Vec::with_capacity(self.jobs.len());
        for mut job in self.jobs.drain(..) {
            match workshop.step(&mut job).await {
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

    async fn take_up(&mut self, workshop: &Workshop) -> Result<(), LeadsError> {
        for (tenant, id) in workshop.db.system(LEADS, store::waiting).await? {
            if self.jobs.len() >= AT_ONCE {
                break;
            }
            if self.jobs.iter().all(|job| job.tenant != tenant) {
                self.jobs.extend(workshop.open(tenant, id).await?);
            }
        }
        Ok(())
    }
}

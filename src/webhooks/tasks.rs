//! The background work of webhooks: events become deliveries, deliveries are tried, replays go on, old ones are forgotten.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use tokio::sync::Notify;

use super::contract::{EndpointId, WebhooksError};
use super::domain::{Failure, Outcome};
use super::lanes::{Lanes, Seat};
use super::sender::Sender;
use super::service::{self, Attempt};
use super::store::{self, Due};
use super::{WEBHOOKS, Webhooks};
use crate::platform::auth::{Actor, CorrelationId, TenantId};
use crate::platform::backoff::random_share;
use crate::platform::db::Db;
use crate::platform::events::Subscription;
use crate::platform::tasks::{Next, Tasks};

/// How late a delivery is found whose wake-up call was missed.
const PERIOD: Duration = Duration::from_millis(500);
/// The wake-up call comes from inside the transaction that queues; it is over by then.
const COMMIT: Duration = Duration::from_millis(20);
/// What an attempt may last beyond its timeout, before another server takes the delivery.
const MARGIN: TimeDelta = TimeDelta::seconds(10);
/// How long deliveries are remembered once they ended.
const KEPT_FOR: TimeDelta = TimeDelta::days(30);
const SWEEP_PERIOD: Duration = Duration::from_mins(1);

/// The reader of the log that webhooks have.
pub fn subscriptions(webhooks: &Webhooks) -> Vec<Subscription> {
    let signal = webhooks.signal.clone();
    vec![Subscription::new("webhooks").only_for(store::with_endpoints).on_every(move |tx, event| {
        match service::fan_out(tx, event) {
            Ok(true) => signal.notify_one(),
            Ok(false) => {}
            // As itself, so that a database that is away is told from an event that fails.
            Err(WebhooksError::Db(error)) => return Err(error.into()),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    })]
}

/// Starts sending, and what runs by the clock.
pub fn start(db: &Db, tasks: &Tasks, webhooks: &Webhooks) -> reqwest::Result<()> {
    let worker = Worker {
        db: db.for_background(),
        tasks: tasks.clone(),
        sender: Sender::new(&webhooks.settings)?,
        webhooks: webhooks.clone(),
        lanes: Lanes::default(),
    };
    let sending = worker.clone();
    tasks.run("webhooks-sender", webhooks.signal.clone(), PERIOD, move || {
        let worker = sending.clone();
        async move { worker.round().await }
    });
    let replaying = worker.clone();
    tasks.run("webhooks-replays", Arc::new(Notify::new()), PERIOD * 2, move || {
        let worker = replaying.clone();
        async move { worker.replay().await }
    });
    tasks.run("webhooks-sweep", webhooks.deletions.clone(), SWEEP_PERIOD, move || {
        let worker = worker.clone();
        async move { worker.sweep().await }
    });
    Ok(())
}

#[derive(Clone)]
struct Worker {
    db: Db,
    tasks: Tasks,
    sender: Sender,
    webhooks: Webhooks,
    lanes: Lanes,
}

impl Worker {
    /// Begins an attempt of each delivery that is due, as far as there is room.
    async fn round(&self) -> Next {
        tokio::time::sleep(COMMIT).await;
        let now = Instant::now();
        let room = self.lanes.room(now);
        if room.in_all == 0 {
            return Next::Wait;
        }
        match self.db.system(WEBHOOKS, move |tx| store::due(tx, &room)).await {
            Ok(due) => {
                for due in due {
                    if let Some(seat) = self.lanes.take(due.tenant, due.endpoint.uuid(), now) {
                        let worker = self.clone();
                        self.tasks.spawn(async move { worker.attempt(due, seat).await });
                    }
                }
                Next::Wait
            }
            Err(error) => {
                tracing::warn!(%error, "webhooks wait for the database");
                Next::After(PERIOD * 2)
            }
        }
    }

    async fn attempt(&self, due: Due, seat: Seat) {
        if let Err(error) = self.try_once(due, &seat).await {
            tracing::warn!(%error, delivery = %due.id, "how a delivery went could not be noted; it is tried again");
        }
        drop(seat);
        self.webhooks.signal.notify_one();
    }

    async fn try_once(&self, due: Due, seat: &Seat) -> Result<(), WebhooksError> {
        let Ok(permit) = seat.breaker.permit(Instant::now()) else { return Ok(()) };
        let (key, settings) = (self.webhooks.seal.clone(), &self.webhooks.settings);
        let time = MARGIN + TimeDelta::from_std(settings.timeout).unwrap_or_default();
        let taken = self
            .db
            .tenant(platform(due.tenant), move |tx| service::take(tx, &key, due.endpoint, due.id, time))
            .await?;
        let Some(attempt) = taken else { return Ok(()) };
        let (at, begun) = (self.db.clock().now(), Instant::now());
        let outcome = match &attempt.message {
            Err(failure) => Outcome::Failed(*failure),
            Ok(message) => tokio::select! {
                outcome = self.sender.send(message, settings.reach, at.timestamp()) => outcome,
                () = self.stopping() => return self.give_back(due, &attempt).await,
            },
        };
        match outcome {
            Outcome::Answered { status: 200..=299, .. } => permit.succeeded(),
            Outcome::Answered { .. } | Outcome::Failed(Failure::Timeout | Failure::Connection) => {
                permit.failed(Instant::now());
            }
            // Nobody was called, so nobody needs a rest.
            Outcome::Failed(_) => drop(permit),
        }
        metrics::counter!("webhook_attempts_total", "result" => outcome.error().unwrap_or("delivered"))
            .increment(1);
        let (duration, patience) = (begun.elapsed(), settings.patience);
        let given_up = self
            .db
            .tenant(platform(due.tenant), move |tx| {
                service::record(tx, &attempt, outcome, at, duration, random_share(), patience)
            })
            .await?;
        if let Some(reason) = given_up {
            metrics::counter!("webhooks_disabled_total", "reason" => reason.as_str()).increment(1);
            tracing::warn!(webhook = %due.endpoint, tenant_id = %due.tenant, reason = reason.as_str(), "a webhook was disabled");
        }
        Ok(())
    }

    async fn stopping(&self) {
        self.tasks.stopping().cancelled().await;
    }

    async fn give_back(&self, due: Due, attempt: &Attempt) -> Result<(), WebhooksError> {
        let Some(claim) = attempt.delivery.claim else { return Ok(()) };
        self.db.tenant(platform(due.tenant), move |tx| service::give_back(tx, due.id, claim)).await
    }

    /// Queues the next events of each replay.
    async fn replay(&self) -> Next {
        match self.replay_once().await {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(%error, "replays to webhooks wait");
                Next::After(PERIOD * 4)
            }
        }
    }

    async fn replay_once(&self) -> Result<Next, WebhooksError> {
        let mut next = Next::Wait;
        for (tenant, endpoint) in self.db.system(WEBHOOKS, store::replays).await? {
            match self.replay_step(tenant, endpoint).await {
                Ok(true) if next == Next::Wait => next = Next::Again,
                Ok(_) => {}
                // The others go on; a pause keeps the log readable.
                Err(error) => {
                    tracing::warn!(%error, webhook = %endpoint, tenant_id = %tenant, "a replay to a webhook waits");
                    next = Next::After(PERIOD * 2);
                }
            }
            self.webhooks.signal.notify_one();
        }
        Ok(next)
    }

    async fn replay_step(&self, tenant: TenantId, endpoint: EndpointId) -> Result<bool, WebhooksError> {
        self.db.tenant(platform(tenant), move |tx| service::go_on_with_replay(tx, endpoint)).await
    }

    /// Forgets some old deliveries, and some of what is left of a deleted webhook.
    async fn sweep(&self) -> Next {
        let mut next = Next::Wait;
        for forgotten in [self.forget_old().await, self.forget_deleted().await] {
            match forgotten {
                Ok(true) if next == Next::Wait => next = Next::Again,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "old deliveries will be forgotten later");
                    next = Next::After(SWEEP_PERIOD);
                }
            }
        }
        next
    }

    async fn forget_old(&self) -> Result<bool, WebhooksError> {
        let before = self.db.clock().now() - KEPT_FOR;
        let found =
            self.db.system(WEBHOOKS, move |tx| store::tenant_with_deliveries_before(tx, before)).await?;
        let Some(tenant) = found else { return Ok(false) };
        let forgotten = self.db.tenant(platform(tenant), move |tx| service::forget(tx, before)).await?;
        Ok(forgotten > 0)
    }

    async fn forget_deleted(&self) -> Result<bool, WebhooksError> {
        let found = self.db.system(WEBHOOKS, store::deleted_endpoint).await?;
        let Some((tenant, endpoint)) = found else { return Ok(false) };
        self.db.tenant(platform(tenant), move |tx| service::forget_deleted(tx, endpoint)).await?;
        Ok(true)
    }
}

/// The platform, which sends on nobody's behalf.
fn platform(tenant: TenantId) -> Actor {
    Actor::platform(tenant, CorrelationId::new())
}

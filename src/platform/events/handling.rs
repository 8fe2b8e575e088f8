//! Runs handlers inside transactions: a batch with its position, or one parked event with its attempt.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use metrics::counter;

use super::EVENTS;
use super::cursor;
use super::event::LoggedEvent;
use super::parking::{self, Verdict};
use super::subscribers::Subscription;
use crate::platform::auth::{Actor, TenantId};
use crate::platform::db::{Db, DbError, TenantTx};

/// Why a transaction with handlers was taken back.
pub(super) enum Stop {
    /// The position is no longer the one that the batch starts from, or another server is at it.
    Moved,
    /// The handler of the event at this place in the batch failed.
    Handler {
        /// The place, from 0.
        index: usize,
        /// Why.
        error: anyhow::Error,
    },
    /// The database failed or refused.
    Database(DbError),
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

/// Whether a subscription has parked events, which later ones of their records must not overtake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parked {
    /// None.
    None,
    /// Some, of any record.
    Some,
}

/// Handles `events`, and moves the subscription from `position` behind the last of them.
pub(super) async fn batch(
    db: &Db,
    subscription: &Arc<Subscription>,
    position: i64,
    events: &[LoggedEvent],
    parked: Parked,
) -> Result<(), Stop> {
    let Some(first) = events.first() else { return Ok(()) };
    let owned = events.to_vec();
    let worker = subscription.clone();
    db.tenant(actor_for(first), move |tx| handle_all(tx, &worker, position, &owned, parked)).await?;
    counter!("subscription_handled_total", "name" => subscription.name()).increment(events.len() as u64);
    Ok(())
}

fn handle_all(
    tx: &mut TenantTx<'_>,
    subscription: &Subscription,
    position: i64,
    events: &[LoggedEvent],
    parked: Parked,
) -> Result<(), Stop> {
    let name = subscription.name();
    let end = events.last().map_or(position, |last| last.position);
    // First of all: it locks the row, and fails if the position moved.
    if !cursor::advance(tx.conn(EVENTS)?, name, position, end)? {
        return Err(Stop::Moved);
    }
    let tenants: BTreeSet<TenantId> = events.iter().map(|event| event.tenant).collect();
    let mut waiting = HashSet::new();
    if parked == Parked::Some {
        for tenant in &tenants {
            waiting.extend(parking::parked_records(tx.conn(EVENTS)?, name, tenant.uuid())?);
        }
    }
    let tenants: Vec<TenantId> = tenants.into_iter().collect();
    let chosen = subscription.chosen(tx, &tenants)?;
    // Tenant by tenant, always in the same order, so that subscriptions seldom wait for each other; what happened in a tenant
    // stays in its order.
    let is_concerned = |event: &LoggedEvent| {
        // What waits in order is tried when its turn comes, whatever holds for its tenant then.
        waiting.contains(&event.aggregate)
            || chosen.as_ref().is_none_or(|chosen| chosen.contains(&event.tenant))
    };
    let mut ordered: Vec<(usize, &LoggedEvent)> =
        events.iter().enumerate().filter(|(_, event)| is_concerned(event)).collect();
    ordered.sort_by_key(|(_, event)| event.tenant);
    for (index, event) in ordered {
        if waiting.contains(&event.aggregate) {
            let now = tx.now();
            parking::queue(tx.conn(EVENTS)?, name, event, now)?;
        } else {
            handle(tx, subscription, event, index)?;
        }
    }
    Ok(())
}

/// Runs the counted attempt `number` of a parked `event`, and notes how it went.
pub(super) async fn attempt(
    db: &Db,
    subscription: &Arc<Subscription>,
    event: &LoggedEvent,
    number: i32,
) -> Result<(), DbError> {
    let worker = subscription.clone();
    let owned = event.clone();
    let outcome = db
        .tenant(actor_for(event), move |tx| {
            if !parking::take(tx.conn(EVENTS)?, worker.name(), owned.position, number)? {
                return Err(Stop::Moved);
            }
            handle(tx, &worker, &owned, 0)?;
            Ok(parking::unpark(tx.conn(EVENTS)?, worker.name(), owned.position)?)
        })
        .await;
    let error = match outcome {
        Ok(()) => {
            counter!("subscription_handled_total", "name" => subscription.name()).increment(1);
            return Ok(());
        }
        Err(Stop::Moved) => return Ok(()),
        // It is due again after its wait, with this attempt counted.
        Err(Stop::Database(error @ (DbError::Away(_) | DbError::Busy))) => return Err(error),
        Err(Stop::Database(error)) => anyhow::Error::new(error),
        Err(Stop::Handler { error, .. }) => error,
    };
    note_failure(db, subscription.name(), event, number, format!("{error:#}")).await
}

async fn note_failure(
    db: &Db,
    name: &'static str,
    event: &LoggedEvent,
    number: i32,
    error: String,
) -> Result<(), DbError> {
    counter!("subscription_failures_total", "name" => name).increment(1);
    let owned = event.clone();
    let verdict = db
        .system(EVENTS, move |tx| {
            let now = tx.now();
            parking::failed(tx.conn(), name, &owned, number, &error, now)
        })
        .await?;
    let LoggedEvent { position, kind, tenant, .. } = event;
    // The reason may quote personal data: it is kept with the event, where operators read it.
    match verdict {
        Verdict::Again => {
            tracing::warn!(subscription = name, position, %kind, tenant_id = %tenant, attempt = number, "an event failed; it is tried again");
        }
        Verdict::GivenUp => {
            tracing::error!(subscription = name, position, %kind, tenant_id = %tenant, attempt = number, "an event failed for the last time; see `cauce events dead-letters`");
        }
    }
    Ok(())
}

fn handle(
    tx: &mut TenantTx<'_>,
    subscription: &Subscription,
    event: &LoggedEvent,
    index: usize,
) -> Result<(), Stop> {
    subscription.handle(tx, event).map_err(|error| match outage(&error) {
        Some(reason) => Stop::Database(DbError::Away(reason)),
        None => Stop::Handler { index, error },
    })
}

/// The words of the database being away, when that is why a handler failed.
fn outage(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| match cause.downcast_ref::<DbError>() {
        Some(DbError::Away(reason)) => Some(reason.clone()),
        _ => None,
    })
}

fn actor_for(event: &LoggedEvent) -> Actor {
    Actor::on_behalf_of(event.tenant, None, event.correlation.clone())
}

//! What the background work does with deliveries: make them from events, take one, note how it went.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::place;
use crate::platform::db::TenantTx;
use crate::platform::events::{HistoryFilter, HistoryOrder, KindPattern, LoggedEvent, history};
use crate::platform::seal::Seal;
use crate::webhooks::WEBHOOKS;
use crate::webhooks::contract::events::WebhookDisabled;
use crate::webhooks::contract::{DeliveryId, EndpointId, WebhooksError};
use crate::webhooks::domain::{
    DeliveryStatus, DisabledReason, Failure, Outcome, PING, SigningSecret, wait_after,
};
use crate::webhooks::store::{self, Again, AttemptRow, DeliveryRow, EndpointRow};

/// Events that one step of a replay looks at.
const REPLAYED_AT_ONCE: i64 = 200;
/// Deliveries forgotten in one transaction.
const FORGOTTEN_AT_ONCE: i64 = 500;

/// A delivery that was taken for an attempt.
#[derive(Debug)]
pub struct Attempt {
    /// Where to.
    pub endpoint: EndpointId,
    /// The delivery, with the attempt counted.
    pub delivery: DeliveryRow,
    /// What to send, or why that cannot be.
    pub message: Result<Message, Failure>,
}

/// What is sent.
#[derive(Debug)]
pub struct Message {
    /// The address as it is stored.
    pub url: String,
    /// `webhook-id`.
    pub id: String,
    /// The bytes that are signed and sent.
    pub body: Vec<u8>,
    /// Those that sign.
    pub secrets: Vec<SigningSecret>,
}

/// Queues `event` for every webhook that takes it; answers whether there was one.
pub fn fan_out(tx: &mut TenantTx<'_>, event: &LoggedEvent) -> Result<bool, WebhooksError> {
    let patterns = KindPattern::all_taking(&event.kind);
    let endpoints = store::listening(tx, &patterns, event.occurred_at)?;
    if endpoints.is_empty() {
        return Ok(false);
    }
    store::queue(tx, &endpoints, &[event], Again::No)?;
    Ok(true)
}

/// Queues the next events of a replay; answers whether there are more.
pub fn go_on_with_replay(tx: &mut TenantTx<'_>, endpoint: EndpointId) -> Result<bool, WebhooksError> {
    let mut row = match store::lock(tx, endpoint) {
        Err(WebhooksError::NotFound(_)) => return Ok(false),
        found => found?,
    };
    let (Some(after), Some(until)) = (row.replay_after, row.replay_until) else { return Ok(false) };
    let filter = HistoryFilter::default();
    let page = history(tx, WEBHOOKS, &filter, HistoryOrder::OldestFirst, Some(after), REPLAYED_AT_ONCE)?;
    let wanted: Vec<&LoggedEvent> = page
        .events
        .iter()
        .filter(|event| event.position <= until)
        .filter(|event| {
            KindPattern::all_taking(&event.kind).iter().any(|pattern| row.event_types.contains(pattern))
        })
        .collect();
    if !wanted.is_empty() {
        store::queue(tx, &[row.id], &wanted, Again::Yes)?;
    }
    let reached = page.goes_on.unwrap_or(until);
    let is_over = reached >= until;
    row.replay_after = (!is_over).then_some(reached);
    row.replay_until = (!is_over).then_some(until);
    store::save(tx, &row)?;
    Ok(!is_over)
}

/// Takes a delivery for an attempt of at most `time`, which is counted; none when it is not there for us.
pub fn take(
    tx: &mut TenantTx<'_>,
    seal: &Seal,
    endpoint: EndpointId,
    id: DeliveryId,
    time: TimeDelta,
) -> Result<Option<Attempt>, WebhooksError> {
    // It may have been deleted since it was found to be due.
    let row = match store::find(tx, endpoint) {
        Err(WebhooksError::NotFound(_)) => return Ok(None),
        found => found?,
    };
    let Some(delivery) = store::claim(tx, id, time)? else { return Ok(None) };
    let message = message(tx, seal, &row, &delivery)?;
    Ok(Some(Attempt { endpoint, delivery, message }))
}

fn message(
    tx: &mut TenantTx<'_>,
    seal: &Seal,
    row: &EndpointRow,
    delivery: &DeliveryRow,
) -> Result<Result<Message, Failure>, WebhooksError> {
    let now = tx.now();
    let previous = row.previous_secret.as_ref();
    let previous = previous.filter(|_| row.previous_secret_until.is_some_and(|until| now < until));
    let place = place(row.tenant_id, row.endpoint());
    let opened = std::iter::once(&row.secret).chain(previous);
    let secrets: Option<Vec<SigningSecret>> =
        opened.map(|sealed| seal.open(&place, sealed).map(SigningSecret::from_bytes)).collect();
    let Some(secrets) = secrets else { return Ok(Err(Failure::Secret)) };
    let body = match delivery.position {
        None => ping_body(row, delivery),
        Some(position) => {
            let filter = HistoryFilter { behind: Some(position - 1), ..HistoryFilter::default() };
            let found = history(tx, WEBHOOKS, &filter, HistoryOrder::OldestFirst, None, 1)?;
            let Some(event) = found.events.first().filter(|event| event.id == delivery.event_id) else {
                return Ok(Err(Failure::Event));
            };
            event.envelope()
        }
    };
    let (id, body) = (delivery.event_id.to_string(), body.to_string().into_bytes());
    Ok(Ok(Message { url: row.url.clone(), id, body, secrets }))
}

fn ping_body(row: &EndpointRow, delivery: &DeliveryRow) -> serde_json::Value {
    json!({
        "specversion": "1.0",
        "id": delivery.event_id,
        "source": "/cauce/webhook",
        "type": PING,
        "subject": row.id,
        "time": delivery.created_at,
        "datacontenttype": "application/json",
        "tenantid": row.tenant_id,
        "data": { "webhook_id": row.id },
    })
}

/// Notes how an attempt went that began at `at`, if it is still ours; answers why the webhook was given up, if it was.
///
/// `jitter` from 0 to 1 spreads the wait, and `patience` is how long a webhook may fail without a success.
pub fn record(
    tx: &mut TenantTx<'_>,
    attempt: &Attempt,
    outcome: Outcome,
    at: DateTime<Utc>,
    duration: std::time::Duration,
    jitter: f64,
    patience: TimeDelta,
) -> Result<Option<DisabledReason>, WebhooksError> {
    // The endpoint before its deliveries, as whoever sends one again does.
    let endpoint = match store::lock(tx, attempt.endpoint) {
        Err(WebhooksError::NotFound(_)) => return Ok(None),
        found => found?,
    };
    let mut row = match store::lock_delivery(tx, attempt.endpoint, attempt.delivery.id.into()) {
        Err(WebhooksError::DeliveryNotFound) => return Ok(None),
        found => found?,
    };
    store::insert_attempt(
        tx,
        AttemptRow {
            tenant_id: row.tenant_id,
            delivery_id: row.id,
            number: 0,
            at,
            duration_ms: i32::try_from(duration.as_millis()).unwrap_or(i32::MAX),
            response_status: outcome.status(),
            error: outcome.error().map(str::to_owned),
        },
    )?;
    if row.claim == attempt.delivery.claim {
        note(&mut row, outcome, jitter, tx.now());
        store::save_delivery(tx, &row)?;
    }
    // A ping is a question, not a service that failed.
    if row.position.is_none() { Ok(None) } else { judge(tx, endpoint, outcome, patience) }
}

/// Moves a delivery on after an attempt.
fn note(row: &mut DeliveryRow, outcome: Outcome, jitter: f64, now: DateTime<Utc>) {
    let asked = match outcome {
        Outcome::Answered { retry_after, .. } => retry_after,
        Outcome::Failed(_) => None,
    };
    let is_lost = row.position.is_none() || outcome == Outcome::Failed(Failure::Event);
    let wait = if is_lost { None } else { wait_after(row.attempts, jitter, asked) };
    let (status, next_at) = match wait {
        _ if outcome.is_success() => (DeliveryStatus::Delivered, now),
        Some(wait) => (DeliveryStatus::Pending, now + wait),
        None => (DeliveryStatus::Failed, now),
    };
    status.as_str().clone_into(&mut row.status);
    row.next_at = next_at;
    row.finished_at = (status != DeliveryStatus::Pending).then_some(now);
    row.claim = None;
    row.last_status = outcome.status();
    row.last_error = outcome.error().map(str::to_owned);
}

/// Notes that an endpoint works or fails, and disables it when it failed for too long or is gone.
fn judge(
    tx: &mut TenantTx<'_>,
    mut row: EndpointRow,
    outcome: Outcome,
    patience: TimeDelta,
) -> Result<Option<DisabledReason>, WebhooksError> {
    let (now, known) = (tx.now(), row.failing_since);
    row.failing_since = if outcome.is_success() { None } else { Some(known.unwrap_or(now)) };
    let reason = match outcome {
        Outcome::Answered { status: 410, .. } => Some(DisabledReason::Gone),
        _ if row.failing_since.is_some_and(|since| now - since >= patience) => Some(DisabledReason::Failing),
        _ => None,
    };
    let reason = reason.filter(|_| row.is_enabled());
    if let Some(reason) = reason {
        row.disabled_reason = Some(reason.as_str().to_owned());
        row.version += 1;
        row.updated_at = now;
    }
    if reason.is_some() || row.failing_since != known {
        store::save(tx, &row)?;
    }
    if let Some(reason) = reason {
        let (id, failing_since) = (row.endpoint(), row.failing_since);
        tx.emit(row.id, row.version, &WebhookDisabled { id, reason, failing_since });
    }
    Ok(reason)
}

/// Forgets deliveries of the tenant that ended before `moment`; answers how many.
pub fn forget(tx: &mut TenantTx<'_>, moment: DateTime<Utc>) -> Result<usize, WebhooksError> {
    store::forget_before(tx, moment, FORGOTTEN_AT_ONCE)
}

/// Forgets some of what is left of a deleted webhook, and at last itself.
pub fn forget_deleted(tx: &mut TenantTx<'_>, endpoint: EndpointId) -> Result<(), WebhooksError> {
    store::forget_endpoint(tx, endpoint, FORGOTTEN_AT_ONCE)
}

/// Gives an attempt back that was not made.
pub fn give_back(tx: &mut TenantTx<'_>, id: DeliveryId, claim: Uuid) -> Result<(), WebhooksError> {
    store::give_back(tx, id, claim)
}

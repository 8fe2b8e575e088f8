//! What people do with deliveries.

use chrono::{DateTime, Utc};

use crate::platform::db::TenantTx;
use crate::platform::events::{HistoryFilter, HistoryOrder, first_of_history};
use crate::webhooks::WEBHOOKS;
use crate::webhooks::contract::{DeliveryId, EndpointId, WebhooksError};
use crate::webhooks::domain::DeliveryStatus;
use crate::webhooks::store::{self, AttemptRow, DeliveryFilter, DeliveryRow, EndpointRow};

/// A page of what was sent to a webhook, the newest first.
pub fn deliveries(
    tx: &mut TenantTx<'_>,
    endpoint: EndpointId,
    filter: &DeliveryFilter,
    rows: i64,
) -> Result<Vec<DeliveryRow>, WebhooksError> {
    store::find(tx, endpoint)?;
    store::list(tx, endpoint, filter, rows)
}

/// A delivery with its attempts.
pub fn delivery(
    tx: &mut TenantTx<'_>,
    endpoint: EndpointId,
    id: DeliveryId,
) -> Result<(DeliveryRow, Vec<AttemptRow>), WebhooksError> {
    store::find(tx, endpoint)?;
    let row = store::find_delivery(tx, endpoint, id)?;
    Ok((row, store::attempts(tx, id)?))
}

/// Queues a test ping, which is tried once.
pub fn ping(tx: &mut TenantTx<'_>, endpoint: EndpointId) -> Result<DeliveryRow, WebhooksError> {
    enabled(tx, endpoint)?;
    store::insert_ping(tx, endpoint)
}

/// Sends a delivery again, under the same event id and with a new round of attempts.
pub fn resend(
    tx: &mut TenantTx<'_>,
    endpoint: EndpointId,
    id: DeliveryId,
) -> Result<DeliveryRow, WebhooksError> {
    enabled(tx, endpoint)?;
    let mut row = store::lock_delivery(tx, endpoint, id)?;
    DeliveryStatus::Pending.as_str().clone_into(&mut row.status);
    (row.attempts, row.next_at, row.claim, row.finished_at) = (0, tx.now(), None, None);
    store::save_delivery(tx, &row)?;
    Ok(row)
}

/// Has everything sent again that happened from `since` on, and before `until` if given, and that the webhook takes.
/// It goes on in the background; events sent before keep their ids.
pub fn replay(
    tx: &mut TenantTx<'_>,
    endpoint: EndpointId,
    since: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
) -> Result<EndpointRow, WebhooksError> {
    let mut row = enabled(tx, endpoint)?;
    if row.replay_until.is_some() {
        return Err(WebhooksError::Replaying(endpoint));
    }
    let filter = HistoryFilter { since: Some(since), before: until, ..HistoryFilter::default() };
    let first = first_of_history(tx, WEBHOOKS, &filter, HistoryOrder::OldestFirst)?;
    let last = first_of_history(tx, WEBHOOKS, &filter, HistoryOrder::NewestFirst)?;
    if let (Some(first), Some(last)) = (first, last) {
        (row.replay_after, row.replay_until) = (Some(first.position - 1), Some(last.position));
        store::save(tx, &row)?;
    }
    Ok(row)
}

/// The endpoint, locked; refused while nothing is sent to it.
fn enabled(tx: &mut TenantTx<'_>, endpoint: EndpointId) -> Result<EndpointRow, WebhooksError> {
    let row = store::lock(tx, endpoint)?;
    if row.is_enabled() { Ok(row) } else { Err(WebhooksError::Disabled(endpoint)) }
}

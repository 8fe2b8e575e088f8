//! What people do with webhooks, inside the caller's transaction.

mod deliveries;
mod work;

use chrono::TimeDelta;
use uuid::Uuid;

pub use deliveries::{deliveries, delivery, ping, replay, resend};
pub use work::{
    Attempt, Message, fan_out, forget, forget_deleted, give_back, go_on_with_replay, record, take,
};

use super::contract::events::{WebhookCreated, WebhookDeleted, WebhookSecretRotated, WebhookUpdated};
use super::contract::{EndpointId, WebhooksError};
use super::domain::{DisabledReason, MOST_ENDPOINTS, SigningSecret, Target};
use super::store::{self, EndpointRow};
use crate::platform::db::TenantTx;
use crate::platform::http::Patch;
use crate::platform::id::Id;
use crate::platform::limits::Quota;
use crate::platform::problem::Problem;
use crate::platform::seal::{Seal, SealError};

/// A webhook to make.
#[derive(Debug, Clone)]
pub struct NewEndpoint {
    /// Where to.
    pub target: Target,
    /// Patterns of kinds, each once.
    pub event_types: Vec<String>,
    /// What for.
    pub description: Option<String>,
    /// Whether events are sent at once.
    pub initially: Sending,
}

/// Whether events are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// They are.
    On,
    /// They are not.
    Off,
}

/// What changes of a webhook.
#[derive(Debug, Clone)]
pub struct EndpointChange {
    /// Where to.
    pub target: Option<Target>,
    /// Patterns of kinds.
    pub event_types: Option<Vec<String>>,
    /// What for.
    pub description: Patch<String>,
    /// Whether events are sent.
    pub sending: Option<Sending>,
}

/// Every webhook of the tenant.
pub fn all(tx: &mut TenantTx<'_>) -> Result<Vec<EndpointRow>, WebhooksError> {
    store::all(tx)
}

/// The webhook.
pub fn find(tx: &mut TenantTx<'_>, id: EndpointId) -> Result<EndpointRow, WebhooksError> {
    store::find(tx, id)
}

/// Makes a webhook; answers it and its secret, which is told this once.
pub fn create(
    tx: &mut TenantTx<'_>,
    seal: &Seal,
    new: NewEndpoint,
) -> Result<(EndpointRow, SigningSecret), WebhooksError> {
    if i64::try_from(store::all(tx)?.len()).is_ok_and(|count| count >= MOST_ENDPOINTS) {
        return Err(WebhooksError::TooMany(MOST_ENDPOINTS));
    }
    let (id, now) = (EndpointId::new(), tx.now());
    let secret = SigningSecret::generate().ok_or(SealError)?;
    let row = EndpointRow {
        tenant_id: tx.tenant().uuid(),
        id: id.uuid(),
        version: 1,
        url: new.target.as_str().to_owned(),
        description: new.description,
        event_types: new.event_types,
        disabled_reason: disabled(new.initially),
        secret: seal.close(&place(tx.tenant().uuid(), id), secret.bytes().to_vec())?,
        previous_secret: None,
        previous_secret_until: None,
        failing_since: None,
        replay_after: None,
        replay_until: None,
        created_at: now,
        updated_at: now,
    };
    store::insert(tx, &row)?;
    tx.emit(row.id, row.version, &WebhookCreated { id, event_types: row.event_types.clone() });
    Ok((row, secret))
}

/// Changes a webhook that still has the version `expected`, if one is given.
pub fn update(
    tx: &mut TenantTx<'_>,
    id: EndpointId,
    expected: Option<i32>,
    change: EndpointChange,
) -> Result<EndpointRow, WebhooksError> {
    let mut row = store::lock(tx, id)?;
    if expected.is_some_and(|version| version != row.version) {
        return Err(WebhooksError::Stale(row.version));
    }
    if let Some(target) = change.target {
        target.as_str().clone_into(&mut row.url);
    }
    if let Some(event_types) = change.event_types {
        row.event_types = event_types;
    }
    change.description.apply(&mut row.description);
    match change.sending {
        // A new chance: the failures before do not count.
        Some(Sending::On) => (row.disabled_reason, row.failing_since) = (None, None),
        Some(Sending::Off) if row.is_enabled() => row.disabled_reason = disabled(Sending::Off),
        _ => {}
    }
    touch(tx, &mut row);
    store::save(tx, &row)?;
    let (event_types, enabled) = (row.event_types.clone(), row.is_enabled());
    tx.emit(row.id, row.version, &WebhookUpdated { id, event_types, enabled });
    Ok(row)
}

/// Deletes a webhook: nobody sees it and nothing is sent to it any more. Its deliveries, which may be very many, are
/// forgotten in the background.
pub fn delete(tx: &mut TenantTx<'_>, id: EndpointId) -> Result<(), WebhooksError> {
    let row = store::lock(tx, id)?;
    store::mark_deleted(tx, id)?;
    tx.emit(row.id, row.version + 1, &WebhookDeleted { id });
    Ok(())
}

/// Gives a webhook a new secret, which is told this once; the one before signs too for the time of `overlap`.
///
/// While such a time runs, only a rotation without `overlap` is taken: it ends every secret before.
pub fn rotate_secret(
    tx: &mut TenantTx<'_>,
    seal: &Seal,
    id: EndpointId,
    overlap: TimeDelta,
) -> Result<(EndpointRow, SigningSecret), WebhooksError> {
    let mut row = store::lock(tx, id)?;
    // Only one secret before is kept, and receivers were promised that it signs until then.
    let promised = row.previous_secret_until.filter(|until| tx.now() < *until);
    if let Some(until) = promised.filter(|_| !overlap.is_zero()) {
        return Err(WebhooksError::Overlap(until));
    }
    let secret = SigningSecret::generate().ok_or(SealError)?;
    let sealed = seal.close(&place(row.tenant_id, id), secret.bytes().to_vec())?;
    let until = tx.now() + overlap;
    row.previous_secret = Some(std::mem::replace(&mut row.secret, sealed));
    row.previous_secret_until = Some(until);
    touch(tx, &mut row);
    store::save(tx, &row)?;
    tx.emit(row.id, row.version, &WebhookSecretRotated { id, previous_until: until });
    Ok((row, secret))
}

fn touch(tx: &TenantTx<'_>, row: &mut EndpointRow) {
    row.version += 1;
    row.updated_at = tx.now();
}

fn disabled(sending: Sending) -> Option<String> {
    (sending == Sending::Off).then(|| DisabledReason::ByUser.as_str().to_owned())
}

/// What a secret is bound to: in another row it does not open.
fn place(tenant: Uuid, id: EndpointId) -> Vec<u8> {
    [*tenant.as_bytes(), *Id::uuid(id).as_bytes()].concat()
}

/// How many webhooks there are, of as many as there may be.
pub fn quotas(tx: &mut TenantTx<'_>) -> Result<Vec<Quota>, Problem> {
    let most = usize::try_from(MOST_ENDPOINTS).unwrap_or(usize::MAX);
    Ok(vec![Quota::held("webhooks", store::all(tx)?.len(), most)])
}

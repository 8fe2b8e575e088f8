//! What is done with letters, inside the caller's transaction.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::domain::{INVITATIONS_A_DAY, LetterKind, Words, next_try};
use super::store;
use crate::identity::contract::IdentityError;
use crate::identity::tenants;
use crate::platform::auth::TenantId;
use crate::platform::db::TenantTx;
use crate::platform::limits::{Quota, QuotaUnit};
use crate::platform::mail::{Letter, MailError};
use crate::platform::seal::Seal;

/// How long sending may last before another server takes the letter.
const LEASE: TimeDelta = TimeDelta::minutes(2);

/// Queues a letter that is of use until `expires_at`.
pub(in crate::identity) fn queue(
    tx: &mut TenantTx<'_>,
    seal: &Seal,
    kind: LetterKind,
    words: &Words<'_>,
    expires_at: DateTime<Utc>,
) -> Result<(), IdentityError> {
    let language = tenants::store::find(tx)?.settings.locale.language();
    let (subject, text) = words.written(kind, language);
    let letter = Letter { to: words.to.to_owned(), subject, text };
    let id = Uuid::now_v7();
    let plain = serde_json::to_vec(&letter).map_err(|_| IdentityError::Corrupt("a letter"))?;
    let content = seal
        .close(&place(tx.tenant(), id), plain)
        .map_err(|_| IdentityError::Cryptography("a letter could not be sealed"))?;
    store::insert(tx, id, kind, &content, expires_at)
}

/// Queues an invitation, unless the company had as many sent today as it may; answers whether it did.
pub(in crate::identity) fn queue_invitation(
    tx: &mut TenantTx<'_>,
    seal: &Seal,
    words: &Words<'_>,
    expires_at: DateTime<Utc>,
) -> Result<bool, IdentityError> {
    let since = tx.now() - TimeDelta::days(1);
    if store::written_since(tx, LetterKind::Invitation, since)? >= INVITATIONS_A_DAY {
        return Ok(false);
    }
    queue(tx, seal, LetterKind::Invitation, words, expires_at)?;
    Ok(true)
}

/// How many invitations were sent within a day, of as many as there may be.
pub(in crate::identity) fn invitations_today(tx: &mut TenantTx<'_>) -> Result<Quota, IdentityError> {
    let sent = store::written_since(tx, LetterKind::Invitation, tx.now() - TimeDelta::days(1))?;
    let most = usize::try_from(INVITATIONS_A_DAY).unwrap_or(usize::MAX);
    Ok(Quota {
        used: u64::try_from(sent).ok(),
        ..Quota::size("invitation_letters", QuotaUnit::ItemsPerDay, most)
    })
}

/// Takes a letter to send, which counts a try; none when it is not there for us or of no use any more.
pub(super) fn take(tx: &mut TenantTx<'_>, seal: &Seal, id: Uuid) -> Result<Option<Letter>, IdentityError> {
    let Some(row) = store::claim(tx, id, LEASE)? else { return Ok(None) };
    if row.expires_at <= tx.now() {
        store::finish(tx, id, Some("nobody has any use for it any more"))?;
        return Ok(None);
    }
    let plain = row.content.and_then(|content| seal.open(&place(tx.tenant(), id), &content));
    let letter = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
    if letter.is_none() {
        store::finish(tx, id, Some("it was sealed under another JWT_SECRET"))?;
    }
    Ok(letter)
}

/// Notes how a try went.
pub(super) fn record(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    outcome: &Result<(), MailError>,
) -> Result<(), IdentityError> {
    let error = match outcome {
        Ok(()) => return store::finish(tx, id, None),
        Err(error) => error,
    };
    let Some(row) = store::find(tx, id)? else { return Ok(()) };
    let next = next_try(row.attempts, tx.now(), row.expires_at);
    match (error, next) {
        (MailError::Away(_) | MailError::Settings { .. }, Some(next)) => {
            store::put_off(tx, id, next, &error.to_string())
        }
        _ => store::finish(tx, id, Some(&error.to_string())),
    }
}

fn place(tenant: TenantId, id: Uuid) -> Vec<u8> {
    [*tenant.uuid().as_bytes(), *id.as_bytes()].concat()
}

//! What is done with API keys, inside the caller's transaction.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use super::domain::{ApiKey, KeyName, Scopes, assemble, visible};
pub(super) use super::store::list;
use super::store::{self, NewKey};
use crate::identity::contract::IdentityError;
use crate::identity::contract::events::{ApiKeyCreated, ApiKeyRevoked};
use crate::identity::secrets::{SECRET_BYTES, hash, random};
use crate::platform::auth::{SessionId, UserId};
use crate::platform::db::TenantTx;

/// Letters and digits of Crockford's base 32, which nobody misreads.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What a key is to be.
pub(super) struct KeyRequest {
    /// What it is for.
    pub name: KeyName,
    /// What it may do.
    pub scopes: Scopes,
    /// Until when it is good.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Makes a key that acts as `user`; answers it and the key itself, which nobody can tell again.
pub(super) fn create(
    tx: &mut TenantTx<'_>,
    user: UserId,
    held: &[String],
    request: KeyRequest,
) -> Result<(ApiKey, String), IdentityError> {
    request.scopes.within(held)?;
    let short_id: String =
        random::<8>()?.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    let key = assemble(&short_id, &URL_SAFE_NO_PAD.encode(random::<SECRET_BYTES>()?));
    let new = NewKey {
        id: SessionId::new(),
        user,
        name: request.name,
        prefix: visible(&short_id),
        hash: hash(&key),
        scopes: request.scopes,
        expires_at: request.expires_at,
    };
    store::insert(tx, &new)?;
    let created =
        ApiKeyCreated { name: new.name.to_string(), prefix: new.prefix.clone(), scopes: new.scopes.list() };
    tx.emit(new.id.uuid(), 1, &created);
    Ok((store::find(tx, new.id)?, key))
}

/// Revokes a key; revoking it again changes nothing.
pub(super) fn revoke(tx: &mut TenantTx<'_>, id: SessionId) -> Result<(), IdentityError> {
    let key = store::find_locked(tx, id)?;
    if key.revoked_at.is_none() {
        store::revoke(tx, id)?;
        tx.emit(id.uuid(), 2, &ApiKeyRevoked { name: key.name, prefix: key.prefix });
    }
    Ok(())
}

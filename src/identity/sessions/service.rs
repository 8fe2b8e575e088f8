//! What is done with sessions, inside the caller's transaction.

use super::domain::{Device, REFRESH_PREFIX, RefreshToken, Session, SessionRecord, Spent, Verdict, judge};
use super::store;
use crate::identity::contract::events::{SessionEnd, SessionEnded, SessionStarted, SignInMethod};
use crate::identity::contract::{IdentityError, UserStatus};
use crate::identity::secrets::{SECRET_BYTES, Secret, hash, random};
use crate::identity::tenants::domain::Tenant;
use crate::identity::users::domain::User;
use crate::identity::{guesses, tenants, users};
use crate::kernel::EmailAddress;
use crate::platform::auth::{SessionId, UserId};
use crate::platform::db::TenantTx;

/// Somebody who is signed in.
pub(super) struct SignedIn {
    /// Their company.
    pub tenant: Tenant,
    /// Who they are.
    pub user: User,
    /// Their session.
    pub session: SessionId,
    /// What keeps it going.
    pub refresh_token: Secret,
}

/// Begins a session of an active user.
pub(super) fn start(
    tx: &mut TenantTx<'_>,
    user: UserId,
    method: SignInMethod,
    device: &Device,
) -> Result<SignedIn, IdentityError> {
    let user = users::store::find(tx, user)?;
    if user.status != UserStatus::Active {
        return Err(IdentityError::WrongCredentials);
    }
    let tenant = tenants::store::find(tx)?;
    let session = Session::new(user.id, tx.now());
    let refresh_token = Secret::new(REFRESH_PREFIX)?;
    store::insert(tx, &session, device)?;
    if let Ok(email) = EmailAddress::parse(&user.email) {
        guesses::make_familiar(tx, &email, device)?;
    }
    store::insert_token(tx, &session, &refresh_token.hash())?;
    tx.emit(session.id.uuid(), 1, &SessionStarted { user_id: user.id.uuid(), method });
    Ok(SignedIn { tenant, user, session: session.id, refresh_token })
}

/// Makes the holder of an invitation an active user, who signs in with this password from now on.
pub(super) fn accept_invitation(
    tx: &mut TenantTx<'_>,
    invitation_hash: &[u8],
    password_hash: &str,
    device: &Device,
) -> Result<SignedIn, IdentityError> {
    let mut user = users::store::find_invited(tx, invitation_hash).map_err(|error| match error {
        IdentityError::UserNotFound => IdentityError::BadInvitation,
        other => other,
    })?;
    users::service::join(tx, &mut user)?;
    users::store::set_password(tx, user.id, password_hash)?;
    start(tx, user.id, SignInMethod::Invitation, device)
}

/// A user and their company.
pub(super) fn myself(tx: &mut TenantTx<'_>, user: UserId) -> Result<(User, Tenant), IdentityError> {
    Ok((users::store::find(tx, user)?, tenants::store::find(tx)?))
}

/// Spends a refresh token; none when it is not good, in which case the transaction may have ended its session.
pub(super) fn refresh(
    tx: &mut TenantTx<'_>,
    session: SessionId,
    presented: &str,
) -> Result<Option<SignedIn>, IdentityError> {
    let Some(session) = store::find_locked(tx, session)? else { return Ok(None) };
    let presented_hash = hash(presented);
    let Some(token) = stored_token(tx, session.id, presented, &presented_hash)? else { return Ok(None) };
    let salt = match (judge(&session, &token, tx.now()), token.spent) {
        (Verdict::Rotate, _) => {
            let salt = random::<SECRET_BYTES>()?.to_vec();
            store::spend_token(tx, session.id, &presented_hash, &salt)?;
            let successor = Secret::after(REFRESH_PREFIX, presented, &salt);
            store::insert_token(tx, &session, &successor.hash())?;
            salt
        }
        (Verdict::Repeat, Some(spent)) => spent.salt,
        (Verdict::Stolen, _) => {
            end_one(tx, &session, SessionEnd::TokenReused)?;
            return Ok(None);
        }
        _ => return Ok(None),
    };
    let user = users::store::find(tx, session.user)?;
    if user.status != UserStatus::Active {
        return Ok(None);
    }
    let refresh_token = Secret::after(REFRESH_PREFIX, presented, &salt);
    Ok(Some(SignedIn { tenant: tenants::store::find(tx)?, user, session: session.id, refresh_token }))
}

/// Ends a session because its user signs out; refused when it is none.
pub(super) fn sign_out(tx: &mut TenantTx<'_>, session: SessionId) -> Result<(), IdentityError> {
    let session = store::find_locked(tx, session)?.ok_or(IdentityError::NotASession)?;
    if session.ended_at.is_none() {
        end_one(tx, &session, SessionEnd::SignedOut)?;
    }
    Ok(())
}

/// The running sessions of a user behind `after`, those that began last first.
pub(super) fn list(
    tx: &mut TenantTx<'_>,
    user: UserId,
    after: Option<SessionId>,
    rows: i64,
) -> Result<Vec<SessionRecord>, IdentityError> {
    store::list(tx, user, after, rows)
}

/// Refuses what came with an API key instead of a session.
pub(in crate::identity) fn expect_session(
    tx: &mut TenantTx<'_>,
    session: SessionId,
) -> Result<(), IdentityError> {
    if store::is_there(tx, session)? { Ok(()) } else { Err(IdentityError::SessionNeeded) }
}

/// Ends one session of `user`, who asks for it in another or the same one.
pub(super) fn revoke(tx: &mut TenantTx<'_>, user: UserId, id: SessionId) -> Result<(), IdentityError> {
    let session = store::find_locked(tx, id)?.filter(|session| session.user == user);
    let session = session.ok_or(IdentityError::SessionNotFound)?;
    if session.ended_at.is_none() {
        end_one(tx, &session, SessionEnd::Revoked)?;
    }
    Ok(())
}

/// Ends all running sessions of a user but the one that is `kept`.
pub(in crate::identity) fn end_all_of(
    tx: &mut TenantTx<'_>,
    user: UserId,
    kept: Option<SessionId>,
    reason: SessionEnd,
) -> Result<(), IdentityError> {
    for session in store::end_all_of(tx, user, kept)? {
        tx.emit(session.uuid(), 2, &SessionEnded { user_id: user.uuid(), reason });
    }
    Ok(())
}

fn end_one(tx: &mut TenantTx<'_>, session: &Session, reason: SessionEnd) -> Result<(), IdentityError> {
    store::end(tx, session.id)?;
    tx.emit(session.id.uuid(), 2, &SessionEnded { user_id: session.user.uuid(), reason });
    Ok(())
}

/// The stored token, and whether its successor, which only its holder can tell, was spent too.
fn stored_token(
    tx: &mut TenantTx<'_>,
    session: SessionId,
    presented: &str,
    presented_hash: &[u8],
) -> Result<Option<RefreshToken>, IdentityError> {
    let Some(token) = store::find_token(tx, session, presented_hash)? else { return Ok(None) };
    let spent = match token.spent {
        None => None,
        Some((at, salt)) => {
            let successor = Secret::after(REFRESH_PREFIX, presented, &salt);
            let successor = store::find_token(tx, session, &successor.hash())?;
            let successor_used = successor.is_none_or(|token| token.spent.is_some());
            Some(Spent { at, salt, successor_used })
        }
    };
    Ok(Some(RefreshToken { expires_at: token.expires_at, spent }))
}

//! What is done with passwords, inside the caller's transaction.

use super::store;
use crate::identity::contract::events::{PasswordChange, SessionEnd, UserPasswordChanged};
use crate::identity::contract::{IdentityError, UserStatus};
use crate::identity::{guesses, sessions, users};
use crate::kernel::EmailAddress;
use crate::platform::auth::{SessionId, UserId};
use crate::platform::db::TenantTx;

/// Gives `user` another password; their sessions end, but for the one that is `kept`.
pub(super) fn change(
    tx: &mut TenantTx<'_>,
    user: UserId,
    password_hash: &str,
    kept: Option<SessionId>,
    how: PasswordChange,
) -> Result<(), IdentityError> {
    users::store::set_password(tx, user, password_hash)?;
    store::spend_all_of(tx, user)?;
    let version = users::store::find(tx, user)?.version;
    tx.emit(user.uuid(), version, &UserPasswordChanged { how });
    sessions::service::end_all_of(tx, user, kept, SessionEnd::PasswordChanged)
}

/// Sets another password for whoever holds the token of a reset with this hash; they sign in by themselves afterwards.
pub(super) fn reset(
    tx: &mut TenantTx<'_>,
    token_hash: &[u8],
    password_hash: &str,
) -> Result<(), IdentityError> {
    let user = store::spend(tx, token_hash)?.ok_or(IdentityError::BadReset)?;
    let user = users::store::find_locked(tx, user)?;
    if user.status != UserStatus::Active {
        return Err(IdentityError::BadReset);
    }
    change(tx, user.id, password_hash, None, PasswordChange::Reset)?;
    // Whoever reads their mail is no guesser.
    if let Ok(email) = EmailAddress::parse(&user.email) {
        guesses::clear(tx, &email)?;
    }
    Ok(())
}

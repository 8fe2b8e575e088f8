//! What is done with passwords, inside the caller's transaction.

use crate::identity::contract::IdentityError;
use crate::identity::contract::events::{PasswordChange, SessionEnd, UserPasswordChanged};
use crate::identity::{sessions, users};
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
    let version = users::store::find(tx, user)?.version;
    tx.emit(user.uuid(), version, &UserPasswordChanged { how });
    sessions::service::end_all_of(tx, user, kept, SessionEnd::PasswordChanged)
}

//! What is done with users, inside the caller's transaction.

use std::sync::Arc;

use super::domain::{INVITATION_LIFETIME, NewUser, PersonName, Roles, User};
use super::store::{self, Entry};
pub(super) use super::store::{Filter, Order, Window, find, list};
use crate::identity::contract::events::{
    SessionEnd, UserInvited, UserJoined, UserReactivated, UserRenamed, UserRolesChanged, UserSuspended,
};
use crate::identity::contract::{IdentityError, UserStatus};
use crate::identity::mail::Words;
use crate::identity::secrets::Secret;
use crate::identity::{mail, sessions, tenants};
use crate::platform::auth::UserId;
use crate::platform::db::TenantTx;
use crate::platform::seal::Seal;

/// What an invitation's token begins with.
const INVITATION_PREFIX: &str = "cauce_invite_";

/// Asks somebody to join; answers them and the token that lets them in.
pub(super) fn invite(
    tx: &mut TenantTx<'_>,
    held: &[String],
    new: &NewUser,
    post: &Post,
) -> Result<Invitation, IdentityError> {
    new.roles.within(held)?;
    let id = UserId::new();
    let token = Secret::new(INVITATION_PREFIX)?;
    let entry = Entry::Invited { invitation_hash: &token.hash(), expires_at: tx.now() + INVITATION_LIFETIME };
    store::insert(tx, id, new, &entry)?;
    let user = find(tx, id)?;
    tell_invited(tx, &user);
    post.send(tx, user, token)
}

/// Gives somebody who has not joined yet a new token; the one before is worth nothing any more.
pub(super) fn invite_again(
    tx: &mut TenantTx<'_>,
    held: &[String],
    id: UserId,
    post: &Post,
) -> Result<Invitation, IdentityError> {
    let mut user = store::find_locked(tx, id)?;
    user.roles.within(held)?;
    if user.status != UserStatus::Invited {
        return Err(IdentityError::WrongUserStatus(user.status));
    }
    let token = Secret::new(INVITATION_PREFIX)?;
    store::set_invitation(tx, id, &token.hash())?;
    user.invitation_expires_at = Some(tx.now() + INVITATION_LIFETIME);
    save(tx, &mut user)?;
    tell_invited(tx, &user);
    post.send(tx, user, token)
}

/// How invitations reach people.
pub(super) struct Post {
    /// What letters are sealed under while they wait.
    pub seal: Arc<Seal>,
    /// How the outside reaches this server.
    pub public_url: String,
}

/// Somebody who was asked to join.
pub(super) struct Invitation {
    /// They.
    pub user: User,
    /// What lets them in.
    pub token: String,
    /// Where it lets them in.
    pub link: String,
    /// Whether a letter with the link is on its way.
    pub mailed: bool,
}

impl Post {
    fn send(&self, tx: &mut TenantTx<'_>, user: User, token: Secret) -> Result<Invitation, IdentityError> {
        let token = token.reveal();
        let link = format!("{}/#invitation={token}", self.public_url);
        let company = tenants::store::find(tx)?.name.to_string();
        let words = Words { to: &user.email, name: &user.name, company: &company, link: &link };
        let mailed = mail::queue_invitation(tx, &self.seal, &words, tx.now() + INVITATION_LIFETIME)?;
        Ok(Invitation { user, token, link, mailed })
    }
}

/// What is to change in a user; what is not said stays.
pub(super) struct UserChange {
    /// The name.
    pub name: Option<PersonName>,
    /// The roles.
    pub roles: Option<Roles>,
}

/// Changes a user's name and roles.
pub(super) fn change(
    tx: &mut TenantTx<'_>,
    held: &[String],
    id: UserId,
    change: UserChange,
    read: Option<i32>,
) -> Result<User, IdentityError> {
    let mut user = checked_out(tx, held, id, read)?;
    let name = change.name.map(|name| name.to_string()).filter(|name| *name != user.name);
    let roles = change.roles.filter(|roles| *roles != user.roles);
    if name.is_none() && roles.is_none() {
        return Ok(user);
    }
    let before = user.roles.list();
    if let Some(roles) = &roles {
        roles.within(held)?;
        keep_an_owner(tx, &user, roles, user.status)?;
        user.roles = roles.clone();
    }
    if let Some(name) = &name {
        user.name.clone_from(name);
    }
    save(tx, &mut user)?;
    if let Some(name) = name {
        tx.emit(id.uuid(), user.version, &UserRenamed { name });
    }
    if roles.is_some() {
        tx.emit(id.uuid(), user.version, &UserRolesChanged { from: before, to: user.roles.list() });
    }
    Ok(user)
}

/// Keeps a user out from now on: their sessions end, their API keys stop.
pub(super) fn suspend(
    tx: &mut TenantTx<'_>,
    held: &[String],
    id: UserId,
    read: Option<i32>,
) -> Result<User, IdentityError> {
    let mut user = checked_out(tx, held, id, read)?;
    let status = user.suspended()?;
    keep_an_owner(tx, &user, &user.roles.clone(), status)?;
    user.status = status;
    save(tx, &mut user)?;
    tx.emit(id.uuid(), user.version, &UserSuspended {});
    sessions::service::end_all_of(tx, id, None, SessionEnd::UserSuspended)?;
    Ok(user)
}

/// Ends all sessions of a user, who may sign in again.
pub(super) fn end_sessions(tx: &mut TenantTx<'_>, held: &[String], id: UserId) -> Result<(), IdentityError> {
    let user = store::find_locked(tx, id)?;
    user.roles.within(held)?;
    sessions::service::end_all_of(tx, id, None, SessionEnd::RevokedByAdmin)
}

/// Lets a suspended user back in.
pub(super) fn reactivate(
    tx: &mut TenantTx<'_>,
    held: &[String],
    id: UserId,
    read: Option<i32>,
) -> Result<User, IdentityError> {
    let mut user = checked_out(tx, held, id, read)?;
    user.status = user.reactivated()?;
    save(tx, &mut user)?;
    tx.emit(id.uuid(), user.version, &UserReactivated {});
    Ok(user)
}

/// Makes an invited user, whom the transaction has locked, an active one.
pub(in crate::identity) fn join(tx: &mut TenantTx<'_>, user: &mut User) -> Result<(), IdentityError> {
    if !user.may_join(tx.now()) {
        return Err(IdentityError::BadInvitation);
    }
    user.status = UserStatus::Active;
    user.joined_at = Some(tx.now());
    save(tx, user)?;
    let joined = UserJoined { name: user.name.clone(), roles: user.roles.list() };
    tx.emit(user.id.uuid(), user.version, &joined);
    Ok(())
}

/// The user to be changed, locked; refused when they stand above the caller, or changed since the caller read them.
fn checked_out(
    tx: &mut TenantTx<'_>,
    held: &[String],
    id: UserId,
    read: Option<i32>,
) -> Result<User, IdentityError> {
    // The tenant is locked first by everybody who may take an owner away, so that two cannot take the last two at once.
    tenants::store::find_locked(tx)?;
    let user = store::find_locked(tx, id)?;
    user.expect_version(read)?;
    user.roles.within(held)?;
    Ok(user)
}

fn keep_an_owner(
    tx: &mut TenantTx<'_>,
    user: &User,
    roles: &Roles,
    status: UserStatus,
) -> Result<(), IdentityError> {
    if user.stops_owning(roles, status) && store::active_owners(tx)? <= 1 {
        return Err(IdentityError::LastOwner);
    }
    Ok(())
}

fn save(tx: &mut TenantTx<'_>, user: &mut User) -> Result<(), IdentityError> {
    user.version += 1;
    user.updated_at = tx.now();
    store::update(tx, user)
}

fn tell_invited(tx: &mut TenantTx<'_>, user: &User) {
    let invited =
        UserInvited { email: user.email.clone(), name: user.name.clone(), roles: user.roles.list() };
    tx.emit(user.id.uuid(), user.version, &invited);
}

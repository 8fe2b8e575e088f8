//! Users over HTTP.

use actix_web::web::{Data, Path};
use actix_web::{delete, get, patch, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::domain::{NewUser, PersonName, Roles, User};
use super::service::{self, Filter, Invitation, Order, Post, UserChange, Window};
use crate::identity::Identity;
use crate::identity::contract::{IdentityError, Role, UserStatus};
use crate::identity::permissions::{ReadUsers, WriteUsers};
use crate::kernel::EmailAddress;
use crate::platform::auth::{Authorized, UserId};
use crate::platform::db::TenantTx;
use crate::platform::http::{
    Body, Command, Cursor, Empty, Fields, IfMatch, Page, PageLimit, Query, Reply, Routes,
};
use crate::platform::problem::Problem;

/// Registers the operations of this file.
pub(in crate::identity) fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(users_list)
        .service(users_invite)
        .service(users_get)
        .service(users_update)
        .service(users_invite_again)
        .service(users_suspend)
        .service(users_reactivate)
        .service(users_end_sessions);
}

/// A person who works in the company.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11", "email": "ana@ferreteria-lopez.mx", "name": "Ana López",
    "roles": ["SALES"], "status": "active", "joined_at": "2026-01-05T15:00:00Z", "version": 2,
    "created_at": "2026-01-05T14:00:00Z", "updated_at": "2026-01-05T15:00:00Z"
}))]
pub(in crate::identity) struct UserView {
    id: UserId,
    /// Their e-mail address, with which they sign in.
    email: String,
    /// Their name.
    name: String,
    /// Their roles, highest first.
    roles: Vec<Role>,
    status: UserStatus,
    /// When they joined; null while they are only invited.
    #[schema(required)]
    joined_at: Option<DateTime<Utc>>,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            roles: user.roles.list(),
            email: user.email,
            name: user.name,
            status: user.status,
            joined_at: user.joined_at,
            version: user.version,
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// Somebody who was asked to join, and the token that lets them in, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
struct InvitationView {
    #[serde(flatten)]
    user: UserView,
    /// For `POST /api/v1/auth/accept-invitation`.
    #[schema(example = "cauce_invite_5Q0yTqf1m2pQ3l9rS8dWc7vX6bN4hJkLzAeUoYiPgRt")]
    invitation_token: String,
    /// To send to them; the token stands behind the `#`, so that no server's log ever holds it.
    #[schema(
        example = "https://cauce.example.com/#invitation=cauce_invite_5Q0yTqf1m2pQ3l9rS8dWc7vX6bN4hJkLzAeUoYiPgRt"
    )]
    invitation_link: String,
    /// Until when the token is good.
    invitation_expires_at: DateTime<Utc>,
    /// Whether a letter with the link is on its way; a company has at most a hundred sent in a day.
    #[schema(example = true)]
    mailed: bool,
}

/// Whom to ask to join.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "email": "ana@ferreteria-lopez.mx", "name": "Ana López", "roles": ["SALES"] }))]
struct Invite {
    #[schema(value_type = EmailAddress)]
    email: String,
    #[schema(value_type = PersonName)]
    name: String,
    /// One or more, none above your own.
    #[schema(min_items = 1)]
    roles: Vec<Role>,
}

/// What is to change in a user; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "roles": ["SALES", "MARKETING"] }))]
struct UserPatch {
    #[schema(value_type = Option<PersonName>)]
    name: Option<String>,
    /// One or more, none above your own.
    #[schema(min_items = 1)]
    roles: Option<Vec<Role>>,
}

/// Which users to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UserQuery {
    /// Items on a page.
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200, default = 20)]
    limit: PageLimit,
    /// The `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
    /// The order, by when they came.
    #[serde(default)]
    #[param(inline)]
    sort: UserSort,
    /// Only those with this status.
    status: Option<UserStatus>,
    /// Only those with this role.
    role: Option<Role>,
}

/// Orders of the list of users.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
enum UserSort {
    /// Oldest first.
    #[serde(rename = "created_at")]
    CreatedAt,
    /// Newest first.
    #[default]
    #[serde(rename = "-created_at")]
    CreatedAtDescending,
}

/// List users
///
/// Lists who works in the company.
#[utoipa::path(operation_id = "users_list", tag = "users",
    security(("bearer" = ["users:read"])), params(UserQuery),
    responses((status = 200, description = "A page of users.", body = Page<UserView>)))]
#[get("/api/v1/users")]
async fn users_list(
    who: Authorized<ReadUsers>,
    identity: Data<Identity>,
    query: Query<UserQuery>,
) -> Result<Reply, Problem> {
    let query = query.0;
    let after = query.cursor.as_deref().map(Cursor::read::<(UserSort, UserId)>).transpose()?;
    if after.is_some_and(|(sort, _)| sort != query.sort) {
        return Err(Cursor::refused());
    }
    let order = match query.sort {
        UserSort::CreatedAt => Order::OldestFirst,
        UserSort::CreatedAtDescending => Order::NewestFirst,
    };
    let window = Window { after: after.map(|(_, id)| id), order, rows: query.limit.rows_to_read() };
    let filter = Filter { status: query.status, role: query.role };
    let users = identity.db.read(who.actor(), move |tx| service::list(tx, &filter, &window)).await?;
    let page = Page::cut(users, query.limit, |user| Cursor::write(&(query.sort, user.id)));
    Ok(Reply::ok(&page.map(UserView::from)))
}

/// Invite a user
///
/// Asks somebody to join the company and sends them a letter with the link. The answer holds the token and the link, too; both are
/// shown this once.
#[utoipa::path(operation_id = "users_invite", tag = "users",
    security(("bearer" = ["users:write"])), request_body = Invite,
    responses((status = 201, description = "The invited user.", body = InvitationView,
        headers(("Location" = String, description = "Where the user is."), ("ETag" = String)))))]
#[post("/api/v1/users")]
async fn users_invite(
    who: Authorized<WriteUsers>,
    identity: Data<Identity>,
    command: Command<Invite>,
) -> Result<Reply, Problem> {
    let new = NewUser::try_from(command.value)?;
    let (held, post, once) = (who.caller().grants.clone(), post(&identity), command.once);
    let invite = move |tx: &mut TenantTx<'_>| {
        once.run(tx, |tx| service::invite(tx, &held, &new, &post).map(invitation))
    };
    let invited = identity.db.tenant(who.actor(), invite).await;
    identity.letters.notify_one();
    invited
}

/// Show a user
///
/// Shows a user.
#[utoipa::path(operation_id = "users_get", tag = "users",
    security(("bearer" = ["users:read"])), params(("id" = UserId, Path, description = "The user.")),
    responses((status = 200, description = "The user.", body = UserView,
        headers(("ETag" = String, description = "Its version, for `If-Match`.")))))]
#[get("/api/v1/users/{id}")]
async fn users_get(
    who: Authorized<ReadUsers>,
    identity: Data<Identity>,
    id: Path<UserId>,
) -> Result<Reply, Problem> {
    let user = identity.db.read(who.actor(), move |tx| service::find(tx, *id)).await?;
    Ok(reply(user))
}

/// Change a user
///
/// Changes a user's name or roles; other roles act on the user's next request.
#[utoipa::path(operation_id = "users_update", tag = "users",
    security(("bearer" = ["users:write"])),
    params(("id" = UserId, Path, description = "The user."), ("If-Match" = Option<String>, Header,
        description = "The `ETag` that was read; a newer version is answered 412.")),
    request_body = UserPatch,
    responses(
        (status = 200, description = "The user as they are now.", body = UserView,
            headers(("ETag" = String, description = "Its version, for `If-Match`.")))))]
#[patch("/api/v1/users/{id}")]
async fn users_update(
    who: Authorized<WriteUsers>,
    identity: Data<Identity>,
    id: Path<UserId>,
    read: IfMatch,
    body: Body<UserPatch>,
) -> Result<Reply, Problem> {
    let change = UserChange::try_from(body.0)?;
    let held = who.caller().grants.clone();
    let changed =
        identity.db.tenant(who.actor(), move |tx| service::change(tx, &held, *id, change, read.0)).await;
    identity.verifier.recheck(who.actor().tenant());
    Ok(reply(changed?))
}

/// Invite a user again
///
/// Gives somebody who has not joined yet a new token; the one before is worth nothing any more.
#[utoipa::path(operation_id = "users_invite_again", tag = "users",
    security(("bearer" = ["users:write"])), params(("id" = UserId, Path, description = "The user.")),
    request_body = Empty,
    responses((status = 201, description = "The invited user.", body = InvitationView,
        headers(("Location" = String, description = "Where the user is."), ("ETag" = String)))))]
#[post("/api/v1/users/{id}/invitation")]
async fn users_invite_again(
    who: Authorized<WriteUsers>,
    identity: Data<Identity>,
    id: Path<UserId>,
    command: Command<Empty>,
) -> Result<Reply, Problem> {
    let (held, post) = (who.caller().grants.clone(), post(&identity));
    let invite = move |tx: &mut TenantTx<'_>| {
        command.once.run(tx, |tx| service::invite_again(tx, &held, *id, &post).map(invitation))
    };
    let invited = identity.db.tenant(who.actor(), invite).await;
    identity.letters.notify_one();
    invited
}

/// Suspend a user
///
/// Keeps a user out from their next request on: their sessions end and their API keys stop.
#[utoipa::path(operation_id = "users_suspend", tag = "users",
    security(("bearer" = ["users:write"])),
    params(("id" = UserId, Path, description = "The user."), ("If-Match" = Option<String>, Header,
        description = "The `ETag` that was read; a newer version is answered 412.")),
    request_body = Empty,
    responses(
        (status = 200, description = "The suspended user.", body = UserView,
            headers(("ETag" = String, description = "Its version, for `If-Match`.")))))]
#[post("/api/v1/users/{id}/suspend")]
async fn users_suspend(
    who: Authorized<WriteUsers>,
    identity: Data<Identity>,
    id: Path<UserId>,
    read: IfMatch,
    command: Command<Empty>,
) -> Result<Reply, Problem> {
    transition(&who, &identity, command, move |tx, held| service::suspend(tx, held, *id, read.0)).await
}

/// Reactivate a user
///
/// Lets a suspended user back in; their API keys work again, their sessions stay ended.
#[utoipa::path(operation_id = "users_reactivate", tag = "users",
    security(("bearer" = ["users:write"])),
    params(("id" = UserId, Path, description = "The user."), ("If-Match" = Option<String>, Header,
        description = "The `ETag` that was read; a newer version is answered 412.")),
    request_body = Empty,
    responses(
        (status = 200, description = "The user, who is back.", body = UserView,
            headers(("ETag" = String, description = "Its version, for `If-Match`.")))))]
#[post("/api/v1/users/{id}/reactivate")]
async fn users_reactivate(
    who: Authorized<WriteUsers>,
    identity: Data<Identity>,
    id: Path<UserId>,
    read: IfMatch,
    command: Command<Empty>,
) -> Result<Reply, Problem> {
    transition(&who, &identity, command, move |tx, held| service::reactivate(tx, held, *id, read.0)).await
}

/// End a user's sessions
///
/// Signs a user out everywhere, from their next request on; they may sign in again.
#[utoipa::path(operation_id = "users_end_sessions", tag = "users",
    security(("bearer" = ["users:write"])), params(("id" = UserId, Path, description = "The user.")),
    responses((status = 204, description = "They are signed out.")))]
#[delete("/api/v1/users/{id}/sessions")]
async fn users_end_sessions(
    who: Authorized<WriteUsers>,
    identity: Data<Identity>,
    id: Path<UserId>,
) -> Result<Reply, Problem> {
    let held = who.caller().grants.clone();
    let ended = identity.db.tenant(who.actor(), move |tx| service::end_sessions(tx, &held, *id)).await;
    identity.verifier.recheck(who.actor().tenant());
    ended?;
    Ok(Reply::no_content())
}

async fn transition(
    who: &Authorized<WriteUsers>,
    identity: &Identity,
    command: Command<Empty>,
    verb: impl FnOnce(&mut TenantTx<'_>, &[String]) -> Result<User, IdentityError> + Send + 'static,
) -> Result<Reply, Problem> {
    let held = who.caller().grants.clone();
    let run = move |tx: &mut TenantTx<'_>| command.once.run(tx, |tx| verb(tx, &held).map(reply));
    let answer = identity.db.tenant(who.actor(), run).await;
    identity.verifier.recheck(who.actor().tenant());
    answer
}

impl TryFrom<Invite> for NewUser {
    type Error = Problem;

    fn try_from(invite: Invite) -> Result<Self, Problem> {
        let mut fields = Fields::default();
        let email = fields.take("/email", EmailAddress::parse(&invite.email));
        let name = fields.take("/name", PersonName::parse(&invite.name));
        let roles = fields.take("/roles", Roles::parse(&invite.roles));
        fields.finish()?;
        match (email, name, roles) {
            (Some(email), Some(name), Some(roles)) => Ok(Self { email, name, roles }),
            _ => Err(Problem::internal()),
        }
    }
}

impl TryFrom<UserPatch> for UserChange {
    type Error = Problem;

    fn try_from(patch: UserPatch) -> Result<Self, Problem> {
        let mut fields = Fields::default();
        let name = fields.take_optional("/name", patch.name.as_deref(), PersonName::parse);
        let roles = patch.roles.and_then(|roles| fields.take("/roles", Roles::parse(&roles)));
        fields.finish()?;
        Ok(Self { name, roles })
    }
}

fn post(identity: &Identity) -> Post {
    Post { seal: identity.letter_seal.clone(), public_url: identity.public_url.clone() }
}

fn invitation(invited: Invitation) -> Reply {
    let Invitation { user, token, link, mailed } = invited;
    let (id, version) = (user.id, user.version);
    let view = InvitationView {
        invitation_link: link,
        invitation_token: token,
        invitation_expires_at: user.invitation_expires_at.unwrap_or(user.updated_at),
        mailed,
        user: user.into(),
    };
    Reply::created(&view, format!("/api/v1/users/{id}")).version(version)
}

fn reply(user: User) -> Reply {
    let version = user.version;
    Reply::ok(&UserView::from(user)).version(version)
}

//! What may happen in identity. Secrets, passwords and their hashes are never part of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Role;
pub use super::credential_events::{
    PasswordChange, UserPasswordChanged, UserRecoveryCodeUsed, UserRecoveryCodesReplaced,
    UserSecondFactorAdded, UserSecondFactorRemoved,
};
pub use super::team_events::{TeamCreated, TeamDeleted, TeamUpdated};
use crate::platform::events::{Event, EventKind};

/// Every event of identity.
pub fn catalogue() -> Vec<EventKind> {
    vec![
        EventKind::of::<TenantCreated>(),
        EventKind::of::<TenantUpdated>(),
        EventKind::of::<UserInvited>(),
        EventKind::of::<UserJoined>(),
        EventKind::of::<UserRenamed>(),
        EventKind::of::<UserRolesChanged>(),
        EventKind::of::<UserSuspended>(),
        EventKind::of::<UserReactivated>(),
        EventKind::of::<UserLinked>(),
        EventKind::of::<UserPasswordChanged>(),
        EventKind::of::<UserSecondFactorAdded>(),
        EventKind::of::<UserSecondFactorRemoved>(),
        EventKind::of::<UserRecoveryCodesReplaced>(),
        EventKind::of::<UserRecoveryCodeUsed>(),
        EventKind::of::<TeamCreated>(),
        EventKind::of::<TeamUpdated>(),
        EventKind::of::<TeamDeleted>(),
        EventKind::of::<SessionStarted>(),
        EventKind::of::<SessionEnded>(),
        EventKind::of::<ApiKeyCreated>(),
        EventKind::of::<ApiKeyRevoked>(),
    ]
}

const USER: Uuid = Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c11);

/// A company signed up.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TenantCreated {
    /// The company's name.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
}

impl Event for TenantCreated {
    const TYPE: &'static str = "Tenant.Created";
    const SUBJECT: &'static str = "tenant.created";
    const SUMMARY: &'static str = "A company signed up.";

    fn example() -> Self {
        Self { name: "Ferretería López".to_owned(), slug: "ferreteria-lopez".to_owned() }
    }
}

/// A company's settings changed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TenantUpdated {
    /// The names of the members that changed.
    pub changed: Vec<String>,
}

impl Event for TenantUpdated {
    const TYPE: &'static str = "Tenant.Updated";
    const SUBJECT: &'static str = "tenant.updated";
    const SUMMARY: &'static str = "A company's settings changed.";

    fn example() -> Self {
        Self { changed: vec!["currency".to_owned()] }
    }
}

/// Somebody was asked to join.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserInvited {
    /// The address that was asked.
    pub email: String,
    /// Their name.
    pub name: String,
    /// The roles that they will have.
    pub roles: Vec<Role>,
}

impl Event for UserInvited {
    const TYPE: &'static str = "User.Invited";
    const SUBJECT: &'static str = "user.invited";
    const SUMMARY: &'static str = "Somebody was asked to join a company, or asked again.";

    fn example() -> Self {
        Self {
            email: "ana@ferreteria-lopez.mx".to_owned(),
            name: "Ana López".to_owned(),
            roles: vec![Role::Sales],
        }
    }
}

/// Somebody can sign in for the first time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserJoined {
    /// Their name.
    pub name: String,
    /// Their roles.
    pub roles: Vec<Role>,
}

impl Event for UserJoined {
    const TYPE: &'static str = "User.Joined";
    const SUBJECT: &'static str = "user.joined";
    const SUMMARY: &'static str = "A person joined: by signing up a company, or by accepting an invitation.";

    fn example() -> Self {
        Self { name: "Ana López".to_owned(), roles: vec![Role::Owner] }
    }
}

/// A user has another name.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserRenamed {
    /// The new name.
    pub name: String,
}

impl Event for UserRenamed {
    const TYPE: &'static str = "User.Renamed";
    const SUBJECT: &'static str = "user.renamed";
    const SUMMARY: &'static str = "A user has another name.";

    fn example() -> Self {
        Self { name: "Ana López Ruiz".to_owned() }
    }
}

/// A user has other roles; it acts on their next request.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserRolesChanged {
    /// The roles before.
    pub from: Vec<Role>,
    /// The roles now.
    pub to: Vec<Role>,
}

impl Event for UserRolesChanged {
    const TYPE: &'static str = "User.RolesChanged";
    const SUBJECT: &'static str = "user.roles.changed";
    const SUMMARY: &'static str = "A user has other roles.";

    fn example() -> Self {
        Self { from: vec![Role::Sales], to: vec![Role::Admin] }
    }
}

/// A user cannot sign in any more; their sessions and API keys are refused from now on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserSuspended {}

impl Event for UserSuspended {
    const TYPE: &'static str = "User.Suspended";
    const SUBJECT: &'static str = "user.suspended";
    const SUMMARY: &'static str = "A user cannot sign in any more; all their sessions ended.";

    fn example() -> Self {
        Self {}
    }
}

/// A suspended user can sign in, or accept their invitation, again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserReactivated {}

impl Event for UserReactivated {
    const TYPE: &'static str = "User.Reactivated";
    const SUBJECT: &'static str = "user.reactivated";
    const SUMMARY: &'static str = "A suspended user is back.";

    fn example() -> Self {
        Self {}
    }
}

/// A user was tied to a person at an external issuer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserLinked {
    /// The OpenID Connect issuer.
    pub issuer: String,
}

impl Event for UserLinked {
    const TYPE: &'static str = "User.Linked";
    const SUBJECT: &'static str = "user.linked";
    const SUMMARY: &'static str = "A user can sign in through an external OpenID Connect issuer.";

    fn example() -> Self {
        Self { issuer: "https://login.example.com".to_owned() }
    }
}

/// How a session began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignInMethod {
    /// The company was signed up.
    Signup,
    /// With e-mail address and password.
    Password,
    /// An invitation was accepted.
    Invitation,
    /// With a token of an external issuer.
    Oidc,
}

/// Somebody signed in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SessionStarted {
    /// Who.
    pub user_id: Uuid,
    /// How.
    pub method: SignInMethod,
}

impl Event for SessionStarted {
    const TYPE: &'static str = "Session.Started";
    const SUBJECT: &'static str = "session.started";
    const SUMMARY: &'static str = "Somebody signed in.";

    fn example() -> Self {
        Self { user_id: USER, method: SignInMethod::Password }
    }
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionEnd {
    /// The user signed out.
    SignedOut,
    /// A refresh token was used twice: one of the two users was a thief.
    TokenReused,
    /// The user was suspended.
    UserSuspended,
    /// The user ended it from another session.
    Revoked,
    /// An administrator ended it.
    RevokedByAdmin,
    /// The user has another password.
    PasswordChanged,
}

/// A session ended before its time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SessionEnded {
    /// Whose it was.
    pub user_id: Uuid,
    /// Why.
    pub reason: SessionEnd,
}

impl Event for SessionEnded {
    const TYPE: &'static str = "Session.Ended";
    const SUBJECT: &'static str = "session.ended";
    const SUMMARY: &'static str = "A session ended before its time.";

    fn example() -> Self {
        Self { user_id: USER, reason: SessionEnd::SignedOut }
    }
}

/// An API key was made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ApiKeyCreated {
    /// What it is for.
    pub name: String,
    /// The part by which people tell their keys apart; it opens nothing.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<String>,
}

impl Event for ApiKeyCreated {
    const TYPE: &'static str = "ApiKey.Created";
    const SUBJECT: &'static str = "api-key.created";
    const SUMMARY: &'static str = "An API key was made.";

    fn example() -> Self {
        Self {
            name: "Web form".to_owned(),
            prefix: "cauce_live_7hq2m0xk".to_owned(),
            scopes: vec!["leads:write".to_owned()],
        }
    }
}

/// An API key was revoked; it is refused from now on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ApiKeyRevoked {
    /// What it was for.
    pub name: String,
    /// The part by which people tell their keys apart.
    pub prefix: String,
}

impl Event for ApiKeyRevoked {
    const TYPE: &'static str = "ApiKey.Revoked";
    const SUBJECT: &'static str = "api-key.revoked";
    const SUMMARY: &'static str = "An API key was revoked.";

    fn example() -> Self {
        Self { name: "Web form".to_owned(), prefix: "cauce_live_7hq2m0xk".to_owned() }
    }
}

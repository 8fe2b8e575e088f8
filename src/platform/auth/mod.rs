//! Who is calling, for which tenant, and what they may do. Users and sessions themselves are the business of a module
//! that implements [`Identities`].

mod authorized;
mod sight;
mod tokens;

use std::fmt;

use uuid::Uuid;

pub use authorized::{Authenticated, Authorized, Permission, Recheck};
pub use sight::{Sight, SightOf};
pub use tokens::{ACCESS_TOKEN_LIFETIME, AccessClaims, KeySettings, TokenError, TokenKeys};

use crate::kernel::Country;
use crate::platform::id::Id;
use crate::platform::problem::Problem;

/// What a [`TenantId`] names: a company whose data nobody else sees.
#[derive(Debug)]
pub enum Tenant {}

/// What a [`UserId`] names: a person who works in a tenant.
#[derive(Debug)]
pub enum User {}

/// What a [`SessionId`] names: one signing-in of a user, or one API key.
#[derive(Debug)]
pub enum Session {}

/// A tenant's identifier.
pub type TenantId = Id<Tenant>;
/// A user's identifier.
pub type UserId = Id<User>;
/// A session's identifier.
pub type SessionId = Id<Session>;

/// Follows one cause through logs, events and answers: 1 to 128 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrelationId(String);

impl CorrelationId {
    /// A new identifier.
    pub fn new() -> Self {
        Self(Uuid::now_v7().to_string())
    }

    /// The identifier in `text`, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for CorrelationId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Who acts in a tenant, and under which correlation id.
#[derive(Debug, Clone)]
pub struct Actor {
    tenant: TenantId,
    user: Option<UserId>,
    correlation: CorrelationId,
    sight: Sight,
}

impl Actor {
    /// A person, known because their token or secret was verified. They see their own records until more is known.
    pub(crate) fn verified(tenant: TenantId, user: UserId, correlation: CorrelationId) -> Self {
        Self { tenant, user: Some(user), correlation, sight: Sight::own(user) }
    }

    /// The platform itself, working in `tenant`.
    pub(crate) fn platform(tenant: TenantId, correlation: CorrelationId) -> Self {
        Self { tenant, user: None, correlation, sight: Sight::Everything }
    }

    /// The platform, going on with what `user` caused, or what nobody did. It sees everything.
    pub(crate) fn on_behalf_of(tenant: TenantId, user: Option<UserId>, correlation: CorrelationId) -> Self {
        Self { tenant, user, correlation, sight: Sight::Everything }
    }

    /// The same actor, who sees what `sight` says.
    #[must_use]
    pub(crate) fn seeing(self, sight: Sight) -> Self {
        Self { sight, ..self }
    }

    /// The tenant in which the actor acts.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The person; none when the platform acts by itself.
    pub fn user(&self) -> Option<UserId> {
        self.user
    }

    /// The correlation id of the cause.
    pub fn correlation(&self) -> &CorrelationId {
        &self.correlation
    }

    /// Whose records the actor sees.
    pub fn sight(&self) -> &Sight {
        &self.sight
    }

    /// Whose a record becomes that the actor makes for nobody: theirs, where they would not see it otherwise.
    pub fn keeper(&self) -> Option<UserId> {
        self.user.filter(|_| !self.sight.is_everything())
    }
}

/// A verified caller and all that decides about their requests.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The caller's tenant.
    pub tenant: TenantId,
    /// The person, or the person who made the API key.
    pub user: UserId,
    /// The session or API key that the request came with.
    pub session: SessionId,
    /// Permissions, as `leads:write` or with a `*` for either half.
    pub grants: Vec<String>,
    /// Whose records they see.
    pub sight: Sight,
    /// The tenant's country, by which telephone numbers without a country code are read.
    pub country: Country,
    /// Requests a minute by limit name, where the tenant has its own; see `platform::limits`.
    pub limits: Vec<(String, u32)>,
}

impl Caller {
    /// Whether the caller holds `permission`, such as `leads:write`.
    pub fn may(&self, permission: &str) -> bool {
        self.grants.iter().any(|grant| covers(grant, permission))
    }
}

/// Whether `grant` (`leads:write`, `leads:*`, `*:read`, `*:*`) covers `permission`.
pub fn covers(grant: &str, permission: &str) -> bool {
    let (Some((grant_area, grant_verb)), Some((area, verb))) =
        (grant.split_once(':'), permission.split_once(':'))
    else {
        return false;
    };
    (grant_area == "*" || grant_area == area) && (grant_verb == "*" || grant_verb == verb)
}

/// The answer of [`Identities::verify`].
pub type Verification = std::pin::Pin<Box<dyn Future<Output = Result<Caller, Problem>> + Send>>;

/// Knows who a bearer token belongs to, as of now: a revoked session or a suspended user is refused.
pub trait Identities: Send + Sync {
    /// The caller behind `bearer`; 401 when there is none.
    fn verify(&self, bearer: String) -> Verification;
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn grants_cover_permissions() {
        for (grant, permission, expected) in [
            ("leads:write", "leads:write", true),
            ("leads:write", "leads:read", false),
            ("leads:*", "leads:read", true),
            ("*:read", "users:read", true),
            ("*:read", "users:write", false),
            ("*:*", "users:write", true),
            ("leads", "leads:read", false),
            ("", "leads:read", false),
        ] {
            assert_eq!(covers(grant, permission), expected, "{grant} over {permission}");
        }
    }
}

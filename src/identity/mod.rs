//! Identity: the companies that use Cauce, the people who work in them, and how they prove who they are.
//!
//! Words. A **tenant** is a company; nobody sees another's data. A **user** is a person who works in one tenant; a person
//! with two companies is two users with one e-mail address. A **session** is one signing-in: an access token for ten
//! minutes, kept going by refresh tokens that are good once. An **API key** lets a program act as its maker, within its
//! scopes. **Roles** are sets of rights; a **right** or **permission** is `<area>:<verb>`. A **team** is people who work
//! together; a role's **visibility** says whose records its holders see: their own, their teams', or all.
//!
//! Invariants.
//! - Passwords are stored as argon2id, every other secret as SHA-256; none is in a log or an event.
//! - Guesses at passwords and codes are counted before they are checked (see `guesses`).
//! - Whoever is refused at sign-in learns nothing of why: one answer, after the same time, for the unknown and the known.
//! - Rights are read at each request (see `sessions/verify.rs`); nobody gives or touches rights beyond their own.
//! - Each tenant has at least one active owner.
//! - A refresh token that is used twice ends its session, because one of its two users is a thief.
//! - Only the definer functions of the schema look across tenants, and answer ids and hashes only.

mod api_keys;
mod audit;
mod contract;
mod credentials;
mod factors;
mod guesses;
mod lookup;
mod mail;
mod people;
mod permissions;
mod quotas;
mod schema;
mod secrets;
mod sessions;
mod teams;
mod tenants;
mod users;

use std::sync::Arc;

use tokio::sync::Notify;

pub use contract::*;

use crate::kernel::Slug;
use crate::platform::auth::{Identities, SightOf, TenantId, TokenKeys};
use crate::platform::db::{Db, Module, TenantTx};
use crate::platform::events::EventKind;
use crate::platform::http::Routes;
use crate::platform::limits::{Limits, Quota};
use crate::platform::mail::Mailer;
use crate::platform::problem::Problem;
use crate::platform::seal::Seal;
use crate::platform::tasks::Tasks;
use guesses::Places;
use sessions::oidc::Issuer;
use sessions::verify::Verifier;
use users::passwords::Passwords;

const IDENTITY: Module = Module::named("identity");

/// How identity is set up on this server.
#[derive(Debug, Clone)]
pub struct IdentitySettings {
    /// Whether anybody may sign up a new company.
    pub signup: SignupPolicy,
    /// How the outside reaches this server, for the links in invitations.
    pub public_url: String,
    /// Whose ID tokens are taken, besides passwords.
    pub oidc: Option<OidcSettings>,
}

/// An external OpenID Connect issuer.
#[derive(Debug, Clone)]
pub struct OidcSettings {
    /// The issuer, exactly as its tokens say it.
    pub issuer: String,
    /// The client id that tokens must be for.
    pub audience: String,
}

/// What identity's operations work with; the server shares one as `Data<Identity>`.
pub struct Identity {
    db: Db,
    tokens: Arc<TokenKeys>,
    limits: Limits,
    passwords: Passwords,
    verifier: Verifier,
    issuer: Option<Issuer>,
    signup: SignupPolicy,
    public_url: String,
    seal: Arc<Seal>,
    letter_seal: Arc<Seal>,
    /// Woken when there may be a letter to write or to send.
    letters: Arc<Notify>,
}

impl Identity {
    /// Identity on `db`, with access tokens by `tokens`; what must be read again is sealed under the server's `secret`.
    pub fn new(
        db: Db,
        tokens: Arc<TokenKeys>,
        limits: Limits,
        settings: IdentitySettings,
        secret: &[u8],
    ) -> Self {
        Self {
            verifier: Verifier::new(db.clone(), tokens.clone()),
            passwords: Passwords::new(),
            issuer: settings.oidc.map(Issuer::new),
            signup: settings.signup,
            public_url: settings.public_url,
            seal: Arc::new(Seal::new(secret, b"cauce second factors")),
            letter_seal: Arc::new(Seal::new(secret, b"cauce letters")),
            letters: Arc::new(Notify::new()),
            db,
            tokens,
            limits,
        }
    }

    /// Whether guesses are counted by place: not where requests are not limited, for benchmarks.
    fn places(&self) -> Places {
        if self.limits.are_enabled() { Places::Count } else { Places::Ignore }
    }
}

/// Knows who bearers are, for the extractors of `platform::auth`.
pub fn identities(identity: &Identity) -> Arc<dyn Identities> {
    Arc::new(identity.verifier.clone())
}

/// What the other modules ask of identity.
pub fn people() -> Arc<dyn People> {
    Arc::new(people::IdentityModule)
}

/// What people see, for what the platform does on their behalf.
pub fn sight_of() -> SightOf {
    Arc::new(|tx, user| Ok(people::IdentityModule.sight(tx, user)?))
}

/// The active tenant that is called `slug` in addresses; for commands of the operator, who is no user of any tenant.
pub async fn find_tenant(db: &Db, slug: &Slug) -> Result<Option<TenantId>, IdentityError> {
    lookup::tenant(db, slug.as_str().to_owned()).await
}

/// Every event of identity.
pub fn event_catalogue() -> Vec<EventKind> {
    events::catalogue()
}

/// How the transaction's tenant shows itself on its documents.
pub fn letterhead(tx: &mut TenantTx<'_>) -> Result<Letterhead, IdentityError> {
    let tenant = tenants::store::find(tx)?;
    let logo = tenants::store::logo(tx)?.map(|logo| logo.content);
    Ok(Letterhead {
        logo,
        name: tenant.name.to_string(),
        tax_id: tenant.tax_id,
        primary_color: tenant.branding.primary_color,
        secondary_color: tenant.branding.secondary_color,
        settings: tenant.settings,
    })
}

/// How much of each limit of identity the transaction's tenant uses.
pub fn quotas(tx: &mut TenantTx<'_>) -> Result<Vec<Quota>, Problem> {
    Ok(vec![mail::invitations_today(tx)?])
}

/// Starts the background work of identity: letters, by `mailer`.
pub fn start(identity: &Arc<Identity>, tasks: &Tasks, mailer: Mailer) {
    mail::tasks::start(identity, tasks, mailer);
}

/// Registers every operation of identity.
pub fn routes(config: &mut Routes<'_, '_>) {
    sessions::http::routes(config);
    factors::http::routes(config);
    credentials::http::routes(config);
    users::http::routes(config);
    teams::http::routes(config);
    tenants::http::routes(config);
    quotas::http::routes(config);
    api_keys::http::routes(config);
    audit::http::routes(config);
}

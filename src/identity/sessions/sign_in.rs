//! The ways in, from the request to the session: what is slow or remote happens here, between transactions.

use secrecy::SecretString;

use super::domain::{Device, REFRESH_PREFIX};
use super::http::visitor::Visitor;
use super::oidc::ExternalPerson;
use super::service::{self, SignedIn};
use crate::identity::contract::events::{SignInMethod, TenantCreated, UserJoined, UserLinked};
use crate::identity::contract::{IdentityError, SignupPolicy, UserStatus};
use crate::identity::factors::service::Proof;
use crate::identity::guesses::Target;
use crate::identity::lookup::{self, Login, SignupClaim};
use crate::identity::secrets::hash;
use crate::identity::tenants::domain::{Tenant, TenantName};
use crate::identity::users::domain::{NewUser, PersonName, Roles};
use crate::identity::users::passwords::NewPassword;
use crate::identity::users::store::Entry;
use crate::identity::{Identity, factors, guesses, tenants, users};
use crate::kernel::{EmailAddress, Slug};
use crate::platform::auth::{Actor, CorrelationId, SessionId, TenantId, UserId};
use crate::platform::db::TenantTx;

/// A company that signs up.
pub(super) struct SignUp {
    /// Its name.
    pub tenant_name: TenantName,
    /// Its first user.
    pub owner: NewUser,
    /// Their password.
    pub password: NewPassword,
}

impl SignUp {
    /// A company whose first user, its owner, is called `name`.
    pub fn new(
        tenant_name: TenantName,
        name: PersonName,
        email: EmailAddress,
        password: NewPassword,
    ) -> Self {
        Self { tenant_name, owner: NewUser { email, name, roles: Roles::owner() }, password }
    }
}

/// An idempotency key of a sign-up and the fingerprint of its request.
pub(super) struct SignUpKey {
    /// The key.
    pub key: String,
    /// The fingerprint.
    pub fingerprint: Vec<u8>,
}

/// What a sign-up came to.
pub(super) enum SignUpOutcome {
    /// A new company.
    New(SignedIn),
    /// The company that the same request made before, and a new session in it.
    Repeated(SignedIn),
}

/// Signs a company up, once for a key.
pub(super) async fn sign_up(
    identity: &Identity,
    request: SignUp,
    key: Option<SignUpKey>,
    visitor: Visitor,
) -> Result<SignUpOutcome, IdentityError> {
    let Visitor { correlation, device } = visitor;
    if identity.signup == SignupPolicy::Closed {
        return Err(IdentityError::SignupClosed);
    }
    let password_hash = identity.passwords.hash(request.password).await?;
    let (tenant, user) = (TenantId::new(), UserId::new());
    // Keys are told apart by the address, so that two strangers who choose the same key do not meet.
    let key =
        key.map(|key| (hash(&format!("{}\n{}", request.owner.email.normalized(), key.key)), key.fingerprint));
    let (name, owner) = (request.tenant_name, request.owner);
    let again = device.clone();
    let found = move |tx: &mut TenantTx<'_>| {
        if let Some((key, fingerprint)) = &key
            && let SignupClaim::Earlier(tenant, user) = lookup::claim_signup(tx, key, fingerprint, user)?
        {
            return Ok(Err((tenant, user)));
        }
        found_company(tx, name, user, &owner, &password_hash, &device).map(Ok)
    };
    let actor = Actor::verified(tenant, user, correlation.clone());
    match identity.db.tenant::<_, IdentityError, _>(actor, found).await? {
        Ok(signed_in) => Ok(SignUpOutcome::New(signed_in)),
        Err((tenant, user)) => {
            let start = move |tx: &mut TenantTx<'_>| service::start(tx, user, SignInMethod::Signup, &again);
            let actor = Actor::verified(tenant, user, correlation);
            Ok(SignUpOutcome::Repeated(identity.db.tenant(actor, start).await?))
        }
    }
}

fn found_company(
    tx: &mut TenantTx<'_>,
    name: TenantName,
    owner: UserId,
    new: &NewUser,
    password_hash: &str,
    device: &Device,
) -> Result<SignedIn, IdentityError> {
    let slug = free_slug(tx, &Slug::from_name(name.as_str()))?;
    let tenant = Tenant::new(tx.tenant(), slug, name, tx.now());
    tenants::store::insert(tx, &tenant)?;
    users::store::insert(tx, owner, new, &Entry::Founder { password_hash })?;
    let created = TenantCreated { name: tenant.name.to_string(), slug: tenant.slug.to_string() };
    tx.emit(tenant.id.uuid(), tenant.version, &created);
    let joined = UserJoined { name: new.name.to_string(), roles: new.roles.list() };
    tx.emit(owner.uuid(), 1, &joined);
    service::start(tx, owner, SignInMethod::Signup, device)
}

/// A slug that no other tenant has: the name's own, or with a number behind it.
fn free_slug(tx: &mut TenantTx<'_>, wanted: &Slug) -> Result<Slug, IdentityError> {
    const TRIES: u32 = 20;
    for number in 1..=TRIES {
        // After the first few, numbers grow fast, so that even a common name needs few tries.
        let slug = match number {
            1 => wanted.clone(),
            2..=5 => wanted.numbered(number),
            _ => wanted.numbered(u32::from_be_bytes(crate::identity::secrets::random::<4>()?)),
        };
        if tenants::store::claim_slug(tx, &slug)? {
            return Ok(slug);
        }
    }
    Err(IdentityError::Cryptography("no short name was free in twenty tries"))
}

/// What somebody signs in with.
pub(super) struct Credentials {
    /// Their address.
    pub email: EmailAddress,
    /// Their password.
    pub password: SecretString,
    /// A code of their second factor, or a recovery code.
    pub code: Option<SecretString>,
    /// Their company, when the address is in several.
    pub slug: Option<String>,
}

/// Signs in with an address and a password, and a code where there is a second factor.
///
/// The guess is counted before anything is looked up or hashed, whether there is such an account or not.
pub(super) async fn with_password(
    identity: &Identity,
    credentials: Credentials,
    visitor: Visitor,
) -> Result<SignedIn, IdentityError> {
    let Visitor { correlation, device } = visitor;
    let Credentials { email, password, code, slug } = credentials;
    let target = Target::of_address(&email, &device);
    let guess = guesses::count(&identity.db, target, identity.places()).await?;
    let logins = lookup::logins(&identity.db, &email, slug).await?;
    let hashes = logins.iter().map(|login| login.password_hash.clone()).collect();
    let matching = identity.passwords.matching(password, hashes).await?;
    let matched: Vec<Login> =
        logins.into_iter().zip(matching).filter_map(|(login, matches)| matches.then_some(login)).collect();
    let Some(first) = matched.first() else { return Err(IdentityError::WrongCredentials) };
    let actor = Actor::verified(first.tenant, first.user, correlation);
    let login = match only(matched) {
        Ok(login) => login.ok_or(IdentityError::WrongCredentials)?,
        Err(asks_which) => {
            // Nothing was wrong.
            identity.db.tenant(actor, move |tx| guess.take_back(tx)).await?;
            return Err(asks_which);
        }
    };
    let seal = identity.seal.clone();
    let start = move |tx: &mut TenantTx<'_>| {
        // The password may have changed while it was being checked.
        if !users::store::has_password(tx, login.user, &login.password_hash)? {
            return Err(IdentityError::WrongCredentials);
        }
        match factors::service::prove(tx, &seal, login.user, code.as_ref())? {
            Proof::Wrong => return Err(IdentityError::SecondFactorWrong),
            Proof::Missing => {
                guess.take_back(tx)?;
                // An answer, not an error: what was taken back stays so.
                return Ok(None);
            }
            Proof::Given | Proof::NotNeeded => guess.right(tx)?,
        }
        service::start(tx, login.user, SignInMethod::Password, &device).map(Some)
    };
    identity.db.tenant(actor, start).await?.ok_or(IdentityError::SecondFactorNeeded)
}

/// The person and their session behind an ID token of the external issuer.
pub(super) async fn with_id_token(
    identity: &Identity,
    id_token: &str,
    slug: Option<String>,
    visitor: Visitor,
) -> Result<SignedIn, IdentityError> {
    let Visitor { correlation, device } = visitor;
    let issuer = identity.issuer.as_ref().ok_or(IdentityError::NoIssuer)?;
    let person = issuer.person(id_token, identity.db.clock().now()).await?;
    let linked =
        lookup::external(&identity.db, person.issuer.clone(), person.subject.clone(), slug.clone()).await?;
    if let Some(login) = only(linked)? {
        let start = move |tx: &mut TenantTx<'_>| {
            service::start(tx, login.user, SignInMethod::Oidc, &device).map_err(|error| match error {
                IdentityError::WrongCredentials => {
                    IdentityError::BadIdToken("the user is not active".to_owned())
                }
                other => other,
            })
        };
        return identity.db.tenant(Actor::verified(login.tenant, login.user, correlation), start).await;
    }
    let email = person.verified_email.as_ref().ok_or_else(|| unknown(&person))?;
    let unlinked = lookup::unlinked(&identity.db, person.issuer.clone(), email, slug).await?;
    let login = only(unlinked)?.ok_or_else(|| unknown(&person))?;
    let link = move |tx: &mut TenantTx<'_>| {
        let mut user = users::store::find_locked(tx, login.user)?;
        if user.status == UserStatus::Invited {
            users::service::join(tx, &mut user)?;
        }
        users::store::link(tx, user.id, &person.issuer, &person.subject)?;
        tx.emit(user.id.uuid(), user.version, &UserLinked { issuer: person.issuer });
        service::start(tx, user.id, SignInMethod::Oidc, &device)
    };
    identity.db.tenant(Actor::verified(login.tenant, login.user, correlation), link).await
}

/// Spends a refresh token.
pub(super) async fn refresh(
    identity: &Identity,
    token: String,
    correlation: CorrelationId,
) -> Result<SignedIn, IdentityError> {
    if !token.starts_with(REFRESH_PREFIX) {
        return Err(IdentityError::BadRefreshToken);
    }
    let found =
        lookup::refresh_token(&identity.db, hash(&token)).await?.ok_or(IdentityError::BadRefreshToken)?;
    let session = SessionId::from(found.item);
    let refresh = move |tx: &mut TenantTx<'_>| service::refresh(tx, session, &token);
    let actor = Actor::verified(found.tenant, found.user, correlation);
    let refreshed = identity.db.tenant::<_, IdentityError, _>(actor, refresh).await;
    if !matches!(refreshed, Ok(Some(_))) {
        // The family may have ended.
        identity.verifier.recheck(found.tenant);
    }
    refreshed?.ok_or(IdentityError::BadRefreshToken)
}

/// The only one; refused with the names of the companies when there are several.
fn only(mut logins: Vec<Login>) -> Result<Option<Login>, IdentityError> {
    if logins.len() > 1 {
        return Err(IdentityError::TenantNeeded(logins.into_iter().map(|login| login.slug).collect()));
    }
    Ok(logins.pop())
}

fn unknown(person: &ExternalPerson) -> IdentityError {
    let reason = if person.verified_email.is_some() {
        "nobody was invited with this address"
    } else {
        "no verified address"
    };
    IdentityError::BadIdToken(reason.to_owned())
}

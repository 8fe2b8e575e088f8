//! What other modules may know of identity: who works in a tenant, how it is set up, and what may happen.

pub mod events;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::{Country, Currency, EmailAddress, Invalid, Locale, Message, TimeZone};
use crate::platform::auth::{TokenError, UserId};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::problem::{AsProblem, FieldError, Problem};

/// What the other modules ask of identity, inside their own transactions.
pub trait People: Send + Sync {
    /// The person with this id in the transaction's tenant; none when there is no such person.
    fn person(&self, tx: &mut TenantTx<'_>, user: UserId) -> Result<Option<Person>, IdentityError>;

    /// Those of `users` who are in the transaction's tenant, in no order.
    fn people(&self, tx: &mut TenantTx<'_>, users: &[UserId]) -> Result<Vec<Person>, IdentityError>;

    /// The people of the transaction's tenant with one of `emails`, each with [`EmailAddress::normalized`] of theirs.
    fn by_email(
        &self,
        tx: &mut TenantTx<'_>,
        emails: &[EmailAddress],
    ) -> Result<Vec<(String, Person)>, IdentityError>;

    /// How the transaction's tenant is set up.
    fn settings(&self, tx: &mut TenantTx<'_>) -> Result<TenantSettings, IdentityError>;
}

/// A person who works in a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The user.
    pub id: UserId,
    /// The name to show.
    pub name: String,
    /// Whether work may be given to them.
    pub status: UserStatus,
}

impl Person {
    /// Whether they can sign in, so that work may be given to them.
    pub fn is_active(&self) -> bool {
        self.status == UserStatus::Active
    }
}

/// What a tenant has set that other modules go by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantSettings {
    /// The country that phone numbers and tax identifiers are of, when nothing else is said.
    pub country: Country,
    /// The currency that amounts are in, when nothing else is said.
    pub currency: Currency,
    /// Where its days begin and end.
    pub time_zone: TimeZone,
    /// Its language and formats.
    pub locale: Locale,
    /// After how many days without activity a lead counts as forgotten.
    pub forgotten_after_days: u16,
}

/// What a person may do in a tenant; the table of rights is in `users/domain.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Role {
    /// Everything; at least one remains in each tenant.
    Owner,
    /// Everything but making and unmaking owners.
    Admin,
    /// Leads and customers.
    Sales,
    /// Leads, campaigns and content.
    Marketing,
    /// Invoices and payments.
    Billing,
    /// Reads, changes nothing.
    Viewer,
}

/// Where a user stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum UserStatus {
    /// Asked to join, and has not yet.
    Invited,
    /// Can sign in.
    Active,
    /// Cannot sign in; what they did stays theirs.
    Suspended,
}

/// Whether anybody may sign up a new company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignupPolicy {
    /// Anybody.
    Open,
    /// Nobody.
    Closed,
}

/// Why identity refused something.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum IdentityError {
    #[error("no such user")]
    UserNotFound,
    #[error("no such API key")]
    ApiKeyNotFound,
    #[error("the e-mail address is taken by the user {0}")]
    EmailTaken(UserId),
    #[error("the last active owner must stay")]
    LastOwner,
    #[error("the caller's own rights do not reach that far")]
    AboveOwnRights,
    #[error("the scope {0} is more than the caller's own rights")]
    ScopeTooWide(String),
    #[error("the record has version {0}")]
    Stale(i32),
    #[error("the user is {0:?}")]
    WrongUserStatus(UserStatus),
    #[error("an API key cannot do this")]
    NotASession,
    #[error("wrong e-mail address or password")]
    WrongCredentials,
    #[error("the e-mail address is in {} tenants", .0.len())]
    TenantNeeded(Vec<String>),
    #[error("the refresh token is not good")]
    BadRefreshToken,
    #[error("the token or key is not good")]
    BadBearer,
    #[error("the invitation is not good")]
    BadInvitation,
    #[error("the ID token is not good: {0}")]
    BadIdToken(String),
    #[error("no OpenID Connect issuer is configured")]
    NoIssuer,
    #[error("the OpenID Connect issuer is away: {0}")]
    IssuerAway(String),
    #[error("the tax identifier is not of the company's country")]
    TaxIdOfAnotherCountry(Invalid),
    #[error("the limit {0} is refused")]
    LimitRefused(String, Invalid),
    #[error("sign-up is closed")]
    SignupClosed,
    #[error("the sign-up with this key is still running")]
    SignupRunning,
    #[error("the idempotency key came with another sign-up")]
    SignupKeyReused,
    #[error("too many passwords are being checked")]
    Busy,
    #[error("a stored value is broken: {0}")]
    Corrupt(&'static str),
    #[error("cryptography failed: {0}")]
    Cryptography(&'static str),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error("{0}")]
    Db(#[from] DbError),
}

impl AsProblem for IdentityError {
    fn as_problem(&self) -> Problem {
        match self {
            Self::UserNotFound => {
                Problem::not_found("user-not-found", Message::new("No such user", "No existe ese usuario"))
            }
            Self::ApiKeyNotFound => Problem::not_found(
                "api-key-not-found",
                Message::new("No such API key", "No existe esa clave de API"),
            ),
            Self::Stale(version) => Problem::stale(*version),
            Self::EmailTaken(_) | Self::LastOwner | Self::WrongUserStatus(_) | Self::NotASession => {
                self.as_conflict()
            }
            Self::AboveOwnRights | Self::ScopeTooWide(_) | Self::SignupClosed => self.as_refusal(),
            Self::TaxIdOfAnotherCountry(reason) => {
                Problem::invalid(vec![FieldError::at("/tax_id", reason.clone())])
            }
            Self::LimitRefused(name, reason) => {
                // `/` and `~` are escaped in JSON pointers (RFC 6901 §3).
                let name = name.replace('~', "~0").replace('/', "~1");
                Problem::invalid(vec![FieldError::at(format!("/limits/{name}"), reason.clone())])
            }
            Self::SignupRunning | Self::SignupKeyReused => self.as_signup_problem(),
            Self::WrongCredentials
            | Self::BadRefreshToken
            | Self::BadBearer
            | Self::BadInvitation
            | Self::BadIdToken(_) => Problem::unauthorized(self.as_unauthorized()),
            Self::TenantNeeded(slugs) => Problem::conflict(
                "tenant-needed",
                Message::new(
                    "This e-mail address is in several companies; say which as `tenant`",
                    "Este correo electrónico está en varias empresas; indique cuál en `tenant`",
                ),
            )
            .member("tenants", serde_json::json!(slugs)),
            Self::NoIssuer => Problem::not_found(
                "no-oidc-issuer",
                Message::new(
                    "This server takes no tokens of an external issuer; sign in with a password",
                    "Este servidor no acepta tokens de un emisor externo; inicie sesión con contraseña",
                ),
            ),
            Self::IssuerAway(_) => Problem::unavailable(
                "oidc-issuer-away",
                Message::new(
                    "The external issuer does not answer; try again",
                    "El emisor externo no responde; intente de nuevo",
                ),
            ),
            Self::Busy => Problem::unavailable(
                "sign-in-busy",
                Message::new(
                    "Too many people are signing in at this moment; try again",
                    "Demasiadas personas inician sesión en este momento; intente de nuevo",
                ),
            ),
            Self::Corrupt(_) | Self::Cryptography(_) | Self::Token(_) => Problem::internal(),
            Self::Db(error) => error.as_problem(),
        }
    }
}

impl IdentityError {
    fn as_conflict(&self) -> Problem {
        match self {
            Self::EmailTaken(user) => Problem::conflict(
                "email-taken",
                Message::new(
                    "A user of your company has this e-mail address already",
                    "Un usuario de su empresa ya tiene este correo electrónico",
                ),
            )
            .member("user_id", serde_json::json!(user)),
            Self::LastOwner => Problem::conflict(
                "last-owner",
                Message::new(
                    "The last active owner must stay; make somebody else an owner first",
                    "Debe quedar al menos un propietario activo; nombre antes a otro",
                ),
            ),
            Self::NotASession => Problem::conflict(
                "not-a-session",
                Message::new(
                    "An API key does not sign out; revoke it with `DELETE /api/v1/api-keys/{id}`",
                    "Una clave de API no cierra sesión; revóquela con `DELETE /api/v1/api-keys/{id}`",
                ),
            ),
            _ => Problem::conflict(
                "user-wrong-status",
                Message::new(
                    "The user's status does not allow this; read the user again",
                    "El estado del usuario no permite esto; consulte de nuevo al usuario",
                ),
            ),
        }
    }

    fn as_refusal(&self) -> Problem {
        match self {
            Self::ScopeTooWide(scope) => Problem::invalid(vec![FieldError::at(
                "/scopes",
                Invalid::formatted(
                    format!("`{scope}` is more than your own rights; `GET /api/v1/me` lists them"),
                    format!("`{scope}` excede sus propios permisos; `GET /api/v1/me` los muestra"),
                ),
            )]),
            Self::SignupClosed => Problem::refused(
                "signup-closed",
                Message::new(
                    "Sign-up is closed on this server; ask for an invitation",
                    "El registro está cerrado en este servidor; pida una invitación",
                ),
            ),
            _ => Problem::refused(
                "above-own-rights",
                Message::new(
                    "You cannot give, take or touch rights that you do not have; ask an owner of your company",
                    "No puede dar, quitar ni modificar permisos que usted no tiene; pídalo a un propietario de su empresa",
                ),
            ),
        }
    }

    fn as_signup_problem(&self) -> Problem {
        match self {
            Self::SignupKeyReused => Problem::unprocessable(
                "idempotency-key-reused",
                Message::new(
                    "This Idempotency-Key came with another request before; use a new key",
                    "Esta Idempotency-Key ya se usó con otra solicitud; use una nueva",
                ),
            ),
            _ => Problem::conflict(
                "idempotency-key-in-use",
                Message::new(
                    "A request with this Idempotency-Key is still running; try again",
                    "Una solicitud con esta Idempotency-Key sigue en curso; intente de nuevo",
                ),
            )
            .retry_after(1),
        }
    }

    fn as_unauthorized(&self) -> Message {
        match self {
            Self::WrongCredentials => Message::new(
                "The e-mail address or the password is wrong",
                "El correo electrónico o la contraseña no son correctos",
            ),
            Self::BadRefreshToken => Message::new(
                "The refresh token is spent, expired or unknown; sign in again",
                "El token de actualización está usado, vencido o no existe; inicie sesión de nuevo",
            ),
            Self::BadInvitation => Message::new(
                "The invitation is used, expired or unknown; ask for a new one",
                "La invitación está usada, vencida o no existe; pida una nueva",
            ),
            Self::BadIdToken(_) => Message::new(
                "The ID token is not valid here, or belongs to nobody who was invited",
                "El token de identidad no es válido aquí, o no pertenece a nadie que haya sido invitado",
            ),
            _ => Message::new(
                "The access token or API key is expired, revoked or unknown; sign in again",
                "El token de acceso o la clave de API está vencido, revocado o no existe; inicie sesión de nuevo",
            ),
        }
    }
}

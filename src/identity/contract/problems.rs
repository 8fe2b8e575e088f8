//! Why identity refuses, and what it says then.

use super::{TeamId, UserStatus};
use crate::kernel::{Invalid, Message};
use crate::platform::auth::{TokenError, UserId};
use crate::platform::db::DbError;
use crate::platform::problem::{AsProblem, FieldError, Problem};

/// Why identity refused something.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum IdentityError {
    #[error("no such user")]
    UserNotFound,
    #[error("no such team")]
    TeamNotFound,
    /// The company has no logo.
    #[error("there is no logo")]
    LogoNotFound,
    #[error("the name belongs to team {0}")]
    TeamNameTaken(TeamId),
    #[error("{0}")]
    Refused(Problem),
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
    #[error("the password reset is not good")]
    BadReset,
    #[error("too many wrong guesses; the next one is taken in {0} s")]
    TooManyGuesses(u64),
    #[error("a code of the second factor is needed")]
    SecondFactorNeeded,
    #[error("the code of the second factor is wrong or spent")]
    SecondFactorWrong,
    #[error("the second factor is confirmed already")]
    SecondFactorOn,
    #[error("there is no second factor")]
    SecondFactorOff,
    #[error("the password or the code is wrong")]
    NotProven,
    #[error("an API key is no session")]
    SessionNeeded,
    #[error("no such session")]
    SessionNotFound,
    #[error("the user has no password")]
    NoPassword,
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
            Self::UserNotFound
            | Self::TeamNotFound
            | Self::LogoNotFound
            | Self::ApiKeyNotFound
            | Self::SessionNotFound
            | Self::NoIssuer => self.as_not_found(),
            Self::Refused(problem) => problem.clone(),
            Self::Stale(version) => Problem::stale(*version),
            Self::TooManyGuesses(seconds) => Problem::too_many_guesses(*seconds),
            Self::EmailTaken(_)
            | Self::TeamNameTaken(_)
            | Self::LastOwner
            | Self::WrongUserStatus(_)
            | Self::NotASession
            | Self::SecondFactorOn
            | Self::SecondFactorOff
            | Self::NoPassword => self.as_conflict(),
            Self::AboveOwnRights
            | Self::ScopeTooWide(_)
            | Self::SignupClosed
            | Self::NotProven
            | Self::SessionNeeded => self.as_refusal(),
            Self::SecondFactorNeeded | Self::SecondFactorWrong => self.as_second_factor(),
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
            | Self::BadReset
            | Self::BadIdToken(_) => Problem::unauthorized(self.as_unauthorized()),
            Self::TenantNeeded(slugs) => Problem::conflict(
                "tenant-needed",
                Message::new(
                    "This e-mail address is in several companies; say which as `tenant`",
                    "Este correo electrónico está en varias empresas; indique cuál en `tenant`",
                ),
            )
            .member("tenants", serde_json::json!(slugs)),
            Self::IssuerAway(_) | Self::Busy => self.as_unavailable(),
            Self::Corrupt(_) | Self::Cryptography(_) | Self::Token(_) => Problem::internal(),
            Self::Db(error) => error.as_problem(),
        }
    }
}

impl IdentityError {
    fn as_not_found(&self) -> Problem {
        match self {
            Self::UserNotFound => {
                Problem::not_found("user-not-found", Message::new("No such user", "No existe ese usuario"))
            }
            Self::TeamNotFound => {
                Problem::not_found("team-not-found", Message::new("No such team", "No existe ese equipo"))
            }
            Self::LogoNotFound => {
                Problem::not_found("logo-not-found", Message::new("There is no logo", "No hay logotipo"))
            }
            Self::ApiKeyNotFound => Problem::not_found(
                "api-key-not-found",
                Message::new("No such API key", "No existe esa clave de API"),
            ),
            Self::SessionNotFound => Problem::not_found(
                "session-not-found",
                Message::new("No such session of yours", "No existe esa sesión suya"),
            ),
            _ => Problem::not_found(
                "no-oidc-issuer",
                Message::new(
                    "This server takes no tokens of an external issuer; sign in with a password",
                    "Este servidor no acepta tokens de un emisor externo; inicie sesión con contraseña",
                ),
            ),
        }
    }

    fn as_unavailable(&self) -> Problem {
        match self {
            Self::IssuerAway(_) => Problem::unavailable(
                "oidc-issuer-away",
                Message::new(
                    "The external issuer does not answer; try again",
                    "El emisor externo no responde; intente de nuevo",
                ),
            ),
            _ => Problem::unavailable(
                "sign-in-busy",
                Message::new(
                    "Too many people are signing in at this moment; try again",
                    "Demasiadas personas inician sesión en este momento; intente de nuevo",
                ),
            ),
        }
    }

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
            Self::TeamNameTaken(team) => Problem::conflict(
                "team-name-taken",
                Message::new("There is a team with this name", "Ya hay un equipo con este nombre"),
            )
            .member("existing_id", serde_json::json!(team)),
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
            Self::SecondFactorOn => Problem::conflict(
                "second-factor-on",
                Message::new(
                    "You have a second factor; remove it before you add another",
                    "Usted ya tiene un segundo factor; quítelo antes de agregar otro",
                ),
            ),
            Self::SecondFactorOff => Problem::conflict(
                "second-factor-off",
                Message::new(
                    "There is no second factor for this; begin with `POST /api/v1/me/second-factor`",
                    "No hay un segundo factor para esto; empiece con `POST /api/v1/me/second-factor`",
                ),
            ),
            Self::NoPassword => Problem::conflict(
                "no-password",
                Message::new(
                    "You sign in through an external issuer, which looks after your password and second factor",
                    "Usted inicia sesión con un emisor externo, que cuida su contraseña y su segundo factor",
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
            Self::NotProven => Problem::refused(
                "not-proven",
                Message::new(
                    "The password or the code is missing, wrong or was used before",
                    "La contraseña o el código falta, no es correcto o ya se usó",
                ),
            ),
            Self::SessionNeeded => Problem::refused(
                "session-needed",
                Message::new(
                    "Sign in for this; an API key cannot do it",
                    "Inicie sesión para esto; una clave de API no puede hacerlo",
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

    fn as_second_factor(&self) -> Problem {
        match self {
            Self::SecondFactorNeeded => Problem::unproven(
                "second-factor-needed",
                Message::new(
                    "Send a code of your second factor, or a recovery code, as `code`",
                    "Envíe un código de su segundo factor, o un código de recuperación, como `code`",
                ),
            ),
            _ => Problem::unproven(
                "second-factor-wrong",
                Message::new(
                    "The code is wrong or was used before; wait for the next one",
                    "El código no es correcto o ya se usó; espere al siguiente",
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
            Self::BadReset => Message::new(
                "The link is used, expired or unknown; ask for a new one",
                "El enlace está usado, vencido o no existe; pida uno nuevo",
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

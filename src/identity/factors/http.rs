//! The caller's second factor over HTTP.

use actix_web::web::Data;
use actix_web::{get, post};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::service;
use crate::identity::Identity;
use crate::identity::contract::IdentityError;
use crate::identity::credentials::proving;
use crate::platform::auth::Authenticated;
use crate::platform::db::TenantTx;
use crate::platform::http::{Command, Reply, Routes};
use crate::platform::problem::Problem;

/// Registers the operations of this file.
pub(in crate::identity) fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(me_second_factor_get)
        .service(me_second_factor_add)
        .service(me_second_factor_confirm)
        .service(me_second_factor_remove)
        .service(me_recovery_codes_replace);
}

/// Where somebody's second factor stands.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FactorStatus {
    /// There is none: signing in takes the password only.
    Off,
    /// It waits for its first code; signing in takes the password only.
    Unconfirmed,
    /// Signing in takes the password and a code.
    On,
}

/// Somebody's second factor.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({ "status": "on", "confirmed_at": "2026-01-05T15:00:00Z", "recovery_codes_left": 9 }))]
struct FactorView {
    status: FactorStatus,
    /// Since when it is asked for.
    #[schema(required)]
    confirmed_at: Option<DateTime<Utc>>,
    /// How many recovery codes are left.
    recovery_codes_left: i64,
}

/// A second factor that waits for its first code; shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "otpauth_url": "otpauth://totp/Cauce:ana%40ferreteria-lopez.mx?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Cauce",
    "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "qr_svg": "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>"
}))]
struct EnrolmentView {
    /// For an authenticator app to read.
    otpauth_url: String,
    /// The same for somebody to type, in base32.
    secret: String,
    /// The URL as a QR code, an SVG picture.
    qr_svg: String,
}

/// Codes for whoever lost their device, each good once; shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({ "recovery_codes": ["mfrggz-dfmztw-q2lknn-wg23tp", "obyxey-3uov3g-64dzpj-2xk4tf"] }))]
struct RecoveryCodesView {
    recovery_codes: Vec<String>,
}

/// The caller's password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "password": "tornillos y tuercas" }))]
struct PasswordRequest {
    #[schema(value_type = String, format = Password, max_length = 1024)]
    password: SecretString,
}

/// A code of the caller's device.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "code": "287082" }))]
struct CodeRequest {
    /// Six digits.
    #[schema(value_type = String, max_length = 100)]
    code: SecretString,
}

/// The caller's password, and a code where there is a second factor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "password": "tornillos y tuercas", "code": "287082" }))]
struct ProofRequest {
    #[schema(value_type = String, format = Password, max_length = 1024)]
    password: SecretString,
    /// Six digits, or a recovery code; not needed while the second factor is unconfirmed.
    #[schema(value_type = Option<String>, max_length = 100)]
    code: Option<SecretString>,
}

/// Show your second factor
///
/// Tells whether signing in takes a code, and how many recovery codes are left.
#[utoipa::path(operation_id = "me_second_factor_get", tag = "me", security(("bearer" = [])),
    responses((status = 200, description = "The second factor.", body = FactorView)))]
#[get("/api/v1/me/second-factor")]
async fn me_second_factor_get(who: Authenticated, identity: Data<Identity>) -> Result<Reply, Problem> {
    let user = who.caller().user;
    let standing = identity.db.read(who.actor(), move |tx| service::standing(tx, user)).await?;
    let view = match standing {
        None => FactorView { status: FactorStatus::Off, confirmed_at: None, recovery_codes_left: 0 },
        Some(standing) => FactorView {
            status: if standing.confirmed_at.is_some() {
                FactorStatus::On
            } else {
                FactorStatus::Unconfirmed
            },
            confirmed_at: standing.confirmed_at,
            recovery_codes_left: standing.codes_left,
        },
    };
    Ok(Reply::ok(&view))
}

/// Add a second factor
///
/// Begins a second factor (TOTP, RFC 6238: SHA-1, six digits, thirty seconds) and shows it to an authenticator app. Nothing asks for
/// it until `POST /api/v1/me/second-factor/confirm`; beginning anew makes the one before worth nothing.
#[utoipa::path(operation_id = "me_second_factor_add", tag = "me", security(("bearer" = [])),
    request_body = PasswordRequest,
    responses(
        (status = 201, description = "The second factor, for the app.", body = EnrolmentView,
            headers(("Location" = String, description = "Where it is."))),
        (status = 403, description = "The password is wrong, or the caller is an API key.")))]
#[post("/api/v1/me/second-factor")]
async fn me_second_factor_add(
    who: Authenticated,
    identity: Data<Identity>,
    command: Command<PasswordRequest>,
) -> Result<Reply, Problem> {
    let proven = proving::password(&identity, &who, command.value.password).await;
    let (user, seal, once) = (who.caller().user, identity.seal.clone(), command.once);
    let add = move |tx: &mut TenantTx<'_>| {
        once.run(tx, |tx| {
            proven?.by_password(tx)?;
            let enrolment = service::enrol(tx, &seal, user)?;
            let view = EnrolmentView {
                otpauth_url: enrolment.url,
                secret: enrolment.secret,
                qr_svg: enrolment.picture,
            };
            Ok::<_, IdentityError>(Reply::created(&view, "/api/v1/me/second-factor".to_owned()))
        })
    };
    identity.db.tenant(who.actor(), add).await
}

/// Confirm your second factor
///
/// Shows by a code that the app has it: from now on signing in takes a code. The answer holds ten recovery codes to keep
/// somewhere safe.
#[utoipa::path(operation_id = "me_second_factor_confirm", tag = "me", security(("bearer" = [])),
    request_body = CodeRequest,
    responses(
        (status = 200, description = "It is on.", body = RecoveryCodesView),
        (status = 403, description = "The code is wrong, or the caller is an API key.")))]
#[post("/api/v1/me/second-factor/confirm")]
async fn me_second_factor_confirm(
    who: Authenticated,
    identity: Data<Identity>,
    command: Command<CodeRequest>,
) -> Result<Reply, Problem> {
    let guess = proving::guess(&identity, &who).await;
    let (user, seal) = (who.caller().user, identity.seal.clone());
    let (once, code) = (command.once, command.value.code);
    let confirm = move |tx: &mut TenantTx<'_>| {
        once.run(tx, |tx| {
            let guess = guess?;
            let recovery_codes = service::confirm(tx, &seal, user, &code)?;
            guess.right(tx)?;
            Ok::<_, IdentityError>(Reply::ok(&RecoveryCodesView { recovery_codes }))
        })
    };
    identity.db.tenant(who.actor(), confirm).await
}

/// Remove your second factor
///
/// Takes the second factor away, with its recovery codes; it takes the password and a code.
#[utoipa::path(operation_id = "me_second_factor_remove", tag = "me", security(("bearer" = [])),
    request_body = ProofRequest,
    responses(
        (status = 204, description = "Signing in takes the password only."),
        (status = 403, description = "The password or the code is wrong, or the caller is an API key.")))]
#[post("/api/v1/me/second-factor/remove")]
async fn me_second_factor_remove(
    who: Authenticated,
    identity: Data<Identity>,
    command: Command<ProofRequest>,
) -> Result<Reply, Problem> {
    let ProofRequest { password, code } = command.value;
    let proven = proving::password(&identity, &who, password).await;
    let (user, seal, once) = (who.caller().user, identity.seal.clone(), command.once);
    let remove = move |tx: &mut TenantTx<'_>| {
        once.run(tx, |tx| {
            proven?.by_both(tx, &seal, code.as_ref())?;
            service::remove(tx, user)?;
            Ok::<_, IdentityError>(Reply::no_content())
        })
    };
    identity.db.tenant(who.actor(), remove).await
}

/// Replace your recovery codes
///
/// Gives ten new recovery codes; the ones before are worth nothing any more. It takes the password and a code.
#[utoipa::path(operation_id = "me_recovery_codes_replace", tag = "me", security(("bearer" = [])),
    request_body = ProofRequest,
    responses(
        (status = 200, description = "The new codes.", body = RecoveryCodesView),
        (status = 403, description = "The password or the code is wrong, or the caller is an API key.")))]
#[post("/api/v1/me/second-factor/recovery-codes")]
async fn me_recovery_codes_replace(
    who: Authenticated,
    identity: Data<Identity>,
    command: Command<ProofRequest>,
) -> Result<Reply, Problem> {
    let ProofRequest { password, code } = command.value;
    let proven = proving::password(&identity, &who, password).await;
    let (user, seal, once) = (who.caller().user, identity.seal.clone(), command.once);
    let replace = move |tx: &mut TenantTx<'_>| {
        once.run(tx, |tx| {
            proven?.by_both(tx, &seal, code.as_ref())?;
            let recovery_codes = service::replace_codes(tx, user)?;
            Ok::<_, IdentityError>(Reply::ok(&RecoveryCodesView { recovery_codes }))
        })
    };
    identity.db.tenant(who.actor(), replace).await
}

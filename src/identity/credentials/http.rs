//! Passwords over HTTP.

use actix_web::post;
use actix_web::web::Data;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{proving, resets, service};
use crate::identity::Identity;
use crate::identity::contract::IdentityError;
use crate::identity::contract::events::PasswordChange;
use crate::identity::lookup;
use crate::identity::secrets::hash;
use crate::identity::sessions::http::visitor::Visitor;
use crate::identity::users::passwords::NewPassword;
use crate::kernel::EmailAddress;
use crate::platform::auth::{Actor, Authenticated};
use crate::platform::db::TenantTx;
use crate::platform::http::{Body, Command, Fields, Reply, Routes};
use crate::platform::problem::Problem;

/// Registers the operations of this file.
pub(in crate::identity) fn routes(config: &mut Routes<'_, '_>) {
    config.service(me_password_change).service(auth_forgot_password).service(auth_reset_password);
}

/// The caller's password, and the one that they want instead.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "current_password": "tornillos y tuercas", "new_password": "tuercas y tornillos" }))]
struct PasswordChangeRequest {
    #[schema(value_type = String, format = Password, max_length = 1024)]
    current_password: SecretString,
    /// 8 to 128 characters, not one of the commonest.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    new_password: SecretString,
}

/// Change your password
///
/// Sets another password; it takes the present one. Your other sessions end.
#[utoipa::path(operation_id = "me_password_change", tag = "me", security(("bearer" = [])),
    request_body = PasswordChangeRequest,
    responses(
        (status = 204, description = "The password is another."),
        (status = 403, description = "The present password is wrong, or the caller is an API key.")))]
#[post("/api/v1/me/password")]
async fn me_password_change(
    who: Authenticated,
    identity: Data<Identity>,
    command: Command<PasswordChangeRequest>,
) -> Result<Reply, Problem> {
    let PasswordChangeRequest { current_password, new_password } = command.value;
    let mut fields = Fields::default();
    let password = fields.take("/new_password", NewPassword::parse(new_password));
    fields.finish()?;
    // Refused inside, where a repetition under a key finds its answer although the password is another by now.
    let proven = proving::password(&identity, &who, current_password).await;
    let password_hash = identity.passwords.hash(password.ok_or_else(Problem::internal)?).await?;
    let (user, session, once) = (who.caller().user, who.caller().session, command.once);
    let change = move |tx: &mut TenantTx<'_>| {
        once.run(tx, |tx| {
            proven?.by_password(tx)?;
            service::change(tx, user, &password_hash, Some(session), PasswordChange::Changed)?;
            Ok::<_, IdentityError>(Reply::no_content())
        })
    };
    let changed = identity.db.tenant(who.actor(), change).await;
    identity.verifier.recheck(who.caller().tenant);
    changed
}

/// An address whose password is forgotten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "email": "ana@ferreteria-lopez.mx" }))]
struct ForgottenRequest {
    #[schema(value_type = EmailAddress)]
    email: String,
}

/// The token of a reset, and the password to sign in with from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "token": "cauce_reset_5Q0yTqf1m2pQ3l9rS8dWc7vX6bN4hJkLzAeUoYiPgRt", "password": "tuercas y tornillos"
}))]
struct ResetRequest {
    #[schema(max_length = 200)]
    token: String,
    /// 8 to 128 characters, not one of the commonest.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    password: SecretString,
}

/// Ask for a password reset
///
/// Sends a letter with a link, good once and for thirty minutes, to the address, if somebody signs in with it. The answer is the
/// same for every address, and so is its time. At most one letter in two minutes.
#[utoipa::path(operation_id = "auth_forgot_password", tag = "auth", request_body = ForgottenRequest,
    responses((status = 202, description = "If the address is known, a letter is on its way.")))]
#[post("/api/v1/auth/password-reset")]
async fn auth_forgot_password(
    _visitor: Visitor,
    identity: Data<Identity>,
    body: Body<ForgottenRequest>,
) -> Result<Reply, Problem> {
    let mut fields = Fields::default();
    let email = fields.take("/email", EmailAddress::parse(&body.0.email));
    fields.finish()?;
    resets::request(&identity, &email.ok_or_else(Problem::internal)?).await?;
    Ok(Reply::noted())
}

/// Reset a password
///
/// Sets another password by the token of a letter. All sessions of the user end; sign in with the new password, and with a code
/// where there is a second factor.
#[utoipa::path(operation_id = "auth_reset_password", tag = "auth", request_body = ResetRequest,
    responses(
        (status = 204, description = "The password is another."),
        (status = 401, description = "The token is used, expired or unknown.")))]
#[post("/api/v1/auth/password-reset/complete")]
async fn auth_reset_password(
    visitor: Visitor,
    identity: Data<Identity>,
    command: Command<ResetRequest>,
) -> Result<Reply, Problem> {
    let ResetRequest { token, password } = command.value;
    let mut fields = Fields::default();
    let password = fields.take("/password", NewPassword::parse(password));
    fields.finish()?;
    let token = hash(&token);
    let found = lookup::password_reset(&identity.db, token.clone()).await?.ok_or(IdentityError::BadReset)?;
    let password_hash = identity.passwords.hash(password.ok_or_else(Problem::internal)?).await?;
    let once = command.once;
    let reset = move |tx: &mut TenantTx<'_>| {
        once.run(tx, |tx| {
            service::reset(tx, &token, &password_hash)?;
            Ok::<_, IdentityError>(Reply::no_content())
        })
    };
    let actor = Actor::verified(found.tenant, found.user, visitor.correlation);
    let outcome = identity.db.tenant(actor, reset).await;
    identity.verifier.recheck(found.tenant);
    outcome
}

//! Passwords over HTTP.

use actix_web::post;
use actix_web::web::Data;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{proving, service};
use crate::identity::Identity;
use crate::identity::contract::IdentityError;
use crate::identity::contract::events::PasswordChange;
use crate::identity::users::passwords::NewPassword;
use crate::platform::auth::Authenticated;
use crate::platform::db::TenantTx;
use crate::platform::http::{Command, Fields, Reply};
use crate::platform::problem::Problem;

/// Registers the operations of this file.
pub(in crate::identity) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(me_password_change);
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

//! Signing in over HTTP: with a password, an invitation or an external issuer's token.

use actix_web::post;
use actix_web::web::Data;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use super::SignedInView;
use super::visitor::Visitor;
use crate::identity::Identity;
use crate::identity::contract::IdentityError;
use crate::identity::lookup;
use crate::identity::secrets::hash;
use crate::identity::sessions::sign_in::Credentials;
use crate::identity::sessions::{service, sign_in};
use crate::identity::users::passwords::NewPassword;
use crate::kernel::{EmailAddress, Slug};
use crate::platform::auth::Actor;
use crate::platform::db::TenantTx;
use crate::platform::http::{Body, Command, Fields, Reply};
use crate::platform::problem::Problem;

/// An address and its password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "email": "ana@ferreteria-lopez.mx", "password": "tornillos y tuercas" }))]
pub(super) struct LoginRequest {
    #[schema(value_type = EmailAddress)]
    email: String,
    #[schema(value_type = String, format = Password, max_length = 1024)]
    password: SecretString,
    /// The company's short name, when the address is in several.
    #[schema(value_type = Option<Slug>)]
    tenant: Option<String>,
    /// Six digits of the second factor, or a recovery code; needed only where the answer without it is `second-factor-needed`.
    #[schema(value_type = Option<String>, max_length = 100)]
    code: Option<SecretString>,
}

/// An invitation's token and the password to sign in with from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "token": "cauce_invite_5Q0yTqf1m2pQ3l9rS8dWc7vX6bN4hJkLzAeUoYiPgRt", "password": "tornillos y tuercas"
}))]
pub(super) struct AcceptRequest {
    #[schema(max_length = 200)]
    token: String,
    /// 8 to 128 characters, not one of the commonest.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    password: SecretString,
}

/// An ID token of the configured OpenID Connect issuer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "id_token": "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiIxIn0.c2lnbmF0dXJl" }))]
pub(super) struct OidcRequest {
    #[schema(max_length = 16384)]
    id_token: String,
    /// The company's short name, when the person is in several.
    #[schema(value_type = Option<Slug>)]
    tenant: Option<String>,
}

/// Sign in
///
/// Signs in with an e-mail address and a password.
///
/// When the address is in several companies with the same password, the answer is 409 and lists them in `tenants`: send
/// the one that is meant as `tenant`.
///
/// Whoever has a second factor gets 401 `/problems/second-factor-needed` when the password is right and there is no code: send
/// the same again with `code`. Each code is good once. After five wrong passwords or codes in a row the next one is
/// taken only after a wait (429 with `Retry-After`), which doubles with each, up to a quarter of an hour.
#[utoipa::path(operation_id = "auth_login", tag = "auth", request_body = LoginRequest,
    responses(
        (status = 200, description = "The company, the user and their tokens.", body = SignedInView),
        (status = 401, description = "The address, the password or the code is wrong, or a code is needed."),
        (status = 429, description = "Too many requests, or too many wrong passwords.")))]
#[post("/api/v1/auth/login")]
pub(super) async fn auth_login(
    visitor: Visitor,
    identity: Data<Identity>,
    body: Body<LoginRequest>,
) -> Result<Reply, Problem> {
    let request = body.0;
    let mut fields = Fields::default();
    let email = fields.take("/email", EmailAddress::parse(&request.email));
    let slug = fields.take_optional("/tenant", request.tenant.as_deref(), Slug::parse);
    fields.finish()?;
    // Nothing that is longer can be anybody's password; it is not worth hashing.
    let fits = request.password.expose_secret().len() <= 1024
        && request.code.as_ref().is_none_or(|code| code.expose_secret().len() <= 100);
    let email = email.filter(|_| fits).ok_or(IdentityError::WrongCredentials)?;
    let slug = slug.map(|slug| slug.to_string());
    let credentials = Credentials { email, password: request.password, code: request.code, slug };
    let signed_in = sign_in::with_password(&identity, credentials, visitor).await?;
    Ok(Reply::ok(&SignedInView::of(signed_in, &identity)?))
}

/// Accept an invitation
///
/// Accepts an invitation: sets the password and signs in.
#[utoipa::path(operation_id = "auth_accept_invitation", tag = "auth",
    request_body = AcceptRequest,
    responses(
        (status = 200, description = "The company, the user and their tokens.", body = SignedInView),
        (status = 401, description = "The invitation is used, expired or unknown.")))]
#[post("/api/v1/auth/accept-invitation")]
pub(super) async fn auth_accept_invitation(
    visitor: Visitor,
    identity: Data<Identity>,
    command: Command<AcceptRequest>,
) -> Result<Reply, Problem> {
    let request = command.value;
    let mut fields = Fields::default();
    let password = fields.take("/password", NewPassword::parse(request.password));
    fields.finish()?;
    let invitation = hash(&request.token);
    let found = lookup::invitation(&identity.db, invitation.clone()).await?;
    let found = found.ok_or(IdentityError::BadInvitation)?;
    let password = password.ok_or_else(Problem::internal)?;
    let password_hash = identity.passwords.hash(password).await?;
    let (shared, once) = (identity.clone(), command.once);
    let actor = Actor::verified(found.tenant, found.user, visitor.correlation.clone());
    let accept = move |tx: &mut TenantTx<'_>| {
        once.run(tx, |tx| {
            let signed_in = service::accept_invitation(tx, &invitation, &password_hash, &visitor.device)?;
            Ok::<_, IdentityError>(Reply::ok(&SignedInView::of(signed_in, &shared)?))
        })
    };
    identity.db.tenant(actor, accept).await
}

/// Sign in through an external issuer
///
/// Signs in with an ID token of the external issuer that this server is configured for.
///
/// The first time, the token must hold a verified e-mail address of somebody who works in a company or was invited to
/// one; from then on the person is known by the issuer's own name for them.
#[utoipa::path(operation_id = "auth_oidc", tag = "auth",
    request_body = OidcRequest,
    responses(
        (status = 200, description = "The company, the user and their tokens.", body = SignedInView),
        (status = 401, description = "The token is not valid here, or of nobody who was invited."),
        (status = 404, description = "No issuer is configured.")))]
#[post("/api/v1/auth/oidc")]
pub(super) async fn auth_oidc(
    visitor: Visitor,
    identity: Data<Identity>,
    body: Body<OidcRequest>,
) -> Result<Reply, Problem> {
    let request = body.0;
    let mut fields = Fields::default();
    let slug = fields.take_optional("/tenant", request.tenant.as_deref(), Slug::parse);
    fields.finish()?;
    let slug = slug.map(|slug| slug.to_string());
    let signed_in = sign_in::with_id_token(&identity, &request.id_token, slug, visitor).await?;
    Ok(Reply::ok(&SignedInView::of(signed_in, &identity)?))
}

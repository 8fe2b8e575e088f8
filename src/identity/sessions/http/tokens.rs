//! Staying signed in, signing out, and the keys that access tokens are checked with.

use actix_web::web::Data;
use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::SignedInView;
use super::visitor::Visitor;
use crate::identity::Identity;
use crate::identity::sessions::{service, sign_in};
use crate::platform::auth::Authenticated;
use crate::platform::http::{Body, Empty, Reply};
use crate::platform::problem::Problem;

/// A refresh token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "refresh_token": "cauce_refresh_5Q0yTqf1m2pQ3l9rS8dWc7vX6bN4hJkLzAeUoYiPgRt" }))]
pub(super) struct RefreshRequest {
    #[schema(max_length = 200)]
    refresh_token: String,
}

/// Stay signed in
///
/// Spends a refresh token and answers new tokens.
///
/// For ten seconds a spent token answers its successor again, so that a lost answer can be asked for once more. After
/// that, a spent token means that two people hold it, and the whole session ends.
#[utoipa::path(operation_id = "auth_refresh", tag = "auth",
    request_body = RefreshRequest,
    responses(
        (status = 200, description = "The company, the user and their new tokens.", body = SignedInView),
        (status = 401, description = "The token is spent, expired or unknown.")))]
#[post("/api/v1/auth/refresh")]
pub(super) async fn auth_refresh(
    visitor: Visitor,
    identity: Data<Identity>,
    body: Body<RefreshRequest>,
) -> Result<Reply, Problem> {
    let signed_in = sign_in::refresh(&identity, body.0.refresh_token, visitor.correlation).await?;
    Ok(Reply::ok(&SignedInView::of(signed_in, &identity)?))
}

/// Sign out
///
/// Ends the session of the access token that the request came with; its refresh token ends with it.
#[utoipa::path(operation_id = "auth_logout", tag = "auth", security(("bearer" = [])),
    request_body = Empty,
    responses((status = 204, description = "The session is over.")))]
#[post("/api/v1/auth/logout")]
pub(super) async fn auth_logout(
    who: Authenticated,
    identity: Data<Identity>,
    _body: Body<Empty>,
) -> Result<Reply, Problem> {
    let session = who.caller().session;
    let ended = identity.db.tenant(who.actor(), move |tx| service::sign_out(tx, session)).await;
    identity.verifier.recheck(who.caller().tenant);
    ended?;
    Ok(Reply::no_content())
}

/// Public keys
///
/// The public keys of access tokens (RFC 7517); none while they are signed with a shared secret.
#[utoipa::path(operation_id = "auth_jwks", tag = "auth",
    responses((status = 200, description = "A JSON Web Key Set.", body = serde_json::Value,
        example = json!({ "keys": [] }))))]
#[get("/.well-known/jwks.json")]
pub(super) async fn jwks(identity: Data<Identity>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("Cache-Control", "public, max-age=300"))
        .json(identity.tokens.published())
}

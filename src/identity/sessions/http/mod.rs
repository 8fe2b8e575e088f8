//! Signing in and out over HTTP.

mod credentials;
mod mine;
mod myself;
mod signup;
mod tokens;
pub(in crate::identity) mod visitor;

use serde::Serialize;
use utoipa::ToSchema;

use super::service::SignedIn;
use crate::identity::Identity;
use crate::identity::contract::IdentityError;
use crate::identity::tenants::http::TenantView;
use crate::identity::users::http::UserView;
use crate::platform::auth::ACCESS_TOKEN_LIFETIME;
use crate::platform::http::Routes;

/// Registers the operations of this folder.
pub(in crate::identity) fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(signup::auth_signup)
        .service(credentials::auth_login)
        .service(tokens::auth_refresh)
        .service(tokens::auth_logout)
        .service(credentials::auth_accept_invitation)
        .service(credentials::auth_oidc)
        .service(myself::me_get)
        .service(tokens::jwks)
        .service(mine::me_sessions_list)
        .service(mine::me_sessions_end)
        .service(mine::me_sessions_end_others);
}

/// Somebody who is signed in: their company, who they are, and their tokens.
#[derive(Debug, Serialize, ToSchema)]
struct SignedInView {
    tenant: TenantView,
    user: UserView,
    /// Send it as `Authorization: Bearer …`.
    #[schema(example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwMTk5ZjNhMiJ9.c2lnbmF0dXJl")]
    access_token: String,
    /// Good once, at `POST /api/v1/auth/refresh`, for seven days.
    #[schema(example = "cauce_refresh_5Q0yTqf1m2pQ3l9rS8dWc7vX6bN4hJkLzAeUoYiPgRt")]
    refresh_token: String,
    /// Always `Bearer`.
    #[schema(value_type = String, example = "Bearer")]
    token_type: &'static str,
    /// Seconds until the access token ends.
    #[schema(example = 600)]
    expires_in: i64,
}

impl SignedInView {
    fn of(signed_in: SignedIn, identity: &Identity) -> Result<Self, IdentityError> {
        let now = identity.db.clock().now();
        let access_token =
            identity.tokens.sign(signed_in.tenant.id, signed_in.user.id, signed_in.session, now)?;
        Ok(Self {
            tenant: TenantView::of(signed_in.tenant, &identity.limits),
            user: signed_in.user.into(),
            access_token,
            refresh_token: signed_in.refresh_token.reveal(),
            token_type: "Bearer",
            expires_in: ACCESS_TOKEN_LIFETIME.num_seconds(),
        })
    }
}

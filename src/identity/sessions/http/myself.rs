//! Who the caller is, over HTTP.

use actix_web::get;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::identity::Identity;
use crate::identity::sessions::service;
use crate::identity::tenants::http::TenantView;
use crate::identity::users::http::UserView;
use crate::platform::auth::Authenticated;
use crate::platform::http::Reply;
use crate::platform::problem::Problem;

/// The caller: who they are, where they work, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
struct MeView {
    user: UserView,
    tenant: TenantView,
    /// What the caller may do: `<area>:<verb>`, either half possibly `*`. For an API key, what is left of its scopes.
    #[schema(example = json!(["leads:*", "users:read"]))]
    permissions: Vec<String>,
}

/// Show who you are
///
/// Tells who the caller is and what they may do; for an API key, the person who made it.
#[utoipa::path(operation_id = "me_get", tag = "auth", security(("bearer" = [])),
    responses((status = 200, description = "The caller.", body = MeView)))]
#[get("/api/v1/me")]
pub(super) async fn me_get(who: Authenticated, identity: Data<Identity>) -> Result<Reply, Problem> {
    let id = who.caller().user;
    let (user, tenant) = identity.db.read(who.actor(), move |tx| service::myself(tx, id)).await?;
    let view = MeView {
        user: user.into(),
        tenant: TenantView::of(tenant, &identity.limits),
        permissions: who.caller().grants.clone(),
    };
    Ok(Reply::ok(&view))
}

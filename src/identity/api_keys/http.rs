//! API keys over HTTP.

use actix_web::web::{Data, Path};
use actix_web::{delete, get, post};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::domain::{ApiKey, KeyName, Scopes};
use super::service::{self, KeyRequest};
use crate::identity::Identity;
use crate::identity::permissions::{ReadApiKeys, WriteApiKeys};
use crate::identity::users::domain::AREAS;
use crate::kernel::Invalid;
use crate::platform::auth::{Authorized, SessionId, UserId};
use crate::platform::db::TenantTx;
use crate::platform::http::{Command, Cursor, Fields, Moment, Page, PageLimit, Query, Reply, Routes};
use crate::platform::problem::Problem;

/// A key that ends later than this may as well have no end.
const LONGEST_LIFE: TimeDelta = TimeDelta::days(3653);

/// Registers the operations of this file.
pub(in crate::identity) fn routes(config: &mut Routes<'_, '_>) {
    config.service(api_keys_create).service(api_keys_list).service(api_keys_revoke);
}

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c12", "name": "Web form", "prefix": "cauce_live_7hq2m0xk",
    "scopes": ["leads:write"], "user_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11",
    "created_at": "2026-01-05T15:00:00Z", "expires_at": null, "revoked_at": null, "last_used_at": null
}))]
struct ApiKeyView {
    id: SessionId,
    /// What it is for.
    name: String,
    /// Its first part, by which people tell their keys apart.
    prefix: String,
    /// What it may do, as far as its maker may.
    scopes: Vec<String>,
    /// Who made it, and as whom it acts.
    user_id: UserId,
    created_at: DateTime<Utc>,
    /// Until when it is good; null for ever.
    #[schema(required)]
    expires_at: Option<DateTime<Utc>>,
    /// Since when it is not.
    #[schema(required)]
    revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    #[schema(required)]
    last_used_at: Option<DateTime<Utc>>,
}

/// A new API key, and the key itself, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
struct NewApiKeyView {
    #[serde(flatten)]
    api_key: ApiKeyView,
    /// Send it as `Authorization: Bearer …`.
    #[schema(example = "cauce_live_7hq2m0xk_5Q0yTqf1m2pQ3l9rS8dWc7vX6bN4hJkLzAeUoYiPgRt_1c291ca3")]
    key: String,
}

/// What an API key is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Web form", "scopes": ["leads:write"], "expires_at": "2027-01-05T15:00:00Z" }))]
struct CreateApiKey {
    #[schema(value_type = KeyName)]
    name: String,
    /// `<area>:<verb>`, either half possibly `*`; none beyond your own permissions, which `GET /api/v1/me` lists.
    #[schema(value_type = Vec<Scope>, min_items = 1, max_items = 50)]
    scopes: Vec<String>,
    /// Until when it is good, at most ten years from now; for ever when left out.
    #[schema(value_type = Option<DateTime<Utc>>)]
    expires_at: Option<Moment>,
}

/// The schema of a scope; `Scopes::parse` is the rule.
enum Scope {}

impl PartialSchema for Scope {
    fn schema() -> RefOr<Schema> {
        let pattern = format!("^(\\*|{}):(\\*|[a-z_]{{1,40}})$", AREAS.join("|"));
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("`<area>:<verb>`, either half possibly `*`."))
            .pattern(Some(pattern))
            .examples(["leads:write"])
            .into()
    }
}

impl ToSchema for Scope {}

/// Which API keys to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ApiKeyQuery {
    /// Items on a page.
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200, default = 20)]
    limit: PageLimit,
    /// The `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// Make an API key
///
/// Makes an API key that acts as you, within its scopes. The answer holds the key itself, which is shown this once.
#[utoipa::path(operation_id = "api_keys_create", tag = "api-keys",
    security(("bearer" = ["api_keys:write"])), request_body = CreateApiKey,
    responses((status = 201, description = "The key.", body = NewApiKeyView,
        headers(("Location" = String, description = "Where the key is revoked.")))))]
#[post("/api/v1/api-keys")]
async fn api_keys_create(
    who: Authorized<WriteApiKeys>,
    identity: Data<Identity>,
    command: Command<CreateApiKey>,
) -> Result<Reply, Problem> {
    let request = command.value.parse(identity.db.clock().now())?;
    let (user, held) = (who.caller().user, who.caller().grants.clone());
    let once = command.once;
    let create = move |tx: &mut TenantTx<'_>| {
        once.run(tx, |tx| {
            service::create(tx, user, &held, request).map(|(api_key, key)| {
                let location = format!("/api/v1/api-keys/{}", api_key.id);
                Reply::created(&NewApiKeyView { api_key: api_key.into(), key }, location)
            })
        })
    };
    identity.db.tenant(who.actor(), create).await
}

/// List API keys
///
/// Lists the company's API keys, the newest first, revoked ones too.
#[utoipa::path(operation_id = "api_keys_list", tag = "api-keys",
    security(("bearer" = ["api_keys:read"])), params(ApiKeyQuery),
    responses((status = 200, description = "A page of keys.", body = Page<ApiKeyView>)))]
#[get("/api/v1/api-keys")]
async fn api_keys_list(
    who: Authorized<ReadApiKeys>,
    identity: Data<Identity>,
    query: Query<ApiKeyQuery>,
) -> Result<Reply, Problem> {
    let limit = query.0.limit;
    let after = query.0.cursor.as_deref().map(Cursor::read::<SessionId>).transpose()?;
    let keys =
        identity.db.read(who.actor(), move |tx| service::list(tx, after, limit.rows_to_read())).await?;
    Ok(Reply::ok(&Page::cut(keys, limit, |key| Cursor::write(&key.id)).map(ApiKeyView::from)))
}

/// Revoke an API key
///
/// Revokes an API key: its next request is refused. Revoking it again changes nothing.
#[utoipa::path(operation_id = "api_keys_revoke", tag = "api-keys",
    security(("bearer" = ["api_keys:write"])), params(("id" = SessionId, Path, description = "The key.")),
    responses((status = 204, description = "It is revoked.")))]
#[delete("/api/v1/api-keys/{id}")]
async fn api_keys_revoke(
    who: Authorized<WriteApiKeys>,
    identity: Data<Identity>,
    id: Path<SessionId>,
) -> Result<Reply, Problem> {
    let revoked = identity.db.tenant(who.actor(), move |tx| service::revoke(tx, *id)).await;
    identity.verifier.recheck(who.actor().tenant());
    revoked?;
    Ok(Reply::no_content())
}

impl CreateApiKey {
    fn parse(self, now: DateTime<Utc>) -> Result<KeyRequest, Problem> {
        let mut fields = Fields::default();
        let name = fields.take("/name", KeyName::parse(&self.name));
        let scopes = fields.take("/scopes", Scopes::parse(&self.scopes));
        let expires_at = self.expires_at.map(Moment::utc);
        if expires_at.is_some_and(|end| end <= now || end > now + LONGEST_LIFE) {
            fields.refuse(
                "/expires_at",
                Invalid::new(
                    "must be in the future, at most ten years from now; leave it out for ever",
                    "debe estar en el futuro, a diez años como máximo; omítalo para que no venza",
                ),
            );
        }
        fields.finish()?;
        match (name, scopes) {
            (Some(name), Some(scopes)) => Ok(KeyRequest { name, scopes, expires_at }),
            _ => Err(Problem::internal()),
        }
    }
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            prefix: key.prefix,
            scopes: key.scopes,
            user_id: key.user,
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            last_used_at: key.last_used_at,
        }
    }
}

//! Limits over HTTP.

use actix_web::get;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::identity::Identity;
use crate::identity::permissions::ReadTenant;
use crate::platform::auth::Authorized;
use crate::platform::http::{Reply, Routes};
use crate::platform::limits::{Quota, Quotas};
use crate::platform::problem::Problem;

/// Registers the operations of this file.
pub(in crate::identity) fn routes(config: &mut Routes<'_, '_>) {
    config.service(tenant_limits);
}

/// Everything of which the company may have, or do, only so much.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({ "data": [
    { "name": "tenant", "unit": "requests_per_minute", "limit": 1000, "used": 12, "remaining": 988 },
    { "name": "webhooks", "unit": "items", "limit": 20, "used": 2, "remaining": 18 },
    { "name": "import_file", "unit": "bytes", "limit": 67_108_864, "used": null, "remaining": null }
] }))]
struct LimitsView {
    data: Vec<LimitView>,
}

/// One limit.
#[derive(Debug, Serialize, ToSchema)]
struct LimitView {
    #[serde(flatten)]
    quota: Quota,
    /// How much is left; null where each thing is measured by itself.
    #[schema(required)]
    remaining: Option<u64>,
}

impl From<Quota> for LimitView {
    fn from(quota: Quota) -> Self {
        Self { remaining: quota.used.map(|used| quota.limit.saturating_sub(used)), quota }
    }
}

/// Show limits
///
/// Shows every limit of the company: requests a minute (those of each user for the caller; `PATCH /api/v1/tenant` tightens them),
/// things that there may be only so many of, and sizes. Requests are counted by each server for itself.
#[utoipa::path(operation_id = "tenant_limits", tag = "tenant", security(("bearer" = ["tenant:read"])),
    responses((status = 200, description = "The limits.", body = LimitsView)))]
#[get("/api/v1/tenant/limits")]
async fn tenant_limits(
    who: Authorized<ReadTenant>,
    identity: Data<Identity>,
    quotas: Data<Quotas>,
) -> Result<Reply, Problem> {
    let requests = identity.limits.standings(who.caller());
    let held = identity.db.read(who.actor(), move |tx| quotas.of(tx)).await?;
    let data = requests.into_iter().chain(held).map(LimitView::from).collect();
    Ok(Reply::ok(&LimitsView { data }))
}

//! Making, reading, changing and deleting webhooks, and their secrets.

use actix_web::web::{Data, Path};
use actix_web::{delete, get, patch, post};
use chrono::TimeDelta;
use serde::Deserialize;
use utoipa::ToSchema;

use super::views::{WebhookView, WebhookWithSecret};
use super::{ReadWebhooks, WriteWebhooks};
use crate::kernel::{Invalid, Line};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::events::{Catalogue, KindPattern};
use crate::platform::http::{Body, Command, Fields, IfMatch, Page, Patch, Reply};
use crate::platform::problem::Problem;
use crate::webhooks::Webhooks;
use crate::webhooks::contract::{EndpointId, WebhooksError};
use crate::webhooks::domain::{Reach, Target};
use crate::webhooks::service::{self, EndpointChange, NewEndpoint, Sending};

/// Patterns that one webhook may have.
const MOST_PATTERNS: usize = 50;
/// Hours that the secret before a rotation signs too, when not said; and at most.
const USUAL_OVERLAP: i64 = 24;
const LONGEST_OVERLAP: i64 = 168;

/// A webhook to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "url": "https://hooks.empresa.mx/cauce", "event_types": ["Lead.*"], "description": "Contabilidad"
}))]
struct WebhookRequest {
    /// An `https` address with a public domain, on port 443, without user name, password or fragment.
    #[schema(
        max_length = 2048,
        pattern = "^https://[a-z]{1,20}\\.[a-z]{1,20}\\.[a-z]{2,10}(/[A-Za-z0-9._~-]{1,50}){0,5}$"
    )]
    url: String,
    /// The kinds to send: `Lead.Created`, `Lead.*` for an area, `*` for all, as the event catalogue names them.
    #[schema(min_items = 1, max_items = 50)]
    event_types: Vec<String>,
    /// What for.
    #[schema(value_type = Option<Line<200>>)]
    description: Option<String>,
    /// Whether to send at once; true when not said.
    enabled: Option<bool>,
}

/// What changes of a webhook.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "event_types": ["Lead.Created", "Lead.Qualified"], "enabled": true }))]
struct WebhookChanges {
    /// Where to.
    #[schema(
        max_length = 2048,
        pattern = "^https://[a-z]{1,20}\\.[a-z]{1,20}\\.[a-z]{2,10}(/[A-Za-z0-9._~-]{1,50}){0,5}$"
    )]
    url: Option<String>,
    /// The kinds to send.
    #[schema(min_items = 1, max_items = 50)]
    event_types: Option<Vec<String>>,
    /// What for.
    #[serde(default)]
    #[schema(value_type = Option<Line<200>>)]
    description: Patch<String>,
    /// Whether to send. Enabling forgets the failures before; what happened meanwhile is sent by a replay only.
    enabled: Option<bool>,
}

/// How a secret is rotated.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "overlap_hours": 24 }))]
struct RotationRequest {
    /// How long the secret before signs too; 24 when not said, 0 when it is known to others, which ends all before at once.
    #[schema(minimum = 0, maximum = 168)]
    overlap_hours: Option<i64>,
}

/// List webhooks
///
/// Lists every webhook of your company; there are at most 20.
#[utoipa::path(operation_id = "webhooks_list", tag = "webhooks", security(("bearer" = ["webhooks:read"])),
    responses((status = 200, description = "Every webhook.", body = Page<WebhookView>)))]
#[get("/api/v1/webhooks")]
pub async fn webhooks_list(who: Authorized<ReadWebhooks>, db: Data<Db>) -> Result<Reply, Problem> {
    let rows = db.read(who.actor(), service::all).await?;
    let data = rows.into_iter().map(WebhookView::from).collect();
    Ok(Reply::ok(&Page::whole(data)))
}

/// Create a webhook
///
/// Has events sent to an address of yours from now on. The answer holds the secret that signatures are verified with; it is
/// shown this once.
#[utoipa::path(operation_id = "webhooks_create", tag = "webhooks", security(("bearer" = ["webhooks:write"])),
    request_body = WebhookRequest,
    responses((status = 201, description = "Made.", body = WebhookWithSecret)))]
#[post("/api/v1/webhooks")]
pub async fn webhooks_create(
    who: Authorized<WriteWebhooks>,
    db: Data<Db>,
    catalogue: Data<Catalogue>,
    webhooks: Data<Webhooks>,
    command: Command<WebhookRequest>,
) -> Result<Reply, Problem> {
    let (request, once) = (command.value, command.once);
    let mut fields = Fields::default();
    let target = fields.take("/url", Target::parse(&request.url, webhooks.settings.reach));
    let event_types = patterns(&mut fields, &request.event_types, &catalogue);
    let description =
        fields.take_optional("/description", request.description.as_deref(), Line::<200>::parse);
    fields.finish()?;
    let new = NewEndpoint {
        target: target.ok_or_else(Problem::internal)?,
        event_types,
        description: description.map(|line| line.as_str().to_owned()),
        initially: sending(request.enabled.unwrap_or(true)),
    };
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let (row, secret) = service::create(tx, &webhooks.seal, new)?;
            let (location, version) = (format!("/api/v1/webhooks/{}", row.id), row.version);
            let reply = Reply::created(&WebhookWithSecret::new(row, &secret), location);
            Ok::<_, WebhooksError>(reply.version(version))
        })
    })
    .await
}

/// Show a webhook
///
/// Shows a webhook, without its secret.
#[utoipa::path(operation_id = "webhooks_get", tag = "webhooks", security(("bearer" = ["webhooks:read"])),
    params(("id" = EndpointId, Path, description = "The webhook.")),
    responses((status = 200, description = "The webhook.", body = WebhookView)))]
#[get("/api/v1/webhooks/{id}")]
pub async fn webhooks_get(
    who: Authorized<ReadWebhooks>,
    id: Path<EndpointId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    let row = db.read(who.actor(), move |tx| service::find(tx, id)).await?;
    let version = row.version;
    Ok(Reply::ok(&WebhookView::from(row)).version(version))
}

/// Change a webhook
///
/// Changes the address, the kinds or the description, or enables or disables it.
#[utoipa::path(operation_id = "webhooks_update", tag = "webhooks", security(("bearer" = ["webhooks:write"])),
    params(("id" = EndpointId, Path, description = "The webhook."),
        ("If-Match" = Option<String>, Header, description = "The version that you read.")),
    request_body = WebhookChanges,
    responses((status = 200, description = "The webhook as it is now.", body = WebhookView)))]
#[patch("/api/v1/webhooks/{id}")]
pub async fn webhooks_update(
    who: Authorized<WriteWebhooks>,
    id: Path<EndpointId>,
    expected: IfMatch,
    db: Data<Db>,
    catalogue: Data<Catalogue>,
    webhooks: Data<Webhooks>,
    body: Body<WebhookChanges>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    let change = body.0.parse(&catalogue, webhooks.settings.reach)?;
    let row = db.tenant(who.actor(), move |tx| service::update(tx, id, expected.0, change)).await?;
    let version = row.version;
    Ok(Reply::ok(&WebhookView::from(row)).version(version))
}

/// Delete a webhook
///
/// Deletes a webhook with everything that was or is to be sent to it. An attempt that is under way may still arrive.
#[utoipa::path(operation_id = "webhooks_delete", tag = "webhooks", security(("bearer" = ["webhooks:write"])),
    params(("id" = EndpointId, Path, description = "The webhook.")),
    responses((status = 204, description = "Gone.")))]
#[delete("/api/v1/webhooks/{id}")]
pub async fn webhooks_delete(
    who: Authorized<WriteWebhooks>,
    id: Path<EndpointId>,
    db: Data<Db>,
    webhooks: Data<Webhooks>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.tenant(who.actor(), move |tx| service::delete(tx, id)).await?;
    webhooks.deletions.notify_one();
    Ok(Reply::no_content())
}

/// Rotate the secret
///
/// Gives the webhook a new secret, which is shown this once. Until the overlap ends, everything is signed with both, and the
/// secret is rotated again only with `overlap_hours` 0, which ends all secrets before the new one at once.
#[utoipa::path(operation_id = "webhooks_rotate_secret", tag = "webhooks", security(("bearer" = ["webhooks:write"])),
    params(("id" = EndpointId, Path, description = "The webhook.")), request_body = RotationRequest,
    responses((status = 200, description = "The webhook and its new secret.", body = WebhookWithSecret),
        (status = 409, description = "The overlap of the last rotation runs until `previous_secret_until`.")))]
#[post("/api/v1/webhooks/{id}/rotate-secret")]
pub async fn webhooks_rotate_secret(
    who: Authorized<WriteWebhooks>,
    id: Path<EndpointId>,
    db: Data<Db>,
    webhooks: Data<Webhooks>,
    command: Command<RotationRequest>,
) -> Result<Reply, Problem> {
    let (id, request, once) = (id.into_inner(), command.value, command.once);
    let hours = request.overlap_hours.unwrap_or(USUAL_OVERLAP);
    let mut fields = Fields::default();
    if !(0..=LONGEST_OVERLAP).contains(&hours) {
        fields.refuse("/overlap_hours", Invalid::new("must be from 0 to 168", "debe ser de 0 a 168"));
    }
    fields.finish()?;
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let (row, secret) = service::rotate_secret(tx, &webhooks.seal, id, TimeDelta::hours(hours))?;
            let version = row.version;
            Ok::<_, WebhooksError>(Reply::ok(&WebhookWithSecret::new(row, &secret)).version(version))
        })
    })
    .await
}

impl WebhookChanges {
    fn parse(self, catalogue: &Catalogue, reach: Reach) -> Result<EndpointChange, Problem> {
        let mut fields = Fields::default();
        let target = fields.take_optional("/url", self.url.as_deref(), |text| Target::parse(text, reach));
        let event_types = self.event_types.map(|list| patterns(&mut fields, &list, catalogue));
        let description = match self.description {
            Patch::Set(text) => fields
                .take("/description", Line::<200>::parse(&text))
                .map_or(Patch::Keep, |line| Patch::Set(line.as_str().to_owned())),
            Patch::Clear => Patch::Clear,
            Patch::Keep => Patch::Keep,
        };
        fields.finish()?;
        Ok(EndpointChange { target, event_types, description, sending: self.enabled.map(sending) })
    }
}

fn patterns(fields: &mut Fields, list: &[String], catalogue: &Catalogue) -> Vec<String> {
    if list.is_empty() || list.len() > MOST_PATTERNS {
        fields.refuse("/event_types", Invalid::new("must be 1 to 50 kinds", "deben ser de 1 a 50 tipos"));
        return Vec::new();
    }
    let parsed = list.iter().enumerate().filter_map(|(index, text)| {
        fields.take(&format!("/event_types/{index}"), KindPattern::parse(text, catalogue))
    });
    let mut patterns: Vec<KindPattern> = parsed.collect();
    patterns.sort();
    patterns.dedup();
    patterns.iter().map(ToString::to_string).collect()
}

fn sending(enabled: bool) -> Sending {
    if enabled { Sending::On } else { Sending::Off }
}

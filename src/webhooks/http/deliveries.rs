//! What was sent to a webhook, and sending it again.

use actix_web::web::{Data, Path};
use actix_web::{get, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::views::{DeliveryDetails, DeliveryView, WebhookView};
use super::{ReadWebhooks, WriteWebhooks};
use crate::kernel::Invalid;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Command, Cursor, Empty, Moment, Page, PageLimit, Query, Reply};
use crate::platform::problem::{FieldError, Problem};
use crate::webhooks::Webhooks;
use crate::webhooks::contract::{DeliveryId, EndpointId, WebhooksError};
use crate::webhooks::domain::DeliveryStatus;
use crate::webhooks::service;
use crate::webhooks::store::DeliveryFilter;

/// Which deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DeliveryQuery {
    /// Items on a page.
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200, default = 20)]
    limit: PageLimit,
    /// The `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
    /// Only those that stand so.
    #[param(inline)]
    status: Option<DeliveryStatus>,
    /// Only of this kind of event.
    #[serde(rename = "type")]
    #[param(example = "Lead.Created")]
    kind: Option<String>,
}

/// What to send again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "since": "2026-01-05T15:00:00Z" }))]
struct ReplayRequest {
    /// What happened at this time or later.
    #[schema(value_type = DateTime<Utc>)]
    since: Moment,
    /// What happened before this time; now when not said.
    #[schema(value_type = Option<DateTime<Utc>>)]
    until: Option<Moment>,
}

/// Send a test ping
///
/// Sends `Webhook.Ping` to the address once, signed like any event; the delivery tells how it went.
#[utoipa::path(operation_id = "webhooks_ping", tag = "webhooks", security(("bearer" = ["webhooks:write"])),
    params(("id" = EndpointId, Path, description = "The webhook.")), request_body = Empty,
    responses((status = 202, description = "It is being sent.", body = DeliveryView)))]
#[post("/api/v1/webhooks/{id}/ping")]
pub async fn webhooks_ping(
    who: Authorized<WriteWebhooks>,
    id: Path<EndpointId>,
    db: Data<Db>,
    webhooks: Data<Webhooks>,
    command: Command<Empty>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    let reply = db
        .tenant(who.actor(), move |tx| {
            command.once.run(tx, |tx| {
                let row = service::ping(tx, id)?;
                let location = format!("/api/v1/webhooks/{id}/deliveries/{}", row.id);
                Ok::<_, WebhooksError>(Reply::accepted(&DeliveryView::from(row), location))
            })
        })
        .await?;
    webhooks.signal.notify_one();
    Ok(reply)
}

/// Replay events
///
/// Sends everything again that happened in a span of time and that the webhook takes, under the ids of old. It goes on in the
/// background; `replaying` of the webhook tells until when.
#[utoipa::path(operation_id = "webhooks_replay", tag = "webhooks", security(("bearer" = ["webhooks:write"])),
    params(("id" = EndpointId, Path, description = "The webhook.")), request_body = ReplayRequest,
    responses((status = 202, description = "It has begun.", body = WebhookView)))]
#[post("/api/v1/webhooks/{id}/replay")]
pub async fn webhooks_replay(
    who: Authorized<WriteWebhooks>,
    id: Path<EndpointId>,
    db: Data<Db>,
    command: Command<ReplayRequest>,
) -> Result<Reply, Problem> {
    let (id, request, once) = (id.into_inner(), command.value, command.once);
    if request.until.is_some_and(|until| until <= request.since) {
        let reason = Invalid::new("must be later than `since`", "debe ser posterior a `since`");
        return Err(Problem::invalid(vec![FieldError::at("/until", reason)]));
    }
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::replay(tx, id, request.since.utc(), request.until.map(Moment::utc))?;
            let location = format!("/api/v1/webhooks/{id}");
            Ok::<_, WebhooksError>(Reply::accepted(&WebhookView::from(row), location))
        })
    })
    .await
}

/// List deliveries
///
/// Lists what was sent or is to be sent to a webhook, the newest first. They are kept for 30 days.
#[utoipa::path(operation_id = "webhooks_deliveries", tag = "webhooks", security(("bearer" = ["webhooks:read"])),
    params(("id" = EndpointId, Path, description = "The webhook."), DeliveryQuery),
    responses((status = 200, description = "A page of deliveries.", body = Page<DeliveryView>)))]
#[get("/api/v1/webhooks/{id}/deliveries")]
pub async fn webhooks_deliveries(
    who: Authorized<ReadWebhooks>,
    id: Path<EndpointId>,
    db: Data<Db>,
    query: Query<DeliveryQuery>,
) -> Result<Reply, Problem> {
    let (id, query) = (id.into_inner(), query.0);
    let limit = query.limit;
    let before = query.cursor.as_deref().map(Cursor::read::<Uuid>).transpose()?;
    let filter = DeliveryFilter { status: query.status, kind: query.kind, before };
    let rows =
        db.read(who.actor(), move |tx| service::deliveries(tx, id, &filter, limit.rows_to_read())).await?;
    let page = Page::cut(rows, limit, |row| Cursor::write(&row.id));
    Ok(Reply::ok(&page.map(DeliveryView::from)))
}

/// Show a delivery
///
/// Shows a delivery with each attempt.
#[utoipa::path(operation_id = "webhooks_delivery", tag = "webhooks", security(("bearer" = ["webhooks:read"])),
    params(("id" = EndpointId, Path, description = "The webhook."),
        ("delivery_id" = DeliveryId, Path, description = "The delivery.")),
    responses((status = 200, description = "The delivery.", body = DeliveryDetails)))]
#[get("/api/v1/webhooks/{id}/deliveries/{delivery_id}")]
pub async fn webhooks_delivery(
    who: Authorized<ReadWebhooks>,
    path: Path<(EndpointId, DeliveryId)>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, delivery_id) = path.into_inner();
    let (row, attempts) = db.read(who.actor(), move |tx| service::delivery(tx, id, delivery_id)).await?;
    Ok(Reply::ok(&DeliveryDetails::new(row, attempts)))
}

/// Resend a delivery
///
/// Sends a delivery again, whatever became of it, under the same `webhook-id` and with a new round of attempts.
#[utoipa::path(operation_id = "webhooks_resend", tag = "webhooks", security(("bearer" = ["webhooks:write"])),
    params(("id" = EndpointId, Path, description = "The webhook."),
        ("delivery_id" = DeliveryId, Path, description = "The delivery.")),
    request_body = Empty,
    responses((status = 202, description = "It is being sent.", body = DeliveryView)))]
#[post("/api/v1/webhooks/{id}/deliveries/{delivery_id}/resend")]
pub async fn webhooks_resend(
    who: Authorized<WriteWebhooks>,
    path: Path<(EndpointId, DeliveryId)>,
    db: Data<Db>,
    webhooks: Data<Webhooks>,
    command: Command<Empty>,
) -> Result<Reply, Problem> {
    let (id, delivery_id) = path.into_inner();
    let reply = db
        .tenant(who.actor(), move |tx| {
            command.once.run(tx, |tx| {
                let row = service::resend(tx, id, delivery_id)?;
                let location = format!("/api/v1/webhooks/{id}/deliveries/{delivery_id}");
                Ok::<_, WebhooksError>(Reply::accepted(&DeliveryView::from(row), location))
            })
        })
        .await?;
    webhooks.signal.notify_one();
    Ok(reply)
}

//! What an operator of a tenant sees of its readers, and does about events that failed.

use actix_web::web::{Data, Path};
use actix_web::{get, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{ReadEvents, WriteEvents};
use crate::platform::auth::{Actor, Authorized};
use crate::platform::db::Db;
use crate::platform::events::dead_letters::{self, DeadLetterError};
use crate::platform::events::standings::{SubscriptionStanding, standings};
use crate::platform::events::{DeadLetter, DeadLetterFilter, DeadLetterState, EventsHandle, Resolution};
use crate::platform::http::{Command, Cursor, Empty, Page, PageLimit, Query, Reply};
use crate::platform::problem::Problem;

/// An event that a subscription gave up on after eight attempts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c21", "subscription": "leads-scoring", "position": 1204,
    "event_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c22", "type": "Lead.Created",
    "record_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11", "attempts": 8, "first_error": "the data cannot be read",
    "last_error": "the data cannot be read", "parked_at": "2026-01-05T15:00:00Z", "resolved_at": null,
    "resolution": null
}))]
struct DeadLetterView {
    /// Its identifier.
    id: Uuid,
    /// The subscription that failed.
    subscription: String,
    /// The event's `sequence`.
    position: i64,
    /// The event's `id`.
    event_id: Uuid,
    /// The kind of event.
    #[serde(rename = "type")]
    kind: String,
    /// The record that it happened to.
    record_id: Uuid,
    /// How often it was tried.
    attempts: i32,
    /// Why the first attempt failed.
    first_error: String,
    /// Why the last attempt failed.
    last_error: String,
    /// When it was given up.
    parked_at: DateTime<Utc>,
    /// When somebody retried or skipped it.
    #[schema(required)]
    resolved_at: Option<DateTime<Utc>>,
    /// `retried` or `skipped`.
    #[schema(required)]
    resolution: Option<String>,
}

/// A dead letter with its event.
#[derive(Debug, Serialize, ToSchema)]
struct DeadLetterDetails {
    #[serde(flatten)]
    letter: DeadLetterView,
    /// The event as CloudEvents JSON; null when the log no longer has it.
    #[schema(required, value_type = Option<Object>)]
    event: Option<Value>,
}

/// Which dead letters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DeadLetterQuery {
    /// Items on a page.
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200, default = 20)]
    limit: PageLimit,
    /// The `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
    /// Only those of this subscription.
    #[param(example = "leads-scoring")]
    subscription: Option<String>,
    /// `open`: nobody retried or skipped them yet; `any`: all of them.
    #[serde(default)]
    #[param(inline)]
    state: StateQuery,
}

/// Which of them by what was done about them.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum StateQuery {
    #[default]
    Open,
    Any,
}

/// List subscriptions
///
/// Lists the readers of the event log: how far each has come, whether it keeps up, and how many of your events it could
/// not handle.
#[utoipa::path(operation_id = "events_subscriptions", tag = "events", security(("bearer" = ["events:read"])),
    responses((status = 200, description = "Every subscription.", body = Page<SubscriptionStanding>)))]
#[get("/api/v1/events/subscriptions")]
pub async fn events_subscriptions(who: Authorized<ReadEvents>, db: Data<Db>) -> Result<Reply, Problem> {
    let data = db.read(who.actor(), standings).await?;
    Ok(Reply::ok(&Page::whole(data)))
}

/// List dead letters
///
/// Lists your events that a subscription gave up on, the oldest first.
#[utoipa::path(operation_id = "events_dead_letters", tag = "events", security(("bearer" = ["events:read"])),
    params(DeadLetterQuery),
    responses((status = 200, description = "A page of dead letters.", body = Page<DeadLetterView>)))]
#[get("/api/v1/events/dead-letters")]
pub async fn events_dead_letters(
    who: Authorized<ReadEvents>,
    db: Data<Db>,
    query: Query<DeadLetterQuery>,
) -> Result<Reply, Problem> {
    let query = query.0;
    let filter = DeadLetterFilter {
        tenant: Some(who.caller().tenant),
        subscription: query.subscription,
        state: match query.state {
            StateQuery::Open => DeadLetterState::Open,
            StateQuery::Any => DeadLetterState::Any,
        },
        after: query.cursor.as_deref().map(Cursor::read).transpose()?,
    };
    let letters = dead_letters::dead_letters(&db, filter, query.limit.rows_to_read()).await?;
    let page = Page::cut(letters, query.limit, |letter| Cursor::write(&letter.id));
    Ok(Reply::ok(&page.map(DeadLetterView::from)))
}

/// Show a dead letter
///
/// Shows an event that a subscription gave up on, with the event itself.
#[utoipa::path(operation_id = "events_dead_letter", tag = "events", security(("bearer" = ["events:read"])),
    params(("id" = Uuid, Path, description = "The dead letter.")),
    responses((status = 200, description = "The dead letter.", body = DeadLetterDetails)))]
#[get("/api/v1/events/dead-letters/{id}")]
pub async fn events_dead_letter(
    who: Authorized<ReadEvents>,
    id: Path<Uuid>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.read(who.actor(), move |tx| {
        let (letter, event) = dead_letters::find(tx, id)?;
        let event = event.map(|event| event.envelope());
        Ok::<_, Problem>(Reply::ok(&DeadLetterDetails { letter: letter.into(), event }))
    })
    .await
}

/// Retry a dead letter
///
/// Has the subscription try the event again, with eight new attempts; later events of its record wait for it.
#[utoipa::path(operation_id = "events_retry_dead_letter", tag = "events", security(("bearer" = ["events:write"])),
    params(("id" = Uuid, Path, description = "The dead letter.")), request_body = Empty,
    responses((status = 200, description = "It will be tried again.", body = DeadLetterView)))]
#[post("/api/v1/events/dead-letters/{id}/retry")]
pub async fn events_retry_dead_letter(
    who: Authorized<WriteEvents>,
    id: Path<Uuid>,
    command: Command<Empty>,
    db: Data<Db>,
    events: Data<EventsHandle>,
) -> Result<Reply, Problem> {
    let reply = resolve(&db, who.actor(), *id, command, Resolution::Retry).await?;
    events.wake();
    Ok(reply)
}

/// Skip a dead letter
///
/// Leaves the event alone for good: its effect in that subscription never happens.
#[utoipa::path(operation_id = "events_skip_dead_letter", tag = "events", security(("bearer" = ["events:write"])),
    params(("id" = Uuid, Path, description = "The dead letter.")), request_body = Empty,
    responses((status = 200, description = "It is left.", body = DeadLetterView)))]
#[post("/api/v1/events/dead-letters/{id}/skip")]
pub async fn events_skip_dead_letter(
    who: Authorized<WriteEvents>,
    id: Path<Uuid>,
    command: Command<Empty>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    resolve(&db, who.actor(), *id, command, Resolution::Skip).await
}

async fn resolve(
    db: &Db,
    actor: Actor,
    id: Uuid,
    command: Command<Empty>,
    resolution: Resolution,
) -> Result<Reply, Problem> {
    db.tenant(actor, move |tx| {
        command.once.run(tx, |tx| {
            let letter = dead_letters::resolve(tx, id, resolution)?;
            Ok::<_, DeadLetterError>(Reply::ok(&DeadLetterView::from(letter)))
        })
    })
    .await
}

impl From<DeadLetter> for DeadLetterView {
    fn from(letter: DeadLetter) -> Self {
        Self {
            id: letter.id,
            subscription: letter.subscription,
            position: letter.position,
            event_id: letter.event_id,
            kind: letter.type_,
            record_id: letter.aggregate_id,
            attempts: letter.attempts,
            first_error: letter.first_error,
            last_error: letter.last_error,
            parked_at: letter.parked_at,
            resolved_at: letter.resolved_at,
            resolution: letter.resolution,
        }
    }
}

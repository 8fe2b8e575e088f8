//! Webhooks as clients see them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::webhooks::domain::{DeliveryStatus, DisabledReason, SigningSecret};
use crate::webhooks::store::{AttemptRow, DeliveryRow, EndpointRow};

/// A webhook.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!(webhook_example()))]
pub struct WebhookView {
    /// Its identifier.
    id: Uuid,
    /// Where events are sent.
    url: String,
    /// What for.
    #[schema(required)]
    description: Option<String>,
    /// The kinds that are sent: `Lead.Created`, `Lead.*` or `*`.
    event_types: Vec<String>,
    /// Whether events are sent.
    enabled: bool,
    /// Why they are not.
    #[schema(required, value_type = Option<DisabledReason>)]
    disabled_reason: Option<String>,
    /// The first failure since the last success.
    #[schema(required)]
    failing_since: Option<DateTime<Utc>>,
    /// Until when the secret before the last rotation signs too.
    #[schema(required)]
    previous_secret_until: Option<DateTime<Utc>>,
    /// Whether a replay is under way.
    replaying: bool,
    /// Counts the changes.
    version: i32,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was changed last.
    updated_at: DateTime<Utc>,
}

/// A webhook with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookWithSecret {
    #[serde(flatten)]
    webhook: WebhookView,
    /// `whsec_` and base64: what signatures are verified with.
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")]
    secret: String,
}

/// An event on its way to a webhook.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!(delivery_example()))]
pub struct DeliveryView {
    /// Its identifier.
    id: Uuid,
    /// The event, or the ping: the `webhook-id`.
    event_id: Uuid,
    /// Its kind; `Webhook.Ping` for a test.
    event_type: String,
    /// How it stands.
    #[schema(value_type = DeliveryStatus)]
    status: String,
    /// Attempts since it was sent last.
    attempts: i32,
    /// When it is tried next.
    #[schema(required)]
    next_attempt_at: Option<DateTime<Utc>>,
    /// The HTTP status of the last answer.
    #[schema(required)]
    last_status: Option<i32>,
    /// What was wrong last: `status`, `redirect`, `timeout`, `connection`, `address_refused`, `secret_unreadable`, `event_gone`.
    #[schema(required)]
    last_error: Option<String>,
    /// When it was first to be sent.
    created_at: DateTime<Utc>,
    /// When it was delivered or given up.
    #[schema(required)]
    finished_at: Option<DateTime<Utc>>,
}

/// A delivery with every attempt.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryDetails {
    #[serde(flatten)]
    delivery: DeliveryView,
    /// Every attempt, the first one first; also those before it was sent again.
    history: Vec<AttemptView>,
}

/// One try of a delivery.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "number": 1, "at": "2026-01-05T15:00:00Z", "duration_ms": 120, "response_status": 503, "error": "status"
}))]
pub struct AttemptView {
    /// 1 for the first.
    number: i32,
    /// When it began.
    at: DateTime<Utc>,
    /// How long it took.
    duration_ms: i32,
    /// The HTTP status of the answer.
    #[schema(required)]
    response_status: Option<i32>,
    /// What was wrong, as in `last_error`.
    #[schema(required)]
    error: Option<String>,
}

impl WebhookWithSecret {
    /// The webhook and its secret.
    pub fn new(row: EndpointRow, secret: &SigningSecret) -> Self {
        Self { webhook: row.into(), secret: secret.reveal() }
    }
}

impl DeliveryDetails {
    /// The delivery and its attempts.
    pub fn new(row: DeliveryRow, attempts: Vec<AttemptRow>) -> Self {
        Self { delivery: row.into(), history: attempts.into_iter().map(AttemptView::from).collect() }
    }
}

impl From<EndpointRow> for WebhookView {
    fn from(row: EndpointRow) -> Self {
        Self {
            enabled: row.is_enabled(),
            replaying: row.replay_until.is_some(),
            id: row.id,
            url: row.url,
            description: row.description,
            event_types: row.event_types,
            disabled_reason: row.disabled_reason,
            failing_since: row.failing_since,
            previous_secret_until: row.previous_secret_until,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl From<DeliveryRow> for DeliveryView {
    fn from(row: DeliveryRow) -> Self {
        let waits = row.status == DeliveryStatus::Pending.as_str();
        Self {
            id: row.id,
            event_id: row.event_id,
            event_type: row.event_type,
            status: row.status,
            attempts: row.attempts,
            next_attempt_at: waits.then_some(row.next_at),
            last_status: row.last_status,
            last_error: row.last_error,
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}

impl From<AttemptRow> for AttemptView {
    fn from(row: AttemptRow) -> Self {
        let AttemptRow { number, at, duration_ms, response_status, error, .. } = row;
        Self { number, at, duration_ms, response_status, error }
    }
}

fn webhook_example() -> Value {
    json!({
        "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c31", "url": "https://hooks.empresa.mx/cauce", "description": "Contabilidad",
        "event_types": ["Lead.*"], "enabled": true, "disabled_reason": null, "failing_since": null,
        "previous_secret_until": null, "replaying": false, "version": 1, "created_at": "2026-01-05T15:00:00Z",
        "updated_at": "2026-01-05T15:00:00Z"
    })
}

fn delivery_example() -> Value {
    json!({
        "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c41", "event_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c22",
        "event_type": "Lead.Created", "status": "pending", "attempts": 1, "next_attempt_at": "2026-01-05T15:00:05Z",
        "last_status": 503, "last_error": "status", "created_at": "2026-01-05T15:00:00Z", "finished_at": null
    })
}

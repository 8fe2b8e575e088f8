//! What happens to webhooks. Addresses are left out: they may hold secrets of the receiver.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::EndpointId;
use crate::platform::events::{Event, EventKind};
use crate::platform::id::Id;
use crate::webhooks::domain::DisabledReason;

/// The events of webhooks, for the catalogue.
pub fn catalogue() -> Vec<EventKind> {
    vec![
        EventKind::of::<WebhookCreated>(),
        EventKind::of::<WebhookUpdated>(),
        EventKind::of::<WebhookSecretRotated>(),
        EventKind::of::<WebhookDisabled>(),
        EventKind::of::<WebhookDeleted>(),
    ]
}

/// Somebody made a webhook.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WebhookCreated {
    /// The webhook.
    pub id: EndpointId,
    /// The kinds of events that it takes.
    pub event_types: Vec<String>,
}

/// Somebody changed a webhook.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WebhookUpdated {
    /// The webhook.
    pub id: EndpointId,
    /// The kinds of events that it takes now.
    pub event_types: Vec<String>,
    /// Whether events are sent to it now.
    pub enabled: bool,
}

/// A webhook got a new secret.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WebhookSecretRotated {
    /// The webhook.
    pub id: EndpointId,
    /// Until when the secret before signs too.
    pub previous_until: DateTime<Utc>,
}

/// The server gave a webhook up.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WebhookDisabled {
    /// The webhook.
    pub id: EndpointId,
    /// Why.
    pub reason: DisabledReason,
    /// The first failure since the last success.
    pub failing_since: Option<DateTime<Utc>>,
}

/// Somebody deleted a webhook.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WebhookDeleted {
    /// The webhook.
    pub id: EndpointId,
}

fn endpoint() -> EndpointId {
    Id::from(uuid::Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c31))
}

fn moment() -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(1_796_050_800_000_000_000)
}

impl Event for WebhookCreated {
    const TYPE: &'static str = "Webhook.Created";
    const SUBJECT: &'static str = "platform.webhook.created";
    const SUMMARY: &'static str = "A webhook was made.";

    fn example() -> Self {
        Self { id: endpoint(), event_types: vec!["Lead.*".to_owned()] }
    }
}

impl Event for WebhookUpdated {
    const TYPE: &'static str = "Webhook.Updated";
    const SUBJECT: &'static str = "platform.webhook.updated";
    const SUMMARY: &'static str = "A webhook was changed, enabled or disabled by somebody.";

    fn example() -> Self {
        Self { id: endpoint(), event_types: vec!["*".to_owned()], enabled: true }
    }
}

impl Event for WebhookSecretRotated {
    const TYPE: &'static str = "Webhook.SecretRotated";
    const SUBJECT: &'static str = "platform.webhook.secret-rotated";
    const SUMMARY: &'static str = "A webhook got a new secret.";

    fn example() -> Self {
        Self { id: endpoint(), previous_until: moment() }
    }
}

impl Event for WebhookDisabled {
    const TYPE: &'static str = "Webhook.Disabled";
    const SUBJECT: &'static str = "platform.webhook.disabled";
    const SUMMARY: &'static str =
        "A webhook was disabled because its receiver failed for long, or said that it is gone.";

    fn example() -> Self {
        Self { id: endpoint(), reason: DisabledReason::Failing, failing_since: Some(moment()) }
    }
}

impl Event for WebhookDeleted {
    const TYPE: &'static str = "Webhook.Deleted";
    const SUBJECT: &'static str = "platform.webhook.deleted";
    const SUMMARY: &'static str = "A webhook was deleted with its deliveries.";

    fn example() -> Self {
        Self { id: endpoint() }
    }
}

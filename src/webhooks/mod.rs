//! Webhooks: a tenant's events sent to addresses of its own, signed, again and again until they arrive.
//!
//! Words. An **endpoint** is an address with a filter and a secret; the API calls it a webhook. A **delivery** is one event
//! for one endpoint; an **attempt** is one try of it.
//!
//! Invariants.
//! - The subscription `webhooks` is a cursor over the log like any other: each event becomes at most one delivery of an
//!   endpoint, and the position and the deliveries commit together. Sending is apart: at least once, with the same id.
//! - Nothing is ever sent to an address that is not public: the one that is checked is the one that is connected to.
//! - An attempt is counted and committed before it is made; no transaction is open while it lasts.
//! - An endpoint that is slow or fails holds up nobody but itself, and a tenant with many of them no other tenant.

mod contract;
mod domain;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod http;
mod lanes;
mod resolver;
mod schema;
mod sender;
mod service;
mod store;
mod tasks;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::Notify;

use crate::platform::db::Module;
use crate::platform::seal::Seal;

pub use contract::events::catalogue as event_catalogue;
pub use contract::{DeliveryId, DeliveryMarker, EndpointId, EndpointMarker, WebhooksError, events};
pub use domain::Reach;
pub use http::routes;
pub use service::quotas;
pub use tasks::{start, subscriptions};

const WEBHOOKS: Module = Module::named("webhooks");

/// How webhooks are set up on this server.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// Which addresses may be called.
    pub reach: Reach,
    /// How long a receiver may take to answer.
    pub timeout: Duration,
    /// How long an endpoint may fail without a success before it is disabled.
    pub patience: TimeDelta,
}

/// What webhooks work with; the server shares one as `Data<Webhooks>`.
#[derive(Clone)]
pub struct Webhooks {
    settings: WebhookSettings,
    seal: Arc<Seal>,
    /// Woken when there may be something to send.
    signal: Arc<Notify>,
    /// Woken when a webhook was deleted.
    deletions: Arc<Notify>,
}

impl Webhooks {
    /// Webhooks whose secrets are sealed under the server's `secret`.
    pub fn new(settings: WebhookSettings, secret: &[u8]) -> Self {
        let seal = Arc::new(Seal::new(secret, b"cauce webhook secrets"));
        Self { settings, seal, signal: Arc::default(), deletions: Arc::default() }
    }
}

//! Events over HTTP: the catalogue, a tenant's own log and its stream, and what failed.

mod history;
mod operators;
mod stream;

use actix_web::get;
use actix_web::web::Data;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub use stream::StreamLimit;

use super::{Catalogue, EventKind, Shape};
use crate::platform::auth::Permission;
use crate::platform::http::{Page, Reply, Routes};

/// `events:read`
pub struct ReadEvents;

/// `events:write`
pub struct WriteEvents;

impl Permission for ReadEvents {
    const NAME: &'static str = "events:read";
}

impl Permission for WriteEvents {
    const NAME: &'static str = "events:write";
}

/// Registers the operations on events.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(events_catalogue)
        .service(history::events_list)
        .service(stream::events_stream)
        .service(operators::events_subscriptions)
        .service(operators::events_dead_letters)
        .service(operators::events_dead_letter)
        .service(operators::events_retry_dead_letter)
        .service(operators::events_skip_dead_letter);
}

/// One kind of event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "Lead.ScoreUpdated", "subject": "lead.score.updated", "summary": "A lead's score became another.",
    "stream": "LEAD_EVENTS", "schema": { "type": "object", "properties": { "to": { "type": "integer" } } },
    "example": { "to": 60 }
}))]
struct CatalogueEntry {
    /// The name, which is the `type` of the envelope.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The NATS subject.
    subject: &'static str,
    /// When it is emitted.
    summary: &'static str,
    /// The JetStream stream that carries it.
    stream: String,
    /// The JSON Schema of `data`.
    schema: Value,
    /// An example of `data`.
    example: Value,
}

impl From<&EventKind> for CatalogueEntry {
    fn from(entry: &EventKind) -> Self {
        let (EventKind { kind, subject, summary, stream, .. }, Shape { schema, example, .. }) =
            (entry, entry.shape());
        Self { kind, subject, summary, stream: stream.clone(), schema, example }
    }
}

/// Event catalogue
///
/// Every kind of event with its subject, stream, schema and an example.
#[utoipa::path(operation_id = "events_catalogue", tag = "events",
    responses((status = 200, description = "All kinds of events.", body = Page<CatalogueEntry>)))]
#[get("/api/v1/events/catalog")]
async fn events_catalogue(catalogue: Data<Catalogue>) -> Reply {
    Reply::ok(&Page::whole(catalogue.entries().iter().map(CatalogueEntry::from).collect::<Vec<_>>()))
}

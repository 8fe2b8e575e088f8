//! Events over HTTP: the catalogue, a tenant's own log and its stream, and what failed.

mod history;
mod operators;
mod stream;

use actix_web::get;
use actix_web::web::Data;
use utoipa_actix_web::service_config::ServiceConfig;

pub use stream::StreamLimit;

use super::{Catalogue, CatalogueEntry};
use crate::platform::auth::Permission;
use crate::platform::http::{Page, Reply};

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
pub fn routes(config: &mut ServiceConfig<'_>) {
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

/// Event catalogue
///
/// Every kind of event with its subject, stream, schema and an example.
#[utoipa::path(operation_id = "events_catalogue", tag = "events",
    responses((status = 200, description = "All kinds of events.", body = Page<CatalogueEntry>)))]
#[get("/api/v1/events/catalog")]
async fn events_catalogue(catalogue: Data<Catalogue>) -> Reply {
    Reply::ok(&Page::whole(catalogue.entries().to_vec()))
}

//! The documents that describe the program: OpenAPI and the event catalogue.

use actix_web::App as HttpApp;
use utoipa::openapi::OpenApi;
use utoipa_actix_web::AppExt;

use crate::platform::events::{self, Catalogue, CatalogueError, Stream};
use crate::platform::http::Routes;
use crate::platform::http::openapi::complete;

/// The OpenAPI 3.1 document of the routes.
pub fn openapi() -> OpenApi {
    let app = HttpApp::new().into_utoipa_app();
    let app = super::MODULES
        .iter()
        .fold(app, |app, routes| app.configure(|config| routes(&mut Routes::Described(config))));
    let (_, mut document) = app.split_for_parts();
    complete(&mut document);
    document
}

/// The JetStream streams, and the subjects that each takes. Each reserves `nats_stream_max_bytes` of the store, so they are few:
/// the embedded server has room for seven.
const STREAMS: [Stream; 5] = [
    ("LEAD_EVENTS", &["lead.>"]),
    ("CUSTOMER_EVENTS", &["customer.>"]),
    (
        "BILLING_EVENTS",
        &["product.>", "stock.>", "quotation.>", "invoice.>", "credit-note.>", "payment.>", "subscription.>"],
    ),
    ("IDENTITY_EVENTS", &["tenant.>", "user.>", "team.>", "session.>", "api-key.>"]),
    ("PLATFORM_EVENTS", &["platform.>"]),
];

/// Every kind of event, and the streams that carry them.
pub fn catalogue() -> Result<Catalogue, CatalogueError> {
    let mut entries = crate::leads::event_catalogue();
    entries.extend(crate::crm::event_catalogue());
    entries.extend(crate::billing::event_catalogue());
    entries.extend(crate::identity::event_catalogue());
    entries.extend(crate::webhooks::event_catalogue());
    entries.extend(events::event_catalogue());
    Catalogue::new(entries, STREAMS.to_vec())
}

/// The AsyncAPI 3.0 document of the catalogue.
pub fn asyncapi() -> Result<serde_json::Value, CatalogueError> {
    catalogue().map(|catalogue| events::asyncapi(&catalogue))
}

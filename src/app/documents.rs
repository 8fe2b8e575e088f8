//! The documents that describe the program: OpenAPI and the event catalogue.

use actix_web::App as HttpApp;
use utoipa::openapi::OpenApi;
use utoipa_actix_web::AppExt;

use crate::platform::events::{Catalogue, CatalogueEntry};
use crate::platform::http::openapi::complete;

/// The OpenAPI 3.1 document of the routes.
pub fn openapi() -> OpenApi {
    let (_, mut document) = HttpApp::new().into_utoipa_app().configure(super::routes).split_for_parts();
    complete(&mut document);
    document
}

/// Every kind of event, and the streams that carry them.
pub fn catalogue() -> Result<Catalogue, crate::platform::events::CatalogueError> {
    let entries: Vec<CatalogueEntry> = Vec::new();
    Catalogue::new(entries, vec![("LEAD_EVENTS", "lead.>")])
}

/// The AsyncAPI 3.0 document of the catalogue.
pub fn asyncapi() -> serde_json::Value {
    serde_json::Value::Null
}

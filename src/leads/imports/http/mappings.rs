//! Saved mappings of columns.

use std::collections::BTreeMap;

use actix_web::web::{Data, Path};
use actix_web::{delete, get, post, put};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::Line;
use crate::leads::contract::LeadsError;
use crate::leads::http::{ReadLeads, WriteLeads};
use crate::leads::imports::service;
use crate::leads::imports::store::MappingRow;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Body, Command, IfMatch, Page, Reply};
use crate::platform::problem::Problem;

/// What the columns of a kind of file feed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImportMappingRequest, example = json!({
    "name": "Directorio de empresas",
    "mapping": { "nom_estab": "company_name", "telefono": "phone", "correoelec": "email", "municipio": "custom:municipio" }
}))]
pub struct MappingRequest {
    /// What it is called; no two have the same name.
    #[schema(value_type = Line<100>)]
    name: String,
    /// `{"<column>": "<field>"}` with a field of a lead, `ignore` or `custom:<name>`: all columns of the file, so that the next
    /// one is recognised.
    #[schema(value_type = Object)]
    mapping: BTreeMap<String, String>,
}

/// A saved mapping.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportMapping, example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c51", "name": "Directorio de empresas",
    "mapping": { "nom_estab": "company_name", "telefono": "phone" }, "version": 1,
    "created_at": "2026-11-22T18:00:00Z", "updated_at": "2026-11-22T18:00:00Z"
}))]
pub struct MappingView {
    /// The mapping's identifier.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// What each column feeds.
    #[schema(value_type = Object)]
    pub mapping: Value,
    /// Counts the changes; also the `ETag`.
    pub version: i32,
    /// When it was saved.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// List saved mappings
///
/// Lists what is known of the columns of files, by name; there are at most 100.
#[utoipa::path(operation_id = "leads_list_import_mappings", tag = "leads", security(("bearer" = ["leads:read"])),
    responses((status = 200, description = "All saved mappings.", body = Page<MappingView>)))]
#[get("/api/v1/leads/imports/mappings")]
pub async fn leads_list_import_mappings(who: Authorized<ReadLeads>, db: Data<Db>) -> Result<Reply, Problem> {
    db.tenant(who.actor(), |tx| {
        let data = service::mappings(tx)?.into_iter().map(MappingView::from).collect();
        Ok::<_, Problem>(Reply::ok(&Page::whole(data)))
    })
    .await
}

/// Save a mapping
///
/// Saves what the columns of a kind of file feed. The next file with the same columns is read by it, in whatever order they
/// stand; `options.mapping_id` names it for other files.
#[utoipa::path(operation_id = "leads_add_import_mapping", tag = "leads", security(("bearer" = ["leads:write"])),
    request_body = MappingRequest, responses((status = 201, description = "Saved.", body = MappingView)))]
#[post("/api/v1/leads/imports/mappings")]
pub async fn leads_add_import_mapping(
    who: Authorized<WriteLeads>,
    command: Command<MappingRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (request, once) = (command.value, command.once);
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::add_mapping(tx, &request.name, &request.mapping)?;
            let (location, version) = (format!("/api/v1/leads/imports/mappings/{}", row.id), row.version);
            Ok::<_, LeadsError>(Reply::created(&MappingView::from(row), location).version(version))
        })
    })
    .await
}

/// Get a saved mapping
///
/// Gets one saved mapping.
#[utoipa::path(operation_id = "leads_get_import_mapping", tag = "leads", security(("bearer" = ["leads:read"])),
    params(("id" = Uuid, Path, description = "The mapping.")),
    responses((status = 200, description = "The mapping.", body = MappingView)))]
#[get("/api/v1/leads/imports/mappings/{id}")]
pub async fn leads_get_import_mapping(
    who: Authorized<ReadLeads>,
    id: Path<Uuid>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.tenant(who.actor(), move |tx| Ok::<_, Problem>(reply(service::mapping(tx, id)?))).await
}

/// Replace a saved mapping
///
/// Replaces name and columns of a saved mapping; imports that are under way keep what they began with.
#[utoipa::path(operation_id = "leads_replace_import_mapping", tag = "leads", security(("bearer" = ["leads:write"])),
    params(("id" = Uuid, Path, description = "The mapping."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = MappingRequest, responses((status = 200, description = "The mapping as it is now.", body = MappingView)))]
#[put("/api/v1/leads/imports/mappings/{id}")]
pub async fn leads_replace_import_mapping(
    who: Authorized<WriteLeads>,
    id: Path<Uuid>,
    version: IfMatch,
    body: Body<MappingRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, request) = (id.into_inner(), body.0);
    db.tenant(who.actor(), move |tx| {
        let row = service::replace_mapping(tx, id, version.0, &request.name, &request.mapping)?;
        Ok::<_, Problem>(reply(row))
    })
    .await
}

/// Remove a saved mapping
///
/// Takes a saved mapping away; imports that it fed stay.
#[utoipa::path(operation_id = "leads_remove_import_mapping", tag = "leads", security(("bearer" = ["leads:write"])),
    params(("id" = Uuid, Path, description = "The mapping."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    responses((status = 204, description = "Gone.")))]
#[delete("/api/v1/leads/imports/mappings/{id}")]
pub async fn leads_remove_import_mapping(
    who: Authorized<WriteLeads>,
    id: Path<Uuid>,
    version: IfMatch,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.tenant(who.actor(), move |tx| {
        service::remove_mapping(tx, id, version.0)?;
        Ok::<_, Problem>(Reply::no_content())
    })
    .await
}

fn reply(row: MappingRow) -> Reply {
    let version = row.version;
    Reply::ok(&MappingView::from(row)).version(version)
}

impl From<MappingRow> for MappingView {
    fn from(row: MappingRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            mapping: row.fields,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

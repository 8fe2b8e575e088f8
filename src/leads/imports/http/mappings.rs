//! Saved mappings of columns.

use actix_web::web::{Data, Path};
use actix_web::{delete, get, post, put};
use uuid::Uuid;

use crate::leads::http::{ReadLeads, WriteLeads};
use crate::leads::imports::importable::LeadImports;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Body, Command, IfMatch, Page, Reply};
use crate::platform::problem::Problem;
use crate::platform::transfers::{
    ImportMapping, ImportMappingRequest, add_mapping, get_mapping, list_mappings, remove_mapping,
    replace_mapping,
};

/// List saved mappings
///
/// Lists what is known of the columns of files, by name; there are at most 100.
#[utoipa::path(operation_id = "leads_list_import_mappings", tag = "leads", security(("bearer" = ["leads:read"])),
    responses((status = 200, description = "All saved mappings.", body = Page<ImportMapping>)))]
#[get("/api/v1/leads/imports/mappings")]
pub async fn leads_list_import_mappings(who: Authorized<ReadLeads>, db: Data<Db>) -> Result<Reply, Problem> {
    list_mappings::<LeadImports>(who.actor(), &db).await
}

/// Save a mapping
///
/// Saves what the columns of a kind of file feed. The next file with the same columns is read by it, in whatever order they
/// stand; `options.mapping_id` names it for other files.
#[utoipa::path(operation_id = "leads_add_import_mapping", tag = "leads", security(("bearer" = ["leads:write"])),
    request_body = ImportMappingRequest, responses((status = 201, description = "Saved.", body = ImportMapping)))]
#[post("/api/v1/leads/imports/mappings")]
pub async fn leads_add_import_mapping(
    who: Authorized<WriteLeads>,
    command: Command<ImportMappingRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    add_mapping::<LeadImports>(command, who.actor(), &db).await
}

/// Get a saved mapping
///
/// Gets one saved mapping.
#[utoipa::path(operation_id = "leads_get_import_mapping", tag = "leads", security(("bearer" = ["leads:read"])),
    params(("id" = Uuid, Path, description = "The mapping.")),
    responses((status = 200, description = "The mapping.", body = ImportMapping)))]
#[get("/api/v1/leads/imports/mappings/{id}")]
pub async fn leads_get_import_mapping(
    who: Authorized<ReadLeads>,
    id: Path<Uuid>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    get_mapping::<LeadImports>(id.into_inner(), who.actor(), &db).await
}

/// Replace a saved mapping
///
/// Replaces name and columns of a saved mapping; imports that are under way keep what they began with.
#[utoipa::path(operation_id = "leads_replace_import_mapping", tag = "leads", security(("bearer" = ["leads:write"])),
    params(("id" = Uuid, Path, description = "The mapping."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = ImportMappingRequest, responses((status = 200, description = "The mapping as it is now.", body = ImportMapping)))]
#[put("/api/v1/leads/imports/mappings/{id}")]
pub async fn leads_replace_import_mapping(
    who: Authorized<WriteLeads>,
    id: Path<Uuid>,
    version: IfMatch,
    body: Body<ImportMappingRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    replace_mapping::<LeadImports>(id.into_inner(), version.0, body.0, who.actor(), &db).await
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
    remove_mapping::<LeadImports>(id.into_inner(), version.0, who.actor(), &db).await
}

//! Saved mappings of columns.

use actix_web::web::{Data, Path};
use actix_web::{delete, get, post, put};
use uuid::Uuid;

use crate::billing::catalog::imports::importable::ProductImports;
use crate::billing::http::{ReadBilling, WriteBilling};
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
#[utoipa::path(operation_id = "products_list_import_mappings", tag = "products", security(("bearer" = ["billing:read"])),
    responses((status = 200, description = "All saved mappings.", body = Page<ImportMapping>)))]
#[get("/api/v1/products/imports/mappings")]
pub async fn products_list_import_mappings(
    who: Authorized<ReadBilling>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    list_mappings::<ProductImports>(who.actor(), &db).await
}

/// Save a mapping
///
/// Saves what the columns of a kind of file feed. The next file with the same columns is read by it, in whatever order they
/// stand; `options.mapping_id` names it for other files.
#[utoipa::path(operation_id = "products_add_import_mapping", tag = "products", security(("bearer" = ["billing:write"])),
    request_body = ImportMappingRequest, responses((status = 201, description = "Saved.", body = ImportMapping)))]
#[post("/api/v1/products/imports/mappings")]
pub async fn products_add_import_mapping(
    who: Authorized<WriteBilling>,
    command: Command<ImportMappingRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    add_mapping::<ProductImports>(command, who.actor(), &db).await
}

/// Get a saved mapping
///
/// Gets one saved mapping.
#[utoipa::path(operation_id = "products_get_import_mapping", tag = "products", security(("bearer" = ["billing:read"])),
    params(("id" = Uuid, Path, description = "The mapping.")),
    responses((status = 200, description = "The mapping.", body = ImportMapping)))]
#[get("/api/v1/products/imports/mappings/{id}")]
pub async fn products_get_import_mapping(
    who: Authorized<ReadBilling>,
    id: Path<Uuid>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    get_mapping::<ProductImports>(id.into_inner(), who.actor(), &db).await
}

/// Replace a saved mapping
///
/// Replaces name and columns of a saved mapping; imports that are under way keep what they began with.
#[utoipa::path(operation_id = "products_replace_import_mapping", tag = "products", security(("bearer" = ["billing:write"])),
    params(("id" = Uuid, Path, description = "The mapping."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = ImportMappingRequest, responses((status = 200, description = "The mapping as it is now.", body = ImportMapping)))]
#[put("/api/v1/products/imports/mappings/{id}")]
pub async fn products_replace_import_mapping(
    who: Authorized<WriteBilling>,
    id: Path<Uuid>,
    version: IfMatch,
    body: Body<ImportMappingRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    replace_mapping::<ProductImports>(id.into_inner(), version.0, body.0, who.actor(), &db).await
}

/// Remove a saved mapping
///
/// Takes a saved mapping away; imports that it fed stay.
#[utoipa::path(operation_id = "products_remove_import_mapping", tag = "products", security(("bearer" = ["billing:write"])),
    params(("id" = Uuid, Path, description = "The mapping."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    responses((status = 204, description = "Gone.")))]
#[delete("/api/v1/products/imports/mappings/{id}")]
pub async fn products_remove_import_mapping(
    who: Authorized<WriteBilling>,
    id: Path<Uuid>,
    version: IfMatch,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    remove_mapping::<ProductImports>(id.into_inner(), version.0, who.actor(), &db).await
}

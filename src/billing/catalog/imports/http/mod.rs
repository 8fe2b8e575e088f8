//! Imports of products over HTTP.

mod mappings;
mod uploads;

use std::collections::BTreeMap;

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::importable::ProductImports;
use crate::billing::http::{ReadBilling, WriteBilling};
use crate::kernel::Line;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Command, Empty, Fields, Page, Query, Reply, RequestContext, Routes};
use crate::platform::problem::Problem;
use crate::platform::transfers::{
    ImportId, ImportOptions as Parsed, ImportPreview, ImportView, Imports, ImportsQuery, Mode, OnDuplicate,
    Options, Settings, UploadId, ask_undo, get_import, imports_page, preview, preview_view, receive,
    refused_rows,
};

/// Registers the operations on imports; they must stand before `/api/v1/products/{id}`.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(products_import)
        .service(products_list_imports)
        .service(products_preview_import)
        .service(mappings::products_list_import_mappings)
        .service(mappings::products_add_import_mapping)
        .service(mappings::products_get_import_mapping)
        .service(mappings::products_replace_import_mapping)
        .service(mappings::products_remove_import_mapping)
        .service(uploads::products_upload_options)
        .service(uploads::products_begin_upload)
        .service(uploads::products_see_upload)
        .service(uploads::products_append_to_upload)
        .service(uploads::products_remove_upload)
        .service(products_get_import)
        .service(products_undo_import)
        .service(products_refused_rows);
}

/// A spreadsheet of products, and what to do with it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form")]
#[schema(as = ProductImportForm)]
pub struct ImportForm {
    /// A workbook (`.xlsx`, `.ods`) or a CSV file in UTF-8, UTF-16 or Windows-1252, separated by comma, semicolon, tab or bar.
    /// What it is called does not matter. Its first row with data names the columns.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// JSON.
    options: Option<ImportOptions>,
}

/// What to do with the file.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ProductImportOptions, example = json!({
    "mapping": { "Clave": "sku", "Marca": "custom:marca", "Costo": "ignore" }, "on_duplicate": "update",
    "price_list_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c62", "dry_run": true
}))]
pub struct ImportOptions {
    /// What columns feed, where their names do not tell: `{"<column>": "<field>"}` with a field of a product, `ignore` or
    /// `custom:<name>`.
    #[schema(value_type = Object)]
    mapping: BTreeMap<String, String>,
    /// A saved mapping; when not said, the one that was saved for files with the same columns, if there is one.
    mapping_id: Option<Uuid>,
    /// What happens to rows whose SKU belongs to a product; `skip` when not said.
    on_duplicate: OnSameSku,
    /// Counts and reasons only: no product is written.
    dry_run: bool,
    /// Which sheet of a workbook, by its name; the first one with data when not said.
    #[schema(value_type = Option<Line<100>>)]
    sheet: Option<String>,
    /// The list where prices go; without one they are kept beside as text.
    price_list_id: Option<Uuid>,
}

/// What happens to a row whose SKU belongs to a product: it is passed over; the product takes what the row knows; or it takes
/// what it lacks. No two products have one SKU.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum OnSameSku {
    /// It is passed over.
    #[default]
    Skip,
    /// The product takes what the row knows: the row has the last word.
    Update,
    /// The product takes what it lacks.
    Merge,
}

impl From<OnSameSku> for OnDuplicate {
    fn from(choice: OnSameSku) -> Self {
        match choice {
            OnSameSku::Skip => Self::Skip,
            OnSameSku::Update => Self::Update,
            OnSameSku::Merge => Self::Merge,
        }
    }
}

/// A file that has arrived as an upload, and what to do with it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UploadedProductImport, example = json!({ "upload_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11", "options": { "on_duplicate": "update" } }))]
#[expect(dead_code, reason = "describes the body")]
pub struct UploadedImport {
    /// The upload, which must be whole.
    upload_id: UploadId,
    /// As in the form.
    options: Option<ImportOptions>,
}

/// Import products
///
/// Imports products from a spreadsheet, sent as a form or uploaded before (`/api/v1/products/imports/uploads`). The file is checked at
/// once, its rows are decided in the background: follow `Location`.
#[utoipa::path(operation_id = "products_import", tag = "products",
    request_body(content((ImportForm = "multipart/form-data"), (UploadedImport = "application/json"))),
    security(("bearer" = ["billing:write"])),
    responses((status = 202, description = "The file can be read; its rows are being decided.", body = ImportView),
        (status = 404, description = "No such upload.")))]
#[post("/api/v1/products/imports")]
pub async fn products_import(
    who: Authorized<WriteBilling>,
    request: HttpRequest,
    payload: Payload,
    imports: Data<Imports>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    receive::<ProductImports, ImportOptions>(&request, payload, who.actor(), &imports, &db).await
}

/// Preview an import
///
/// Reads a spreadsheet as `POST /api/v1/products/imports` would, and writes nothing: what each column feeds and how sure that is,
/// and the first rows as products or with the reason why they are none. Change `columns` and send them as `options.mapping`.
#[utoipa::path(operation_id = "products_preview_import", tag = "products",
    request_body(content = ImportForm, content_type = "multipart/form-data"),
    security(("bearer" = ["billing:write"])),
    responses((status = 200, description = "What would be read.", body = ImportPreview)))]
#[post("/api/v1/products/imports/preview")]
pub async fn products_preview_import(
    who: Authorized<WriteBilling>,
    request: HttpRequest,
    payload: Payload,
    imports: Data<Imports>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let view = preview_view::<ProductImports>;
    preview::<ProductImports, ImportOptions, _>(&request, payload, who.actor(), &imports, &db, view).await
}

/// List imports
///
/// Lists imports, newest first.
#[utoipa::path(operation_id = "products_list_imports", tag = "products", params(ImportsQuery),
    security(("bearer" = ["billing:read"])),
    responses((status = 200, description = "A page of imports.", body = Page<ImportView>)))]
#[get("/api/v1/products/imports")]
pub async fn products_list_imports(
    who: Authorized<ReadBilling>,
    request: HttpRequest,
    query: Query<ImportsQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let language = RequestContext::of(&request).language();
    imports_page::<ProductImports>(query.0, who.actor(), language, &db).await
}

/// Read an import
///
/// Reads an import: how far it is, and why rows were not taken.
#[utoipa::path(operation_id = "products_get_import", tag = "products",
    params(("id" = ImportId, Path, description = "The import.")),
    security(("bearer" = ["billing:read"])), responses((status = 200, description = "The import.", body = ImportView)))]
#[get("/api/v1/products/imports/{id}")]
pub async fn products_get_import(
    who: Authorized<ReadBilling>,
    request: HttpRequest,
    id: Path<ImportId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let language = RequestContext::of(&request).language();
    get_import::<ProductImports>(id.into_inner(), who.actor(), language, &db).await
}

/// Download refused rows
///
/// The rows that an import refused as CSV: the columns of the file, and `cauce_row` and `cauce_reason` in the language asked
/// for. Mend the rows and import the file again: the two columns are ignored then. Kept for 30 days.
#[utoipa::path(operation_id = "products_refused_rows", tag = "products",
    params(("id" = ImportId, Path, description = "The import.")), security(("bearer" = ["billing:read"])),
    responses((status = 200, description = "The rows, in UTF-8.", content_type = "text/csv", body = String,
        example = "empresa,telefono,cauce_row,cauce_reason\r\n,,7,La fila no tiene nombre.\r\n")))]
#[get("/api/v1/products/imports/{id}/refused.csv")]
pub async fn products_refused_rows(
    who: Authorized<ReadBilling>,
    request: HttpRequest,
    id: Path<ImportId>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let language = RequestContext::of(&request).language();
    refused_rows::<ProductImports>(id.into_inner(), who.actor(), language, &db).await
}

/// Undo an import
///
/// Takes back what an import did, in the background: products that it brought are archived, and products that it changed get back
/// what they were. What somebody changed since stays, and is told in `undo.records`. Possible for 30 days after its end.
#[utoipa::path(operation_id = "products_undo_import", tag = "products",
    params(("id" = ImportId, Path, description = "The import.")), request_body = Empty,
    security(("bearer" = ["billing:write"])),
    responses((status = 202, description = "It is being undone; follow `Location`.", body = ImportView)))]
#[post("/api/v1/products/imports/{id}/undo")]
pub async fn products_undo_import(
    who: Authorized<WriteBilling>,
    request: HttpRequest,
    id: Path<ImportId>,
    command: Command<Empty>,
    imports: Data<Imports>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let language = RequestContext::of(&request).language();
    ask_undo::<ProductImports>(id.into_inner(), command, who.actor(), language, &imports, &db).await
}

impl Parsed for ImportOptions {
    fn parse(self) -> Result<Options, Problem> {
        let mut fields = Fields::default();
        let sheet = fields.take_optional("/options/sheet", self.sheet.as_deref(), Line::<100>::parse);
        fields.finish()?;
        let usual = Settings::default();
        let settings =
            Settings { on_duplicate: self.on_duplicate.into(), price_list: self.price_list_id, ..usual };
        let mode = if self.dry_run { Mode::DryRun } else { Mode::Real };
        let sheet = sheet.map(|sheet| sheet.to_string());
        Ok(Options { mapping: self.mapping, mapping_id: self.mapping_id, sheet, settings, mode })
    }
}

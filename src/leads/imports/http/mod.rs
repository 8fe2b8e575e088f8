//! Imports of leads over HTTP.

mod mappings;
mod preview;
mod uploads;

use std::collections::BTreeMap;

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::importable::LeadImports;
use crate::kernel::{Country, Line};
use crate::leads::http::{ReadLeads, WriteLeads};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Command, Empty, Fields, Page, Query, Reply, RequestContext, Routes};
use crate::platform::problem::Problem;
use crate::platform::transfers::{
    ImportId, ImportOptions as Parsed, ImportView, Imports, ImportsQuery, Mode, OnDuplicate, Options,
    Settings, UploadId, ask_undo, get_import, imports_page, receive, refused_rows,
};

/// Registers the operations on imports; they must stand before `/api/v1/leads/{id}`.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(leads_import)
        .service(leads_list_imports)
        .service(preview::leads_preview_import)
        .service(mappings::leads_list_import_mappings)
        .service(mappings::leads_add_import_mapping)
        .service(mappings::leads_get_import_mapping)
        .service(mappings::leads_replace_import_mapping)
        .service(mappings::leads_remove_import_mapping)
        .service(uploads::leads_upload_options)
        .service(uploads::leads_begin_upload)
        .service(uploads::leads_see_upload)
        .service(uploads::leads_append_to_upload)
        .service(uploads::leads_remove_upload)
        .service(leads_get_import)
        .service(leads_undo_import)
        .service(leads_refused_rows);
}

/// A spreadsheet of leads, and what to do with it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form")]
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
#[schema(example = json!({
    "mapping": { "Giro": "industry", "Clave interna": "custom:clave", "Fax": "ignore" }, "on_duplicate": "update",
    "source": "feria-2026", "dry_run": true
}))]
pub struct ImportOptions {
    /// What columns feed, where their names do not tell: `{"<column>": "<field>"}` with a field of a lead, `ignore` or
    /// `custom:<name>`.
    #[schema(value_type = Object)]
    mapping: BTreeMap<String, String>,
    /// A saved mapping; when not said, the one that was saved for files with the same columns, if there is one.
    mapping_id: Option<Uuid>,
    /// What happens to rows whose e-mail or phone belongs to a lead; `skip` when not said.
    on_duplicate: OnDuplicate,
    /// Where leads came from, when a row does not say; `import` when not said.
    #[schema(value_type = Option<Line<100>>)]
    source: Option<String>,
    /// Counts and reasons only: no lead is written.
    dry_run: bool,
    /// Which sheet of a workbook, by its name; the first one with data when not said.
    #[schema(value_type = Option<Line<100>>)]
    sheet: Option<String>,
    /// The country of phones without a country code; the company's when not said.
    #[schema(value_type = Option<Country>)]
    country: Option<String>,
}

/// A file that has arrived as an upload, and what to do with it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "upload_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11", "options": { "on_duplicate": "update" } }))]
#[expect(dead_code, reason = "describes the body")]
pub struct UploadedImport {
    /// The upload, which must be whole.
    upload_id: UploadId,
    /// As in the form.
    options: Option<ImportOptions>,
}

/// Import leads
///
/// Imports leads from a spreadsheet, sent as a form or uploaded before (`/api/v1/leads/imports/uploads`). The file is checked at
/// once, its rows are decided in the background: follow `Location`.
#[utoipa::path(operation_id = "leads_import", tag = "leads",
    request_body(content((ImportForm = "multipart/form-data"), (UploadedImport = "application/json"))),
    security(("bearer" = ["leads:write"])),
    responses((status = 202, description = "The file can be read; its rows are being decided.", body = ImportView),
        (status = 404, description = "No such upload.")))]
#[post("/api/v1/leads/imports")]
pub async fn leads_import(
    who: Authorized<WriteLeads>,
    request: HttpRequest,
    payload: Payload,
    imports: Data<Imports>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    receive::<LeadImports, ImportOptions>(&request, payload, who.actor(), &imports, &db).await
}

/// List imports
///
/// Lists imports, newest first.
#[utoipa::path(operation_id = "leads_list_imports", tag = "leads", params(ImportsQuery),
    security(("bearer" = ["leads:read"])),
    responses((status = 200, description = "A page of imports.", body = Page<ImportView>)))]
#[get("/api/v1/leads/imports")]
pub async fn leads_list_imports(
    who: Authorized<ReadLeads>,
    request: HttpRequest,
    query: Query<ImportsQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let language = RequestContext::of(&request).language();
    imports_page::<LeadImports>(query.0, who.actor(), language, &db).await
}

/// Read an import
///
/// Reads an import: how far it is, and why rows were not taken.
#[utoipa::path(operation_id = "leads_get_import", tag = "leads",
    params(("id" = ImportId, Path, description = "The import.")),
    security(("bearer" = ["leads:read"])), responses((status = 200, description = "The import.", body = ImportView)))]
#[get("/api/v1/leads/imports/{id}")]
pub async fn leads_get_import(
    who: Authorized<ReadLeads>,
    request: HttpRequest,
    id: Path<ImportId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let language = RequestContext::of(&request).language();
    get_import::<LeadImports>(id.into_inner(), who.actor(), language, &db).await
}

/// Download refused rows
///
/// The rows that an import refused as CSV: the columns of the file, and `cauce_row` and `cauce_reason` in the language asked
/// for. Mend the rows and import the file again: the two columns are ignored then. Kept for 30 days.
#[utoipa::path(operation_id = "leads_refused_rows", tag = "leads",
    params(("id" = ImportId, Path, description = "The import.")), security(("bearer" = ["leads:read"])),
    responses((status = 200, description = "The rows, in UTF-8.", content_type = "text/csv", body = String,
        example = "empresa,telefono,cauce_row,cauce_reason\r\nNájera,,7,La fila no tiene correo ni teléfono.\r\n")))]
#[get("/api/v1/leads/imports/{id}/refused.csv")]
pub async fn leads_refused_rows(
    who: Authorized<ReadLeads>,
    request: HttpRequest,
    id: Path<ImportId>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let language = RequestContext::of(&request).language();
    refused_rows::<LeadImports>(id.into_inner(), who.actor(), language, &db).await
}

/// Undo an import
///
/// Takes back what an import did, in the background: leads that it brought are deleted, and leads that it changed get back
/// what they were. What somebody changed since stays, and is told in `undo.leads`; so is a lead that was merged into another
/// one, which comes back when that merge is undone. Possible for 30 days after its end.
#[utoipa::path(operation_id = "leads_undo_import", tag = "leads",
    params(("id" = ImportId, Path, description = "The import.")), request_body = Empty,
    security(("bearer" = ["leads:write"])),
    responses((status = 202, description = "It is being undone; follow `Location`.", body = ImportView)))]
#[post("/api/v1/leads/imports/{id}/undo")]
pub async fn leads_undo_import(
    who: Authorized<WriteLeads>,
    request: HttpRequest,
    id: Path<ImportId>,
    command: Command<Empty>,
    imports: Data<Imports>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let language = RequestContext::of(&request).language();
    ask_undo::<LeadImports>(id.into_inner(), command, who.actor(), language, &imports, &db).await
}

impl Parsed for ImportOptions {
    fn parse(self) -> Result<Options, Problem> {
        let mut fields = Fields::default();
        let source = fields.take_optional("/options/source", self.source.as_deref(), Line::parse);
        let country = fields.take_optional("/options/country", self.country.as_deref(), Country::parse);
        let sheet = fields.take_optional("/options/sheet", self.sheet.as_deref(), Line::<100>::parse);
        fields.finish()?;
        let usual = Settings::default();
        let settings = Settings {
            on_duplicate: self.on_duplicate,
            source: source.unwrap_or(usual.source),
            country,
            ..usual
        };
        let mode = if self.dry_run { Mode::DryRun } else { Mode::Real };
        let sheet = sheet.map(|sheet| sheet.to_string());
        Ok(Options { mapping: self.mapping, mapping_id: self.mapping_id, sheet, settings, mode })
    }
}

//! Imports over HTTP.

mod mappings;
mod preview;
mod refused;
mod undo;
mod upload;
mod views;

use std::collections::BTreeMap;

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, get, post};
use aws_lc_rs::digest::{Context, SHA256};
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub use upload::Imports;
use upload::Upload;
use views::ImportView;

use super::decode::Sheet;
use super::domain::{ImportId, Mode, OnDuplicate, Settings};
use super::service::{self, NewImport, Options, Worker};
use crate::kernel::{Country, Line};
use crate::leads::contract::LeadsError;
use crate::leads::http::{ReadLeads, WriteLeads};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Cursor, Fields, Page, PageLimit, Query, Reply, RequestContext, parse_json};
use crate::platform::idempotency::Once;
use crate::platform::problem::Problem;

/// Registers the operations on imports; they must stand before `/api/v1/leads/{id}`.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(leads_import)
        .service(leads_list_imports)
        .service(preview::leads_preview_import)
        .service(mappings::leads_list_import_mappings)
        .service(mappings::leads_add_import_mapping)
        .service(mappings::leads_get_import_mapping)
        .service(mappings::leads_replace_import_mapping)
        .service(mappings::leads_remove_import_mapping)
        .service(leads_get_import)
        .service(undo::leads_undo_import)
        .service(refused::leads_refused_rows);
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

/// Import leads
///
/// Imports leads from a spreadsheet. The file is checked at once, its rows are decided in the background: follow `Location`.
#[utoipa::path(operation_id = "leads_import", tag = "leads",
    request_body(content = ImportForm, content_type = "multipart/form-data"),
    security(("bearer" = ["leads:write"])),
    responses((status = 202, description = "The file can be read; its rows are being decided.", body = ImportView)))]
#[post("/api/v1/leads/imports")]
pub async fn leads_import(
    who: Authorized<WriteLeads>,
    request: HttpRequest,
    payload: Payload,
    imports: Data<Imports>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (fingerprint, opened, room) = open(&request, payload, &imports).await?;
    let (once, (new, sheet)) = (Once::of(&request, &fingerprint)?, opened?);
    drop(sheet);
    let language = RequestContext::of(&request).language();
    let reply = db
        .tenant(who.actor(), move |tx| {
            let _until_it_is_stored = room;
            once.run(tx, |tx| {
                let row = service::receive(tx, &new, Worker::Any)?;
                let location = format!("/api/v1/leads/imports/{}", row.id);
                Ok::<_, LeadsError>(Reply::accepted(&ImportView::new(row, &[], language), location))
            })
        })
        .await?;
    imports.signal().notify_one();
    Ok(reply)
}

type Opened = Result<(NewImport, Sheet), Problem>;

/// Reads and opens an upload: what a repetition must bring again, the file if it can be read, and the memory that it takes.
async fn open(
    request: &HttpRequest,
    payload: Payload,
    imports: &Imports,
) -> Result<(Vec<u8>, Opened, Option<OwnedSemaphorePermit>), Problem> {
    let upload = upload::read(request, payload, imports).await?;
    let options = parse_json::<ImportOptions>(&upload.options, "/options")?.parse()?;
    // Reading a large file takes a while, in which this thread would serve nobody.
    let opened = tokio::task::spawn_blocking(move || {
        let fingerprint = fingerprint(&upload);
        let Upload { file_name, content, room, .. } = upload;
        (fingerprint, NewImport::open(file_name, content, options), room)
    });
    opened.await.map_err(|_| Problem::internal())
}

/// Which page of imports.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportsQuery {
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
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
    let limit = query.0.limit.unwrap_or_default();
    let place = query.0.cursor.as_deref().map(Cursor::read_time).transpose()?;
    let language = RequestContext::of(&request).language();
    db.tenant(who.actor(), move |tx| {
        let (rows, reasons) = service::list(tx, place, limit)?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&(row.created_at, row.id)));
        Ok::<_, Problem>(Reply::ok(&page.map(|row| ImportView::new(row, &reasons, language))))
    })
    .await
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
    let (id, language) = (id.into_inner(), RequestContext::of(&request).language());
    db.tenant(who.actor(), move |tx| {
        let (row, reasons) = service::find(tx, id)?;
        Ok::<_, Problem>(Reply::ok(&ImportView::new(row, &reasons, language)))
    })
    .await
}

impl ImportOptions {
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

/// What a repetition under the same key must bring again.
fn fingerprint(upload: &Upload) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    for part in [upload.file_name.as_str().as_bytes(), &upload.options, &upload.content] {
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    context.finish().as_ref().to_vec()
}

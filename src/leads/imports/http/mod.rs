//! Imports over HTTP.

mod mappings;
mod preview;
mod refused;
mod tus;
mod undo;
mod upload;
mod uploads;
mod views;

use std::collections::BTreeMap;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, Path, Payload};
use actix_web::{FromRequest, HttpRequest, get, post};
use aws_lc_rs::digest::{Context, SHA256};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub use upload::Imports;
use upload::{Room, Upload};
use uploads::Whole;
use views::ImportView;

use super::domain::{ImportId, Mode, OnDuplicate, Settings, UploadId};
use super::service::{self, NewImport, Options, Worker};
use super::store;
use crate::kernel::{Country, Line};
use crate::leads::contract::LeadsError;
use crate::leads::http::{ReadLeads, WriteLeads};
use crate::platform::auth::{Actor, Authorized};
use crate::platform::db::Db;
use crate::platform::http::{
    Command, Cursor, Fields, Page, PageLimit, Query, Reply, RequestContext, parse_json,
};
use crate::platform::idempotency::Once;
use crate::platform::problem::Problem;
use crate::platform::sheets::decode::Sheet;

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
        .service(uploads::leads_upload_options)
        .service(uploads::leads_begin_upload)
        .service(uploads::leads_see_upload)
        .service(uploads::leads_append_to_upload)
        .service(uploads::leads_remove_upload)
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

/// A file that has arrived as an upload, and what to do with it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "upload_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11", "options": { "on_duplicate": "update" } }))]
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
    let Opened { once, file, upload, room } = if is_json(&request) {
        open_upload(&request, payload, &imports, &db, &who.actor()).await?
    } else {
        open_form(&request, payload, &imports).await?
    };
    let file = file.map(|(new, _)| new);
    let language = RequestContext::of(&request).language();
    let reply = db
        .tenant(who.actor(), move |tx| {
            let _until_it_is_stored = room;
            once.run(tx, |tx| {
                let row = service::receive(tx, &file?, Worker::Any)?;
                if let Some(upload) = upload {
                    store::delete_upload(tx, upload)?;
                }
                let location = format!("/api/v1/leads/imports/{}", row.id);
                Ok::<_, LeadsError>(Reply::accepted(&ImportView::new(row, &[], language), location))
            })
        })
        .await?;
    imports.signal().notify_one();
    Ok(reply)
}

/// A file that was opened.
struct Opened {
    once: Once,
    /// The file, if it can be read. A repetition of a request that was answered needs none.
    file: Result<(NewImport, Sheet), Problem>,
    /// The upload that it came as.
    upload: Option<UploadId>,
    /// The memory that it takes.
    room: Option<Room>,
}

/// Reads and opens the file of a form.
async fn open_form(request: &HttpRequest, payload: Payload, imports: &Imports) -> Result<Opened, Problem> {
    let upload = upload::read(request, payload, imports).await?;
    let options = parse_json::<ImportOptions>(&upload.options, "/options")?.parse()?;
    // Reading a large file takes a while, in which this thread would serve nobody.
    let opened = tokio::task::spawn_blocking(move || {
        let fingerprint = fingerprint(&upload);
        let Upload { file_name, content, room, .. } = upload;
        (fingerprint, NewImport::open("/file", file_name, content, options), room)
    });
    let (fingerprint, file, room) = opened.await.map_err(|_| Problem::internal())?;
    Ok(Opened { once: Once::of(request, &fingerprint)?, file, upload: None, room: Some(room) })
}

/// Opens the file of an upload.
async fn open_upload(
    request: &HttpRequest,
    payload: Payload,
    imports: &Imports,
    db: &Db,
    actor: &Actor,
) -> Result<Opened, Problem> {
    let Command { value, once } =
        Command::<UploadedImport>::from_request(request, &mut payload.into_inner()).await?;
    let id = value.upload_id;
    let options = value.options.unwrap_or_default().parse()?;
    let (file, room) = match uploads::whole(db, actor, id, imports).await {
        Ok(Whole { file_name, content, room }) => {
            let opened = tokio::task::spawn_blocking(move || {
                NewImport::open("/upload_id", file_name, content, options)
            });
            (opened.await.map_err(|_| Problem::internal())?, Some(room))
        }
        Err(problem) => (Err(problem), None),
    };
    Ok(Opened { once, file, upload: Some(id), room })
}

fn is_json(request: &HttpRequest) -> bool {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
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

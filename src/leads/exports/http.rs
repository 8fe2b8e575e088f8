//! Exports over HTTP.

use std::sync::Arc;

use actix_web::http::header::{CONTENT_DISPOSITION, ContentDisposition, DispositionParam, DispositionType};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::{DateTime, Utc};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::domain::{ExportFormat, ExportId, ExportStatus, MAX_COLUMNS, parse_column};
use super::service::{self, KEPT_FOR, Query};
use super::store::{self, ExportRow};
use crate::kernel::{FieldSet, Invalid, Language};
use crate::leads::contract::LeadsError;
use crate::leads::http::{LeadFilter, ReadLeads, sort};
use crate::leads::imports::sentence;
use crate::leads::service as lead_service;
use crate::platform::auth::{Actor, Authorized};
use crate::platform::db::Db;
use crate::platform::fields::conditions;
use crate::platform::http::{
    Command, Cursor, Fields, Page, PageLimit, Query as Parameters, Reply, RequestContext,
};
use crate::platform::problem::{FieldError, Problem};

/// Registers the operations on exports; they must stand before `/api/v1/leads/{id}`.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(leads_export)
        .service(leads_list_exports)
        .service(leads_get_export)
        .service(leads_export_file);
}

/// What requests and the worker share: the worker's bell.
#[derive(Debug, Clone, Default)]
pub struct Exports {
    signal: Arc<Notify>,
}

impl Exports {
    /// Wakes the worker.
    pub fn signal(&self) -> Arc<Notify> {
        self.signal.clone()
    }
}

/// Which leads to write into what kind of file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "format": "csv", "filter": { "status": "qualified", "fields": { "localidad": "Salina Cruz" } }, "sort": "-score",
    "columns": ["company_name", "phone", "custom:localidad"]
}))]
pub struct ExportRequest {
    /// `csv` or `xlsx`.
    format: ExportFormat,
    /// The leads that it leaves; all of them when not said.
    filter: Option<LeadFilter>,
    /// As in lists: `created_at`, `updated_at`, `score`, `company_name`, `next_follow_up_at` or `field.<key>`; `-` before it
    /// turns it round; newest first when not said.
    sort: Option<String>,
    /// The columns, in their order: fields of a lead and `custom:<name>`. When not said, everything that an import reads
    /// and every custom field of the leads.
    #[schema(max_items = 200, min_items = 1)]
    columns: Option<Vec<String>>,
}

/// An export and what it came to so far.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c61", "status": "completed", "format": "csv", "columns": ["company_name", "phone"],
    "rows": 1177, "bytes": 81234, "file": "/api/v1/leads/exports/0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c61/file", "failure": null,
    "created_at": "2026-11-22T18:00:00Z", "completed_at": "2026-11-22T18:00:02Z", "expires_at": "2026-11-29T18:00:00Z"
}))]
pub struct ExportView {
    /// The export's identifier.
    pub id: Uuid,
    /// Where it stands.
    #[schema(value_type = ExportStatus)]
    pub status: String,
    /// The kind of file.
    #[schema(value_type = ExportFormat)]
    pub format: String,
    /// The columns of the file, once they are known.
    #[schema(required)]
    pub columns: Option<Vec<String>>,
    /// Leads written so far.
    pub rows: i32,
    /// Bytes of the file so far.
    pub bytes: i64,
    /// Where the file is, once it is there.
    #[schema(required)]
    pub file: Option<String>,
    /// Why it could not go on.
    #[schema(required)]
    pub failure: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it came to its end.
    #[schema(required)]
    pub completed_at: Option<DateTime<Utc>>,
    /// When it is forgotten, with its file.
    pub expires_at: DateTime<Utc>,
}

/// Export leads
///
/// Writes the leads that a filter leaves into a file, in the background: follow `Location`. The file is kept for seven days, or
/// until there are 20 newer ones, and `POST /api/v1/leads/imports` reads it back. Cells that a spreadsheet would take for a
/// formula are marked as text. Leads that are changed meanwhile may stand at their old or new place; in an order by a field,
/// leads without one have no place.
#[utoipa::path(operation_id = "leads_export", tag = "leads", security(("bearer" = ["leads:read"])),
    request_body = ExportRequest,
    responses((status = 202, description = "The file is being made.", body = ExportView)))]
#[post("/api/v1/leads/exports")]
pub async fn leads_export(
    who: Authorized<ReadLeads>,
    request: HttpRequest,
    command: Command<ExportRequest>,
    exports: Data<Exports>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let language = RequestContext::of(&request).language();
    let (mut body, once) = (command.value, command.once);
    let said = body.filter.as_mut().map(LeadFilter::take_conditions).unwrap_or_default();
    let columns = columns(body.columns)?;
    let mut filter = body.filter.map(LeadFilter::parse).transpose()?.unwrap_or_default();
    let (format, order) = (body.format, body.sort);
    let reply = db
        .tenant(who.actor(), move |tx| {
            once.run(tx, |tx| {
                let needs_fields =
                    !said.is_empty() || order.as_deref().is_some_and(|order| order.contains("field."));
                let fields = if needs_fields { lead_service::definitions(tx)? } else { FieldSet::default() };
                filter.fields = conditions(&fields, &said)?;
                let sort = sort(order.as_deref(), &fields)
                    .map_err(|reason| Problem::invalid(vec![FieldError::at("/sort", reason)]))?;
                let row = service::ask(tx, format, &Query { filter, sort }, columns)?;
                let location = format!("/api/v1/leads/exports/{}", row.id);
                Ok::<_, LeadsError>(Reply::accepted(&ExportView::new(row, language), location))
            })
        })
        .await?;
    exports.signal().notify_one();
    Ok(reply)
}

fn columns(asked: Option<Vec<String>>) -> Result<Option<Vec<String>>, Problem> {
    let Some(asked) = asked else { return Ok(None) };
    let mut fields = Fields::default();
    if !(1..=MAX_COLUMNS).contains(&asked.len()) {
        fields.refuse("/columns", Invalid::new("must be 1 to 200 columns", "deben ser de 1 a 200 columnas"));
    }
    let mut columns: Vec<String> = Vec::new();
    for (index, name) in asked.iter().enumerate().take(MAX_COLUMNS) {
        let pointer = format!("/columns/{index}");
        if let Some(column) = fields.take(&pointer, parse_column(name)) {
            if columns.contains(&column) {
                fields.refuse(
                    &pointer,
                    Invalid::new("is given twice; give it once", "está repetido; envíelo una vez"),
                );
            }
            columns.push(column);
        }
    }
    fields.finish()?;
    Ok(Some(columns))
}

/// Which page of exports.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportsQuery {
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List exports
///
/// Lists exports, newest first.
#[utoipa::path(operation_id = "leads_list_exports", tag = "leads", params(ExportsQuery),
    security(("bearer" = ["leads:read"])),
    responses((status = 200, description = "A page of exports.", body = Page<ExportView>)))]
#[get("/api/v1/leads/exports")]
pub async fn leads_list_exports(
    who: Authorized<ReadLeads>,
    request: HttpRequest,
    query: Parameters<ExportsQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let limit = query.0.limit.unwrap_or_default();
    let place = query.0.cursor.as_deref().map(Cursor::read_time).transpose()?;
    let language = RequestContext::of(&request).language();
    db.tenant(who.actor(), move |tx| {
        let rows = store::list(tx, place, limit)?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&(row.created_at, row.id)));
        Ok::<_, Problem>(Reply::ok(&page.map(|row| ExportView::new(row, language))))
    })
    .await
}

/// Read an export
///
/// Reads an export: how far it is, and where its file will be.
#[utoipa::path(operation_id = "leads_get_export", tag = "leads",
    params(("id" = ExportId, Path, description = "The export.")),
    security(("bearer" = ["leads:read"])), responses((status = 200, description = "The export.", body = ExportView)))]
#[get("/api/v1/leads/exports/{id}")]
pub async fn leads_get_export(
    who: Authorized<ReadLeads>,
    request: HttpRequest,
    id: Path<ExportId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, language) = (id.into_inner(), RequestContext::of(&request).language());
    db.tenant(who.actor(), move |tx| {
        Ok::<_, Problem>(Reply::ok(&ExportView::new(store::find(tx, id)?, language)))
    })
    .await
}

/// Download an export
///
/// Downloads the file of an export that is complete.
#[utoipa::path(operation_id = "leads_export_file", tag = "leads",
    params(("id" = ExportId, Path, description = "The export.")), security(("bearer" = ["leads:read"])),
    responses(
        (status = 200, description = "The file.", content(
            (String = "text/csv", example = "company_name,phone\r\nNájera,'+529711609009\r\n"),
            (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        (status = 409, description = "The file is not there yet.")))]
#[get("/api/v1/leads/exports/{id}/file")]
pub async fn leads_export_file(
    who: Authorized<ReadLeads>,
    id: Path<ExportId>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let id = id.into_inner();
    let row = db.tenant(who.actor(), move |tx| Ok::<_, Problem>(store::find(tx, id)?)).await?;
    if row.status != ExportStatus::Completed.as_str() {
        return Err(LeadsError::ExportNotReady.into());
    }
    let name = format!("leads-{}.{}", row.created_at.format("%Y-%m-%d"), row.format);
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(name)],
    };
    let kind = match ExportFormat::parse(&row.format) {
        Some(ExportFormat::Xlsx) => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "text/csv; charset=utf-8",
    };
    let reader = Reader { db: Db::clone(&db), actor: who.actor(), id, next: 0, pieces: row.pieces };
    let mut response = HttpResponse::Ok();
    response.content_type(kind).insert_header((CONTENT_DISPOSITION, disposition));
    Ok(response.streaming(stream::unfold(reader, Reader::next)))
}

/// Reads piece by piece what is sent.
struct Reader {
    db: Db,
    actor: Actor,
    id: ExportId,
    next: i32,
    pieces: i32,
}

impl Reader {
    async fn next(mut self) -> Option<(Result<Bytes, LeadsError>, Self)> {
        let (id, number) = (self.id, self.next);
        if number == self.pieces {
            return None;
        }
        self.next += 1;
        let piece = self.db.tenant(self.actor.clone(), move |tx| store::piece(tx, id, number)).await;
        // After an error the answer breaks off, so that nobody takes a part for the whole: the file may be forgotten meanwhile.
        let piece = piece.and_then(|piece| piece.map(Bytes::from).ok_or(LeadsError::ExportNotFound));
        Some((piece, self))
    }
}

impl ExportView {
    fn new(row: ExportRow, language: Language) -> Self {
        let is_there = row.status == ExportStatus::Completed.as_str();
        Self {
            id: row.id,
            file: is_there.then(|| format!("/api/v1/leads/exports/{}/file", row.id)),
            status: row.status,
            format: row.format,
            columns: row.fields,
            rows: row.rows,
            bytes: row.bytes,
            failure: row.failure.as_ref().map(|failure| sentence(failure, language)),
            created_at: row.created_at,
            completed_at: row.completed_at,
            expires_at: row.created_at + KEPT_FOR,
        }
    }
}

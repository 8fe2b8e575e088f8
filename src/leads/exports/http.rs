//! Exports of leads over HTTP.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::cells::{READABLE, TOLD};
use super::service::{LeadExports, Query};
use crate::kernel::FieldSet;
use crate::leads::http::{LeadFilter, ReadLeads, sort};
use crate::leads::service;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::fields::conditions;
use crate::platform::http::{Command, Page, Query as Parameters, Reply, RequestContext, Routes};
use crate::platform::problem::{FieldError, Problem};
use crate::platform::transfers::{
    Export, ExportFormat, ExportId, ExportView, Exports, ExportsQuery, TransferError, export, export_columns,
    export_file, exports_page,
};

/// Registers the operations on exports; they must stand before `/api/v1/leads/{id}`.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(leads_export)
        .service(leads_list_exports)
        .service(leads_get_export)
        .service(leads_export_file);
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
    let columns = export_columns(body.columns, &[&READABLE, &TOLD])?;
    let mut filter = body.filter.map(LeadFilter::parse).transpose()?.unwrap_or_default();
    let (format, order) = (body.format, body.sort);
    let reply = db
        .tenant(who.actor(), move |tx| {
            once.run(tx, |tx| -> Result<_, TransferError> {
                let needs_fields =
                    !said.is_empty() || order.as_deref().is_some_and(|order| order.contains("field."));
                let fields = if needs_fields { service::definitions(tx)? } else { FieldSet::default() };
                filter.fields = conditions(&fields, &said)?;
                let sort = sort(order.as_deref(), &fields)
                    .map_err(|reason| Problem::invalid(vec![FieldError::at("/sort", reason)]))?;
                let query = serde_json::to_value(Query { filter, sort }).unwrap_or_default();
                Export { format, query, columns }.ask(tx, &LeadExports, language)
            })
        })
        .await?;
    exports.signal().notify_one();
    Ok(reply)
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
    let language = RequestContext::of(&request).language();
    exports_page(&LeadExports, query.0, who.actor(), language, &db).await
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
    let language = RequestContext::of(&request).language();
    export(&LeadExports, id.into_inner(), who.actor(), language, &db).await
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
    export_file(&LeadExports, id.into_inner(), who.actor(), &db).await
}

//! Exports of customers over HTTP.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::cells::{READABLE, TOLD};
use super::service::{CustomerExports, Query};
use crate::crm::customers::http::{CustomerFilter, ReadCustomers, sort};
use crate::crm::customers::service;
use crate::kernel::FieldSet;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::fields::conditions;
use crate::platform::http::{Command, Page, Query as Parameters, Reply, RequestContext, Routes};
use crate::platform::problem::{FieldError, Problem};
use crate::platform::transfers::{
    Export, ExportFormat, ExportId, ExportView, Exports, ExportsQuery, TransferError, export, export_columns,
    export_file, exports_page,
};

/// Registers the operations on exports; they must stand before `/api/v1/customers/{id}`.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(customers_export)
        .service(customers_list_exports)
        .service(customers_get_export)
        .service(customers_export_file);
}

/// Which customers to write into what kind of file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "format": "csv", "filter": { "status": "active", "fields": { "localidad": "Salina Cruz" } }, "sort": "trade_name",
    "columns": ["trade_name", "tax_id", "phone", "custom:localidad"]
}))]
#[schema(as = CustomerExportRequest)]
pub struct ExportRequest {
    /// `csv` or `xlsx`.
    format: ExportFormat,
    /// The customers that it leaves; all of them when not said.
    filter: Option<CustomerFilter>,
    /// As in lists: `created_at`, `updated_at`, `trade_name`, `health_score` or `field.<key>`; `-` before it
    /// turns it round; newest first when not said.
    sort: Option<String>,
    /// The columns, in their order: fields of a customer and `custom:<name>`. When not said, everything that an import reads
    /// and every custom field of the customers.
    #[schema(max_items = 200, min_items = 1)]
    columns: Option<Vec<String>>,
}

/// Export customers
///
/// Writes the customers that a filter leaves into a file, in the background: follow `Location`. The file is kept for seven days, or
/// until there are 20 newer ones, and `POST /api/v1/customers/imports` reads it back. Cells that a spreadsheet would take for a
/// formula are marked as text. Customers that are changed meanwhile may stand at their old or new place; in an order by a field,
/// customers without one have no place.
#[utoipa::path(operation_id = "customers_export", tag = "customers", security(("bearer" = ["crm:read"])),
    request_body = ExportRequest,
    responses((status = 202, description = "The file is being made.", body = ExportView)))]
#[post("/api/v1/customers/exports")]
pub async fn customers_export(
    who: Authorized<ReadCustomers>,
    request: HttpRequest,
    command: Command<ExportRequest>,
    exports: Data<Exports>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let language = RequestContext::of(&request).language();
    let (mut body, once) = (command.value, command.once);
    let said = body.filter.as_mut().map(CustomerFilter::take_conditions).unwrap_or_default();
    let columns = export_columns(body.columns, &[&READABLE, &TOLD])?;
    let mut filter = body.filter.map(CustomerFilter::parse).transpose()?.unwrap_or_default();
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
                Export { format, query, columns }.ask(tx, &CustomerExports, language)
            })
        })
        .await?;
    exports.signal().notify_one();
    Ok(reply)
}

/// List exports
///
/// Lists exports, newest first.
#[utoipa::path(operation_id = "customers_list_exports", tag = "customers", params(ExportsQuery),
    security(("bearer" = ["crm:read"])),
    responses((status = 200, description = "A page of exports.", body = Page<ExportView>)))]
#[get("/api/v1/customers/exports")]
pub async fn customers_list_exports(
    who: Authorized<ReadCustomers>,
    request: HttpRequest,
    query: Parameters<ExportsQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let language = RequestContext::of(&request).language();
    exports_page(&CustomerExports, query.0, who.actor(), language, &db).await
}

/// Read an export
///
/// Reads an export: how far it is, and where its file will be.
#[utoipa::path(operation_id = "customers_get_export", tag = "customers",
    params(("id" = ExportId, Path, description = "The export.")),
    security(("bearer" = ["crm:read"])), responses((status = 200, description = "The export.", body = ExportView)))]
#[get("/api/v1/customers/exports/{id}")]
pub async fn customers_get_export(
    who: Authorized<ReadCustomers>,
    request: HttpRequest,
    id: Path<ExportId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let language = RequestContext::of(&request).language();
    export(&CustomerExports, id.into_inner(), who.actor(), language, &db).await
}

/// Download an export
///
/// Downloads the file of an export that is complete.
#[utoipa::path(operation_id = "customers_export_file", tag = "customers",
    params(("id" = ExportId, Path, description = "The export.")), security(("bearer" = ["crm:read"])),
    responses(
        (status = 200, description = "The file.", content(
            (String = "text/csv", example = "trade_name,phone\r\nNájera,'+529711609009\r\n"),
            (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        (status = 409, description = "The file is not there yet.")))]
#[get("/api/v1/customers/exports/{id}/file")]
pub async fn customers_export_file(
    who: Authorized<ReadCustomers>,
    id: Path<ExportId>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    export_file(&CustomerExports, id.into_inner(), who.actor(), &db).await
}

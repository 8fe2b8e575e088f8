//! Exports of products over HTTP.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::cells::{PRICE, READABLE, TOLD};
use super::service::{ProductExports, Query};
use crate::billing::catalog::http::{ProductsFilter, fields_for, sort};
use crate::billing::catalog::service;
use crate::billing::http::ReadBilling;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::fields::conditions;
use crate::platform::http::{Command, Page, Query as Parameters, Reply, RequestContext, Routes};
use crate::platform::problem::{FieldError, Problem};
use crate::platform::transfers::{
    Export, ExportFormat, ExportId, ExportView, Exports, ExportsQuery, TransferError, export, export_columns,
    export_file, exports_page,
};

/// Registers the operations on exports; they must stand before `/api/v1/products/{id}`.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(products_export)
        .service(products_list_exports)
        .service(products_get_export)
        .service(products_export_file);
}

/// Which products to write into what kind of file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "format": "csv", "filter": { "status": "active", "fields": { "talla": "M" } }, "sort": "name",
    "columns": ["sku", "name", "custom:talla"]
}))]
#[schema(as = ProductExportRequest)]
pub struct ExportRequest {
    /// `csv` or `xlsx`.
    format: ExportFormat,
    /// The products that it leaves; all of them when not said.
    filter: Option<ProductsFilter>,
    /// As in lists: `created_at`, `name` or `field.<key>`; `-` before it
    /// turns it round; newest first when not said.
    sort: Option<String>,
    /// The columns, in their order: fields of a product and `custom:<name>`. When not said, everything that an import reads
    /// and every custom field of the products.
    #[schema(max_items = 200, min_items = 1)]
    columns: Option<Vec<String>>,
    /// The list whose prices are told as `unit_price`.
    price_list_id: Option<Uuid>,
}

/// Export products
///
/// Writes the products that a filter leaves into a file, in the background: follow `Location`. The file is kept for seven days, or
/// until there are 20 newer ones, and `POST /api/v1/products/imports` reads it back. Cells that a spreadsheet would take for a
/// formula are marked as text. Products that are changed meanwhile may stand at their old or new place; in an order by a field,
/// products without one have no place.
#[utoipa::path(operation_id = "products_export", tag = "products", security(("bearer" = ["billing:read"])),
    request_body = ExportRequest,
    responses((status = 202, description = "The file is being made.", body = ExportView)))]
#[post("/api/v1/products/exports")]
pub async fn products_export(
    who: Authorized<ReadBilling>,
    request: HttpRequest,
    command: Command<ExportRequest>,
    exports: Data<Exports>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let language = RequestContext::of(&request).language();
    let (mut body, once) = (command.value, command.once);
    let said = body.filter.as_mut().map(ProductsFilter::take_conditions).unwrap_or_default();
    let columns = export_columns(body.columns, &[&READABLE, &[PRICE], &TOLD])?;
    let mut filter = body.filter.map(ProductsFilter::parse).transpose()?.unwrap_or_default();
    let (format, order, price_list) = (body.format, body.sort, body.price_list_id);
    let reply = db
        .tenant(who.actor(), move |tx| {
            once.run(tx, |tx| -> Result<_, TransferError> {
                let fields = fields_for(tx, &said, order.as_deref())?;
                if let Some(list) = price_list {
                    service::check_price_list(tx, "/price_list_id", list)?;
                }
                filter.fields = conditions(&fields, &said)?;
                let sort = sort(order.as_deref(), &fields)
                    .map_err(|reason| Problem::invalid(vec![FieldError::at("/sort", reason)]))?;
                let query = serde_json::to_value(Query { filter, sort, price_list }).unwrap_or_default();
                Export { format, query, columns }.ask(tx, &ProductExports, language)
            })
        })
        .await?;
    exports.signal().notify_one();
    Ok(reply)
}

/// List exports
///
/// Lists exports, newest first.
#[utoipa::path(operation_id = "products_list_exports", tag = "products", params(ExportsQuery),
    security(("bearer" = ["billing:read"])),
    responses((status = 200, description = "A page of exports.", body = Page<ExportView>)))]
#[get("/api/v1/products/exports")]
pub async fn products_list_exports(
    who: Authorized<ReadBilling>,
    request: HttpRequest,
    query: Parameters<ExportsQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let language = RequestContext::of(&request).language();
    exports_page(&ProductExports, query.0, who.actor(), language, &db).await
}

/// Read an export
///
/// Reads an export: how far it is, and where its file will be.
#[utoipa::path(operation_id = "products_get_export", tag = "products",
    params(("id" = ExportId, Path, description = "The export.")),
    security(("bearer" = ["billing:read"])), responses((status = 200, description = "The export.", body = ExportView)))]
#[get("/api/v1/products/exports/{id}")]
pub async fn products_get_export(
    who: Authorized<ReadBilling>,
    request: HttpRequest,
    id: Path<ExportId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let language = RequestContext::of(&request).language();
    export(&ProductExports, id.into_inner(), who.actor(), language, &db).await
}

/// Download an export
///
/// Downloads the file of an export that is complete.
#[utoipa::path(operation_id = "products_export_file", tag = "products",
    params(("id" = ExportId, Path, description = "The export.")), security(("bearer" = ["billing:read"])),
    responses(
        (status = 200, description = "The file.", content(
            (String = "text/csv", example = "sku,name\r\nUNI-M,Uniforme\r\n"),
            (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        (status = 409, description = "The file is not there yet.")))]
#[get("/api/v1/products/exports/{id}/file")]
pub async fn products_export_file(
    who: Authorized<ReadBilling>,
    id: Path<ExportId>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    export_file(&ProductExports, id.into_inner(), who.actor(), &db).await
}

//! Warehouses, and what is in them, came and went.

use actix_web::web::{Data, Path};
use actix_web::{get, patch, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::stock_views::{MovementView, StockView, WarehouseView};
use crate::billing::contract::{ProductId, SalesError, WarehouseId};
use crate::billing::http::{ReadBilling, Usage, WriteBilling};
use crate::billing::inventory::domain::MovementKind;
use crate::billing::inventory::service::{self, NewMovement};
use crate::billing::inventory::store::{self, WarehouseRow};
use crate::kernel::{Decimal6, Invalid, Line, NonNegativeDecimal6};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Body, Command, Cursor, IfMatch, Page, PageLimit, Query, Reply};
use crate::platform::problem::{FieldError, Problem};

/// Which warehouses.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WarehousesQuery {
    /// Used, or not any more.
    #[param(inline)]
    status: Option<Usage>,
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Which part of what is in a warehouse.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StockQuery {
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Which movements.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MovementsQuery {
    /// Of this product.
    product_id: Option<Uuid>,
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A warehouse to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Salina Cruz" }))]
pub struct WarehouseRequest {
    /// What it is called.
    name: Line<120>,
}

/// What changes of a warehouse: what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "status": "archived" }))]
pub struct WarehousePatch {
    /// What it is called.
    #[schema(nullable = false)]
    name: Option<Line<120>>,
    /// Whether it is used.
    #[schema(nullable = false)]
    status: Option<Usage>,
}

/// `receipt`: it came. `issue`: it went. `count`: so much was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum MovementChoice {
    Receipt,
    Issue,
    Count,
}

/// Something that came, went or was counted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "product_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c61", "kind": "receipt", "quantity": "100", "note": "Factura 812"
}))]
pub struct MovementRequest {
    /// A good that is sold from stock.
    product_id: ProductId,
    /// Why.
    kind: MovementChoice,
    /// How much came or went, or how much there is.
    quantity: NonNegativeDecimal6,
    /// What you note of it.
    note: Option<Line<500>>,
}

/// List warehouses
///
/// Lists warehouses, the oldest first. Quotations that name none take goods from the first one that is used.
#[utoipa::path(operation_id = "warehouses_list", tag = "warehouses", params(WarehousesQuery),
    security(("bearer" = ["billing:read"])),
    responses((status = 200, description = "A page of warehouses.", body = Page<WarehouseView>)))]
#[get("/api/v1/warehouses")]
pub async fn warehouses_list(
    who: Authorized<ReadBilling>,
    query: Query<WarehousesQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let query = query.0;
    let limit = query.limit.unwrap_or_default();
    let behind = query.cursor.as_deref().map(Cursor::read::<Uuid>).transpose()?;
    db.read(who.actor(), move |tx| {
        let rows = store::list_warehouses(tx, query.status.map(Usage::is_archived), behind, limit)?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&row.id));
        Ok::<_, Problem>(Reply::ok(&page.map(WarehouseView::from)))
    })
    .await
}

/// Create a warehouse
///
/// Creates an empty warehouse.
#[utoipa::path(operation_id = "warehouses_create", tag = "warehouses", security(("bearer" = ["billing:write"])),
    request_body = WarehouseRequest,
    responses((status = 201, description = "Created.", body = WarehouseView)))]
#[post("/api/v1/warehouses")]
pub async fn warehouses_create(
    who: Authorized<WriteBilling>,
    command: Command<WarehouseRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (request, once) = (command.value, command.once);
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::create_warehouse(tx, &request.name)?;
            let (version, location) = (row.version, format!("/api/v1/warehouses/{}", row.id));
            Ok::<_, SalesError>(Reply::created(&WarehouseView::from(row), location).version(version))
        })
    })
    .await
}

/// Read a warehouse
///
/// Reads a warehouse, without what is in it.
#[utoipa::path(operation_id = "warehouses_get", tag = "warehouses", security(("bearer" = ["billing:read"])),
    params(("id" = WarehouseId, Path, description = "The warehouse.")),
    responses((status = 200, description = "The warehouse; its `ETag` is the version.", body = WarehouseView)))]
#[get("/api/v1/warehouses/{id}")]
pub async fn warehouses_get(
    who: Authorized<ReadBilling>,
    id: Path<WarehouseId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.read(who.actor(), move |tx| Ok::<_, Problem>(reply(store::find_warehouse(tx, id.uuid())?))).await
}

/// Change a warehouse
///
/// Renames, archives or restores a warehouse. What is in an archived one stays there.
#[utoipa::path(operation_id = "warehouses_update", tag = "warehouses", security(("bearer" = ["billing:write"])),
    params(("id" = WarehouseId, Path, description = "The warehouse."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = WarehousePatch,
    responses((status = 200, description = "The warehouse as it is now.", body = WarehouseView)))]
#[patch("/api/v1/warehouses/{id}")]
pub async fn warehouses_update(
    who: Authorized<WriteBilling>,
    id: Path<WarehouseId>,
    version: IfMatch,
    body: Body<WarehousePatch>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, WarehousePatch { name, status }) = (id.into_inner(), body.0);
    db.tenant(who.actor(), move |tx| {
        let is_archived = status.map(Usage::is_archived);
        let row = service::update_warehouse(tx, id.uuid(), version.0, name, is_archived)?;
        Ok::<_, Problem>(reply(row))
    })
    .await
}

/// Show a warehouse's stock
///
/// Lists what is in a warehouse, by product.
#[utoipa::path(operation_id = "warehouses_stock", tag = "warehouses", security(("bearer" = ["billing:read"])),
    params(("id" = WarehouseId, Path, description = "The warehouse."), StockQuery),
    responses((status = 200, description = "A page of what is there.", body = Page<StockView>)))]
#[get("/api/v1/warehouses/{id}/stock")]
pub async fn warehouses_stock(
    who: Authorized<ReadBilling>,
    id: Path<WarehouseId>,
    query: Query<StockQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, query) = (id.into_inner(), query.0);
    let limit = query.limit.unwrap_or_default();
    let behind = query.cursor.as_deref().map(Cursor::read::<Uuid>).transpose()?;
    db.read(who.actor(), move |tx| {
        let warehouse = store::find_warehouse(tx, id.uuid())?;
        let rows = store::list_stock(tx, warehouse.id, behind, limit)?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&row.product_id));
        Ok::<_, Problem>(Reply::ok(&page.map(StockView::from)))
    })
    .await
}

/// Show a product's stock
///
/// Lists what there is of a product, warehouse by warehouse.
#[utoipa::path(operation_id = "products_stock", tag = "products", security(("bearer" = ["billing:read"])),
    params(("id" = ProductId, Path, description = "The product.")),
    responses((status = 200, description = "What there is.", body = Page<StockView>)))]
#[get("/api/v1/products/{id}/stock")]
pub async fn products_stock(
    who: Authorized<ReadBilling>,
    id: Path<ProductId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.read(who.actor(), move |tx| {
        let data = service::stock_of(tx, id)?.into_iter().map(StockView::from).collect();
        Ok::<_, Problem>(Reply::ok(&Page::whole(data)))
    })
    .await
}

/// List movements
///
/// Lists what came to a warehouse and went from it, the newest first.
#[utoipa::path(operation_id = "warehouses_movements", tag = "warehouses", security(("bearer" = ["billing:read"])),
    params(("id" = WarehouseId, Path, description = "The warehouse."), MovementsQuery),
    responses((status = 200, description = "A page of movements.", body = Page<MovementView>)))]
#[get("/api/v1/warehouses/{id}/movements")]
pub async fn warehouses_movements(
    who: Authorized<ReadBilling>,
    id: Path<WarehouseId>,
    query: Query<MovementsQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, query) = (id.into_inner(), query.0);
    let limit = query.limit.unwrap_or_default();
    let behind = query.cursor.as_deref().map(Cursor::read::<Uuid>).transpose()?;
    db.read(who.actor(), move |tx| {
        let warehouse = store::find_warehouse(tx, id.uuid())?;
        let rows = store::list_movements(tx, warehouse.id, query.product_id, behind, limit)?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&row.id));
        Ok::<_, Problem>(Reply::ok(&page.map(MovementView::from)))
    })
    .await
}

/// Record a movement
///
/// Takes a good into a warehouse or out of it, or sets how much of it was counted there. What is promised to quotations
/// cannot go, unless the product allows backorders.
#[utoipa::path(operation_id = "warehouses_move", tag = "warehouses", security(("bearer" = ["billing:write"])),
    params(("id" = WarehouseId, Path, description = "The warehouse.")), request_body = MovementRequest,
    responses((status = 200, description = "What came or went.", body = MovementView),
        (status = 409, description = "There is not enough; `available` says how much.")))]
#[post("/api/v1/warehouses/{id}/movements")]
pub async fn warehouses_move(
    who: Authorized<WriteBilling>,
    id: Path<WarehouseId>,
    command: Command<MovementRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, request, once) = (id.into_inner(), command.value, command.once);
    let quantity = Decimal6::from(request.quantity);
    if quantity == Decimal6::ZERO && request.kind != MovementChoice::Count {
        let reason = Invalid::new("must be more than 0", "debe ser mayor que 0");
        return Err(Problem::invalid(vec![FieldError::at("/quantity", reason)]));
    }
    let kind = match request.kind {
        MovementChoice::Receipt => MovementKind::Receipt,
        MovementChoice::Issue => MovementKind::Issue,
        MovementChoice::Count => MovementKind::Count,
    };
    let new = NewMovement { product: request.product_id, kind, quantity, note: request.note };
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::move_by_hand(tx, id.uuid(), &new)?;
            Ok::<_, SalesError>(Reply::ok(&MovementView::from(row)))
        })
    })
    .await
}

fn reply(row: WarehouseRow) -> Reply {
    let version = row.version;
    Reply::ok(&WarehouseView::from(row)).version(version)
}

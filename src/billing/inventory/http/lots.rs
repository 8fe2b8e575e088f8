//! Making, listing, reading, changing and keeping lots.

use actix_web::web::{Data, Path};
use actix_web::{get, patch, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::lot_views::{LotCollection, LotFeature};
use crate::billing::catalog::{Details, ProductRow};
use crate::billing::contract::{ProductId, SalesError};
use crate::billing::domain::{ProductKey, Tax, UnitCode};
use crate::billing::http::{Quote, ReadBilling, WriteBilling};
use crate::billing::inventory::domain::{LotStatus, Polygon};
use crate::billing::inventory::service::{self, LotDetails, NewLot};
use crate::billing::inventory::store::{self, LotFilter, LotRow};
use crate::crm::CustomerId;
use crate::kernel::{Line, Money, NonNegativeMoney, PositiveDecimal6, Prose, WebUrl};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Body, Command, Cursor, Empty, IfMatch, Moment, Page, PageLimit, Query, Reply};
use crate::platform::problem::Problem;

/// Which lots.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LotsQuery {
    /// In this state.
    #[param(inline)]
    status: Option<LotStatus>,
    /// Kept for this customer, or theirs.
    customer_id: Option<Uuid>,
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A lot to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "sku": "BRISAS-M3-L12", "name": "Lote 12, manzana 3", "number": "M3-L12", "area": "200.5",
    "polygon": {
        "type": "Polygon", "coordinates": [[[-95.2, 16.17], [-95.199, 16.17], [-95.199, 16.171], [-95.2, 16.17]]]
    },
    "price": { "amount": "300000.00", "currency": "MXN" },
    "down_payment": { "amount": "50000.00", "currency": "MXN" }, "instalments": 36
}))]
pub struct LotRequest {
    /// The company's own code of the product.
    sku: Line<64>,
    /// What it is called.
    name: Line<255>,
    /// What is said of it.
    description: Option<Prose<5000>>,
    /// The kind of product, by the SAT's catalogue.
    sat_product_key: Option<ProductKey>,
    /// The unit, by the SAT's catalogue.
    unit_code: Option<UnitCode>,
    /// What it is taxed by; nothing when not said.
    #[schema(max_items = 8)]
    taxes: Option<Vec<Tax>>,
    /// Pictures.
    #[schema(max_items = 20)]
    images: Option<Vec<WebUrl>>,
    /// Its number in the development.
    number: Line<60>,
    /// Its place: a GeoJSON polygon.
    polygon: Polygon,
    /// Its area in square metres.
    area: PositiveDecimal6,
    /// What it costs.
    price: NonNegativeMoney,
    /// What of that is paid at once; all of it when there are no `instalments`, else nothing, when not said.
    down_payment: Option<NonNegativeMoney>,
    /// In how many parts the rest is paid.
    #[schema(minimum = 0, maximum = 600)]
    instalments: Option<i32>,
}

/// What changes of a lot: what is left out stays. What it is as a product changes with `PATCH /api/v1/products/{id}`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "price": { "amount": "310000.00", "currency": "MXN" } }))]
pub struct LotPatch {
    /// Its number in the development.
    #[schema(nullable = false)]
    number: Option<Line<60>>,
    /// Its place.
    #[schema(nullable = false)]
    polygon: Option<Polygon>,
    /// Its area in square metres.
    #[schema(nullable = false)]
    area: Option<PositiveDecimal6>,
    /// What it costs.
    #[schema(nullable = false)]
    price: Option<NonNegativeMoney>,
    /// What of that is paid at once.
    #[schema(nullable = false)]
    down_payment: Option<NonNegativeMoney>,
    /// In how many parts the rest is paid.
    #[schema(nullable = false, minimum = 0, maximum = 600)]
    instalments: Option<i32>,
}

/// For whom a lot is kept, and until when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LotReservationRequest, example = json!({ "customer_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c65", "until": "2027-01-15T18:00:00Z" }))]
pub struct ReservationRequest {
    /// The customer.
    customer_id: CustomerId,
    /// Until when; within a year.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    until: Moment,
}

/// List lots
///
/// Lists lots as a GeoJSON `FeatureCollection`, the oldest first.
#[utoipa::path(operation_id = "lots_list", tag = "lots", params(LotsQuery), security(("bearer" = ["billing:read"])),
    responses((status = 200, description = "A page of lots.", body = LotCollection)))]
#[get("/api/v1/lots")]
pub async fn lots_list(
    who: Authorized<ReadBilling>,
    query: Query<LotsQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let query = query.0;
    let limit = query.limit.unwrap_or_default();
    let behind = query.cursor.as_deref().map(Cursor::read::<Uuid>).transpose()?;
    let filter = LotFilter { status: query.status.map(LotStatus::as_str), customer: query.customer_id };
    db.read(who.actor(), move |tx| {
        let rows = service::lots(tx, filter, behind, limit)?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&row.id));
        let lots = service::lots_with_products(tx, page.data)?;
        let features = lots.into_iter().map(LotFeature::new).collect::<Result<_, _>>()?;
        Ok::<_, Problem>(Reply::ok(&LotCollection::new(features, page.next_cursor)))
    })
    .await
}

/// Create a lot
///
/// Creates a lot and its product of kind `lot`.
#[utoipa::path(operation_id = "lots_create", tag = "lots", security(("bearer" = ["billing:write"])),
    request_body = LotRequest, responses((status = 201, description = "Created.", body = LotFeature),
        (status = 409, description = "There is a product with this SKU; `existing_id` names it.")))]
#[post("/api/v1/lots")]
pub async fn lots_create(
    who: Authorized<WriteBilling>,
    command: Command<LotRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (request, once) = (command.value, command.once);
    let new = request.lot()?;
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let made = service::create_lot(tx, &new)?;
            let (version, location) = (made.0.version, format!("/api/v1/lots/{}", made.0.id));
            Ok::<_, SalesError>(Reply::created(&LotFeature::new(made)?, location).version(version))
        })
    })
    .await
}

/// Read a lot
///
/// Reads a lot.
#[utoipa::path(operation_id = "lots_get", tag = "lots", security(("bearer" = ["billing:read"])),
    params(("id" = ProductId, Path, description = "The lot.")),
    responses((status = 200, description = "The lot; its `ETag` is the version.", body = LotFeature)))]
#[get("/api/v1/lots/{id}")]
pub async fn lots_get(
    who: Authorized<ReadBilling>,
    id: Path<ProductId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.read(who.actor(), move |tx| {
        let lot = store::find_lot(tx, id.uuid())?;
        let mut found = service::lots_with_products(tx, vec![lot])?;
        reply(found.pop().ok_or_else(Problem::internal)?)
    })
    .await
}

/// Change a lot
///
/// Changes the place, price or plan of a lot that was not sold. Quotations that exist keep their prices.
#[utoipa::path(operation_id = "lots_update", tag = "lots", security(("bearer" = ["billing:write"])),
    params(("id" = ProductId, Path, description = "The lot."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = LotPatch,
    responses((status = 200, description = "The lot as it is now.", body = LotFeature),
        (status = 409, description = "It is sold.")))]
#[patch("/api/v1/lots/{id}")]
pub async fn lots_update(
    who: Authorized<WriteBilling>,
    id: Path<ProductId>,
    version: IfMatch,
    body: Body<LotPatch>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, patch) = (id.into_inner(), body.0);
    db.tenant(who.actor(), move |tx| {
        reply(service::update_lot(tx, id.uuid(), version.0, |details| patch.apply(details))?)
    })
    .await
}

/// Reserve a lot
///
/// Keeps a lot for a customer until some time, after which anybody can have it again. The same customer may have it longer.
#[utoipa::path(operation_id = "lots_reserve", tag = "lots", security(("bearer" = ["billing:quote"])),
    params(("id" = ProductId, Path, description = "The lot.")), request_body = ReservationRequest,
    responses((status = 200, description = "The lot as it is now.", body = LotFeature),
        (status = 409, description = "It is sold, or kept for somebody else.")))]
#[post("/api/v1/lots/{id}/reserve")]
pub async fn lots_reserve(
    who: Authorized<Quote>,
    id: Path<ProductId>,
    command: Command<ReservationRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, request, once) = (id.into_inner(), command.value, command.once);
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| reply(service::keep_lot(tx, id.uuid(), request.customer_id, request.until.utc())?))
    })
    .await
}

/// Release a lot
///
/// Lets a lot go that was kept for a customer by hand. One that a quotation keeps is let go with the quotation.
#[utoipa::path(operation_id = "lots_release", tag = "lots", security(("bearer" = ["billing:quote"])),
    params(("id" = ProductId, Path, description = "The lot.")), request_body = Empty,
    responses((status = 200, description = "The lot as it is now.", body = LotFeature),
        (status = 409, description = "It is sold, or in a quotation.")))]
#[post("/api/v1/lots/{id}/release")]
pub async fn lots_release(
    who: Authorized<Quote>,
    id: Path<ProductId>,
    command: Command<Empty>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, once) = (id.into_inner(), command.once);
    db.tenant(who.actor(), move |tx| once.run(tx, |tx| reply(service::let_lot_go(tx, id.uuid())?))).await
}

fn reply(lot: (LotRow, ProductRow)) -> Result<Reply, Problem> {
    let feature = LotFeature::new(lot)?;
    Ok(Reply::ok(&feature).version(feature.version()))
}

impl LotRequest {
    fn lot(self) -> Result<NewLot, Problem> {
        let instalments = self.instalments.unwrap_or(0);
        let down_payment = match self.down_payment {
            Some(down_payment) => down_payment,
            None if instalments == 0 => self.price,
            None => NonNegativeMoney::try_from(Money::from_minor(0, Money::from(self.price).currency()))
                .map_err(|_| Problem::internal())?,
        };
        let product = Details {
            sku: self.sku,
            name: self.name,
            description: self.description,
            sat_product_key: self.sat_product_key,
            unit_code: self.unit_code,
            taxes: self.taxes.unwrap_or_default(),
            images: self.images.unwrap_or_default(),
            tracks_stock: false,
            allows_backorder: false,
            is_archived: false,
            components: Vec::new(),
            custom_fields: serde_json::Map::new(),
        };
        let lot = LotDetails {
            number: self.number,
            polygon: self.polygon,
            area: self.area,
            price: self.price,
            down_payment,
            instalments,
        };
        Ok(NewLot { product, lot })
    }
}

impl LotPatch {
    fn apply(self, details: &mut LotDetails) {
        if let Some(number) = self.number {
            details.number = number;
        }
        if let Some(polygon) = self.polygon {
            details.polygon = polygon;
        }
        details.area = self.area.unwrap_or(details.area);
        details.price = self.price.unwrap_or(details.price);
        details.down_payment = self.down_payment.unwrap_or(details.down_payment);
        details.instalments = self.instalments.unwrap_or(details.instalments);
    }
}

//! Price lists and the prices in them.

use actix_web::web::{Data, Path};
use actix_web::{delete, get, patch, post, put};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::views::{PriceListView, PriceView};
use crate::billing::catalog::service::{self, PriceListDetails};
use crate::billing::catalog::store::{self, PriceListRow};
use crate::billing::contract::{PriceListId, ProductId, SalesError};
use crate::billing::http::{ReadBilling, Usage, WriteBilling};
use crate::kernel::{Currency, Line, NonNegativeDecimal6};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Body, Command, Cursor, IfMatch, Moment, Page, PageLimit, Patch, Query, Reply};
use crate::platform::problem::Problem;

/// Which price lists.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PriceListsQuery {
    /// Of this currency.
    #[param(inline)]
    currency: Option<Currency>,
    /// Used, or not any more.
    #[param(inline)]
    status: Option<Usage>,
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Which part of a list of prices.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PricesQuery {
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A price list to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Mayoreo 2027", "currency": "MXN", "valid_from": "2027-01-01T06:00:00Z" }))]
pub struct PriceListRequest {
    /// What it is called.
    name: Line<120>,
    /// The currency of its prices, which never changes.
    currency: Currency,
    /// From when on it is used (included); at once when not said.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    valid_from: Option<Moment>,
    /// Until when (excluded); for ever when not said.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    valid_until: Option<Moment>,
}

/// What changes of a price list: what is left out stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "valid_until": "2028-01-01T06:00:00Z" }))]
pub struct PriceListPatch {
    /// What it is called.
    #[schema(nullable = false)]
    name: Option<Line<120>>,
    /// From when on it is used (included).
    #[serde(default)]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    valid_from: Patch<Moment>,
    /// Until when (excluded).
    #[serde(default)]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    valid_until: Patch<Moment>,
    /// Whether it is used.
    #[schema(nullable = false)]
    status: Option<Usage>,
}

/// A price.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "unit_price": "185.5" }))]
pub struct PriceRequest {
    /// The price of one, in the list's currency, before taxes.
    unit_price: NonNegativeDecimal6,
}

/// List price lists
///
/// Lists price lists, the oldest first.
#[utoipa::path(operation_id = "price_lists_list", tag = "price-lists", params(PriceListsQuery),
    security(("bearer" = ["billing:read"])),
    responses((status = 200, description = "A page of price lists.", body = Page<PriceListView>)))]
#[get("/api/v1/price-lists")]
pub async fn price_lists_list(
    who: Authorized<ReadBilling>,
    query: Query<PriceListsQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let query = query.0;
    let limit = query.limit.unwrap_or_default();
    let behind = query.cursor.as_deref().map(Cursor::read::<Uuid>).transpose()?;
    db.read(who.actor(), move |tx| {
        let currency = query.currency.map(Currency::as_str);
        let is_archived = query.status.map(Usage::is_archived);
        let rows = store::list_lists(tx, currency, is_archived, behind, limit)?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&row.id));
        Ok::<_, Problem>(Reply::ok(&page.map(PriceListView::from)))
    })
    .await
}

/// Create a price list
///
/// Creates a price list without prices.
#[utoipa::path(operation_id = "price_lists_create", tag = "price-lists", security(("bearer" = ["billing:write"])),
    request_body = PriceListRequest,
    responses((status = 201, description = "Created.", body = PriceListView)))]
#[post("/api/v1/price-lists")]
pub async fn price_lists_create(
    who: Authorized<WriteBilling>,
    command: Command<PriceListRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (request, once) = (command.value, command.once);
    let details = PriceListDetails {
        name: request.name,
        valid_from: request.valid_from.map(Moment::utc),
        valid_until: request.valid_until.map(Moment::utc),
        is_archived: false,
    };
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::create_list(tx, request.currency, &details)?;
            let (version, location) = (row.version, format!("/api/v1/price-lists/{}", row.id));
            Ok::<_, SalesError>(Reply::created(&PriceListView::from(row), location).version(version))
        })
    })
    .await
}

/// Read a price list
///
/// Reads a price list, without its prices.
#[utoipa::path(operation_id = "price_lists_get", tag = "price-lists", security(("bearer" = ["billing:read"])),
    params(("id" = PriceListId, Path, description = "The price list.")),
    responses((status = 200, description = "The price list; its `ETag` is the version.", body = PriceListView)))]
#[get("/api/v1/price-lists/{id}")]
pub async fn price_lists_get(
    who: Authorized<ReadBilling>,
    id: Path<PriceListId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.read(who.actor(), move |tx| Ok::<_, Problem>(reply(store::find_list(tx, id.uuid())?))).await
}

/// Change a price list
///
/// Changes, archives or restores a price list. Its currency never changes.
#[utoipa::path(operation_id = "price_lists_update", tag = "price-lists", security(("bearer" = ["billing:write"])),
    params(("id" = PriceListId, Path, description = "The price list."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = PriceListPatch,
    responses((status = 200, description = "The price list as it is now.", body = PriceListView)))]
#[patch("/api/v1/price-lists/{id}")]
pub async fn price_lists_update(
    who: Authorized<WriteBilling>,
    id: Path<PriceListId>,
    version: IfMatch,
    body: Body<PriceListPatch>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, patch) = (id.into_inner(), body.0);
    db.tenant(who.actor(), move |tx| {
        let row = service::update_list(tx, id.uuid(), version.0, |details| patch.apply(details))?;
        Ok::<_, Problem>(reply(row))
    })
    .await
}

/// List prices
///
/// Lists the prices of a list, by product.
#[utoipa::path(operation_id = "price_lists_prices", tag = "price-lists", security(("bearer" = ["billing:read"])),
    params(("id" = PriceListId, Path, description = "The price list."), PricesQuery),
    responses((status = 200, description = "A page of prices.", body = Page<PriceView>)))]
#[get("/api/v1/price-lists/{id}/prices")]
pub async fn price_lists_prices(
    who: Authorized<ReadBilling>,
    id: Path<PriceListId>,
    query: Query<PricesQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, query) = (id.into_inner(), query.0);
    let limit = query.limit.unwrap_or_default();
    let behind = query.cursor.as_deref().map(Cursor::read::<Uuid>).transpose()?;
    db.read(who.actor(), move |tx| {
        let list = store::find_list(tx, id.uuid())?;
        let rows = store::list_prices(tx, list.id, behind, limit)?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&row.product_id));
        Ok::<_, Problem>(Reply::ok(&page.map(PriceView::from)))
    })
    .await
}

/// Set a price
///
/// Sets what one of a product costs in this list. Quotations that exist keep their prices.
#[utoipa::path(operation_id = "price_lists_set_price", tag = "price-lists", security(("bearer" = ["billing:write"])),
    params(("id" = PriceListId, Path, description = "The price list."),
        ("product_id" = ProductId, Path, description = "The product.")),
    request_body = PriceRequest, responses((status = 200, description = "The price.", body = PriceView)))]
#[put("/api/v1/price-lists/{id}/prices/{product_id}")]
pub async fn price_lists_set_price(
    who: Authorized<WriteBilling>,
    path: Path<(PriceListId, ProductId)>,
    body: Body<PriceRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let ((list, product), price) = (path.into_inner(), body.0.unit_price);
    db.tenant(who.actor(), move |tx| {
        let row = service::set_price(tx, list.uuid(), product, Some(price.into()))?;
        Ok::<_, Problem>(Reply::ok(&PriceView::from(row)))
    })
    .await
}

/// Delete a price
///
/// Takes a product's price out of this list.
#[utoipa::path(operation_id = "price_lists_delete_price", tag = "price-lists",
    security(("bearer" = ["billing:write"])),
    params(("id" = PriceListId, Path, description = "The price list."),
        ("product_id" = ProductId, Path, description = "The product.")),
    responses((status = 204, description = "Gone.")))]
#[delete("/api/v1/price-lists/{id}/prices/{product_id}")]
pub async fn price_lists_delete_price(
    who: Authorized<WriteBilling>,
    path: Path<(PriceListId, ProductId)>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (list, product) = path.into_inner();
    db.tenant(who.actor(), move |tx| {
        service::set_price(tx, list.uuid(), product, None)?;
        Ok::<_, Problem>(Reply::no_content())
    })
    .await
}

fn reply(row: PriceListRow) -> Reply {
    let version = row.version;
    Reply::ok(&PriceListView::from(row)).version(version)
}

impl PriceListPatch {
    fn apply(self, details: &mut PriceListDetails) {
        if let Some(name) = self.name {
            details.name = name;
        }
        self.valid_from.map(Moment::utc).apply(&mut details.valid_from);
        self.valid_until.map(Moment::utc).apply(&mut details.valid_until);
        details.is_archived = self.status.map_or(details.is_archived, Usage::is_archived);
    }
}

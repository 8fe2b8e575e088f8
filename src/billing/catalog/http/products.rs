//! Making, listing, reading and changing products.

use actix_web::web::{Data, Path};
use actix_web::{get, patch, post};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::views::ProductView;
use crate::billing::catalog::ProductKind;
use crate::billing::catalog::domain::{Component, Details};
use crate::billing::catalog::service::{self, sku_key};
use crate::billing::catalog::store::{
    self, ComponentRow, ProductFilter, ProductPlace, ProductRow, ProductSort, ProductSortKey,
};
use crate::billing::contract::{ProductId, SalesError};
use crate::billing::domain::{ProductKey, Tax, UnitCode};
use crate::billing::http::{ReadBilling, Usage, WriteBilling};
use crate::kernel::{FieldSet, Invalid, Line, Prose, WebUrl};
use crate::platform::auth::Authorized;
use crate::platform::db::{Db, TenantTx};
use crate::platform::fields::{FieldOrder, conditions};
use crate::platform::http::{
    Body, Command, Cursor, Direction, IfMatch, Page, PageLimit, Patch, QueryWithFields, Reply,
    search_patterns,
};
use crate::platform::problem::{FieldError, Problem};

/// Which products, in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProductsQuery {
    /// Of this kind.
    #[param(inline)]
    kind: Option<ProductKind>,
    /// Used, or not any more.
    #[param(inline)]
    status: Option<Usage>,
    /// With this SKU; accents and capitals do not matter.
    sku: Option<String>,
    /// Brought by this import.
    import_id: Option<Uuid>,
    /// Words in the name or the SKU; accents and capitals do not matter.
    #[param(max_length = 100)]
    q: Option<String>,
    /// `created_at`, `name` or `field.<key>`; `-` before it turns it round.
    #[param(pattern = "^-?(created_at|name|field\\.[a-z0-9][a-z0-9_]{0,59})$")]
    sort: Option<String>,
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A product to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "good", "sku": "UNI-ESC-M", "name": "Uniforme escolar, talla M", "sat_product_key": "53102700",
    "unit_code": "H87", "taxes": [{ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" }]
}))]
pub struct ProductRequest {
    /// What it is: `good`, `service` or `bundle`. Lots are made with `POST /api/v1/lots`.
    kind: ProductKind,
    /// The company's own code.
    sku: Line<64>,
    /// What it is called.
    name: Line<255>,
    /// What is said of it.
    description: Option<Prose<5000>>,
    /// The kind of product, by the SAT's catalogue.
    sat_product_key: Option<ProductKey>,
    /// The unit, by the SAT's catalogue.
    unit_code: Option<UnitCode>,
    /// What a line with it is taxed by, when the line says nothing; none when not said.
    #[schema(max_items = 8)]
    taxes: Option<Vec<Tax>>,
    /// Pictures.
    #[schema(max_items = 20)]
    images: Option<Vec<WebUrl>>,
    /// Whether it is sold from stock; of a good true when not said.
    tracks_stock: Option<bool>,
    /// Whether more of it is sold than there is; false when not said.
    allows_backorder: Option<bool>,
    /// What a bundle holds: goods and services.
    #[schema(max_items = 50)]
    components: Option<Vec<Component>>,
    /// What the company keeps beside: texts, numbers, booleans or null by name.
    #[schema(value_type = Option<Object>)]
    custom_fields: Option<Map<String, Value>>,
}

/// What changes of a product: what is left out stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Uniforme escolar, talla M", "status": "archived" }))]
pub struct ProductPatch {
    /// The company's own code.
    #[schema(nullable = false)]
    sku: Option<Line<64>>,
    /// What it is called.
    #[schema(nullable = false)]
    name: Option<Line<255>>,
    /// What is said of it.
    #[serde(default)]
    #[schema(value_type = Option<Prose<5000>>)]
    description: Patch<Prose<5000>>,
    /// The kind of product, by the SAT's catalogue.
    #[serde(default)]
    #[schema(value_type = Option<ProductKey>)]
    sat_product_key: Patch<ProductKey>,
    /// The unit, by the SAT's catalogue.
    #[serde(default)]
    #[schema(value_type = Option<UnitCode>)]
    unit_code: Patch<UnitCode>,
    /// What a line with it is taxed by: all of it.
    #[schema(nullable = false, max_items = 8)]
    taxes: Option<Vec<Tax>>,
    /// Pictures: all of them.
    #[schema(nullable = false, max_items = 20)]
    images: Option<Vec<WebUrl>>,
    /// Whether it is sold from stock.
    #[schema(nullable = false)]
    tracks_stock: Option<bool>,
    /// Whether more of it is sold than there is.
    #[schema(nullable = false)]
    allows_backorder: Option<bool>,
    /// What a bundle holds: all of it.
    #[schema(nullable = false, max_items = 50)]
    components: Option<Vec<Component>>,
    /// Whether it is sold.
    #[schema(nullable = false)]
    status: Option<Usage>,
    /// Fields to set; null takes one away.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    custom_fields: Option<Map<String, Value>>,
}

/// List products
///
/// Lists products, services, bundles and lots, newest first when no order is given.
///
/// Each field that your company defined is a filter too: `field.<key>=<value>`, and of numbers and dates
/// `field.<key>.from` (included) and `field.<key>.to` (excluded). A field that is not defined is 422. In an order by a field,
/// products without one have no place.
#[utoipa::path(operation_id = "products_list", tag = "products", params(ProductsQuery),
    security(("bearer" = ["billing:read"])),
    responses((status = 200, description = "A page of products.", body = Page<ProductView>)))]
#[get("/api/v1/products")]
pub async fn products_list(
    who: Authorized<ReadBilling>,
    query: QueryWithFields<ProductsQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let QueryWithFields(query, parameters) = query;
    let (limit, order) = (query.limit.unwrap_or_default(), query.sort);
    let place = query.cursor.as_deref().map(Cursor::read::<ProductPlace>).transpose()?;
    let mut filter = ProductFilter {
        kind: query.kind.map(|kind| kind.as_str().to_owned()),
        is_archived: query.status.map(Usage::is_archived),
        sku_key: query.sku.as_deref().map(sku_key),
        import: query.import_id,
        patterns: query.q.as_deref().map(search_patterns).transpose()?,
        fields: Vec::new(),
    };
    db.read(who.actor(), move |tx| {
        let fields = fields_for(tx, &parameters, order.as_deref())?;
        filter.fields = conditions(&fields, &parameters)?;
        let sort = sort(order.as_deref(), &fields)
            .map_err(|reason| Problem::invalid(vec![FieldError::parameter("sort", reason)]))?;
        if place.as_ref().is_some_and(|place| !place.fits(&sort)) {
            return Err(Cursor::refused());
        }
        let page = store::list(tx, &filter, &sort, place, limit)?;
        let ids: Vec<_> = page.data.iter().map(|row| row.id).collect();
        let components = store::components(tx, &ids)?;
        Ok::<_, Problem>(Reply::ok(&page.map(|row| ProductView::new(row, &components))))
    })
    .await
}

/// The fields that a list needs, which are none when it neither asks for values nor is ordered by one.
pub fn fields_for(
    tx: &mut TenantTx<'_>,
    said: &[(String, String)],
    order: Option<&str>,
) -> Result<FieldSet, SalesError> {
    let is_needed = !said.is_empty() || order.is_some_and(|order| order.contains("field."));
    if is_needed { service::definitions(tx) } else { Ok(FieldSet::default()) }
}

/// Create a product
///
/// Creates a good, a service, or a bundle of them. Its SKU is its own in your company.
#[utoipa::path(operation_id = "products_create", tag = "products", security(("bearer" = ["billing:write"])),
    request_body = ProductRequest, responses((status = 201, description = "Created.", body = ProductView),
        (status = 409, description = "There is a product with this SKU; `existing_id` names it.")))]
#[post("/api/v1/products")]
pub async fn products_create(
    who: Authorized<WriteBilling>,
    command: Command<ProductRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (request, once) = (command.value, command.once);
    let kind = request.kind;
    if kind == ProductKind::Lot {
        let reason = Invalid::new(
            "must be good, service or bundle; a lot has a place: make it with `POST /api/v1/lots`",
            "debe ser good, service o bundle; un lote tiene un lugar: créelo con `POST /api/v1/lots`",
        );
        return Err(Problem::invalid(vec![FieldError::at("/kind", reason)]));
    }
    let details = request.details();
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let (row, components) = service::create(tx, kind, &details)?;
            let (version, location) = (row.version, format!("/api/v1/products/{}", row.id));
            let view = ProductView::new(row, &components);
            Ok::<_, SalesError>(Reply::created(&view, location).version(version))
        })
    })
    .await
}

/// Read a product
///
/// Reads a product.
#[utoipa::path(operation_id = "products_get", tag = "products", security(("bearer" = ["billing:read"])),
    params(("id" = ProductId, Path, description = "The product.")),
    responses((status = 200, description = "The product; its `ETag` is the version.", body = ProductView)))]
#[get("/api/v1/products/{id}")]
pub async fn products_get(
    who: Authorized<ReadBilling>,
    id: Path<ProductId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.read(who.actor(), move |tx| Ok::<_, Problem>(reply(service::find(tx, id)?))).await
}

/// Change a product
///
/// Changes, archives or restores a product. Quotations that exist keep what they copied of it.
#[utoipa::path(operation_id = "products_update", tag = "products", security(("bearer" = ["billing:write"])),
    params(("id" = ProductId, Path, description = "The product."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = ProductPatch,
    responses((status = 200, description = "The product as it is now.", body = ProductView),
        (status = 409, description = "There is another product with this SKU; `existing_id` names it.")))]
#[patch("/api/v1/products/{id}")]
pub async fn products_update(
    who: Authorized<WriteBilling>,
    id: Path<ProductId>,
    version: IfMatch,
    body: Body<ProductPatch>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, patch) = (id.into_inner(), body.0);
    db.tenant(who.actor(), move |tx| {
        Ok::<_, Problem>(reply(service::update(tx, id, version.0, |details| patch.apply(details))?))
    })
    .await
}

fn reply((row, components): (ProductRow, Vec<ComponentRow>)) -> Reply {
    let version = row.version;
    Reply::ok(&ProductView::new(row, &components)).version(version)
}

/// The order that `text` names.
pub fn sort(text: Option<&str>, fields: &FieldSet) -> Result<ProductSort, Invalid> {
    let text = text.unwrap_or("-created_at");
    let (name, direction) = match text.strip_prefix('-') {
        Some(name) => (name, Direction::Descending),
        None => (text, Direction::Ascending),
    };
    let field = || name.strip_prefix("field.").and_then(|key| fields.get(key));
    let key = match name {
        "created_at" => ProductSortKey::CreatedAt,
        "name" => ProductSortKey::Name,
        _ => match field().filter(|field| field.kind.is_single()) {
            Some(field) => ProductSortKey::Field(FieldOrder::by(field)),
            None => {
                return Err(Invalid::new(
                    "must be created_at, name or field.<key> of a defined field that is not multi_choice, with - before it to turn it round",
                    "debe ser created_at, name o field.<clave> de un campo definido que no sea multi_choice, con - delante para invertirlo",
                ));
            }
        },
    };
    Ok(ProductSort { key, direction })
}

impl ProductRequest {
    fn details(self) -> Details {
        Details {
            sku: self.sku,
            name: self.name,
            description: self.description,
            sat_product_key: self.sat_product_key,
            unit_code: self.unit_code,
            taxes: self.taxes.unwrap_or_default(),
            images: self.images.unwrap_or_default(),
            tracks_stock: self.tracks_stock.unwrap_or(self.kind == ProductKind::Good),
            allows_backorder: self.allows_backorder.unwrap_or(false),
            is_archived: false,
            components: self.components.unwrap_or_default(),
            custom_fields: self.custom_fields.unwrap_or_default(),
        }
    }
}

impl ProductPatch {
    fn apply(self, details: &mut Details) {
        self.description.apply(&mut details.description);
        self.sat_product_key.apply(&mut details.sat_product_key);
        self.unit_code.apply(&mut details.unit_code);
        if let Some(sku) = self.sku {
            details.sku = sku;
        }
        if let Some(name) = self.name {
            details.name = name;
        }
        if let Some(taxes) = self.taxes {
            details.taxes = taxes;
        }
        if let Some(images) = self.images {
            details.images = images;
        }
        details.tracks_stock = self.tracks_stock.unwrap_or(details.tracks_stock);
        details.allows_backorder = self.allows_backorder.unwrap_or(details.allows_backorder);
        details.is_archived = self.status.map_or(details.is_archived, Usage::is_archived);
        if let Some(mut components) = self.components {
            components.sort_by_key(|component| component.product_id);
            details.components = components;
        }
        for (name, value) in self.custom_fields.unwrap_or_default() {
            if value.is_null() {
                details.custom_fields.shift_remove(&name);
            } else {
                details.custom_fields.insert(name, value);
            }
        }
    }
}

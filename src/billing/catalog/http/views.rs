//! The catalogue as clients see it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::billing::catalog::ProductKind;
use crate::billing::catalog::domain::Component;
use crate::billing::catalog::store::{ComponentRow, PriceListRow, PriceRow, ProductRow};
use crate::billing::domain::{ProductKey, Tax, UnitCode};
use crate::billing::http::{Usage, usage};
use crate::kernel::{Currency, Decimal6, WebUrl};

/// A product.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!(product_example()))]
pub struct ProductView {
    /// Its identifier.
    id: Uuid,
    /// What it is.
    #[schema(value_type = ProductKind)]
    kind: String,
    /// The company's own code.
    sku: String,
    /// What it is called.
    name: String,
    /// What is said of it.
    #[schema(required)]
    description: Option<String>,
    /// The kind of product, by the SAT's catalogue.
    #[schema(required, value_type = Option<ProductKey>)]
    sat_product_key: Option<String>,
    /// The unit, by the SAT's catalogue.
    #[schema(required, value_type = Option<UnitCode>)]
    unit_code: Option<String>,
    /// What a line with it is taxed by, when the line says nothing.
    #[schema(value_type = Vec<Tax>)]
    taxes: Value,
    /// Pictures.
    #[schema(value_type = Vec<WebUrl>)]
    images: Vec<String>,
    /// Whether it is sold from stock.
    tracks_stock: bool,
    /// Whether more of it is sold than there is.
    allows_backorder: bool,
    /// What a bundle holds.
    #[schema(value_type = Vec<Component>)]
    components: Vec<ComponentView>,
    /// What the company keeps beside.
    #[schema(value_type = Object)]
    custom_fields: Value,
    /// Whether it is sold.
    #[schema(value_type = Usage)]
    status: &'static str,
    /// Counts the changes.
    version: i32,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was changed last.
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Serialize)]
struct ComponentView {
    product_id: Uuid,
    quantity: Decimal6,
}

/// A price list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c62", "name": "Mayoreo 2027", "currency": "MXN", "valid_from": null,
    "valid_until": null, "status": "active", "version": 1, "created_at": "2026-01-05T15:00:00Z",
    "updated_at": "2026-01-05T15:00:00Z"
}))]
pub struct PriceListView {
    /// Its identifier.
    id: Uuid,
    /// What it is called.
    name: String,
    /// The currency of its prices.
    #[schema(value_type = Currency)]
    currency: String,
    /// From when on it is used (included).
    #[schema(required)]
    valid_from: Option<DateTime<Utc>>,
    /// Until when (excluded).
    #[schema(required)]
    valid_until: Option<DateTime<Utc>>,
    /// Whether it is used.
    #[schema(value_type = Usage)]
    status: &'static str,
    /// Counts the changes.
    version: i32,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was changed last.
    updated_at: DateTime<Utc>,
}

/// A product's price in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "product_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c61", "unit_price": "185.5", "updated_at": "2026-01-05T15:00:00Z"
}))]
pub struct PriceView {
    /// The product.
    product_id: Uuid,
    /// The price of one, in the list's currency, before taxes.
    unit_price: Decimal6,
    /// When it was set.
    updated_at: DateTime<Utc>,
}

impl ProductView {
    /// A product and what it holds.
    pub fn new(row: ProductRow, components: &[ComponentRow]) -> Self {
        let own = components.iter().filter(|component| component.bundle_id == row.id);
        let quantity = |component: &ComponentRow| Decimal6::from_millionths(component.quantity);
        Self {
            components: own
                .map(|one| ComponentView { product_id: one.product_id, quantity: quantity(one) })
                .collect(),
            id: row.id,
            kind: row.kind,
            sku: row.sku,
            name: row.name,
            description: row.description,
            sat_product_key: row.sat_product_key,
            unit_code: row.unit_code,
            taxes: row.taxes,
            images: row.images,
            tracks_stock: row.tracks_stock,
            allows_backorder: row.allows_backorder,
            custom_fields: row.custom_fields,
            status: usage(row.archived_at.is_some()),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl From<PriceListRow> for PriceListView {
    fn from(row: PriceListRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            currency: row.currency,
            valid_from: row.valid_from,
            valid_until: row.valid_until,
            status: usage(row.archived_at.is_some()),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl From<PriceRow> for PriceView {
    fn from(row: PriceRow) -> Self {
        let unit_price = Decimal6::from_millionths(row.unit_price);
        Self { product_id: row.product_id, unit_price, updated_at: row.updated_at }
    }
}

fn product_example() -> Value {
    json!({
        "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c61", "kind": "good", "sku": "UNI-ESC-M",
        "name": "Uniforme escolar, talla M", "description": null, "sat_product_key": "53102700", "unit_code": "H87",
        "taxes": [{ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" }],
        "images": ["https://www.empresa.mx/uniforme.jpg"], "tracks_stock": true, "allows_backorder": false,
        "components": [], "custom_fields": { "talla": "M" }, "status": "active", "version": 1, "created_at": "2026-01-05T15:00:00Z",
        "updated_at": "2026-01-05T15:00:00Z"
    })
}

//! Lots as clients see them: GeoJSON (RFC 7946).

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::billing::catalog::ProductRow;
use crate::billing::inventory::domain::{LotStatus, PaymentPlan, Polygon};
use crate::billing::inventory::store::LotRow;
use crate::kernel::{Currency, Decimal6, Money};
use crate::platform::problem::Problem;

/// Lots as a GeoJSON `FeatureCollection`, for a map.
#[derive(Debug, Serialize, ToSchema)]
pub struct LotCollection {
    /// `FeatureCollection`
    #[serde(rename = "type")]
    kind: CollectionType,
    /// The lots.
    pub features: Vec<LotFeature>,
    /// Send it as `cursor` to get the next page; null on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// `FeatureCollection`
#[derive(Debug, Serialize, ToSchema)]
enum CollectionType {
    FeatureCollection,
}

/// `Feature`
#[derive(Debug, Serialize, ToSchema)]
enum FeatureType {
    Feature,
}

/// A lot as a GeoJSON `Feature`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!(feature_example()))]
pub struct LotFeature {
    /// `Feature`
    #[serde(rename = "type")]
    kind: FeatureType,
    /// The lot, which is a product.
    id: Uuid,
    /// Its place.
    #[schema(value_type = Polygon)]
    geometry: Value,
    /// What is known of it.
    properties: LotProperties,
}

/// What is known of a lot, besides its place.
#[derive(Debug, Serialize, ToSchema)]
struct LotProperties {
    /// The company's own code of the product.
    sku: String,
    /// What it is called.
    name: String,
    /// Its number in the development.
    number: String,
    /// Its area in square metres.
    area: Decimal6,
    /// What it costs.
    price: Money,
    /// How it is paid.
    payment_plan: PaymentPlan,
    /// Whether it can be had.
    #[schema(value_type = LotStatus)]
    status: String,
    /// For whom it is kept, or who has it.
    #[schema(required)]
    customer_id: Option<Uuid>,
    /// The quotation that it is in.
    #[schema(required)]
    quotation_id: Option<Uuid>,
    /// Until when it is kept.
    #[schema(required)]
    reserved_until: Option<DateTime<Utc>>,
    /// When it was sold.
    #[schema(required)]
    sold_at: Option<DateTime<Utc>>,
    /// Counts the changes.
    version: i32,
    /// When it was changed last.
    updated_at: DateTime<Utc>,
}

impl LotCollection {
    /// A page of lots.
    pub fn new(features: Vec<LotFeature>, next_cursor: Option<String>) -> Self {
        Self { kind: CollectionType::FeatureCollection, features, next_cursor }
    }
}

impl LotFeature {
    /// A lot and its product.
    pub fn new((lot, product): (LotRow, ProductRow)) -> Result<Self, Problem> {
        let currency = Currency::parse(&lot.currency).map_err(|_| Problem::internal())?;
        let money = |minor| Money::from_minor(minor, currency);
        let price = money(lot.price_minor);
        Ok(Self {
            kind: FeatureType::Feature,
            id: lot.id,
            geometry: lot.polygon,
            properties: LotProperties {
                sku: product.sku,
                name: product.name,
                number: lot.number,
                area: Decimal6::from_millionths(lot.area),
                price,
                payment_plan: PaymentPlan::new(price, money(lot.down_payment_minor), lot.instalments),
                status: lot.status,
                customer_id: lot.customer_id,
                quotation_id: lot.quotation_id,
                reserved_until: lot.reserved_until,
                sold_at: lot.sold_at,
                version: lot.version,
                updated_at: lot.updated_at,
            },
        })
    }

    /// Its version.
    pub fn version(&self) -> i32 {
        self.properties.version
    }
}

fn feature_example() -> Value {
    json!({
        "type": "Feature", "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c64",
        "geometry": {
            "type": "Polygon", "coordinates": [[[-95.2, 16.17], [-95.199, 16.17], [-95.199, 16.171], [-95.2, 16.17]]]
        },
        "properties": {
            "sku": "BRISAS-M3-L12", "name": "Lote 12, manzana 3", "number": "M3-L12", "area": "200.5",
            "price": { "amount": "300000.00", "currency": "MXN" },
            "payment_plan": {
                "down_payment": { "amount": "50000.00", "currency": "MXN" }, "instalments": 36,
                "instalment": { "amount": "6944.44", "currency": "MXN" },
                "last_instalment": { "amount": "6944.60", "currency": "MXN" }
            },
            "status": "available", "customer_id": null, "quotation_id": null, "reserved_until": null, "sold_at": null,
            "version": 1, "updated_at": "2026-01-05T15:00:00Z"
        }
    })
}

//! What happens to products and their prices.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{PriceListId, ProductId};
use crate::billing::catalog::ProductKind;
use crate::kernel::{Currency, Decimal6};
use crate::platform::events::{Event, EventKind};
use crate::platform::id::Id;

/// The events of the catalogue.
pub fn catalogue() -> Vec<EventKind> {
    vec![
        EventKind::of::<ProductCreated>(),
        EventKind::of::<ProductUpdated>(),
        EventKind::of::<ProductPriced>(),
        EventKind::of::<PriceListChanged>(),
    ]
}

/// A product is new.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductCreated {
    /// The product.
    pub id: ProductId,
    /// What it is.
    pub kind: ProductKind,
    /// The company's own code of it.
    pub sku: String,
    /// What it is called.
    pub name: String,
}

/// Somebody changed, archived or restored a product.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductUpdated {
    /// The product.
    pub id: ProductId,
    /// The company's own code of it now.
    pub sku: String,
    /// What it is called now.
    pub name: String,
    /// Whether it is sold no more.
    pub archived: bool,
}

/// A product has a price in a list, or has none there any more.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductPriced {
    /// The product.
    pub id: ProductId,
    /// The list.
    pub price_list_id: PriceListId,
    /// The list's currency.
    pub currency: Currency,
    /// The price of one; null for none.
    pub unit_price: Option<Decimal6>,
}

/// A price list was made, changed, archived or restored.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PriceListChanged {
    /// The list.
    pub id: PriceListId,
    /// What it is called.
    pub name: String,
    /// The currency of its prices.
    pub currency: Currency,
    /// Whether it is used no more.
    pub archived: bool,
}

fn product() -> ProductId {
    Id::from(Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c61))
}

fn price_list() -> PriceListId {
    Id::from(Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c62))
}

impl Event for ProductCreated {
    const TYPE: &'static str = "Product.Created";
    const SUBJECT: &'static str = "product.created";
    const SUMMARY: &'static str = "A product, service, bundle or lot was added to the catalogue.";

    fn example() -> Self {
        let (sku, name) = ("UNI-ESC-M".to_owned(), "Uniforme escolar, talla M".to_owned());
        Self { id: product(), kind: ProductKind::Good, sku, name }
    }
}

impl Event for ProductUpdated {
    const TYPE: &'static str = "Product.Updated";
    const SUBJECT: &'static str = "product.updated";
    const SUMMARY: &'static str = "A product was changed, archived or restored.";

    fn example() -> Self {
        let (sku, name) = ("UNI-ESC-M".to_owned(), "Uniforme escolar, talla M".to_owned());
        Self { id: product(), sku, name, archived: false }
    }
}

impl Event for ProductPriced {
    const TYPE: &'static str = "Product.Priced";
    const SUBJECT: &'static str = "product.priced";
    const SUMMARY: &'static str = "A product got a price in a price list, or lost it.";

    fn example() -> Self {
        let unit_price = Some(Decimal6::from_millionths(185_500_000));
        Self { id: product(), price_list_id: price_list(), currency: Currency::MXN, unit_price }
    }
}

impl Event for PriceListChanged {
    const TYPE: &'static str = "Product.PriceListChanged";
    const SUBJECT: &'static str = "product.price-list.changed";
    const SUMMARY: &'static str = "A price list was made, changed, archived or restored.";

    fn example() -> Self {
        let name = "Mayoreo 2027".to_owned();
        Self { id: price_list(), name, currency: Currency::MXN, archived: false }
    }
}

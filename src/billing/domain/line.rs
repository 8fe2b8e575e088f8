//! A line of a document.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Discount, ProductKey, Tax, UnitCode};
use crate::billing::contract::ProductId;
use crate::kernel::{Decimal6, Line, NonNegativeDecimal6, PositiveDecimal6};

/// What is sold, how much of it, and at which price; the currency is the document's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "product_id": null, "description": "Uniforme escolar", "quantity": "40", "unit_code": "H87",
    "sat_product_key": "53102700", "unit_price": "185.5", "discount": { "percent": "10" },
    "taxes": [{ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" }]
}))]
pub struct DocumentLine {
    /// The product of the catalogue, if it is one.
    #[schema(value_type = Option<Uuid>)]
    pub product_id: Option<ProductId>,
    /// What it is, for the customer.
    #[schema(value_type = String, max_length = 1000)]
    pub description: Line<1000>,
    /// How much.
    pub quantity: PositiveDecimal6,
    /// The unit, by the SAT's catalogue; null until it is known.
    pub unit_code: Option<UnitCode>,
    /// The kind of product, by the SAT's catalogue; null until it is known.
    pub sat_product_key: Option<ProductKey>,
    /// The price of one, before discount and taxes.
    pub unit_price: NonNegativeDecimal6,
    /// What is taken off this line.
    pub discount: Option<Discount>,
    /// Its taxes, at most one of each tax, kind and factor.
    #[serde(default)]
    #[schema(max_items = 8)]
    pub taxes: Vec<Tax>,
}

impl DocumentLine {
    /// How much, as a number.
    pub fn quantity(&self) -> Decimal6 {
        self.quantity.into()
    }

    /// The price of one, as a number.
    pub fn unit_price(&self) -> Decimal6 {
        self.unit_price.into()
    }
}

//! Products as people describe them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::billing::contract::ProductId;
use crate::billing::domain::{ProductKey, Tax, UnitCode};
use crate::kernel::{Invalid, Line, PositiveDecimal6, Prose, WebUrl, free_values};
use crate::platform::http::Fields;

/// Pictures that a product may have.
pub const IMAGES_AT_MOST: usize = 20;
/// Taxes that a line may have.
pub const TAXES_AT_MOST: usize = 8;
/// Components that a bundle may have.
pub const COMPONENTS_AT_MOST: usize = 50;

/// What a product is. `good`: a thing, which may be kept in stock. `service`: work. `bundle`: several of them for one price.
/// `lot`: a piece of land.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProductKind {
    /// A thing.
    Good,
    /// Work.
    Service,
    /// Several for one price.
    Bundle,
    /// A piece of land.
    Lot,
}

impl ProductKind {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Service => "service",
            Self::Bundle => "bundle",
            Self::Lot => "lot",
        }
    }

    /// The kind that is stored as `name`.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Good, Self::Service, Self::Bundle, Self::Lot].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A part of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BundleComponent)]
pub struct Component {
    /// A good or a service.
    #[schema(value_type = uuid::Uuid)]
    pub product_id: ProductId,
    /// How many of it are in one bundle.
    pub quantity: PositiveDecimal6,
}

/// All that people say of a product, besides its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// The company's own code.
    pub sku: Line<64>,
    /// What it is called.
    pub name: Line<255>,
    /// What is said of it.
    pub description: Option<Prose<5000>>,
    /// The kind of product, by the SAT's catalogue.
    pub sat_product_key: Option<ProductKey>,
    /// The unit, by the SAT's catalogue.
    pub unit_code: Option<UnitCode>,
    /// What it is taxed by.
    pub taxes: Vec<Tax>,
    /// Pictures.
    pub images: Vec<WebUrl>,
    /// Whether it is sold from stock.
    pub tracks_stock: bool,
    /// Whether more of it is sold than there is.
    pub allows_backorder: bool,
    /// Whether it is sold no more.
    pub is_archived: bool,
    /// What a bundle holds.
    pub components: Vec<Component>,
    /// What the company keeps beside.
    pub custom_fields: Map<String, Value>,
}

impl Details {
    /// Notes what cannot be said of a product of this kind.
    pub fn check(&self, kind: ProductKind, fields: &mut Fields) {
        if self.tracks_stock && kind != ProductKind::Good {
            let reason = Invalid::new("is for goods only", "es solo para bienes");
            fields.refuse("/tracks_stock", reason);
        }
        if self.allows_backorder && !self.tracks_stock {
            let reason = Invalid::new(
                "is for goods that are sold from stock (`tracks_stock`)",
                "es solo para bienes que se venden de existencias (`tracks_stock`)",
            );
            fields.refuse("/allows_backorder", reason);
        }
        if self.images.len() > IMAGES_AT_MOST {
            fields.refuse("/images", Invalid::new("are at most 20", "son como máximo 20"));
        }
        check_taxes(&self.taxes, "/taxes", fields);
        fields.take("/custom_fields", free_values(self.custom_fields.clone()));
        self.check_components(kind, fields);
    }

    fn check_components(&self, kind: ProductKind, fields: &mut Fields) {
        let reason = match (kind, self.components.len()) {
            (ProductKind::Bundle, 0) => Invalid::new("a bundle holds something", "un paquete contiene algo"),
            (ProductKind::Bundle, 1..=COMPONENTS_AT_MOST) | (_, 0) => {
                for (index, component) in self.components.iter().enumerate() {
                    let is_same = |other: &Component| other.product_id == component.product_id;
                    if self.components[..index].iter().any(is_same) {
                        let reason = Invalid::new(
                            "is in the bundle already; raise its quantity",
                            "ya está en el paquete; aumente su cantidad",
                        );
                        fields.refuse(&format!("/components/{index}/product_id"), reason);
                    }
                }
                return;
            }
            (ProductKind::Bundle, _) => Invalid::new("are at most 50", "son como máximo 50"),
            _ => Invalid::new("only a bundle has components", "solo un paquete tiene componentes"),
        };
        fields.refuse("/components", reason);
    }
}

/// Notes a tax that is said twice, and too many of them.
pub fn check_taxes(taxes: &[Tax], pointer: &str, fields: &mut Fields) {
    if taxes.len() > TAXES_AT_MOST {
        fields.refuse(pointer, Invalid::new("are at most 8", "son como máximo 8"));
    }
    let name = |tax: &Tax| (tax.tax, tax.kind, tax.factor);
    for (index, tax) in taxes.iter().enumerate() {
        if taxes[..index].iter().any(|other| name(other) == name(tax)) {
            let reason = Invalid::new("is the same tax again", "es el mismo impuesto otra vez");
            fields.refuse(&format!("{pointer}/{index}"), reason);
        }
    }
}

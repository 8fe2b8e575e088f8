//! Discounts: a share or an amount, of a line or of a whole document.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::kernel::{Decimal6, Invalid, NonNegativeMoney};

/// A share in percent, from 0 to 100, with at most six decimals: `"12.5"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Percent(Decimal6);

/// What is taken off a price: `{"percent": "10"}`, or an amount of the document's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = json!({ "percent": "10" }))]
pub enum Discount {
    /// A share.
    Percent(Percent),
    /// An amount.
    Amount(NonNegativeMoney),
}

impl Percent {
    /// A share that is not below 0 or above 100.
    pub fn new(percent: Decimal6) -> Result<Self, Invalid> {
        if (0..=100_000_000).contains(&percent.millionths()) {
            return Ok(Self(percent));
        }
        Err(Invalid::new("A percentage is from 0 to 100.", "Un porcentaje va de 0 a 100."))
    }

    /// The number of percent.
    pub fn value(self) -> Decimal6 {
        self.0
    }
}

impl TryFrom<String> for Percent {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::new(Decimal6::parse(&text)?)
    }
}

impl From<Percent> for String {
    fn from(percent: Percent) -> Self {
        percent.0.to_string()
    }
}

impl PartialSchema for Percent {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A share in percent, from 0 to 100."))
            .pattern(Some(r"^((0|[1-9][0-9]?)(\.[0-9]{1,6})?|100(\.0{1,6})?)$"))
            .max_length(Some(10))
            .examples([json!("12.5")]);
        RefOr::T(Schema::Object(object.build()))
    }
}

impl ToSchema for Percent {}

//! Codes: capitals and digits of a certain length.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::kernel::Invalid;

/// A type for the codes of one list.
macro_rules! code {
    ($name:ident, $doc:literal, $pattern:literal, $most:literal, $example:literal, $is:expr, $en:literal, $es:literal) => {
        #[doc = $doc]
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses the code, in either case.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                let code = text.trim().to_ascii_uppercase();
                let is_code: fn(&str) -> bool = $is;
                if is_code(&code) { Ok(Self(code)) } else { Err(Invalid::new($en, $es)) }
            }

            /// The code.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(text: String) -> Result<Self, Invalid> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let object = ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some($doc))
                    .pattern(Some($pattern))
                    .max_length(Some($most))
                    .examples([json!($example)]);
                RefOr::T(Schema::Object(object.build()))
            }
        }

        impl ToSchema for $name {}
    };
}

code!(
    UnitCode,
    "A unit of the SAT's catalogue `c_ClaveUnidad`: two or three capitals or digits.",
    "^[A-Za-z0-9]{2,3}$",
    3,
    "H87",
    |code| (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric()),
    "A unit is two or three letters or digits of the SAT's catalogue, for example H87 (piece) or E48 (service).",
    "Una unidad son dos o tres letras o dígitos del catálogo del SAT, por ejemplo H87 (pieza) o E48 (servicio)."
);
code!(
    ProductKey,
    "A product or service of the SAT's catalogue `c_ClaveProdServ`: eight digits.",
    "^[0-9]{8}$",
    8,
    "81111500",
    |code| code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit()),
    "The SAT's key of a product or service has eight digits, for example 81111500.",
    "La clave del SAT de un producto o servicio lleva ocho dígitos, por ejemplo 81111500."
);
code!(
    Series,
    "A series of numbered documents: one to ten letters or digits.",
    "^[A-Za-z0-9]{1,10}$",
    10,
    "A",
    |code| (1..=10).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric()),
    "A series is one to ten letters or digits, for example A.",
    "Una serie son de una a diez letras o dígitos, por ejemplo A."
);

impl Series {
    /// Where invoices are numbered when nobody says.
    pub fn of_invoices() -> Self {
        Self("A".to_owned())
    }

    /// Where credit notes are numbered when nobody says.
    pub fn of_credit_notes() -> Self {
        Self("NC".to_owned())
    }
}

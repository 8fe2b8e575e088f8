//! What happens to the fields that a tenant defines for its products.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::FieldKind;
use crate::platform::events::{Event, EventKind};

/// The events of what a company keeps beside of its products.
pub fn catalogue() -> Vec<EventKind> {
    vec![
        EventKind::of::<ProductFieldDefined>(),
        EventKind::of::<ProductFieldChanged>(),
        EventKind::of::<ProductFieldArchived>(),
    ]
}

/// A custom field was defined.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductFieldDefined {
    /// The field.
    pub id: Uuid,
    /// Its name in JSON and in queries.
    pub key: String,
    /// What people see.
    pub label: String,
    /// What it holds.
    pub kind: FieldKind,
    /// What may be chosen.
    pub choices: Vec<String>,
    /// Whether new products must have a value.
    pub required: bool,
    /// Whether no two products may have the same value.
    pub unique: bool,
}

/// A custom field's definition changed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductFieldChanged {
    /// The field.
    pub id: Uuid,
    /// Its name in JSON and in queries.
    pub key: String,
    /// `{"<member>": {"from": …, "to": …}}`.
    #[schema(value_type = Object)]
    pub changes: Map<String, Value>,
}

/// A custom field was archived: products keep their values, which nothing checks any more.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductFieldArchived {
    /// The field.
    pub id: Uuid,
    /// The key that it had.
    pub key: String,
}

fn field() -> Uuid {
    Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c64)
}

impl Event for ProductFieldDefined {
    const TYPE: &'static str = "Product.FieldDefined";
    const SUBJECT: &'static str = "product.field.defined";
    const SUMMARY: &'static str = "A company defined a custom field of its products.";

    fn example() -> Self {
        Self {
            id: field(),
            key: "giro".to_owned(),
            label: "Giro".to_owned(),
            kind: FieldKind::Choice,
            choices: vec!["Textil".to_owned(), "Calzado".to_owned()],
            required: false,
            unique: false,
        }
    }
}

impl Event for ProductFieldChanged {
    const TYPE: &'static str = "Product.FieldChanged";
    const SUBJECT: &'static str = "product.field.changed";
    const SUMMARY: &'static str = "The definition of a custom field of products changed.";

    fn example() -> Self {
        let mut changes = Map::new();
        changes.insert("label".to_owned(), json!({ "from": "Giro", "to": "Ramo" }));
        Self { id: field(), key: "giro".to_owned(), changes }
    }
}

impl Event for ProductFieldArchived {
    const TYPE: &'static str = "Product.FieldArchived";
    const SUBJECT: &'static str = "product.field.archived";
    const SUMMARY: &'static str = "A custom field of products was archived.";

    fn example() -> Self {
        Self { id: field(), key: "giro".to_owned() }
    }
}

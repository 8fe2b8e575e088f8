//! What happens to the fields that a tenant defines for its customers.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::FieldKind;
use crate::platform::events::Event;

/// A custom field was defined.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerFieldDefined {
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
    /// Whether new customers must have a value.
    pub required: bool,
    /// Whether no two customers may have the same value.
    pub unique: bool,
}

/// A custom field's definition changed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerFieldChanged {
    /// The field.
    pub id: Uuid,
    /// Its name in JSON and in queries.
    pub key: String,
    /// `{"<member>": {"from": …, "to": …}}`.
    #[schema(value_type = Object)]
    pub changes: Map<String, Value>,
}

/// A custom field was archived: customers keep their values, which nothing checks any more.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerFieldArchived {
    /// The field.
    pub id: Uuid,
    /// The key that it had.
    pub key: String,
}

fn field() -> Uuid {
    Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c21)
}

impl Event for CustomerFieldDefined {
    const TYPE: &'static str = "Customer.FieldDefined";
    const SUBJECT: &'static str = "customer.field.defined";
    const SUMMARY: &'static str = "A company defined a custom field of its customers.";

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

impl Event for CustomerFieldChanged {
    const TYPE: &'static str = "Customer.FieldChanged";
    const SUBJECT: &'static str = "customer.field.changed";
    const SUMMARY: &'static str = "The definition of a custom field of customers changed.";

    fn example() -> Self {
        let mut changes = Map::new();
        changes.insert("label".to_owned(), json!({ "from": "Giro", "to": "Ramo" }));
        Self { id: field(), key: "giro".to_owned(), changes }
    }
}

impl Event for CustomerFieldArchived {
    const TYPE: &'static str = "Customer.FieldArchived";
    const SUBJECT: &'static str = "customer.field.archived";
    const SUMMARY: &'static str = "A custom field of customers was archived.";

    fn example() -> Self {
        Self { id: field(), key: "giro".to_owned() }
    }
}

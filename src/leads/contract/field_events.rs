//! What happens to the fields that a tenant defines for its leads.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::FieldKind;
use crate::platform::events::Event;

/// A custom field was defined.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadFieldDefined {
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
    /// Whether new leads must have a value.
    pub required: bool,
    /// Whether no two leads may have the same value.
    pub unique: bool,
}

/// A custom field's definition changed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadFieldChanged {
    /// The field.
    pub id: Uuid,
    /// Its name in JSON and in queries.
    pub key: String,
    /// `{"<member>": {"from": …, "to": …}}`.
    #[schema(value_type = Object)]
    pub changes: Map<String, Value>,
}

/// A custom field was archived: leads keep their values, which nothing checks any more.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadFieldArchived {
    /// The field.
    pub id: Uuid,
    /// The key that it had.
    pub key: String,
}

fn field() -> Uuid {
    Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c21)
}

impl Event for LeadFieldDefined {
    const TYPE: &'static str = "Lead.FieldDefined";
    const SUBJECT: &'static str = "lead.field.defined";
    const SUMMARY: &'static str = "A company defined a custom field of its leads.";

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

impl Event for LeadFieldChanged {
    const TYPE: &'static str = "Lead.FieldChanged";
    const SUBJECT: &'static str = "lead.field.changed";
    const SUMMARY: &'static str = "The definition of a custom field of leads changed.";

    fn example() -> Self {
        let mut changes = Map::new();
        changes.insert("label".to_owned(), json!({ "from": "Giro", "to": "Ramo" }));
        Self { id: field(), key: "giro".to_owned(), changes }
    }
}

impl Event for LeadFieldArchived {
    const TYPE: &'static str = "Lead.FieldArchived";
    const SUBJECT: &'static str = "lead.field.archived";
    const SUMMARY: &'static str = "A custom field of leads was archived.";

    fn example() -> Self {
        Self { id: field(), key: "giro".to_owned() }
    }
}

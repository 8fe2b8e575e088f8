//! Definitions as clients write and see them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::FieldRow;
use crate::kernel::{FieldDefinition, FieldKey, FieldKind, Line};
use crate::platform::http::{Fields, Patch};
use crate::platform::problem::{FieldError, Problem};

const POSITIONS: std::ops::RangeInclusive<i32> = 0..=10_000;

/// A field to define.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FieldRequest, example = json!({
    "key": "giro", "label": "Giro", "type": "choice", "choices": ["Textil", "Calzado"], "required": false
}))]
pub struct FieldRequest {
    /// Its name in JSON and in queries; it never changes.
    #[schema(value_type = FieldKey)]
    key: String,
    /// What people see.
    #[schema(value_type = Line<100>)]
    label: String,
    /// What it holds; it never changes.
    #[serde(rename = "type")]
    kind: FieldKind,
    /// What may be chosen, of `choice` and `multi_choice`.
    #[schema(value_type = Option<Vec<Line<100>>>, max_items = 200)]
    choices: Option<Vec<String>>,
    /// Whether new records must have a value.
    required: Option<bool>,
    /// Whether no two records may have the same value; it never changes. Only of `text`, `number` and `date`.
    unique: Option<bool>,
    /// What new records have when nothing is said: a value of the field's type.
    default: Option<Value>,
    /// Its place among the others; behind them when not said.
    #[schema(minimum = 0, maximum = 10_000)]
    position: Option<i32>,
}

/// What changes in a field: what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FieldPatch, example = json!({ "label": "Ramo", "position": 3 }))]
pub struct FieldPatch {
    /// What people see.
    #[schema(value_type = Option<Line<100>>, nullable = false)]
    #[serde(default)]
    label: Option<String>,
    /// What may be chosen. Records keep what was chosen before.
    #[schema(value_type = Option<Vec<Line<100>>>, max_items = 200, nullable = false)]
    #[serde(default)]
    choices: Option<Vec<String>>,
    /// Whether new records must have a value.
    #[schema(nullable = false)]
    #[serde(default)]
    required: Option<bool>,
    /// What new records have when nothing is said; null for nothing.
    #[schema(value_type = Option<Value>)]
    #[serde(default)]
    default: Patch<Value>,
    /// Its place among the others.
    #[schema(minimum = 0, maximum = 10_000, nullable = false)]
    #[serde(default)]
    position: Option<i32>,
}

/// A field as the company defined it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Field, example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c21", "key": "giro", "label": "Giro", "type": "choice",
    "choices": ["Textil", "Calzado"], "required": false, "unique": false, "default": null, "position": 1,
    "indexed": true, "version": 1, "created_at": "2026-11-22T18:00:00Z", "updated_at": "2026-11-22T18:00:00Z"
}))]
pub struct FieldView {
    /// The field's identifier.
    pub id: Uuid,
    /// Its name in JSON and in queries.
    #[schema(value_type = FieldKey)]
    pub key: String,
    /// What people see.
    #[schema(value_type = Line<100>)]
    pub label: String,
    /// What it holds.
    #[serde(rename = "type")]
    #[schema(value_type = FieldKind)]
    pub kind: String,
    /// What may be chosen.
    #[schema(value_type = Vec<Line<100>>)]
    pub choices: Vec<String>,
    /// Whether new records must have a value.
    pub required: bool,
    /// Whether no two records may have the same value.
    pub unique: bool,
    /// What new records have when nothing is said.
    #[schema(required)]
    pub default: Option<Value>,
    /// Its place among the others.
    pub position: i32,
    /// Whether lists find records by it that were there before it.
    pub indexed: bool,
    /// Counts the changes; also the `ETag`.
    pub version: i32,
    /// When it was defined.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<FieldRow> for FieldView {
    fn from(row: FieldRow) -> Self {
        Self {
            id: row.id,
            key: row.key,
            label: row.label,
            kind: row.kind,
            choices: row.choices,
            required: row.is_required,
            unique: row.is_unique,
            default: row.default_value,
            position: row.position,
            indexed: row.passes_left < 2,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl FieldRequest {
    /// The new field's row, behind the fields `there` when its place is not said; 422 with everything that is wrong.
    pub fn row(self, there: &[FieldRow], now: DateTime<Utc>) -> Result<FieldRow, Problem> {
        let last = there.iter().map(|row| row.position).max().unwrap_or_default();
        let row = FieldRow {
            id: Uuid::now_v7(),
            version: 1,
            key: self.key,
            label: self.label,
            kind: self.kind.as_str().to_owned(),
            choices: self.choices.unwrap_or_default(),
            is_required: self.required.unwrap_or_default(),
            is_unique: self.unique.unwrap_or_default(),
            default_value: self.default.filter(|value| !value.is_null()),
            position: self.position.unwrap_or_else(|| (last + 1).min(*POSITIONS.end())),
            passes_left: 2,
            indexed_to: None,
            created_at: now,
            updated_at: now,
        };
        checked(row)
    }
}

impl FieldPatch {
    /// The row as it becomes; 422 with everything that is wrong.
    pub fn apply(self, row: FieldRow) -> Result<FieldRow, Problem> {
        let mut row = row;
        row.label = self.label.unwrap_or(row.label);
        row.choices = self.choices.unwrap_or(row.choices);
        row.is_required = self.required.unwrap_or(row.is_required);
        row.position = self.position.unwrap_or(row.position);
        self.default.apply(&mut row.default_value);
        checked(row)
    }
}

/// The row with its texts trimmed and its default as it is stored.
fn checked(mut row: FieldRow) -> Result<FieldRow, Problem> {
    let mut fields = Fields::default();
    let key = fields.take("/key", FieldKey::parse(&row.key));
    let label = fields.take("/label", Line::parse(&row.label));
    let mut choices = Vec::new();
    for (index, choice) in row.choices.iter().enumerate() {
        choices.extend(fields.take(&format!("/choices/{index}"), Line::parse(choice)));
    }
    if !POSITIONS.contains(&row.position) {
        fields.refuse(
            "/position",
            crate::kernel::Invalid::new("must be from 0 to 10,000", "debe ser de 0 a 10 000"),
        );
    }
    fields.finish()?;
    let (Some(key), Some(label), Some(kind)) = (key, label, FieldKind::parse(&row.kind)) else {
        return Err(Problem::internal());
    };
    let mut definition = FieldDefinition {
        id: row.id,
        key,
        label,
        kind,
        choices,
        is_required: row.is_required,
        is_unique: row.is_unique,
        default: row.default_value.take(),
    };
    let wrong = definition.coherent();
    if !wrong.is_empty() {
        let errors = wrong.into_iter().map(|(pointer, reason)| FieldError::at(pointer, reason)).collect();
        return Err(Problem::invalid(errors));
    }
    definition.default = definition.default.as_ref().and_then(|value| definition.check(value).ok());
    row.default_value = definition.default;
    row.label = definition.label.to_string();
    row.choices = definition.choices.iter().map(ToString::to_string).collect();
    Ok(row)
}

//! One field as the company defines it.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use uuid::Uuid;

use super::value;
use crate::kernel::schema::TextSchema;
use crate::kernel::{Invalid, Line};

/// The most choices of a field.
pub(super) const CHOICES_AT_MOST: usize = 200;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// One line of at most 500 characters.
    Text,
    /// A number between -10¹⁵ and 10¹⁵.
    Number,
    /// A day, as `2026-11-22`.
    Date,
    /// True or false.
    Boolean,
    /// One of the field's choices.
    Choice,
    /// Some of the field's choices, each once.
    MultiChoice,
}

impl FieldKind {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Text, "text"),
        (Self::Number, "number"),
        (Self::Date, "date"),
        (Self::Boolean, "boolean"),
        (Self::Choice, "choice"),
        (Self::MultiChoice, "multi_choice"),
    ];

    /// The name in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, other)| *other == name).map(|(kind, _)| *kind)
    }

    /// Whether its values are chosen from a list.
    pub fn has_choices(self) -> bool {
        matches!(self, Self::Choice | Self::MultiChoice)
    }

    /// Whether no two records may be told to have the same value.
    pub fn can_be_unique(self) -> bool {
        matches!(self, Self::Text | Self::Number | Self::Date)
    }

    /// Whether values have an order and a range can be asked for.
    pub fn is_ordered(self) -> bool {
        matches!(self, Self::Number | Self::Date)
    }

    /// Whether a record has at most one value, so that a list can be ordered by it.
    pub fn is_single(self) -> bool {
        self != Self::MultiChoice
    }
}

/// The name of a field in JSON and in queries: 1 to 60 of `a-z`, `0-9` and `_`, not beginning with `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct FieldKey(String);

impl FieldKey {
    /// Parses a key.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if (1..=60).contains(&text.len()) && text.bytes().all(fits) && !text.starts_with('_') {
            return Ok(Self(text.to_owned()));
        }
        Err(Invalid::new(
            "must be 1 to 60 of a-z, 0-9 and _, and not begin with _",
            "debe tener de 1 a 60 caracteres de a-z, 0-9 y _, y no empezar con _",
        ))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FieldKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl utoipa::PartialSchema for FieldKey {
    fn schema() -> RefOr<Schema> {
        let description = "The name of a custom field in JSON and in queries.";
        TextSchema {
            description,
            pattern: "^[a-z0-9][a-z0-9_]{0,59}$",
            max_length: 60,
            example: "presupuesto",
        }
        .schema()
    }
}

impl ToSchema for FieldKey {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("FieldKey")
    }
}

/// A field as the company defines it.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldDefinition {
    /// The definition's identifier.
    pub id: Uuid,
    /// The name in JSON and in queries.
    pub key: FieldKey,
    /// What people see.
    pub label: Line<100>,
    /// What it holds.
    pub kind: FieldKind,
    /// What may be chosen; empty for other kinds.
    pub choices: Vec<Line<100>>,
    /// Whether a new record must have a value, and none may lose it.
    pub is_required: bool,
    /// Whether no two records may have the same value.
    pub is_unique: bool,
    /// What a new record has when nothing is said.
    pub default: Option<Value>,
}

impl FieldDefinition {
    /// The value as it is stored; refused when it is not one of this field.
    pub fn check(&self, value: &Value) -> Result<Value, Invalid> {
        value::check(self, value)
    }

    /// The value that a cell of a spreadsheet means.
    pub fn read_cell(&self, cell: &str) -> Result<Value, Invalid> {
        value::read_cell(self, cell)
    }

    /// What `text` of a query asks for.
    pub fn read_query(&self, text: &str) -> Result<super::Indexed, Invalid> {
        value::read_query(self, text)
    }

    /// The value as lists find and order it: none when it was written before the field was defined and does not fit, more
    /// than one when several were chosen.
    pub fn index(&self, value: &Value) -> Vec<super::Indexed> {
        value::index(self.kind, value)
    }

    /// The text by which two values of a unique field are the same; none for a field that is not unique.
    pub fn unique_key(&self, value: &Value) -> Option<String> {
        if !self.is_unique {
            return None;
        }
        self.index(value).first().map(super::Indexed::unique_key)
    }

    /// Refuses rules that contradict each other, each with the member that is wrong.
    pub fn coherent(&self) -> Vec<(String, Invalid)> {
        let mut wrong = Vec::new();
        let mut seen = Vec::new();
        for (index, choice) in self.choices.iter().enumerate() {
            if seen.contains(&choice) {
                wrong.push((
                    format!("/choices/{index}"),
                    Invalid::new(
                        "is there already; give each choice once",
                        "ya está; dé cada opción una vez",
                    ),
                ));
            }
            seen.push(choice);
        }
        if self.kind.has_choices() == self.choices.is_empty() {
            wrong.push((
                "/choices".to_owned(),
                Invalid::new(
                    "are given for `choice` and `multi_choice`, one at least, and for no other type",
                    "se dan para `choice` y `multi_choice`, al menos una, y para ningún otro tipo",
                ),
            ));
        }
        if self.choices.len() > CHOICES_AT_MOST {
            wrong.push(("/choices".to_owned(), Invalid::new("at most 200", "como máximo 200")));
        }
        if self.is_unique && !self.kind.can_be_unique() {
            wrong.push((
                "/unique".to_owned(),
                Invalid::new(
                    "is for `text`, `number` and `date` only",
                    "es solo para `text`, `number` y `date`",
                ),
            ));
        }
        if self.is_unique && self.default.is_some() {
            wrong.push((
                "/default".to_owned(),
                Invalid::new(
                    "would give every record the same value of a unique field; leave one of both out",
                    "daría a cada registro el mismo valor de un campo único; quite uno de los dos",
                ),
            ));
        }
        if let Some(Err(reason)) = self.default.as_ref().map(|value| self.check(value)) {
            wrong.push(("/default".to_owned(), reason));
        }
        wrong
    }
}

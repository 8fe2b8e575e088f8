//! Defining, changing and archiving fields, whatever kind of record they are of; the module tells the event.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{FIELDS_AT_MOST, FieldPatch, FieldRequest, FieldRow, FieldTables, IndexError};
use crate::kernel::{FieldSet, Invalid, Message, Refused};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::problem::{AsProblem, FieldError, Problem};

/// Why something about fields was refused.
#[derive(Debug, thiserror::Error)]
pub enum FieldsError {
    /// Not there, archived, or another tenant's.
    #[error("no such field")]
    NotFound,
    /// The tenant has a field of that key.
    #[error("the key belongs to field {0}")]
    KeyTaken(Uuid),
    /// Somebody changed it since it was read.
    #[error("the field has version {0}")]
    Stale(i32),
    /// The value of a unique field belongs to another record.
    #[error("the value of {key} belongs to {record:?}")]
    ValueTaken {
        /// That record, where whoever acts sees it.
        record: Option<Uuid>,
        /// The field's key.
        key: String,
    },
    /// The request itself is refused.
    #[error("{0}")]
    Invalid(Problem),
    /// The database.
    #[error("{0}")]
    Db(#[from] DbError),
}

impl From<Problem> for FieldsError {
    fn from(problem: Problem) -> Self {
        Self::Invalid(problem)
    }
}

impl AsProblem for FieldsError {
    fn as_problem(&self) -> Problem {
        match self {
            Self::NotFound => {
                Problem::not_found("field-not-found", Message::new("No such field", "No existe ese campo"))
            }
            Self::KeyTaken(existing) => Problem::conflict(
                "field-key-taken",
                Message::new("There is a field with this key", "Ya hay un campo con esta clave"),
            )
            .member("existing_id", json!(existing)),
            Self::Stale(version) => Problem::stale(*version),
            Self::ValueTaken { record, key } => Problem::conflict(
                "field-value-taken",
                Message::new(
                    "Another record has the value of a unique field",
                    "Otro registro tiene el valor de un campo único",
                ),
            )
            .member("existing_id", json!(record))
            .member("field", json!(format!("custom_fields.{key}"))),
            Self::Invalid(problem) => problem.clone(),
            Self::Db(error) => error.as_problem(),
        }
    }
}

impl FieldTables {
    /// One field.
    pub fn find(self, tx: &mut TenantTx<'_>, id: Uuid) -> Result<FieldRow, FieldsError> {
        self.list(tx)?.into_iter().find(|row| row.id == id).ok_or(FieldsError::NotFound)
    }

    /// Defines a field. What records have under its key stays as it is, and is found by lists where it fits.
    pub fn define(self, tx: &mut TenantTx<'_>, request: FieldRequest) -> Result<FieldRow, FieldsError> {
        let there = self.list(tx)?;
        let mut row = request.row(&there, tx.now())?;
        if let Some(other) = there.iter().find(|other| other.key == row.key) {
            return Err(FieldsError::KeyTaken(other.id));
        }
        if there.len() >= FIELDS_AT_MOST {
            let reason = Invalid::new(
                "a company has at most 100 fields; archive one first",
                "una empresa tiene como máximo 100 campos; archive uno antes",
            );
            return Err(Problem::invalid(vec![FieldError::at("", reason)]).into());
        }
        self.save(tx, &row).map_err(|error| match error {
            // Somebody defined it at the same time: the next try finds theirs.
            error if error.violates("fields_by_key") => DbError::Busy,
            error => error,
        })?;
        self.look_through(tx, &mut row)?;
        self.save(tx, &row)?;
        Ok(row)
    }

    /// Changes a field, and answers with what changed in it, which may be nothing.
    pub fn change(
        self,
        tx: &mut TenantTx<'_>,
        id: Uuid,
        patch: FieldPatch,
        version: Option<i32>,
    ) -> Result<(FieldRow, Map<String, Value>), FieldsError> {
        let before = self.held(tx, id, version)?;
        let mut row = patch.apply(before.clone())?;
        let changes = changes(&before, &row);
        if !changes.is_empty() {
            row.version += 1;
            row.updated_at = tx.now();
            self.save(tx, &row)?;
        }
        Ok((row, changes))
    }

    /// Retires a field, answering it as it was: records keep their values, which nothing checks or finds any more, and the
    /// key is free.
    pub fn retire(
        self,
        tx: &mut TenantTx<'_>,
        id: Uuid,
        version: Option<i32>,
    ) -> Result<FieldRow, FieldsError> {
        let row = self.held(tx, id, version)?;
        self.archive(tx, id)?;
        Ok(row)
    }

    fn held(self, tx: &mut TenantTx<'_>, id: Uuid, version: Option<i32>) -> Result<FieldRow, FieldsError> {
        let row = self.lock(tx, id)?.ok_or(FieldsError::NotFound)?;
        match version {
            Some(version) if version != row.version => Err(FieldsError::Stale(row.version)),
            _ => Ok(row),
        }
    }
}

impl IndexError {
    /// The refusal, which names the field of `fields` whose value is another record's.
    pub fn refusal(self, fields: &FieldSet) -> FieldsError {
        let key = |id: Uuid| {
            let field = fields.iter().find(|field| field.id == id);
            field.map(|field| field.key.to_string()).unwrap_or_default()
        };
        match self {
            Self::Taken(taken) => {
                FieldsError::ValueTaken { record: Some(taken.record_id), key: key(taken.field_id) }
            }
            Self::TakenUnseen(field) => FieldsError::ValueTaken { record: None, key: key(field) },
            Self::Db(error) => error.into(),
        }
    }
}

/// 422 naming each value of `custom_fields` that was refused.
pub fn refused_values(values: Vec<Refused>) -> Problem {
    let errors = values.into_iter().map(|(key, reason)| {
        // `/` and `~` are escaped in JSON pointers (RFC 6901 §3).
        let key = key.replace('~', "~0").replace('/', "~1");
        FieldError::at(format!("/custom_fields/{key}"), reason)
    });
    Problem::invalid(errors.collect())
}

fn changes(before: &FieldRow, after: &FieldRow) -> Map<String, Value> {
    let pairs = [
        ("label", json!(before.label), json!(after.label)),
        ("choices", json!(before.choices), json!(after.choices)),
        ("required", json!(before.is_required), json!(after.is_required)),
        ("default", json!(before.default_value), json!(after.default_value)),
        ("position", json!(before.position), json!(after.position)),
    ];
    let changed = pairs.into_iter().filter(|(_, from, to)| from != to);
    changed.map(|(member, from, to)| (member.to_owned(), json!({ "from": from, "to": to }))).collect()
}

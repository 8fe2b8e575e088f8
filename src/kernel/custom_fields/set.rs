//! All fields that a company defined for one kind of record, and what they make of a record's values.

use serde_json::{Map, Value};

use super::{FieldDefinition, FieldKey};
use crate::kernel::Invalid;

/// The most values that a record keeps.
pub const MOST_VALUES: usize = 100;

/// A value that was refused: its key, and why.
pub type Refused = (String, Invalid);

/// The fields of one kind of record, in the order of their positions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FieldSet(Vec<FieldDefinition>);

impl FieldSet {
    /// The fields of `definitions`.
    pub fn new(definitions: Vec<FieldDefinition>) -> Self {
        Self(definitions)
    }

    /// Each field.
    pub fn iter(&self) -> impl Iterator<Item = &FieldDefinition> {
        self.0.iter()
    }

    /// The field called `key`.
    pub fn get(&self, key: &str) -> Option<&FieldDefinition> {
        self.0.iter().find(|field| field.key.as_str() == key)
    }

    /// The values of a new record: defaults are filled in while there is room, all are checked, required ones must be there.
    pub fn begin(&self, values: &mut Map<String, Value>) -> Result<(), Vec<Refused>> {
        for field in &self.0 {
            let is_missing = values.get(field.key.as_str()).is_none_or(Value::is_null);
            if let Some(default) = field.default.as_ref().filter(|_| is_missing) {
                take_value(values, field.key.as_str(), default.clone());
            }
        }
        let mut refused = self.check(&Map::new(), values);
        let missing =
            self.0.iter().filter(|field| field.is_required && !values.contains_key(field.key.as_str()));
        let missing: Vec<Refused> = missing
            .filter(|field| refused.iter().all(|(key, _)| key != field.key.as_str()))
            .map(|field| (field.key.to_string(), required()))
            .collect();
        refused.extend(missing);
        if refused.is_empty() { Ok(()) } else { Err(refused) }
    }

    /// The values of a record that had `before`: what differs is checked, and a required value may not go. What was
    /// there before its field was defined may stay as it is.
    pub fn change(
        &self,
        before: &Map<String, Value>,
        values: &mut Map<String, Value>,
    ) -> Result<(), Vec<Refused>> {
        let mut refused = self.check(before, values);
        for field in self.0.iter().filter(|field| field.is_required) {
            let key = field.key.as_str();
            if before.contains_key(key) && !values.contains_key(key) {
                refused.push((key.to_owned(), required()));
            }
        }
        if refused.is_empty() { Ok(()) } else { Err(refused) }
    }

    /// Values written as text, as spreadsheets have them: those of fields are read; answers those that cannot be.
    pub fn read_cells(&self, values: &mut Map<String, Value>) -> Vec<(FieldKey, String, Invalid)> {
        let mut unreadable = Vec::new();
        for field in &self.0 {
            let Some(Value::String(cell)) = values.get(field.key.as_str()) else { continue };
            match field.read_cell(cell) {
                Ok(value) => {
                    values.insert(field.key.to_string(), value);
                }
                Err(reason) => {
                    unreadable.push((field.key.clone(), cell.clone(), reason));
                    values.shift_remove(field.key.as_str());
                }
            }
        }
        unreadable
    }

    /// The unique values of a record: the field, and the text by which two values are the same.
    pub fn unique_keys<'s>(
        &'s self,
        values: &'s Map<String, Value>,
    ) -> impl Iterator<Item = (&'s FieldDefinition, String)> {
        self.0.iter().filter_map(|field| {
            let value = values.get(field.key.as_str())?;
            field.unique_key(value).map(|key| (field, key))
        })
    }

    fn check(&self, before: &Map<String, Value>, values: &mut Map<String, Value>) -> Vec<Refused> {
        let mut refused = Vec::new();
        let changed: Vec<String> = values
            .iter()
            .filter(|(key, value)| before.get(*key) != Some(*value))
            .map(|(key, _)| key.clone())
            .collect();
        for key in changed {
            let Some(value) = values.get(&key) else { continue };
            let checked = match self.get(&key) {
                Some(_) if value.is_null() => {
                    values.shift_remove(&key);
                    continue;
                }
                Some(field) => field.check(value),
                None if value.is_array() => Err(undefined_list()),
                None => continue,
            };
            match checked {
                Ok(value) => {
                    values.insert(key, value);
                }
                Err(reason) => refused.push((key, reason)),
            }
        }
        refused
    }
}

/// Takes `value` into `values` under `key`: instead of the one that is there, or as one more while there is room.
pub fn take_value(values: &mut Map<String, Value>, key: &str, value: Value) {
    if values.len() < MOST_VALUES || values.contains_key(key) {
        values.insert(key.to_owned(), value);
    }
}

/// The values as they may be kept under any name, defined or not: few enough, short enough, and no objects.
pub fn free_values(fields: Map<String, Value>) -> Result<Map<String, Value>, Invalid> {
    let too_long = |value: &Value| matches!(value, Value::String(text) if text.chars().count() > 10_000);
    if fields.len() > MOST_VALUES || fields.keys().any(|name| name.is_empty() || name.chars().count() > 100) {
        return Err(Invalid::new(
            "at most 100 fields, with names of 1 to 100 characters",
            "como máximo 100 campos, con nombres de 1 a 100 caracteres",
        ));
    }
    // Which lists are taken is up to the fields that the tenant defined.
    let is_odd_list = |value: &Value| {
        value.as_array().is_some_and(|items| {
            items.len() > 200 || items.iter().any(|item| !item.is_string() || too_long(item))
        })
    };
    if fields.values().any(|value| value.is_object() || is_odd_list(value) || too_long(value)) {
        return Err(Invalid::new(
            "values are texts of at most 10,000 characters, numbers, booleans, null, or the choices of a defined field",
            "los valores son textos de hasta 10 000 caracteres, números, booleanos, null, o las opciones de un campo definido",
        ));
    }
    Ok(fields)
}

fn required() -> Invalid {
    Invalid::new("is required", "es obligatorio")
}

fn undefined_list() -> Invalid {
    Invalid::new(
        "is a list, which only a field of the type multi_choice takes; define one first",
        "es una lista, que solo admite un campo del tipo multi_choice; defínalo primero",
    )
}

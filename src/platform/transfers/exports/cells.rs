//! The cells of records: texts, numbers, or nothing.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use super::MAX_COLUMNS;
use crate::kernel::Invalid;

/// The columns of a file when none are asked for: `readable`, the company's `fields`, and whatever else its records have in
/// `custom`, which is in order.
pub fn usual_columns<'c>(
    readable: &[&str],
    fields: impl Iterator<Item = &'c str>,
    custom: &'c [String],
) -> Vec<String> {
    let mut columns: Vec<String> = readable.iter().map(|&column| column.to_owned()).collect();
    for name in fields.chain(custom.iter().map(String::as_str)) {
        let column = format!("custom:{name}");
        if columns.len() < MAX_COLUMNS && !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns
}

/// A column that was asked for: one of `known`, or a custom field.
pub fn parse_column(known: &[&[&str]], name: &str) -> Result<String, Invalid> {
    let is_custom =
        name.strip_prefix("custom:").is_some_and(|name| (1..=100).contains(&name.chars().count()));
    let known = known.concat();
    if is_custom || known.contains(&name) {
        return Ok(name.to_owned());
    }
    let known = known.join(", ");
    Err(Invalid::formatted(
        format!("is no column; there are: {known}, custom:<name>"),
        format!("no es una columna; existen: {known}, custom:<nombre>"),
    ))
}

/// A text, or nothing.
pub fn text_cell<T: ToString>(text: Option<T>) -> Value {
    text.map_or(Value::Null, |text| text.to_string().into())
}

/// A moment, or nothing.
pub fn moment_cell(at: Option<DateTime<Utc>>) -> Value {
    text_cell(at.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true)))
}

/// Several texts as one; line by line where one of them holds a mark that separates others.
pub fn joined<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let texts: Vec<&str> = texts.collect();
    let has_marks = texts.iter().any(|text| text.contains([',', ';', '|']));
    texts.join(if has_marks { "\n" } else { "; " })
}

/// The value of a custom field.
pub fn custom_cell(value: &Value) -> Value {
    match value {
        Value::Bool(truth) => truth.to_string().into(),
        Value::Array(items) => joined(items.iter().filter_map(Value::as_str)).into(),
        Value::String(_) | Value::Number(_) => value.clone(),
        Value::Null | Value::Object(_) => Value::Null,
    }
}

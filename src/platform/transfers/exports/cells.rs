//! The cells of records: texts, numbers, or nothing.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use super::MAX_COLUMNS;

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

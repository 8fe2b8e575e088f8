//! Values: from JSON, from cells of spreadsheets and from queries, and as lists find them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::definition::CHOICES_AT_MOST;
use super::{FieldDefinition, FieldKind};
use crate::kernel::text::{fold, split_list};
use crate::kernel::{Invalid, Line};

const LARGEST: f64 = 1e15;

/// A value as lists find and order it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Indexed {
    /// Of texts, choices and booleans (`true`, `false`).
    Text(String),
    /// Of numbers, and of days as days since 1970.
    Number(f64),
}

impl Indexed {
    /// The text by which two values are the same: capitals and accents do not make texts different.
    pub fn unique_key(&self) -> String {
        match self {
            Self::Text(text) => fold(text),
            Self::Number(number) => number.to_string(),
        }
    }
}

pub(super) fn check(field: &FieldDefinition, value: &Value) -> Result<Value, Invalid> {
    match (field.kind, value) {
        (FieldKind::Text, Value::String(text)) => Line::<500>::parse(text).map(|line| json!(line)),
        (FieldKind::Number, Value::Number(number)) => {
            bounded(number.as_f64().unwrap_or(f64::NAN)).map(|_| value.clone())
        }
        (FieldKind::Date, Value::String(text)) => day(text).map(|day| json!(day.to_string())),
        (FieldKind::Boolean, Value::Bool(_)) => Ok(value.clone()),
        (FieldKind::Choice, Value::String(text)) => choice(field, text).map(|choice| json!(choice)),
        (FieldKind::MultiChoice, Value::Array(items)) if items.len() <= CHOICES_AT_MOST => {
            let mut chosen: Vec<&str> = Vec::new();
            for item in items {
                let choice = choice(field, item.as_str().ok_or_else(|| wrong_type(field.kind))?)?;
                if !chosen.contains(&choice) {
                    chosen.push(choice);
                }
            }
            Ok(json!(chosen))
        }
        _ => Err(wrong_type(field.kind)),
    }
}

pub(super) fn read_cell(field: &FieldDefinition, cell: &str) -> Result<Value, Invalid> {
    let cell = cell.trim();
    match field.kind {
        FieldKind::Text => check(field, &json!(cell.split_whitespace().collect::<Vec<_>>().join(" "))),
        FieldKind::Number => number_of_cell(cell).map(json_number),
        FieldKind::Date => day_of_cell(cell).map(|day| json!(day.to_string())),
        FieldKind::Boolean => boolean(cell).map(Value::Bool),
        FieldKind::Choice => choice(field, cell).map(|choice| json!(choice)),
        FieldKind::MultiChoice => {
            // A choice may hold the mark that separates others.
            if let Ok(choice) = choice(field, cell) {
                return Ok(json!([choice]));
            }
            let parts = split_list(cell).map(str::trim).filter(|part| !part.is_empty());
            check(field, &json!(parts.collect::<Vec<_>>()))
        }
    }
}

pub(super) fn read_query(field: &FieldDefinition, text: &str) -> Result<Indexed, Invalid> {
    match field.kind {
        FieldKind::Text => Line::<500>::parse(text).map(|line| Indexed::Text(line.to_string())),
        FieldKind::Number => bounded(text.parse().unwrap_or(f64::NAN)).map(Indexed::Number),
        FieldKind::Date => day(text).map(number_of_day),
        FieldKind::Boolean => match text {
            "true" | "false" => Ok(Indexed::Text(text.to_owned())),
            _ => Err(wrong_type(field.kind)),
        },
        FieldKind::Choice | FieldKind::MultiChoice => {
            choice(field, text).map(|choice| Indexed::Text(choice.to_owned()))
        }
    }
}

pub(super) fn index(kind: FieldKind, value: &Value) -> Vec<Indexed> {
    let text = |text: &str| Line::<500>::parse(text).ok().map(|line| Indexed::Text(line.to_string()));
    let found = match (kind, value) {
        (FieldKind::Text | FieldKind::Choice | FieldKind::MultiChoice, Value::String(words)) => text(words),
        (FieldKind::Text, Value::Number(number)) => Some(Indexed::Text(number.to_string())),
        (FieldKind::Number, Value::Number(number)) => {
            number.as_f64().and_then(|number| bounded(number).ok()).map(Indexed::Number)
        }
        (FieldKind::Number, Value::String(words)) => number_of_cell(words).ok().map(Indexed::Number),
        (FieldKind::Date, Value::String(words)) => day_of_cell(words).ok().map(number_of_day),
        (FieldKind::Boolean, Value::Bool(truth)) => Some(Indexed::Text(truth.to_string())),
        (FieldKind::Boolean, Value::String(words)) => {
            boolean(words).ok().map(|truth| Indexed::Text(truth.to_string()))
        }
        (FieldKind::MultiChoice, Value::Array(items)) => {
            return items.iter().filter_map(Value::as_str).filter_map(text).collect();
        }
        _ => None,
    };
    found.into_iter().collect()
}

fn wrong_type(kind: FieldKind) -> Invalid {
    match kind {
        FieldKind::Text => Invalid::new("must be a text", "debe ser un texto"),
        FieldKind::Number => {
            Invalid::new("must be a number between -1e15 and 1e15", "debe ser un número entre -1e15 y 1e15")
        }
        FieldKind::Date => {
            Invalid::new("must be a day such as 2026-11-22", "debe ser un día como 2026-11-22")
        }
        FieldKind::Boolean => Invalid::new("must be true or false", "debe ser true o false"),
        FieldKind::Choice => Invalid::new("must be one of the choices", "debe ser una de las opciones"),
        FieldKind::MultiChoice => {
            Invalid::new("must be a list of the field's choices", "debe ser una lista de opciones del campo")
        }
    }
}

fn bounded(number: f64) -> Result<f64, Invalid> {
    // -0 and 0 are one number, and one key.
    if number.abs() <= LARGEST { Ok(number + 0.0) } else { Err(wrong_type(FieldKind::Number)) }
}

/// A whole number as one, so that 5 stays 5 in JSON.
fn json_number(number: f64) -> Value {
    let text = format!("{number}");
    text.parse::<i64>().map_or_else(|_| json!(number), |whole| json!(whole))
}

fn day(text: &str) -> Result<NaiveDate, Invalid> {
    let is_plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|_| is_plain)
        .ok_or_else(|| wrong_type(FieldKind::Date))
}

/// `2024-03-31` or, as Spanish and Portuguese write it, `31/03/2024`; a time behind it does not matter.
fn day_of_cell(cell: &str) -> Result<NaiveDate, Invalid> {
    let date = cell.trim().split([' ', 'T']).next().unwrap_or_default();
    let formats = ["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"];
    let found = formats.iter().find_map(|format| NaiveDate::parse_from_str(date, format).ok());
    found.filter(|_| (8..=10).contains(&date.len())).ok_or_else(|| wrong_type(FieldKind::Date))
}

fn number_of_day(day: NaiveDate) -> Indexed {
    Indexed::Number(f64::from(day.to_epoch_days()))
}

/// `1,234.5`, `1.234,5`, `$ 1 234`, `12 %`: the last of both marks is the decimal one; a single mark before exactly three
/// digits separates thousands.
fn number_of_cell(cell: &str) -> Result<f64, Invalid> {
    let kept: String =
        cell.chars().filter(|c| !c.is_whitespace() && !matches!(c, '$' | '%' | '€' | '\'')).collect();
    let marks: Vec<usize> = kept.match_indices([',', '.']).map(|(index, _)| index).collect();
    let decimal = match marks[..] {
        [] => None,
        [only] => {
            let is_thousands = kept.len() - only == 4
                && (1..=3).contains(&kept[..only].trim_start_matches('-').len())
                && !kept.trim_start_matches('-').starts_with('0');
            (!is_thousands).then_some(only)
        }
        [.., last] => {
            let same = kept.matches(&kept[last..=last]).count();
            (same == 1).then_some(last)
        }
    };
    let plain: String = kept
        .char_indices()
        .filter_map(|(index, c)| match c {
            ',' | '.' => (Some(index) == decimal).then_some('.'),
            c => Some(c),
        })
        .collect();
    let is_number =
        plain.strip_prefix('-').unwrap_or(&plain).bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let number = plain.parse::<f64>().ok().filter(|_| is_number);
    bounded(number.unwrap_or(f64::NAN))
}

fn boolean(cell: &str) -> Result<bool, Invalid> {
    match fold(cell).as_str() {
        "true" | "verdadero" | "verdadeiro" | "si" | "sim" | "yes" | "x" | "1" => Ok(true),
        "false" | "falso" | "no" | "nao" | "0" => Ok(false),
        _ => Err(wrong_type(FieldKind::Boolean)),
    }
}

/// The choice that `text` is: as it is written, else whatever its capitals and accents.
fn choice<'f>(field: &'f FieldDefinition, text: &str) -> Result<&'f str, Invalid> {
    let text = text.trim();
    let exact = field.choices.iter().find(|choice| choice.as_str() == text);
    let found = exact.or_else(|| {
        let folded = fold(text);
        field.choices.iter().find(|choice| fold(choice.as_str()) == folded)
    });
    found.map(Line::as_str).ok_or_else(|| {
        let shown: Vec<&str> = field.choices.iter().take(20).map(Line::as_str).collect();
        let shown = shown.join(", ");
        Invalid::formatted(format!("must be one of: {shown}"), format!("debe ser una de: {shown}"))
    })
}

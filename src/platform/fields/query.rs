//! Conditions on custom fields, from the parameters `field.<key>`, `field.<key>.from` and `field.<key>.to`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kernel::{FieldDefinition, FieldSet, Indexed, Invalid};
use crate::platform::problem::{FieldError, Problem};

/// What a list asks of one field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldCondition {
    /// The field.
    pub field: Uuid,
    /// The test.
    pub test: FieldTest,
}

/// How values are compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FieldTest {
    /// The same.
    Is(Indexed),
    /// From (included) and to (excluded).
    Within(Option<f64>, Option<f64>),
}

/// The conditions that `parameters` state, names without `field.`; 422 naming the parameter that is wrong.
pub fn conditions(
    fields: &FieldSet,
    parameters: &[(String, String)],
) -> Result<Vec<FieldCondition>, Problem> {
    let mut wrong = Vec::new();
    let mut conditions = Vec::new();
    for (name, text) in parameters {
        match condition(fields, name, text) {
            Ok(condition) => join(&mut conditions, condition),
            Err(reason) => wrong.push(FieldError::parameter(format!("field.{name}"), reason)),
        }
    }
    if wrong.is_empty() { Ok(conditions) } else { Err(Problem::invalid(wrong)) }
}

/// Both bounds of a range are one condition, which is one look into the index.
fn join(conditions: &mut Vec<FieldCondition>, new: FieldCondition) {
    let range = conditions
        .iter_mut()
        .find(|other| other.field == new.field && matches!(other.test, FieldTest::Within(..)));
    match (range, new.test) {
        (Some(FieldCondition { test: FieldTest::Within(from, to), .. }), FieldTest::Within(more, less)) => {
            *from = from.or(more);
            *to = to.or(less);
        }
        (_, test) => conditions.push(FieldCondition { test, ..new }),
    }
}

fn condition(fields: &FieldSet, name: &str, asked: &str) -> Result<FieldCondition, Invalid> {
    let (key, bound) = name.split_once('.').map_or((name, None), |(key, bound)| (key, Some(bound)));
    let field = fields.get(key).ok_or_else(|| unknown(fields))?;
    let value = field.read_query(asked)?;
    let test = match (bound, value) {
        (None, value) => FieldTest::Is(value),
        (Some("from"), Indexed::Number(from)) => FieldTest::Within(Some(from), None),
        (Some("to"), Indexed::Number(to)) => FieldTest::Within(None, Some(to)),
        _ => return Err(no_range(field)),
    };
    Ok(FieldCondition { field: field.id, test })
}

fn unknown(fields: &FieldSet) -> Invalid {
    let keys: Vec<&str> = fields.iter().take(50).map(|field| field.key.as_str()).collect();
    let keys = if keys.is_empty() { "-".to_owned() } else { keys.join(", ") };
    Invalid::formatted(
        format!("is no field that your company defined; there are: {keys}"),
        format!("no es un campo definido por su empresa; existen: {keys}"),
    )
}

fn no_range(field: &FieldDefinition) -> Invalid {
    if field.kind.is_ordered() {
        return Invalid::new(
            "ask with `field.<key>`, `field.<key>.from` (included) or `field.<key>.to` (excluded)",
            "pregunte con `field.<clave>`, `field.<clave>.from` (incluido) o `field.<clave>.to` (excluido)",
        );
    }
    Invalid::new("only numbers and dates have a range", "solo los números y las fechas admiten un rango")
}

//! Custom fields: what a company keeps of its records beside what everybody keeps, typed by definitions of its own.
//!
//! A definition has a key, a kind and rules; a record keeps its values as one JSON object by key. Nothing here knows
//! what the records are. A key without a definition takes any plain value.

mod definition;
mod set;
#[cfg(test)]
mod tests;
mod value;

pub use definition::{FieldDefinition, FieldKey, FieldKind};
pub use set::{FieldSet, MOST_VALUES, Refused, free_values, take_value};
pub use value::Indexed;

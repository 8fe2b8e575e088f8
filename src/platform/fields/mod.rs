//! Custom fields in the database and on the wire, for whatever kind of record: a module that has the tables `fields` and
//! `field_values` in its schema, and `custom_fields` in its records, says so with [`FieldTables`].
//!
//! The record holds the values as JSON; `field_values` holds them again as lists find them, in the same transaction.
//! Whatever was written before a field was defined is looked through twice: at once and a minute later, because a
//! transaction may have begun before the definition and end after the first look.

mod defining;
mod index;
mod lists;
mod query;
mod store;
mod upkeep;
mod wire;

use crate::platform::db::Module;

pub use defining::{FieldsError, refused_values};
pub use index::{IndexError, TakenBy};
pub use lists::{FieldOrder, Matching};
pub use query::{FieldCondition, FieldTest, conditions};
pub use store::FieldRow;
pub use wire::{FieldPatch, FieldRequest, FieldView};

/// Fields that a tenant may have for one kind of record.
pub const FIELDS_AT_MOST: usize = 100;

/// Where one kind of record keeps its custom fields.
#[derive(Debug, Clone, Copy)]
pub struct FieldTables {
    module: Module,
    records: &'static str,
}

impl FieldTables {
    /// The tables in the schema of `module`, whose records are in the table `records`.
    pub const fn of(module: Module, records: &'static str) -> Self {
        Self { module, records }
    }

    fn table(self, name: &str) -> String {
        format!("{}.{name}", self.module.name())
    }
}

//! Spreadsheets as people have them: from the bytes of a file to the fields of a record, and cells of files that we write.
//!
//! Nothing here knows what a row is about: each kind of record says with a [`mapping::Vocabulary`] how people call its fields.

pub mod cells;
pub mod decode;
mod kept;
pub mod mapping;
pub mod values;

pub use kept::Kept;

//! Which column of a spreadsheet feeds which field of a record.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::decode::Row;
use crate::kernel::{FieldSet, Invalid};

mod draft;
mod field;
mod vocabulary;
pub mod words;

pub use draft::{Picked, RowDraft};
pub use field::{Field, REASON_COLUMN, ROW_COLUMN};
use vocabulary::normal;
pub use vocabulary::{Meaning, Take, Vocabulary};

/// The columns of one sheet and what each of them feeds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mapping {
    #[serde(skip)]
    vocabulary: &'static Vocabulary,
    columns: Vec<Column>,
}

/// A column and the field that it feeds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// The column's name in the sheet.
    pub header: String,
    /// What it feeds.
    pub field: Field,
    /// By what that is known.
    #[serde(skip)]
    pub basis: Basis,
}

/// By what it is known what a column feeds, from the surest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportColumnBasis)]
pub enum Basis {
    /// Somebody chose it with this file.
    Chosen,
    /// A saved mapping says it.
    Saved,
    /// It is named like a field that the company defined.
    Field,
    /// Its name is known.
    Name,
    /// Its name is not known: it is kept as a custom field.
    Unknown,
}

impl Mapping {
    /// Guesses from the columns' names in Spanish, English and Portuguese, whatever their accents, case and punctuation.
    ///
    /// One column feeds the record's name: a field for it before a legal name before a bare `Nombre`. Several may feed a
    /// person's name (name and surname), e-mails, phones, notes and tags. A column that is not recognised, or whose field is
    /// already fed, becomes a custom field named like it.
    pub fn guess(vocabulary: &'static Vocabulary, headers: &[String]) -> Self {
        let meanings: Vec<Option<Meaning>> =
            headers.iter().map(|header| vocabulary.meaning(header)).collect();
        let title = title_column(vocabulary, &meanings);
        let person = vocabulary.person.filter(|person| !meanings.contains(&Some(Meaning::Field(person))));
        let mut columns: Vec<Column> = Vec::with_capacity(headers.len());
        for (index, header) in headers.iter().enumerate() {
            if let Some(field) = field::of_our_own(header) {
                columns.push(Column { header: header.clone(), field, basis: Basis::Name });
                continue;
            }
            let field = match &meanings[index] {
                _ if title == Some(index) => Some(Field::Named(vocabulary.title)),
                Some(Meaning::Field(field)) => Some(Field::Named(field)),
                Some(Meaning::ExternalId) => Some(Field::Custom(field::EXTERNAL_ID.to_owned())),
                Some(Meaning::BareName | Meaning::GivenName | Meaning::Surname) => person.map(Field::Named),
                Some(Meaning::LegalName) | None => None,
            };
            let takes_several =
                |field: &Field| matches!(field, Field::Named(name) if vocabulary.take(name).takes_several());
            let is_free =
                |field: &Field| takes_several(field) || columns.iter().all(|column| column.field != *field);
            let (field, basis) = match field {
                Some(field) if is_free(&field) => (field, Basis::Name),
                _ => (Field::Custom(free_custom_name(&columns, header, index)), Basis::Unknown),
            };
            columns.push(Column { header: header.clone(), field, basis });
        }
        Self { vocabulary, columns }
    }

    /// The mapping with the user's choices: header → field, `ignore` or `custom:name`.
    pub fn with_overrides(mut self, overrides: &BTreeMap<String, String>) -> Result<Self, Invalid> {
        for (header, choice) in overrides {
            let field = Field::parse(self.vocabulary, choice)?;
            let position =
                self.columns.iter().position(|column| column.header == *header).or_else(|| {
                    self.columns.iter().position(|column| normal(&column.header) == normal(header))
                });
            match position {
                Some(position) => {
                    self.columns[position].field = field;
                    self.columns[position].basis = Basis::Chosen;
                }
                None => return Err(self.unknown_header(header)),
            }
        }
        Ok(self)
    }

    /// The mapping with what was saved for columns of these names; those that the file lacks do not matter.
    #[must_use]
    pub fn with_saved(mut self, saved: &BTreeMap<String, String>) -> Self {
        for (header, choice) in saved {
            let Ok(field) = Field::parse(self.vocabulary, choice) else { continue };
            let name = normal(header);
            let is_named = |column: &&mut Column| column.header == *header || normal(&column.header) == name;
            if let Some(column) = self.columns.iter_mut().find(is_named) {
                column.field = field;
                column.basis = Basis::Saved;
            }
        }
        self
    }

    /// The mapping where columns that are named like a defined field feed it, by its key or its label. What makes a row
    /// a record stays as it was guessed.
    #[must_use]
    pub fn with_fields(mut self, fields: &FieldSet) -> Self {
        for index in 0..self.columns.len() {
            let column = &self.columns[index];
            if matches!(column.field, Field::Named(name) if self.vocabulary.needed.contains(&name)) {
                continue;
            }
            let name = field::custom_name(&column.header);
            let is_named = |other: &str| field::custom_name(other) == name;
            let by_key = fields.iter().find(|field| is_named(field.key.as_str()));
            let named = by_key.or_else(|| fields.iter().find(|field| is_named(field.label.as_str())));
            let Some(key) = named.map(|field| field.key.to_string()) else { continue };
            if !self.feeds(&Field::Custom(key.clone())) {
                self.columns[index].field = Field::Custom(key);
                self.columns[index].basis = Basis::Field;
            }
        }
        self
    }

    /// The columns in the order of the sheet.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Whether some column feeds `field`.
    pub fn feeds(&self, field: &Field) -> bool {
        self.columns.iter().any(|column| column.field == *field)
    }

    /// Whether some column feeds the vocabulary's field `name`.
    pub fn feeds_named(&self, name: &'static str) -> bool {
        self.feeds(&Field::Named(name))
    }

    /// The texts of a row by field.
    pub fn apply(&self, row: &Row) -> RowDraft {
        draft::fill(self.vocabulary, &self.columns, row)
    }

    fn unknown_header(&self, header: &str) -> Invalid {
        let known: Vec<String> = self.columns.iter().map(|column| format!("\"{}\"", column.header)).collect();
        let known = known.join(", ");
        Invalid::formatted(
            format!("The file has no column \"{header}\". Its columns are: {known}."),
            format!("El archivo no tiene la columna \"{header}\". Sus columnas son: {known}."),
        )
    }
}

/// The names of columns as one text by which files of the same kind are recognised, whatever the order of their columns.
pub fn headers_key<'h>(headers: impl Iterator<Item = &'h str>) -> String {
    let mut names: Vec<String> = headers.map(normal).collect();
    names.sort();
    names.join("\n")
}

/// The column that names the record. A bare `Nombre` does only where nothing says that it is a person's.
fn title_column(vocabulary: &Vocabulary, meanings: &[Option<Meaning>]) -> Option<usize> {
    let first = |wanted: Meaning| meanings.iter().position(|meaning| *meaning == Some(wanted));
    let named = first(Meaning::Field(vocabulary.title)).or_else(|| first(Meaning::LegalName));
    match named {
        Some(index) => Some(index),
        None if first(Meaning::Surname).is_none() => first(Meaning::BareName),
        None => None,
    }
}

/// A custom field's name for a column: its header's, numbered where two columns come to the same.
fn free_custom_name(columns: &[Column], header: &str, index: usize) -> String {
    let name = field::custom_name(header).unwrap_or_else(|| format!("column_{}", index + 1));
    let is_free = |name: &String| columns.iter().all(|column| column.field != Field::Custom(name.clone()));
    if is_free(&name) {
        return name;
    }
    (2..=columns.len() + 1).map(|number| format!("{name}_{number}")).find(is_free).unwrap_or(name)
}

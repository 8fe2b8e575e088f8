//! The fields that a column can feed.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Vocabulary;
use crate::kernel::{Invalid, text};

/// A field of a record, as an import names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field {
    /// One of the vocabulary's.
    Named(&'static str),
    /// A custom field by its name: `a-z`, `0-9`, `_`, at most 60.
    Custom(String),
    /// Nothing.
    Ignore,
}

/// What a cell of nothing is called in choices.
const IGNORE: &str = "ignore";
/// A custom field whose name needs no prefix.
pub(super) const EXTERNAL_ID: &str = "external_id";

/// The most characters of a custom field's name.
const MAX_CUSTOM_NAME: usize = 60;

impl Field {
    /// Parses a field's name, `ignore`, `external_id` or `custom:name`.
    pub fn parse(vocabulary: &Vocabulary, text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if let Some(name) = text.strip_prefix("custom:") {
            return custom_name(name).map(Self::Custom).ok_or_else(|| {
                Invalid::new(
                    "A custom field needs a name with letters or digits: custom:name.",
                    "Un campo propio necesita un nombre con letras o dígitos: custom:nombre.",
                )
            });
        }
        match text {
            EXTERNAL_ID => Ok(Self::Custom(text.to_owned())),
            IGNORE => Ok(Self::Ignore),
            _ => vocabulary.named(text).map(Self::Named).ok_or_else(|| unknown(vocabulary, text)),
        }
    }
}

/// The column of a file of refused rows that says why they were refused.
pub const REASON_COLUMN: &str = "cauce_reason";
/// The column that says where they stood.
pub const ROW_COLUMN: &str = "cauce_row";

/// What a column feeds that our own files name: `custom:<name>` in exports, and what is only told in files of refused rows.
pub(super) fn of_our_own(header: &str) -> Option<Field> {
    match header {
        REASON_COLUMN | ROW_COLUMN => Some(Field::Ignore),
        _ => header.strip_prefix("custom:").and_then(custom_name).map(Field::Custom),
    }
}

/// A custom field's name from free text: `Razón social` → `razon_social`; `None` without a letter or digit.
pub(super) fn custom_name(free_text: &str) -> Option<String> {
    let folded = text::fold(free_text);
    let words = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name: String = words.collect::<Vec<_>>().join("_").chars().take(MAX_CUSTOM_NAME).collect();
    let name = name.trim_end_matches('_');
    (!name.is_empty()).then(|| name.to_owned())
}

fn unknown(vocabulary: &Vocabulary, text: &str) -> Invalid {
    let known: Vec<&str> = vocabulary.fields.iter().map(|(name, _)| *name).chain([IGNORE]).collect();
    let known = known.join(", ");
    Invalid::formatted(
        format!("There is no field \"{text}\". The fields are: {known}, external_id and custom:name."),
        format!("No existe el campo \"{text}\". Los campos son: {known}, external_id y custom:nombre."),
    )
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Custom(name) => write!(formatter, "custom:{name}"),
            Self::Named(name) => formatter.write_str(name),
            Self::Ignore => formatter.write_str(IGNORE),
        }
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

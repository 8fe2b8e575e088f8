//! What an import is asked to do, beside its file.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::{Country, Invalid, Line};

/// What happens to a row whose record is there already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnDuplicate {
    /// It is passed over.
    #[default]
    Skip,
    /// The record takes what the row knows: the row has the last word.
    Update,
    /// The record takes what it lacks: what it has stays, tags are united, notes are added.
    Merge,
    /// A second record is made, without a claim to what both have.
    Create,
}

impl OnDuplicate {
    /// Whether records that are there may change.
    pub fn changes_records(self) -> bool {
        matches!(self, Self::Update | Self::Merge)
    }
}

/// What an import is asked to do; stored with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settings {
    /// What happens to duplicates.
    pub on_duplicate: OnDuplicate,
    /// Where records came from, when a row does not say.
    pub source: Line<100>,
    /// The country of phones without a country code, when it is not the tenant's.
    pub country: Option<Country>,
    /// The saved mapping that feeds the columns, if there is one.
    #[serde(default)]
    pub mapping_id: Option<Uuid>,
    /// The list where prices go.
    #[serde(default)]
    pub price_list: Option<Uuid>,
}

impl Default for Settings {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "a word is a line")]
        let source = Line::parse("import").expect("a line");
        Self {
            on_duplicate: OnDuplicate::default(),
            source,
            country: None,
            mapping_id: None,
            price_list: None,
        }
    }
}

/// The name of an uploaded file: a label of at most 255 characters, never a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// The label of a file without a name.
    pub fn unnamed() -> Self {
        Self("import.csv".to_owned())
    }

    /// Parses a name as a client sent it. Marks that turn the direction of writing would hide an ending, and are refused too.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let is_odd = |c: char| {
            c.is_control()
                || matches!(c, '/' | '\\' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        let name = Line::<255>::parse(text)?;
        if text.contains(is_odd) || matches!(name.as_str(), "." | "..") {
            return Err(Invalid::new(
                "The file's name must be a plain name such as leads.csv: no folders, no control characters.",
                "El nombre del archivo debe ser simple, por ejemplo prospectos.csv: sin carpetas ni caracteres de control.",
            ));
        }
        Ok(Self(name.to_string()))
    }

    /// The label.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::FileName;

    #[test]
    fn file_names_are_labels() {
        for name in ["leads.csv", "Prospectos de otoño (2).csv", "a", "..csv", "x;y'z\".csv"] {
            assert_eq!(FileName::parse(name).unwrap().as_str(), name);
        }
        let long = "x".repeat(256);
        for name in [
            "",
            " ",
            ".",
            "..",
            "../../etc/passwd",
            "C:\\x.csv",
            "a\0.csv",
            "a\r\nb",
            "a\u{202e}vsc.exe",
            "a\u{1b}[2J",
            &long,
        ] {
            assert!(FileName::parse(name).is_err(), "{name:?}");
        }
    }
}

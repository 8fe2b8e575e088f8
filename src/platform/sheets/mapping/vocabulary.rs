//! How people call the fields of a kind of record.
//!
//! Names are compared without accents, case and punctuation; a bracketed remark and a number at the end
//! (`Teléfono 2 (a 10 dígitos)`) are dropped when the whole name is not known.

use crate::kernel::text;

/// The fields of a kind of record, and the names of columns that feed them.
#[derive(Debug, PartialEq, Eq)]
pub struct Vocabulary {
    /// The fields with how their cells are taken, in the order of the documentation.
    pub fields: &'static [(&'static str, Take)],
    /// Normalised names of columns, and what they mean.
    pub names: &'static [(&'static [&'static str], Meaning)],
    /// The field that the record is called by.
    pub title: &'static str,
    /// The field of a person's name, where records have one.
    pub person: Option<&'static str>,
    /// The fields that make a row a record: a column that feeds one keeps doing so, whatever fields a company defines.
    pub needed: &'static [&'static str],
}

/// How the cells of a row that feed a field are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// The first of them, in one line.
    Line,
    /// The first of them; what was written is kept beside when it is more than a number.
    Size,
    /// All of them, in one line.
    Words,
    /// All of them, line by line.
    Lines,
    /// All e-mails in them.
    Emails,
    /// All phones in them.
    Phones,
    /// All labels in them.
    Tags,
}

impl Take {
    /// Whether two columns may feed the field.
    pub fn takes_several(self) -> bool {
        !matches!(self, Self::Line | Self::Size)
    }
}

/// What a column's name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// A field for sure.
    Field(&'static str),
    /// The record's name where there is no better one.
    LegalName,
    /// `Nombre`: a company's or a person's.
    BareName,
    /// A person's given names.
    GivenName,
    /// A person's surnames.
    Surname,
    /// What the record is called in another system.
    ExternalId,
}

impl Vocabulary {
    /// The field of that name.
    pub(super) fn named(&self, name: &str) -> Option<&'static str> {
        self.fields.iter().map(|(field, _)| *field).find(|field| *field == name)
    }

    /// How cells of `field` are taken.
    pub(super) fn take(&self, field: &str) -> Take {
        self.fields.iter().find(|(name, _)| *name == field).map_or(Take::Line, |(_, take)| *take)
    }

    /// What `header` means, if it is known.
    pub(super) fn meaning(&self, header: &str) -> Option<Meaning> {
        let whole = normal(header);
        self.known(&whole).or_else(|| {
            let without_remark = normal(header.split(['(', '[', ':']).next().unwrap_or_default());
            let without_number = without_remark.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
            self.known(without_number)
        })
    }

    fn known(&self, name: &str) -> Option<Meaning> {
        let line = self.names.iter().find(|(names, _)| names.contains(&name));
        // Our own files call a column like its field.
        let own = || self.fields.iter().find(|(field, _)| normal(field) == name);
        line.map(|(_, meaning)| *meaning).or_else(|| own().map(|(field, _)| Meaning::Field(field)))
    }
}

/// A name as it is compared: folded, punctuation as spaces.
pub(super) fn normal(header: &str) -> String {
    let folded = text::fold(header);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

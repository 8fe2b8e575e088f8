//! The texts of one row, sorted by field but not yet parsed.

use std::collections::BTreeMap;

use super::super::decode::Row;
use super::super::{cells, values};
use super::{Column, Field, Take, Vocabulary, field};
use crate::kernel::{Country, EmailAddress, Invalid, Phone, text};

/// What a row says about a record: texts as they were written, white space tidied, empty cells left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowDraft {
    /// The row number as a spreadsheet shows it.
    pub number: u32,
    texts: BTreeMap<&'static str, Vec<String>>,
    /// The custom fields by name; a size that is more than a number is also here, as it was written.
    pub custom: BTreeMap<String, String>,
}

/// The good one among several texts of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picked<T> {
    /// The first that could be read.
    pub chosen: Option<T>,
    /// The further ones that could be read.
    pub others: Vec<T>,
    /// Those that could not, and why.
    pub refused: Vec<(String, Invalid)>,
}

impl RowDraft {
    /// The text of `field`.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.all(field).first().map(String::as_str)
    }

    /// Takes the text of `field` out of it.
    pub fn take(&mut self, field: &str) -> Option<String> {
        self.texts.remove(field).and_then(|texts| texts.into_iter().next())
    }

    /// All texts of `field`, each one once.
    pub fn all(&self, field: &str) -> &[String] {
        self.texts.get(field).map(Vec::as_slice).unwrap_or_default()
    }

    /// The e-mail of the row, of those in the field `email`.
    pub fn email(&self) -> Picked<EmailAddress> {
        pick(self.all("email"), EmailAddress::parse)
    }

    /// The phone of the row, of those in the field `phone`, read with the tenant's country.
    pub fn phone(&self, default: Country) -> Picked<Phone> {
        pick(self.all("phone"), |text| Phone::parse(text, default))
    }
}

fn pick<T: PartialEq>(texts: &[String], parse: impl Fn(&str) -> Result<T, Invalid>) -> Picked<T> {
    let mut picked = Picked { chosen: None, others: Vec::new(), refused: Vec::new() };
    for text in texts {
        match parse(text) {
            Ok(value) if picked.chosen.is_none() => picked.chosen = Some(value),
            Ok(value) if picked.chosen.as_ref() == Some(&value) || picked.others.contains(&value) => {}
            Ok(value) => picked.others.push(value),
            Err(reason) => picked.refused.push((text.clone(), reason)),
        }
    }
    picked
}

/// Sorts the cells of a row by the fields that their columns feed.
pub(super) fn fill(vocabulary: &Vocabulary, columns: &[Column], row: &Row) -> RowDraft {
    let mut draft = RowDraft { number: row.number, ..RowDraft::default() };
    for (column, cell) in columns.iter().zip(&row.cells) {
        // What our own files mark as text is read without the mark.
        let cell = cells::plain(cell.trim()).trim();
        match &column.field {
            _ if cell.is_empty() => {}
            Field::Named(name) => draft.put(vocabulary.take(name), name, &column.header, cell),
            Field::Custom(name) => draft.put_custom(name, cell),
            Field::Ignore => {}
        }
    }
    draft
}

impl RowDraft {
    fn put(&mut self, take: Take, name: &'static str, header: &str, cell: &str) {
        if is_placeholder(cell) && !matches!(take, Take::Tags | Take::Lines) {
            return;
        }
        let texts = self.texts.entry(name).or_default();
        match take {
            Take::Line | Take::Size if !texts.is_empty() => self.put_custom(header, cell),
            Take::Line => texts.push(one_line(cell)),
            Take::Size => {
                texts.push(one_line(cell));
                if values::is_employee_range(cell) {
                    self.put_custom(header, cell);
                }
            }
            Take::Words => append(texts, " ", &one_line(cell)),
            Take::Lines => append(texts, "\n", cell),
            Take::Emails => add_new(texts, values::split_emails(cell)),
            Take::Phones => add_new(texts, values::split_phones(cell)),
            Take::Tags => add_new(texts, text::split_list(cell).map(one_line)),
        }
    }

    /// Keeps a text under a custom field; two texts of one name are joined.
    fn put_custom(&mut self, name: &str, cell: &str) {
        let name = field::custom_name(name).unwrap_or_else(|| "column".to_owned());
        let kept = self.custom.entry(name).or_default();
        if !kept.is_empty() {
            kept.push_str("; ");
        }
        kept.push_str(cell);
    }
}

fn append(texts: &mut Vec<String>, between: &str, text: &str) {
    match texts.first_mut() {
        Some(kept) => {
            kept.push_str(between);
            kept.push_str(text);
        }
        None => texts.push(text.to_owned()),
    }
}

fn add_new(list: &mut Vec<String>, texts: impl IntoIterator<Item = String>) {
    for text in texts {
        if !text.is_empty() && !list.contains(&text) {
            list.push(text);
        }
    }
}

fn one_line(cell: &str) -> String {
    cell.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What people and systems write where they know nothing.
fn is_placeholder(cell: &str) -> bool {
    const NOTHING: [&str; 22] = [
        "-",
        "--",
        "---",
        ".",
        "?",
        "n/a",
        "na",
        "n.a.",
        "s/d",
        "sd",
        "nd",
        "n.d.",
        "null",
        "none",
        "sin dato",
        "sin datos",
        "sin informacion",
        "no tiene",
        "no disponible",
        "no aplica",
        "ninguno",
        "ninguna",
    ];
    cell.len() <= 20 && NOTHING.contains(&text::fold(cell).as_str())
}

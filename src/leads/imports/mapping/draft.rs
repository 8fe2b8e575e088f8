//! The texts of one row, sorted by field but not yet parsed.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::decode::Row;
use super::super::values;
use super::{Column, Field, field};
use crate::kernel::{Country, EmailAddress, Invalid, Phone, text};
use crate::leads::sheets;

/// What a row says about a lead: texts as they were written, white space tidied, empty cells left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RowDraft {
    /// The row number as a spreadsheet shows it.
    pub number: u32,
    /// The company.
    pub company_name: Option<String>,
    /// The person.
    pub contact_name: Option<String>,
    /// Every e-mail of the row, in order; see [`RowDraft::email`].
    pub emails: Vec<String>,
    /// Every phone of the row, in order; see [`RowDraft::phone`].
    pub phones: Vec<String>,
    /// The web site; see [`crate::kernel::WebUrl::parse_lenient`].
    pub website: Option<String>,
    /// The industry.
    pub industry: Option<String>,
    /// See [`values::employee_count`].
    pub employee_count: Option<String>,
    /// See [`values::annual_revenue`].
    pub annual_revenue: Option<String>,
    /// Where the lead came from.
    pub source: Option<String>,
    /// See [`values::status`].
    pub status: Option<String>,
    /// The tags, each one once.
    pub tags: Vec<String>,
    /// The notes, with their line breaks.
    pub notes: Option<String>,
    /// Who works the lead: an e-mail, in some exports a name.
    pub owner_email: Option<String>,
    /// See [`values::date_time`].
    pub created_at: Option<String>,
    /// `utm_source`.
    pub utm_source: Option<String>,
    /// `utm_medium`.
    pub utm_medium: Option<String>,
    /// `utm_campaign`.
    pub utm_campaign: Option<String>,
    /// The custom fields by name; a range of employees is also here, as it was written.
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
    /// The e-mail of the row.
    pub fn email(&self) -> Picked<EmailAddress> {
        pick(&self.emails, EmailAddress::parse)
    }

    /// The phone of the row, read with the tenant's country.
    pub fn phone(&self, default: Country) -> Picked<Phone> {
        pick(&self.phones, |text| Phone::parse(text, default))
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
pub(super) fn fill(columns: &[Column], row: &Row) -> RowDraft {
    let mut draft = RowDraft { number: row.number, ..RowDraft::default() };
    for (column, cell) in columns.iter().zip(&row.cells) {
        // What our own files mark as text is read without the mark.
        let cell = sheets::plain(cell.trim()).trim();
        if !cell.is_empty() {
            draft.put(column, cell);
        }
    }
    draft
}

impl RowDraft {
    fn put(&mut self, column: &Column, cell: &str) {
        if let Some(slot) = self.single(&column.field) {
            if is_placeholder(cell) {
                return;
            }
            if slot.is_some() {
                return self.put_custom(&column.header, cell);
            }
            *slot = Some(one_line(cell));
            if column.field == Field::EmployeeCount && values::is_employee_range(cell) {
                self.put_custom(&column.header, cell);
            }
            return;
        }
        match &column.field {
            Field::ContactName if !is_placeholder(cell) => {
                append(&mut self.contact_name, " ", &one_line(cell));
            }
            Field::Email if !is_placeholder(cell) => add_new(&mut self.emails, values::split_emails(cell)),
            Field::Phone if !is_placeholder(cell) => add_new(&mut self.phones, values::split_phones(cell)),
            Field::Tags => add_new(&mut self.tags, text::split_list(cell).map(one_line)),
            Field::Notes => append(&mut self.notes, "\n", cell),
            Field::Custom(name) => self.put_custom(name, cell),
            _ => {}
        }
    }

    /// The place of a field that takes one text.
    fn single(&mut self, field: &Field) -> Option<&mut Option<String>> {
        Some(match field {
            Field::CompanyName => &mut self.company_name,
            Field::Website => &mut self.website,
            Field::Industry => &mut self.industry,
            Field::EmployeeCount => &mut self.employee_count,
            Field::AnnualRevenue => &mut self.annual_revenue,
            Field::Source => &mut self.source,
            Field::Status => &mut self.status,
            Field::OwnerEmail => &mut self.owner_email,
            Field::CreatedAt => &mut self.created_at,
            Field::UtmSource => &mut self.utm_source,
            Field::UtmMedium => &mut self.utm_medium,
            Field::UtmCampaign => &mut self.utm_campaign,
            _ => return None,
        })
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

fn append(slot: &mut Option<String>, between: &str, text: &str) {
    match slot {
        Some(kept) => {
            kept.push_str(between);
            kept.push_str(text);
        }
        None => *slot = Some(text.to_owned()),
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

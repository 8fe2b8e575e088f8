//! What exports write: columns, and the cells of a lead.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::kernel::{Invalid, Line};
use crate::leads::domain::Lead;
use crate::platform::id::Id;

/// What an [`ExportId`] names.
#[derive(Debug)]
pub enum ExportMarker {}

/// An export's identifier.
pub type ExportId = Id<ExportMarker>;

/// The most columns of a file, which are as many as an import reads.
pub const MAX_COLUMNS: usize = 200;
/// The most leads of a workbook.
pub const MAX_SHEET_ROWS: i32 = 1_048_575;
/// The most characters of a workbook's cell.
const MAX_CELL_CHARS: usize = 32_767;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// CSV in UTF-8 with its mark, separated by commas.
    Csv,
    /// A workbook of Excel.
    Xlsx,
}

impl ExportFormat {
    /// The name in JSON, in the database, and behind a file's point.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// The format of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Csv, Self::Xlsx].into_iter().find(|format| format.as_str() == name)
    }
}

/// Where an export stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportStatus {
    /// Asked for, not begun.
    Pending,
    /// Leads are being written.
    Running,
    /// The file is there.
    Completed,
    /// It could not go on; `failure` says why.
    Failed,
}

impl ExportStatus {
    /// The name in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// What an import reads, in the order of the file when no columns are asked for.
const READABLE: [&str; 16] = [
    "company_name",
    "contact_name",
    "email",
    "phone",
    "website",
    "industry",
    "employee_count",
    "annual_revenue",
    "source",
    "status",
    "tags",
    "notes",
    "created_at",
    "utm_source",
    "utm_medium",
    "utm_campaign",
];
/// What is only told when it is asked for.
const TOLD: [&str; 9] = [
    "id",
    "owner_id",
    "score",
    "disqualify_reason",
    "import_id",
    "updated_at",
    "last_activity_at",
    "next_follow_up_at",
    "follow_up_note",
];

/// The columns of a file when none are asked for: what an import reads, the company's `fields`, and whatever else its leads
/// have in `custom`, which is in order.
pub fn usual_columns<'c>(fields: impl Iterator<Item = &'c str>, custom: &'c [String]) -> Vec<String> {
    let mut columns: Vec<String> = READABLE.map(str::to_owned).into();
    for name in fields.chain(custom.iter().map(String::as_str)) {
        let column = format!("custom:{name}");
        if columns.len() < MAX_COLUMNS && !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns
}

/// A column that was asked for.
pub fn parse_column(name: &str) -> Result<String, Invalid> {
    let is_custom =
        name.strip_prefix("custom:").is_some_and(|name| (1..=100).contains(&name.chars().count()));
    if is_custom || READABLE.contains(&name) || TOLD.contains(&name) {
        return Ok(name.to_owned());
    }
    let known = [&READABLE[..], &TOLD[..]].concat().join(", ");
    Err(Invalid::formatted(
        format!("is no column; there are: {known}, custom:<name>"),
        format!("no es una columna; existen: {known}, custom:<nombre>"),
    ))
}

/// The cell of `lead` in `column`: a text, a number, or nothing.
pub fn cell(lead: &Lead, column: &str) -> Value {
    let details = &lead.details;
    let touch = lead.first_touch.as_ref();
    let moment = |at: Option<DateTime<Utc>>| at.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true));
    let text = match column {
        "company_name" => Some(details.company_name.to_string()),
        "contact_name" => details.contact_name.as_ref().map(ToString::to_string),
        "email" => details.email.as_ref().map(ToString::to_string),
        "phone" => details.phone.as_ref().map(ToString::to_string),
        "website" => details.website.as_ref().map(ToString::to_string),
        "industry" => details.industry.as_ref().map(ToString::to_string),
        "employee_count" => return details.employee_count.map_or(Value::Null, Value::from),
        "annual_revenue" => details.annual_revenue.map(|money| money.to_string()),
        "source" => Some(details.source.to_string()),
        "status" => Some(lead.status.as_str().to_owned()),
        "tags" => Some(joined(details.tags.iter().map(Line::as_str))),
        "notes" => details.notes.as_ref().map(ToString::to_string),
        "created_at" => moment(Some(lead.created_at)),
        "utm_source" => touch.and_then(|touch| touch.source.clone()),
        "utm_medium" => touch.and_then(|touch| touch.medium.clone()),
        "utm_campaign" => touch.and_then(|touch| touch.campaign.clone()),
        "id" => Some(lead.id.to_string()),
        "owner_id" => lead.owner.map(|owner| owner.to_string()),
        "score" => return lead.score.into(),
        "disqualify_reason" => lead.disqualify_reason.clone(),
        "import_id" => lead.import.map(|import| import.to_string()),
        "updated_at" => moment(Some(lead.updated_at)),
        "last_activity_at" => moment(lead.last_activity_at),
        "next_follow_up_at" => moment(lead.next_follow_up_at),
        "follow_up_note" => lead.follow_up_note.clone(),
        _ => {
            let name = column.strip_prefix("custom:").unwrap_or(column);
            return custom_cell(details.custom_fields.get(name).unwrap_or(&Value::Null));
        }
    };
    text.map_or(Value::Null, Value::from)
}

/// Several texts as one; line by line where one of them holds a mark that separates others.
fn joined<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let texts: Vec<&str> = texts.collect();
    let has_marks = texts.iter().any(|text| text.contains([',', ';', '|']));
    texts.join(if has_marks { "\n" } else { "; " })
}

fn custom_cell(value: &Value) -> Value {
    match value {
        Value::Bool(truth) => truth.to_string().into(),
        Value::Array(items) => joined(items.iter().filter_map(Value::as_str)).into(),
        Value::String(_) | Value::Number(_) => value.clone(),
        Value::Null | Value::Object(_) => Value::Null,
    }
}

/// A cell as text.
pub fn text_of(cell: &Value) -> String {
    match cell {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A cell as a workbook takes it: what does not fit is cut off.
pub fn fitting(text: &str) -> String {
    text.chars().take(MAX_CELL_CHARS).collect()
}

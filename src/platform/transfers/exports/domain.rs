//! What exports are, and the bounds of their files.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::platform::id::Id;

/// What an [`ExportId`] names.
#[derive(Debug)]
pub enum ExportMarker {}

/// An export's identifier.
pub type ExportId = Id<ExportMarker>;

/// The most columns of a file, which are as many as an import reads.
pub const MAX_COLUMNS: usize = 200;
/// The most records of a workbook.
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
    /// Records are being written.
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

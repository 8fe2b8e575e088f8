//! The rules of imports: what a file may be asked to do, what a row says, and why it is not taken.

mod reasons;
mod row;
mod settings;
mod undo;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use reasons::{
    Outcome, Reasons, already_there, failure, field_refused, internal_failure, repeated, same_field,
    unstorable,
};
pub use row::{Candidate, Name, RowContext, read_row};
pub use settings::{FileName, OnDuplicate, Settings};
pub use undo::{Phase, Undo};

use crate::platform::id::Id;

/// What an [`ImportId`] names.
#[derive(Debug)]
pub enum ImportMarker {}

/// An import's identifier.
pub type ImportId = Id<ImportMarker>;

/// What an [`UploadId`] names.
#[derive(Debug)]
pub enum UploadMarker {}

/// An upload's identifier.
pub type UploadId = Id<UploadMarker>;

/// Whether leads are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are.
    Real,
    /// Only the counts and the reasons are.
    DryRun,
}

/// Where an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ImportStatus {
    /// Uploaded, not begun.
    Pending,
    /// Rows are being decided.
    Running,
    /// Every row was decided.
    Completed,
    /// It could not go on; `failure` says why. What it had decided stays.
    Failed,
    /// What it did is being taken back.
    Undoing,
    /// What it did was taken back, except for leads that somebody changed since.
    Undone,
}

impl ImportStatus {
    /// The name in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    /// Whether there is work left, by its name.
    pub fn is_open(name: &str) -> bool {
        [Self::Pending, Self::Running].iter().any(|status| status.as_str() == name)
    }
}

/// How many rows came to which end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// New leads.
    pub created: i32,
    /// Rows whose lead was there and took what they know.
    pub updated: i32,
    /// Rows passed over because their lead was there.
    pub skipped: i32,
    /// Rows that are no lead.
    pub refused: i32,
}

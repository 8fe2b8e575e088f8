//! The rules of imports: what a file may be asked to do, how far it is, and why rows are not taken.

mod reasons;
mod settings;
mod undo;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use reasons::{
    Outcome, Reasons, failure, field_refused, first_reason, internal_failure, same_field, somebody_elses,
    unstorable,
};
pub use settings::{FileName, OnDuplicate, Settings};
pub use undo::{Phase, Undo};

use crate::kernel::{Country, Currency, FieldSet, TimeZone};
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

/// Whether records are written.
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
    /// What it did was taken back, except for records that somebody changed since.
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
    /// New records.
    pub created: i32,
    /// Rows whose record was there and took what they know.
    pub updated: i32,
    /// Rows passed over because their record was there.
    pub skipped: i32,
    /// Rows that are no record.
    pub refused: i32,
}

/// Whether a file names the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// It does.
    Given,
    /// Something else stands in for it, which must not replace a name that is known.
    Borrowed,
}

/// Where a record came from that a row stands for too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was there before the import.
    Before,
    /// An earlier row brought it.
    ThisFile,
}

/// How much of a change was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenBack {
    /// All of it.
    Whole,
    /// What nobody changed since.
    Partly,
}

/// What rows are read by.
#[derive(Debug, Clone)]
pub struct RowContext {
    /// What the import was asked to do.
    pub settings: Settings,
    /// The country of phones and tax identifiers without one.
    pub country: Country,
    /// The currency of amounts without one.
    pub currency: Currency,
    /// Where times without an offset were written.
    pub zone: TimeZone,
    /// The custom fields that the tenant defined.
    pub fields: FieldSet,
}

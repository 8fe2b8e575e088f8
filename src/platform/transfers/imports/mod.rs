//! Imports: from the spreadsheet that a team really has to records, whatever kind they are of.
//!
//! A file is decoded when it is uploaded, kept in pieces, and worked off by a background task in batches: one transaction
//! writes the records of a batch, their events, the counts and the place where the next batch begins.
//!
//! **Invariants.** The counts add up to the rows decided. A row is decided once, whatever is killed meanwhile: its record and
//! the place behind it commit together, and a batch begins only where the last one ended. What an import did can be taken
//! back, except for what somebody changed since.

mod domain;
mod http;
mod service;
mod store;
mod tasks;
mod undoing;
mod worker;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

pub use domain::{
    FileName, ImportId, ImportStatus, Mode, Name, OnDuplicate, Origin, RowContext, Settings, TakenBack, Undo,
    UploadId, first_reason,
};
pub use http::{
    ColumnView, ImportMapping, ImportMappingRequest, ImportOptions, ImportPreview, ImportUpload, ImportView,
    Imports, ImportsQuery, Tus, add_mapping, append_to_upload, ask_undo, begin_upload, get_import,
    get_mapping, imports_page, kept_as_text, list_mappings, preview, preview_view, receive, refused_rows,
    remove_mapping, remove_upload, replace_mapping, see_upload, upload_options,
};
pub use service::{NewImport, Options, Preview, PreviewRow, import_quotas};
pub use store::{ImportRow, MappingRow, ReasonRow, origins};
pub use tasks::{forget_imports, forget_uploads, run_alone, start as start_imports};

use super::{TransferError, TransferTables};
use crate::kernel::{FieldSet, Invalid, Message};
use crate::platform::db::TenantTx;
use crate::platform::fields::FieldTables;
use crate::platform::sheets::mapping::{Mapping, RowDraft, Vocabulary};

/// How long an import can be undone, and what it refused is kept.
pub const UNDO_FOR: chrono::TimeDelta = chrono::TimeDelta::days(30);

/// A kind of record that is brought in by files.
pub trait Importable: 'static {
    /// A row that could become a record.
    type Candidate: Send + 'static;
    /// A record on its way in.
    type Record: Send + 'static;

    /// Where its imports are kept.
    const TABLES: TransferTables;
    /// Where its custom fields are kept.
    const FIELDS: FieldTables;
    /// What its records are called in addresses: `/api/v1/<name>/imports`.
    const NAME: &'static str;
    /// How people call its fields.
    const VOCABULARY: &'static Vocabulary;
    /// The names of its quotas: open imports, saved mappings, open uploads.
    const QUOTAS: [&'static str; 3];

    /// The names of the tasks that work imports off, and that undo them.
    const TASKS: [&'static str; 2];

    /// By what rows of an import with `settings` are read.
    fn context(
        tx: &mut TenantTx<'_>,
        settings: Settings,
        fields: FieldSet,
    ) -> Result<RowContext, TransferError>;

    /// Why no row of a file with these columns could be a record.
    fn lacking(mapping: &Mapping) -> Option<Invalid>;

    /// Reads a row, or says why it is no record. `now` bounds the times in it.
    fn read(draft: RowDraft, context: &RowContext, now: DateTime<Utc>) -> Result<Self::Candidate, Message>;

    /// What a row would become, for people to look at.
    fn view(candidate: &Self::Candidate) -> Value;

    /// The records that the candidates of a batch would become, one for each, in their order.
    fn records(
        tx: &mut TenantTx<'_>,
        import: ImportId,
        candidates: Vec<Self::Candidate>,
    ) -> Result<Vec<Self::Record>, TransferError>;

    /// The record's identifier.
    fn id(record: &Self::Record) -> Uuid;

    /// The record's custom fields.
    fn values(record: &mut Self::Record) -> &mut Map<String, Value>;

    /// The record's custom fields, to be looked at.
    fn seen_values(record: &Self::Record) -> &Map<String, Value>;

    /// What makes another record the same one, as (kind, value).
    fn identities(record: &Self::Record) -> Vec<(String, String)>;

    /// The records that are there with an identity of `records`: of identities that only one may have, whoever sees it.
    fn holders(tx: &mut TenantTx<'_>, records: &[&Self::Record]) -> Result<Vec<Holder>, TransferError>;

    /// Takes an identity away that is another record's; answers what it is called, and its value.
    fn without(record: &mut Self::Record, kind: &str) -> Option<(String, Value)>;

    /// Why a row is passed over whose record is there.
    fn there(origin: Origin) -> Message;

    /// Writes new records, and tells of them.
    fn insert(
        tx: &mut TenantTx<'_>,
        import: &Importing<'_>,
        records: Vec<Self::Record>,
    ) -> Result<(), TransferError>;

    /// Gives a record that is there what a row knows; answers what changed, none when nothing did.
    fn change(
        tx: &mut TenantTx<'_>,
        import: &Importing<'_>,
        target: Uuid,
        record: Self::Record,
    ) -> Result<Option<Changed>, TransferError>;

    /// The versions of those records that are there, locked until the transaction ends.
    fn lock(tx: &mut TenantTx<'_>, ids: &[Uuid]) -> Result<Vec<(Uuid, i32)>, TransferError>;

    /// Takes a record away that an import brought; false when others hang on it by now.
    fn remove(tx: &mut TenantTx<'_>, id: Uuid) -> Result<bool, TransferError>;

    /// Takes the change of a record from `before` to `after` back; none when it is gone.
    fn take_back(
        tx: &mut TenantTx<'_>,
        id: Uuid,
        before: &Value,
        after: &Value,
    ) -> Result<Option<TakenBack>, TransferError>;

    /// Those of the records sought that went into others, and come back when that is undone. A kind of record that never goes
    /// into another has none.
    fn merged(_: &mut TenantTx<'_>, _: Sought<'_>) -> Result<Vec<Merged>, TransferError> {
        Ok(Vec::new())
    }

    /// Tells that every row of an import is decided.
    fn completed(tx: &mut TenantTx<'_>, import: &ImportRow);

    /// Tells that what an import did was taken back.
    fn undone(tx: &mut TenantTx<'_>, import: ImportId, undo: &Undo);

    /// Tells that a saved mapping was added, changed or taken away.
    fn mapping_changed(tx: &mut TenantTx<'_>, mapping: &MappingRow, change: MappingChange);
}

/// The import whose rows are written.
#[derive(Debug, Clone, Copy)]
pub struct Importing<'a> {
    /// The import.
    pub id: ImportId,
    /// What its rows are read by, and what it was asked to do.
    pub context: &'a RowContext,
}

/// A record that has an identity of a row.
#[derive(Debug, Clone)]
pub struct Holder {
    /// What kind of identity.
    pub kind: String,
    /// Its value.
    pub value: String,
    /// The record.
    pub record: Uuid,
    /// The import that brought it.
    pub import: Option<Uuid>,
}

/// What an import did to a record that was there.
#[derive(Debug, Clone)]
pub struct Changed {
    /// What it was.
    pub before: Value,
    /// What it is, with its `version`.
    pub after: Value,
    /// The import that brought it.
    pub import: Option<Uuid>,
}

/// Which records are sought among those that went into others.
#[derive(Debug, Clone, Copy)]
pub enum Sought<'a> {
    /// Some that an import brought, by identifier.
    Brought {
        /// The import.
        import: ImportId,
        /// The record behind which they are.
        behind: Uuid,
        /// How many at most.
        at_most: i64,
    },
    /// Any of these.
    Among(&'a [Uuid]),
}

/// A record that went into another one.
#[derive(Debug, Clone, Copy)]
pub struct Merged {
    /// The record that is gone.
    pub record: Uuid,
    /// The one that it is in by now.
    pub into: Uuid,
}

/// What was done to a saved mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MappingChange {
    /// It is new.
    Added,
    /// Its name or its columns changed.
    Changed,
    /// It was taken away.
    Removed,
}

//! What may be done with imports: one function a use case, inside the caller's transaction.

mod batch;
mod columns;
mod mappings;
mod plan;
mod preview;
mod undo;
mod uploads;

use std::collections::BTreeMap;

use uuid::Uuid;

pub use batch::{Batch, Decided, run};
use columns::columns;
use mappings::MAPPINGS_AT_MOST;
pub use mappings::{add_mapping, mapping, mappings, remove_mapping, replace_mapping};
pub use plan::{Plan, ReadRow};
pub use preview::{Preview, PreviewRow, preview};
pub use undo::{UndoStep, ask_undo, undo_batch};
use uploads::UPLOADS;
pub use uploads::{NewUpload, begin_upload, whole_upload};

use super::Importable;
use super::domain::{FileName, ImportId, ImportStatus, Mode, Settings, internal_failure};
use super::store::{self, ImportRow, ReasonRow};
use crate::kernel::{FieldSet, Invalid, Message};
use crate::platform::auth::UserId;
use crate::platform::db::TenantTx;
use crate::platform::http::PageLimit;
use crate::platform::id::Id;
use crate::platform::limits::Quota;
use crate::platform::problem::{FieldError, Problem};
use crate::platform::sheets::decode::{Position, Sheet, text_of};
use crate::platform::sheets::mapping::Mapping;
use crate::platform::transfers::TransferError;
use crate::platform::transfers::allowance::Allowance;

/// How often an import is taken up without getting a batch further, before it is given up.
const MAX_ATTEMPTS: i32 = 6;
/// Imports of a tenant that may wait for their end, each with its file in the database.
const OPEN: Allowance = Allowance { at_most: 20, count: store::open_count, full: too_many_open };

/// What an import is asked to do with its file.
#[derive(Debug, Clone)]
pub struct Options {
    /// What columns feed, where that is said.
    pub mapping: BTreeMap<String, String>,
    /// A saved mapping; the one that was saved for such files when not said.
    pub mapping_id: Option<Uuid>,
    /// Which sheet of a workbook; the first with data when not said.
    pub sheet: Option<String>,
    /// How rows are read, and what happens to duplicates.
    pub settings: Settings,
    /// Whether records are written.
    pub mode: Mode,
}

/// A file that can be read, on its way to be stored.
#[derive(Debug)]
pub struct NewImport {
    file_name: FileName,
    content: Vec<u8>,
    encoding: &'static str,
    separator: String,
    guessed: Mapping,
    options: Options,
    total: i32,
    start: Position,
}

impl NewImport {
    /// Opens `content`, which stands at `pointer` in the request; 422 when it cannot be read, or lacks a column that `options`
    /// name. Of a workbook the text of its sheet is kept. The sheet itself is answered too, for whoever wants to look into it.
    pub fn open<I: Importable>(
        pointer: &str,
        file_name: FileName,
        content: Vec<u8>,
        options: Options,
    ) -> Result<(Self, Sheet), Problem> {
        let refuse = |pointer: &str, reason: Invalid| Problem::invalid(vec![FieldError::at(pointer, reason)]);
        let text = text_of(&content, options.sheet.as_deref()).map_err(|reason| refuse(pointer, reason))?;
        let (content, workbook) = match text {
            Some((text, kind)) => (text.into_bytes(), Some(kind)),
            None => (content, None),
        };
        let sheet = Sheet::open(content.clone()).map_err(|reason| refuse(pointer, reason))?;
        let guessed = Mapping::guess(I::VOCABULARY, sheet.headers());
        let chosen = guessed.clone().with_overrides(&options.mapping);
        chosen.map_err(|reason| refuse("/options/mapping", reason))?;
        let new = Self {
            file_name,
            content,
            encoding: workbook.unwrap_or_else(|| sheet.encoding().as_str()),
            separator: if workbook.is_some() { String::new() } else { sheet.separator().to_string() },
            guessed,
            options,
            total: i32::try_from(sheet.row_count()).unwrap_or(i32::MAX),
            start: sheet.rows().position(),
        };
        Ok((new, sheet))
    }
}

/// Who will work on a new import.
#[derive(Debug, Clone, Copy)]
pub enum Worker {
    /// Whoever finds it first.
    Any,
    /// This one, from the beginning.
    This(Uuid),
}

/// Stores a new import; its rows are decided later. 422 when nothing in it could be a record.
pub fn receive<I: Importable>(
    tx: &mut TenantTx<'_>,
    new: &NewImport,
    worker: Worker,
) -> Result<ImportRow, TransferError> {
    let (mapping, saved) = columns::<I>(tx, new)?;
    if let Some(reason) = I::lacking(&mapping) {
        return Err(Problem::invalid(vec![FieldError::at("/options/mapping", reason)]).into());
    }
    let settings = Settings { mapping_id: saved, ..new.options.settings.clone() };
    // What the request refers to is refused now, not when its rows are read.
    I::context(tx, settings.clone(), FieldSet::default())?;
    let row = ImportRow {
        tenant_id: tx.tenant().uuid(),
        id: ImportId::new().uuid(),
        status: ImportStatus::Pending.as_str().to_owned(),
        dry_run: new.options.mode == Mode::DryRun,
        file_name: new.file_name.as_str().to_owned(),
        encoding: new.encoding.to_owned(),
        separator: new.separator.clone(),
        mapping: serde_json::to_value(mapping.columns()).unwrap_or_default(),
        settings: serde_json::to_value(&settings).unwrap_or_default(),
        user_id: tx.actor().user().map(UserId::uuid),
        correlation_id: tx.actor().correlation().to_string(),
        next_offset: 0,
        next_number: 0,
        total: new.total,
        created: 0,
        updated: 0,
        skipped: 0,
        refused: 0,
        failure: None,
        attempts: 0,
        lease_owner: None,
        leased_until: None,
        created_at: tx.now(),
        completed_at: None,
        undo: None,
    }
    .at(new.start);
    let row = match worker {
        Worker::Any => row,
        Worker::This(worker) => row.leased_to(worker, tx.now()),
    };
    OPEN.check(tx, I::TABLES)?;
    store::insert(tx, I::TABLES, &row, &new.content)?;
    Ok(row)
}

/// An import with its reasons.
pub fn find<I: Importable>(
    tx: &mut TenantTx<'_>,
    id: ImportId,
) -> Result<(ImportRow, Vec<ReasonRow>), TransferError> {
    let row = store::find(tx, I::TABLES, id)?;
    let reasons = store::reasons(tx, I::TABLES, &[row.id])?;
    Ok((row, reasons))
}

/// A page of imports, one more than asked for when there is a next page, and the reasons of all of them.
pub fn list<I: Importable>(
    tx: &mut TenantTx<'_>,
    place: Option<(chrono::DateTime<chrono::Utc>, Uuid)>,
    limit: PageLimit,
) -> Result<(Vec<ImportRow>, Vec<ReasonRow>), TransferError> {
    let rows = store::list(tx, I::TABLES, place, limit)?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let reasons = store::reasons(tx, I::TABLES, &ids)?;
    Ok((rows, reasons))
}

/// Takes an import up for `worker`; none when another one has it, or when it was tried too often and has failed now.
pub fn take_up<I: Importable>(
    tx: &mut TenantTx<'_>,
    id: ImportId,
    worker: Uuid,
) -> Result<Option<ImportRow>, TransferError> {
    let Some(row) = store::hold(tx, I::TABLES, id, worker)? else { return Ok(None) };
    if row.attempts >= MAX_ATTEMPTS {
        store::close(tx, I::TABLES, id, Some(&internal_failure()))?;
        return Ok(None);
    }
    store::take_up(tx, I::TABLES, id, worker)?;
    Ok(Some(row))
}

/// Ends an import that cannot go on.
pub fn fail<I: Importable>(
    tx: &mut TenantTx<'_>,
    id: ImportId,
    worker: Uuid,
    why: &Message,
) -> Result<(), TransferError> {
    match store::hold(tx, I::TABLES, id, worker)? {
        Some(row) => store::close(tx, I::TABLES, Id::from(row.id), Some(why)),
        None => Ok(()),
    }
}

fn too_many_open(open: i64) -> Problem {
    Problem::conflict(
        "too-many-imports",
        Message::formatted(
            format!("{open} imports are under way; wait until one of them is done"),
            format!("Hay {open} importaciones en curso; espere a que termine una"),
        ),
    )
}

/// How many imports are under way, mappings are saved and uploads are open, of as many as there may be.
pub fn import_quotas<I: Importable>(tx: &mut TenantTx<'_>) -> Result<Vec<Quota>, TransferError> {
    let [imports, mappings, uploads] = I::QUOTAS;
    let saved = store::mappings(tx, I::TABLES)?.len();
    Ok(vec![
        OPEN.quota(tx, I::TABLES, imports)?,
        Quota::held(mappings, saved, MAPPINGS_AT_MOST),
        UPLOADS.quota(tx, I::TABLES, uploads)?,
    ])
}

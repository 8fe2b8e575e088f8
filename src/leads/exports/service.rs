//! What may be done with exports: asking for one, and the batches that make its file.

use std::fs::File;
use std::io::Read;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::domain::{ExportFormat, ExportId, ExportStatus, MAX_SHEET_ROWS, cell, text_of, usual_columns};
use super::store::{self, ExportRow};
use crate::kernel::Message;
use crate::leads::contract::LeadsError;
use crate::leads::contract::events::{LeadExportCompleted, LeadExportRequested};
use crate::leads::service;
use crate::leads::store::{self as lead_store, Filter, Place, Sort};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::http::{Cursor, PageLimit};
use crate::platform::id::Id;
use crate::platform::limits::Quota;
use crate::platform::problem::Problem;
use crate::platform::sheets::cells::{MARK, write_line};

/// Exports of a tenant that may be under way at once.
const MAX_OPEN: i64 = 5;
/// Files of a tenant that are kept.
const MAX_KEPT: i64 = 20;
/// How long a file is kept.
pub const KEPT_FOR: TimeDelta = TimeDelta::days(7);
/// How long a worker that says nothing keeps an export.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How often an export is taken up without getting a batch further, before it is given up.
const MAX_ATTEMPTS: i32 = 6;
/// Pages of leads in a batch.
const PAGES: usize = 5;
/// The most custom fields that are looked at for columns.
const MAX_KEYS: i64 = 500;
/// Bytes of a piece of a finished workbook.
const PIECE_BYTES: usize = 1024 * 1024;

/// Which leads, in which order, with which columns; stored with the export.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Query {
    /// Which leads.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
}

/// What a batch came to.
#[derive(Debug)]
pub enum Step {
    /// There are more leads.
    More,
    /// All leads are read, and the workbook is to be made of them.
    Build(Vec<String>),
    /// The file is there, or the export was given up.
    Done,
    /// It is somebody else's.
    Lost,
}

/// Asks for an export; its file is made in the background.
pub fn ask(
    tx: &mut TenantTx<'_>,
    format: ExportFormat,
    query: &Query,
    columns: Option<Vec<String>>,
) -> Result<ExportRow, LeadsError> {
    if store::open_count(tx)? >= MAX_OPEN {
        return Err(too_many_open().into());
    }
    let row = ExportRow {
        tenant_id: tx.tenant().uuid(),
        id: ExportId::new().uuid(),
        status: ExportStatus::Pending.as_str().to_owned(),
        format: format.as_str().to_owned(),
        query: serde_json::to_value(query).unwrap_or_default(),
        fields: columns,
        user_id: tx.actor().user().map(Id::uuid),
        correlation_id: tx.actor().correlation().to_string(),
        place: None,
        is_read: false,
        pieces: 0,
        rows: 0,
        bytes: 0,
        failure: None,
        attempts: 0,
        lease_owner: None,
        leased_until: None,
        created_at: tx.now(),
        completed_at: None,
    };
    store::save(tx, &row)?;
    let filter = row.query["filter"].clone();
    tx.emit(row.id, 1, &LeadExportRequested { export_id: row.id, format: row.format.clone(), filter });
    Ok(row)
}

/// Takes an export up for `worker`, counted before it begins; answers it, or none when it is somebody else's or given up now.
pub fn take_up(tx: &mut TenantTx<'_>, id: ExportId, worker: Uuid) -> Result<Option<ExportRow>, LeadsError> {
    let Some(mut row) = store::hold(tx, id, worker)? else { return Ok(None) };
    if row.lease_owner == Some(worker) {
        return Ok(Some(row));
    }
    if row.attempts >= MAX_ATTEMPTS {
        let why = Message::new(
            "The export stopped several times without an end: ask for it again.",
            "La exportación se detuvo varias veces sin terminar: solicítela de nuevo.",
        );
        fail(tx, row, &why)?;
        return Ok(None);
    }
    ExportStatus::Running.as_str().clone_into(&mut row.status);
    row.attempts += 1;
    (row.lease_owner, row.leased_until) = (Some(worker), Some(tx.now() + LEASE));
    store::save(tx, &row)?;
    Ok(Some(row))
}

/// Gives an export back; it is taken up again after `rest`.
pub fn give_back(
    tx: &mut TenantTx<'_>,
    id: ExportId,
    worker: Uuid,
    rest: TimeDelta,
) -> Result<(), LeadsError> {
    if let Some(mut row) = store::hold(tx, id, worker)?.filter(|row| row.lease_owner == Some(worker)) {
        (row.lease_owner, row.leased_until) = (None, Some(tx.now() + rest));
        store::save(tx, &row)?;
    }
    Ok(())
}

/// Writes the next leads of an export as a piece of its file.
pub fn step(tx: &mut TenantTx<'_>, id: ExportId, worker: Uuid) -> Result<Step, LeadsError> {
    let Some(mut row) = store::hold(tx, id, worker)? else { return Ok(Step::Lost) };
    let query: Query = serde_json::from_value(row.query.clone()).map_err(|error| broken(&error))?;
    row.leased_until = Some(tx.now() + LEASE);
    let fields = match &row.fields {
        Some(fields) => fields.clone(),
        None => columns(tx, &query)?,
    };
    row.fields = Some(fields.clone());
    if !row.is_read {
        let piece = next_piece(tx, &mut row, &query, &fields)?;
        store::insert_piece(tx, id, row.pieces, &piece)?;
        row.pieces += 1;
        row.bytes += i64::try_from(piece.len()).unwrap_or(i64::MAX);
        row.attempts = 0;
    }
    if row.format == ExportFormat::Xlsx.as_str() {
        if row.rows > MAX_SHEET_ROWS {
            let why = Message::new(
                "A workbook holds 1,048,575 leads: export them as CSV, or narrow the filter.",
                "Un libro admite 1,048,575 prospectos: expórtelos como CSV o use un filtro más estrecho.",
            );
            fail(tx, row, &why)?;
            return Ok(Step::Done);
        }
        let is_read = row.is_read;
        store::save(tx, &row)?;
        return Ok(if is_read { Step::Build(fields) } else { Step::More });
    }
    if row.is_read {
        complete(tx, row)?;
        return Ok(Step::Done);
    }
    store::save(tx, &row)?;
    Ok(Step::More)
}

/// Puts the finished workbook in the place of the rows that it was made of.
pub fn finish(
    tx: &mut TenantTx<'_>,
    id: ExportId,
    worker: Uuid,
    file: &mut File,
) -> Result<Step, LeadsError> {
    let Some(mut row) = store::hold(tx, id, worker)? else { return Ok(Step::Lost) };
    store::delete_pieces(tx, id)?;
    (row.pieces, row.bytes) = (0, 0);
    loop {
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        let read =
            file.take(PIECE_BYTES as u64).read_to_end(&mut piece).map_err(|error| unreadable(&error))?;
        if read == 0 {
            break;
        }
        store::insert_piece(tx, id, row.pieces, &piece)?;
        row.pieces += 1;
        row.bytes += i64::try_from(read).unwrap_or(i64::MAX);
    }
    complete(tx, row)?;
    Ok(Step::Done)
}

/// How many exports are under way, of as many as there may be.
pub fn open_exports(tx: &mut TenantTx<'_>) -> Result<Quota, LeadsError> {
    let open = usize::try_from(store::open_count(tx)?).unwrap_or(usize::MAX);
    Ok(Quota::held("open_exports", open, usize::try_from(MAX_OPEN).unwrap_or(usize::MAX)))
}

/// Keeps the lease while a workbook is made, and reads a piece of its rows.
pub fn rows_of_piece(
    tx: &mut TenantTx<'_>,
    id: ExportId,
    worker: Uuid,
    number: i32,
) -> Result<Option<Vec<Vec<Value>>>, LeadsError> {
    let Some(mut row) = store::hold(tx, id, worker)? else { return Ok(None) };
    row.leased_until = Some(tx.now() + LEASE);
    store::save(tx, &row)?;
    let piece = store::piece(tx, id, number)?;
    piece.map(|piece| serde_json::from_slice(&piece).map_err(|error| broken(&error))).transpose()
}

/// Forgets exports, with their files, that are too old.
pub fn forget(tx: &mut TenantTx<'_>) -> Result<(), LeadsError> {
    store::forget(tx, KEPT_FOR)
}

fn columns(tx: &mut TenantTx<'_>, query: &Query) -> Result<Vec<String>, LeadsError> {
    let definitions = service::definitions(tx)?;
    let mut custom = lead_store::custom_keys(tx, &query.filter, MAX_KEYS)?;
    custom.sort();
    Ok(usual_columns(definitions.iter().map(|field| field.key.as_str()), &custom))
}

/// Reads some pages of leads; the last ones are told by `row.is_read`.
fn next_piece(
    tx: &mut TenantTx<'_>,
    row: &mut ExportRow,
    query: &Query,
    columns: &[String],
) -> Result<Vec<u8>, LeadsError> {
    let limit = PageLimit::try_from(200).unwrap_or_default();
    let is_csv = row.format == ExportFormat::Csv.as_str();
    let mut text = String::new();
    let mut rows: Vec<Vec<Value>> = Vec::new();
    if is_csv && row.pieces == 0 {
        text.push_str(MARK);
        write_line(&mut text, columns.iter().map(String::as_str));
    }
    for _ in 0..PAGES {
        let place = row.place.as_deref().map(Cursor::read::<Place>).transpose()?;
        let mut leads = lead_store::list(tx, &query.filter, &query.sort, place, limit)?;
        row.is_read = leads.len() <= limit.rows();
        leads.truncate(limit.rows());
        row.place = leads.last().map(|lead| Place::behind(&query.sort, lead));
        row.rows += i32::try_from(leads.len()).unwrap_or(i32::MAX);
        for lead in leads {
            let lead = lead_store::lead_of(lead)?;
            let cells = columns.iter().map(|column| cell(&lead, column));
            if is_csv {
                let cells: Vec<String> = cells.map(|cell| text_of(&cell)).collect();
                write_line(&mut text, cells.iter().map(String::as_str));
            } else {
                rows.push(cells.collect());
            }
        }
        if row.is_read {
            break;
        }
    }
    Ok(if is_csv { text.into_bytes() } else { serde_json::to_vec(&rows).unwrap_or_default() })
}

fn complete(tx: &mut TenantTx<'_>, mut row: ExportRow) -> Result<(), LeadsError> {
    end(tx, &mut row, ExportStatus::Completed)?;
    store::keep_newest(tx, MAX_KEPT)?;
    let completed = LeadExportCompleted { export_id: row.id, format: row.format, rows: row.rows };
    tx.emit(row.id, 2, &completed);
    Ok(())
}

fn fail(tx: &mut TenantTx<'_>, mut row: ExportRow, why: &Message) -> Result<(), LeadsError> {
    store::delete_pieces(tx, Id::from(row.id))?;
    row.failure = serde_json::to_value(why).ok();
    end(tx, &mut row, ExportStatus::Failed)
}

fn end(tx: &mut TenantTx<'_>, row: &mut ExportRow, status: ExportStatus) -> Result<(), LeadsError> {
    status.as_str().clone_into(&mut row.status);
    row.completed_at = Some(tx.now());
    (row.place, row.lease_owner, row.leased_until) = (None, None, None);
    store::save(tx, row)
}

fn too_many_open() -> Problem {
    Problem::conflict(
        "too-many-exports",
        Message::formatted(
            format!("{MAX_OPEN} exports are under way; wait until one of them is done"),
            format!("Hay {MAX_OPEN} exportaciones en curso; espere a que termine una"),
        ),
    )
}

fn broken(error: &serde_json::Error) -> LeadsError {
    LeadsError::Db(DbError::Failed(format!("an export is broken: {error}")))
}

fn unreadable(error: &std::io::Error) -> LeadsError {
    LeadsError::Db(DbError::Failed(format!("a workbook cannot be read back: {error}")))
}

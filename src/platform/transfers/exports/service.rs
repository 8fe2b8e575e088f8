//! What may be done with exports: asking for one, and the batches that make its file.

use std::fs::File;
use std::io::Read;

use chrono::TimeDelta;
use serde_json::Value;
use uuid::Uuid;

use super::Exportable;
use super::domain::{ExportFormat, ExportId, ExportStatus, MAX_SHEET_ROWS, text_of};
use super::store::{self, ExportRow};
use crate::kernel::Message;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::http::{Page, PageLimit};
use crate::platform::id::Id;
use crate::platform::limits::Quota;
use crate::platform::problem::Problem;
use crate::platform::sheets::cells::{MARK, write_line};
use crate::platform::transfers::allowance::Allowance;
use crate::platform::transfers::tables::broken;
use crate::platform::transfers::{TransferError, TransferTables};

/// Exports of a tenant that may be under way at once.
const OPEN: Allowance = Allowance { at_most: 5, count: store::open_count, full: too_many_open };
/// Files of a tenant that are kept.
const MAX_KEPT: i64 = 20;
/// How long a file is kept.
pub const KEPT_FOR: TimeDelta = TimeDelta::days(7);
/// How long a worker that says nothing keeps an export.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How often an export is taken up without getting a batch further, before it is given up.
const MAX_ATTEMPTS: i32 = 6;
/// Pages of records in a batch.
const PAGES: usize = 5;
/// Bytes of a piece of a finished workbook.
const PIECE_BYTES: usize = 1024 * 1024;

/// What a batch came to.
#[derive(Debug)]
pub enum Step {
    /// There are more records.
    More,
    /// All records are read, and the workbook is to be made of them.
    Build(Vec<String>),
    /// The file is there, or the export was given up.
    Done,
    /// It is somebody else's.
    Lost,
}

/// Asks for an export; its file is made in the background.
pub fn ask(
    tx: &mut TenantTx<'_>,
    of: &dyn Exportable,
    format: ExportFormat,
    query: Value,
    columns: Option<Vec<String>>,
) -> Result<ExportRow, TransferError> {
    OPEN.check(tx, of.tables())?;
    let row = ExportRow {
        tenant_id: tx.tenant().uuid(),
        id: ExportId::new().uuid(),
        status: ExportStatus::Pending.as_str().to_owned(),
        format: format.as_str().to_owned(),
        query,
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
        owner_ids: tx.actor().sight().people(),
    };
    store::save(tx, of.tables(), &row)?;
    of.requested(tx, &row);
    Ok(row)
}

/// Takes an export up for `worker`, counted before it begins; answers it, or none when it is somebody else's or given up now.
pub fn take_up(
    tx: &mut TenantTx<'_>,
    of: &dyn Exportable,
    id: ExportId,
    worker: Uuid,
) -> Result<Option<ExportRow>, TransferError> {
    let Some(mut row) = store::hold(tx, of.tables(), id, worker)? else { return Ok(None) };
    if row.lease_owner == Some(worker) {
        return Ok(Some(row));
    }
    if row.attempts >= MAX_ATTEMPTS {
        let why = Message::new(
            "The export stopped several times without an end: ask for it again.",
            "La exportación se detuvo varias veces sin terminar: solicítela de nuevo.",
        );
        fail(tx, of, row, &why)?;
        return Ok(None);
    }
    ExportStatus::Running.as_str().clone_into(&mut row.status);
    row.attempts += 1;
    (row.lease_owner, row.leased_until) = (Some(worker), Some(tx.now() + LEASE));
    store::save(tx, of.tables(), &row)?;
    Ok(Some(row))
}

/// Ends an export whose maker does not see all any more that it is of.
pub fn withdraw(tx: &mut TenantTx<'_>, of: &dyn Exportable, row: ExportRow) -> Result<(), TransferError> {
    // There is no file, so that nobody's records are in it: its maker reads why.
    let row = ExportRow { owner_ids: Some(Vec::new()), ..row };
    let why = Message::new(
        "You see fewer records than when you asked for this export: ask for it again.",
        "Usted ve menos registros que cuando solicitó esta exportación: solicítela de nuevo.",
    );
    fail(tx, of, row, &why)
}

/// Gives an export back; it is taken up again after `rest`.
pub fn give_back(
    tx: &mut TenantTx<'_>,
    of: &dyn Exportable,
    id: ExportId,
    worker: Uuid,
    rest: TimeDelta,
) -> Result<(), TransferError> {
    if let Some(mut row) =
        store::hold(tx, of.tables(), id, worker)?.filter(|row| row.lease_owner == Some(worker))
    {
        (row.lease_owner, row.leased_until) = (None, Some(tx.now() + rest));
        store::save(tx, of.tables(), &row)?;
    }
    Ok(())
}

/// Writes the next records of an export as a piece of its file.
pub fn step(
    tx: &mut TenantTx<'_>,
    of: &dyn Exportable,
    id: ExportId,
    worker: Uuid,
) -> Result<Step, TransferError> {
    let Some(mut row) = store::hold(tx, of.tables(), id, worker)? else { return Ok(Step::Lost) };
    row.leased_until = Some(tx.now() + LEASE);
    let fields = match &row.fields {
        Some(fields) => fields.clone(),
        None => of.columns(tx, &row.query)?,
    };
    row.fields = Some(fields.clone());
    if !row.is_read {
        let piece = next_piece(tx, of, &mut row, &fields)?;
        // Asked after the reading: a field that is there now was there while its values were read.
        if !of.has_fields(tx, &row.query)? {
            let why = Message::new(
                "A field by which this export is filtered or ordered was archived: ask for it again without that field.",
                "Se archivó un campo por el que esta exportación filtra u ordena: solicítela de nuevo sin ese campo.",
            );
            fail(tx, of, row, &why)?;
            return Ok(Step::Done);
        }
        store::insert_piece(tx, of.tables(), id, row.pieces, &piece)?;
        row.pieces += 1;
        row.bytes += i64::try_from(piece.len()).unwrap_or(i64::MAX);
        row.attempts = 0;
    }
    if row.format == ExportFormat::Xlsx.as_str() {
        if row.rows > MAX_SHEET_ROWS {
            let why = Message::new(
                "A workbook holds 1,048,575 rows: export them as CSV, or narrow the filter.",
                "Un libro admite 1,048,575 filas: expórtelos como CSV o use un filtro más estrecho.",
            );
            fail(tx, of, row, &why)?;
            return Ok(Step::Done);
        }
        let is_read = row.is_read;
        store::save(tx, of.tables(), &row)?;
        return Ok(if is_read { Step::Build(fields) } else { Step::More });
    }
    if row.is_read {
        complete(tx, of, row)?;
        return Ok(Step::Done);
    }
    store::save(tx, of.tables(), &row)?;
    Ok(Step::More)
}

/// Puts the finished workbook in the place of the rows that it was made of.
pub fn finish(
    tx: &mut TenantTx<'_>,
    of: &dyn Exportable,
    id: ExportId,
    worker: Uuid,
    file: &mut File,
) -> Result<Step, TransferError> {
    let Some(mut row) = store::hold(tx, of.tables(), id, worker)? else { return Ok(Step::Lost) };
    store::delete_pieces(tx, of.tables(), id)?;
    (row.pieces, row.bytes) = (0, 0);
    loop {
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        let read =
            file.take(PIECE_BYTES as u64).read_to_end(&mut piece).map_err(|error| unreadable(&error))?;
        if read == 0 {
            break;
        }
        store::insert_piece(tx, of.tables(), id, row.pieces, &piece)?;
        row.pieces += 1;
        row.bytes += i64::try_from(read).unwrap_or(i64::MAX);
    }
    complete(tx, of, row)?;
    Ok(Step::Done)
}

/// How many exports are under way, of as many as there may be.
pub fn open_exports(
    tx: &mut TenantTx<'_>,
    tables: TransferTables,
    quota: &'static str,
) -> Result<Quota, TransferError> {
    OPEN.quota(tx, tables, quota)
}

/// Keeps the lease while a workbook is made, and reads a piece of its rows.
pub fn rows_of_piece(
    tx: &mut TenantTx<'_>,
    of: &dyn Exportable,
    id: ExportId,
    worker: Uuid,
    number: i32,
) -> Result<Option<Vec<Vec<Value>>>, TransferError> {
    let Some(mut row) = store::hold(tx, of.tables(), id, worker)? else { return Ok(None) };
    row.leased_until = Some(tx.now() + LEASE);
    store::save(tx, of.tables(), &row)?;
    let piece = store::piece(tx, of.tables(), id, number)?;
    piece.map(|piece| serde_json::from_slice(&piece).map_err(|error| broken(&error))).transpose()
}

/// Forgets exports, with their files, that are too old.
pub fn forget(tx: &mut TenantTx<'_>, of: &dyn Exportable) -> Result<(), TransferError> {
    store::forget(tx, of.tables(), KEPT_FOR)
}

/// Reads some pages of records; the last ones are told by `row.is_read`.
fn next_piece(
    tx: &mut TenantTx<'_>,
    of: &dyn Exportable,
    row: &mut ExportRow,
    columns: &[String],
) -> Result<Vec<u8>, TransferError> {
    let limit = PageLimit::try_from(200).unwrap_or_default();
    let is_csv = row.format == ExportFormat::Csv.as_str();
    let mut text = String::new();
    let mut rows: Vec<Vec<Value>> = Vec::new();
    if is_csv && row.pieces == 0 {
        text.push_str(MARK);
        write_line(&mut text, columns.iter().map(String::as_str));
    }
    for _ in 0..PAGES {
        let Page { data, next_cursor } = of.page(tx, &row.query, columns, row.place.as_deref(), limit)?;
        (row.is_read, row.place) = (next_cursor.is_none(), next_cursor);
        row.rows += i32::try_from(data.len()).unwrap_or(i32::MAX);
        if is_csv {
            for cells in data {
                let cells: Vec<String> = cells.iter().map(text_of).collect();
                write_line(&mut text, cells.iter().map(String::as_str));
            }
        } else {
            rows.extend(data);
        }
        if row.is_read {
            break;
        }
    }
    Ok(if is_csv { text.into_bytes() } else { serde_json::to_vec(&rows).unwrap_or_default() })
}

fn complete(tx: &mut TenantTx<'_>, of: &dyn Exportable, mut row: ExportRow) -> Result<(), TransferError> {
    end(tx, of, &mut row, ExportStatus::Completed)?;
    store::keep_newest(tx, of.tables(), row.user_id, MAX_KEPT)?;
    of.completed(tx, &row);
    Ok(())
}

fn fail(
    tx: &mut TenantTx<'_>,
    of: &dyn Exportable,
    mut row: ExportRow,
    why: &Message,
) -> Result<(), TransferError> {
    store::delete_pieces(tx, of.tables(), Id::from(row.id))?;
    row.failure = serde_json::to_value(why).ok();
    end(tx, of, &mut row, ExportStatus::Failed)
}

fn end(
    tx: &mut TenantTx<'_>,
    of: &dyn Exportable,
    row: &mut ExportRow,
    status: ExportStatus,
) -> Result<(), TransferError> {
    status.as_str().clone_into(&mut row.status);
    row.completed_at = Some(tx.now());
    (row.place, row.lease_owner, row.leased_until) = (None, None, None);
    store::save(tx, of.tables(), row)
}

fn too_many_open(open: i64) -> Problem {
    Problem::conflict(
        "too-many-exports",
        Message::formatted(
            format!("{open} exports are under way; wait until one of them is done"),
            format!("Hay {open} exportaciones en curso; espere a que termine una"),
        ),
    )
}

fn unreadable(error: &std::io::Error) -> TransferError {
    TransferError::Db(DbError::Failed(format!("a workbook cannot be read back: {error}")))
}

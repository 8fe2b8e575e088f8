//! What is kept of an import for a while: the rows that it refused, and the records that it changed.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Jsonb, Nullable, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{IMPORTS, ImportRow, save};
use crate::kernel::Message;
use crate::platform::auth::TenantId;
use crate::platform::db::{SystemTx, TenantTx};
use crate::platform::transfers::imports::domain::{ImportId, ImportStatus};
use crate::platform::transfers::{TransferError, TransferTables};

/// Bytes of a piece of refused rows, about.
const PIECE_BYTES: usize = 256 * 1024;

/// A row that was refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RefusedRow {
    /// Its number in the file.
    pub row: u32,
    /// Its cells; none when it could not be taken apart.
    pub cells: Vec<String>,
    /// Why.
    pub reason: Message,
}

/// What an import did to a record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChangeRow {
    /// The record.
    pub record_id: Uuid,
    /// What it was; none when the import itself brought it.
    pub before: Option<Value>,
    /// What it became, with its `version`.
    pub after: Value,
}

#[derive(Deserialize)]
struct RefusedPiece {
    number: i32,
    content: Value,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct Origin {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    import_id: Option<Uuid>,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = SqlUuid)]
    record_id: Uuid,
    #[diesel(sql_type = Integer)]
    version: i32,
}

/// Keeps refused rows of a batch.
pub fn save_refused(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: ImportId,
    rows: &[RefusedRow],
) -> Result<(), TransferError> {
    let refused = at.table("import_refused");
    let sql =
        format!("INSERT INTO {refused} (tenant_id, import_id, number, content) VALUES ($1, $2, $3, $4)");
    let mut rest = rows;
    while let Some(first) = rest.first() {
        let mut bytes = 0;
        let fits = |row: &&RefusedRow| {
            bytes += row.cells.iter().map(String::len).sum::<usize>();
            bytes <= PIECE_BYTES
        };
        let count = rest.iter().take_while(fits).count().max(1);
        let (piece, others) = rest.split_at(count);
        let content = serde_json::to_value(piece).unwrap_or_default();
        at.execute(tx, &sql, |query| {
            query
                .bind::<SqlUuid, _>(id.uuid())
                .bind::<Integer, _>(i32::try_from(first.row).unwrap_or(i32::MAX))
                .bind::<Jsonb, _>(content)
        })?;
        rest = others;
    }
    Ok(())
}

/// The refused rows behind row `number`, some hundred of them; none when there are no more.
pub fn refused_piece(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: ImportId,
    number: i32,
) -> Result<Option<(i32, Vec<RefusedRow>)>, TransferError> {
    let rest = "AND import_id = $2 AND number > $3 ORDER BY number LIMIT 1";
    let found: Vec<RefusedPiece> = at.rows(tx, "import_refused", rest, |query| {
        query.bind::<SqlUuid, _>(id.uuid()).bind::<Integer, _>(number)
    })?;
    let piece = found.into_iter().next();
    Ok(piece.map(|piece| (piece.number, serde_json::from_value(piece.content).unwrap_or_default())))
}

/// Remembers what the import did to a record; of one that it changed before only the last state is new.
pub fn note_change(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: ImportId,
    row: &ChangeRow,
) -> Result<(), TransferError> {
    let changes = at.table("import_changes");
    let sql = format!(
        "INSERT INTO {changes} (tenant_id, import_id, record_id, before, after) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, import_id, record_id) DO UPDATE SET after = excluded.after"
    );
    at.execute(tx, &sql, |query| {
        query
            .bind::<SqlUuid, _>(id.uuid())
            .bind::<SqlUuid, _>(row.record_id)
            .bind::<Nullable<Jsonb>, _>(&row.before)
            .bind::<Jsonb, _>(&row.after)
    })?;
    Ok(())
}

/// Up to `at_most` records that the import found and changed, behind `behind`, by identifier.
pub fn changes(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: ImportId,
    behind: Uuid,
    at_most: i64,
) -> Result<Vec<ChangeRow>, TransferError> {
    let rest = "AND import_id = $2 AND record_id > $3 AND before IS NOT NULL ORDER BY record_id LIMIT $4";
    at.rows(tx, "import_changes", rest, |query| {
        query.bind::<SqlUuid, _>(id.uuid()).bind::<SqlUuid, _>(behind).bind::<BigInt, _>(at_most)
    })
}

/// Up to `at_most` records that the import brought, behind `behind`, by identifier.
pub fn brought(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: ImportId,
    behind: Uuid,
    at_most: i64,
) -> Result<Vec<Uuid>, TransferError> {
    let records = at.records();
    let sql = format!(
        "SELECT id FROM {records} WHERE tenant_id = $1 AND import_id = $2 AND id > $3 ORDER BY id LIMIT $4"
    );
    let found: Vec<Found> = at.load(tx, &sql, |query| {
        query.bind::<SqlUuid, _>(id.uuid()).bind::<SqlUuid, _>(behind).bind::<BigInt, _>(at_most)
    })?;
    Ok(found.into_iter().map(|row| row.id).collect())
}

/// Which imports brought records; those that nobody brought have none.
pub fn origins(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    of: &[Uuid],
) -> Result<Vec<(Uuid, Option<Uuid>)>, TransferError> {
    let records = at.records();
    let sql = format!("SELECT id, import_id FROM {records} WHERE tenant_id = $1 AND id = ANY ($2)");
    let found: Vec<Origin> = at.load(tx, &sql, |query| query.bind::<Array<SqlUuid>, _>(of))?;
    Ok(found.into_iter().map(|row| (row.id, row.import_id)).collect())
}

/// The versions in which the import left those records that it brought and changed by a later row.
pub fn expected_versions(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: ImportId,
    of: &[Uuid],
) -> Result<Vec<(Uuid, i32)>, TransferError> {
    let changes = at.table("import_changes");
    let sql = format!(
        "SELECT record_id, (after ->> 'version')::integer AS version FROM {changes}
         WHERE tenant_id = $1 AND import_id = $2 AND record_id = ANY ($3)"
    );
    let found: Vec<Version> =
        at.load(tx, &sql, |query| query.bind::<SqlUuid, _>(id.uuid()).bind::<Array<SqlUuid>, _>(of))?;
    Ok(found.into_iter().map(|row| (row.record_id, row.version)).collect())
}

/// Imports that are being undone.
pub fn to_undo(
    tx: &mut SystemTx<'_>,
    at: TransferTables,
) -> Result<Vec<(TenantId, ImportId)>, TransferError> {
    at.waiting(tx, "imports_to_undo()", |query| query)
}

/// Writes how far the undoing of a locked import is; at its end what was remembered of records goes.
pub fn save_undo(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    row: ImportRow,
    status: ImportStatus,
    undo: Value,
) -> Result<ImportRow, TransferError> {
    let row = ImportRow { status: status.as_str().to_owned(), undo: Some(undo), ..row };
    save(tx, at, &row)?;
    if status == ImportStatus::Undone {
        let sql =
            format!("DELETE FROM {} WHERE tenant_id = $1 AND import_id = $2", at.table("import_changes"));
        at.execute(tx, &sql, |query| query.bind::<SqlUuid, _>(row.id))?;
    }
    Ok(row)
}

/// Forgets what is kept of imports that ended longer than `age` ago.
pub fn forget(tx: &mut TenantTx<'_>, at: TransferTables, age: TimeDelta) -> Result<(), TransferError> {
    let (imports, before) = (at.table(IMPORTS), tx.now() - age);
    for table in ["import_refused", "import_changes"] {
        let sql = format!(
            "DELETE FROM {} k USING {imports} i WHERE k.tenant_id = $1 AND i.tenant_id = $1
             AND i.id = k.import_id AND i.completed_at < $2 AND i.status <> 'undoing'",
            at.table(table)
        );
        at.execute(tx, &sql, |query| query.bind::<Timestamptz, _>(before))?;
    }
    Ok(())
}

/// The import, locked until the transaction ends.
pub fn lock(tx: &mut TenantTx<'_>, at: TransferTables, id: ImportId) -> Result<ImportRow, TransferError> {
    let rest = "AND id = $2 FOR UPDATE";
    let rows = at.rows(tx, IMPORTS, rest, |query| query.bind::<SqlUuid, _>(id.uuid()))?;
    rows.into_iter().next().ok_or(TransferError::ImportNotFound)
}

/// The import that is being undone, locked until the transaction ends; none when it is not, or somebody else is at it.
pub fn lock_undoing(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: ImportId,
) -> Result<Option<ImportRow>, TransferError> {
    let rest = "AND id = $2 AND status = 'undoing' FOR UPDATE SKIP LOCKED";
    let rows = at.rows(tx, IMPORTS, rest, |query| query.bind::<SqlUuid, _>(id.uuid()))?;
    Ok(rows.into_iter().next())
}

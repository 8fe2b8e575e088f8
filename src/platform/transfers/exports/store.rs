//! Exports in the database: the record, the pieces of the file, and the lease of the worker.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::domain::{ExportId, ExportStatus};
use crate::platform::auth::{Sight, TenantId, UserId};
use crate::platform::db::{SystemTx, TenantTx};
use crate::platform::http::PageLimit;
use crate::platform::transfers::{TransferError, TransferTables};

const EXPORTS: &str = "exports";
const COLUMNS: &str = "tenant_id, id, status, format, query, fields, user_id, correlation_id, place, is_read, pieces, \
                       rows, bytes, failure, attempts, lease_owner, leased_until, created_at, completed_at, owner_ids";

/// A row of a module's `exports`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the migration says what the columns are")]
pub struct ExportRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub status: String,
    pub format: String,
    pub query: Value,
    pub fields: Option<Vec<String>>,
    pub user_id: Option<Uuid>,
    pub correlation_id: String,
    pub place: Option<String>,
    pub is_read: bool,
    pub pieces: i32,
    pub rows: i32,
    pub bytes: i64,
    pub failure: Option<Value>,
    pub attempts: i32,
    pub lease_owner: Option<Uuid>,
    pub leased_until: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub completed_at: Option<DateTime<Utc>>,
    pub owner_ids: Option<Vec<Uuid>>,
}

#[derive(QueryableByName)]
struct Piece {
    #[diesel(sql_type = Binary)]
    content: Vec<u8>,
}

impl ExportRow {
    /// Whose records are in the file.
    pub fn sight(&self) -> Sight {
        let people = |ids: &Vec<Uuid>| Sight::Of(ids.iter().map(|id| UserId::from(*id)).collect());
        self.owner_ids.as_ref().map_or(Sight::Everything, people)
    }

    /// Whether there is work left.
    pub fn is_open(&self) -> bool {
        [ExportStatus::Pending, ExportStatus::Running].iter().any(|status| status.as_str() == self.status)
    }
}

/// Writes a new export or a changed one.
pub fn save(tx: &mut TenantTx<'_>, at: TransferTables, row: &ExportRow) -> Result<(), TransferError> {
    at.save(tx, EXPORTS, COLUMNS, row)
}

/// How many exports of the tenant have not come to their end, or of one of its users.
pub fn open_count(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    user: Option<Uuid>,
) -> Result<i64, TransferError> {
    at.under_way(tx, EXPORTS, user)
}

/// The export.
pub fn find(tx: &mut TenantTx<'_>, at: TransferTables, id: ExportId) -> Result<ExportRow, TransferError> {
    let rows = at.rows(tx, EXPORTS, "AND id = $2", |query| query.bind::<SqlUuid, _>(id.uuid()))?;
    rows.into_iter().next().ok_or(TransferError::ExportNotFound)
}

/// The open export, locked until the transaction ends; none when it is done, or somebody else has it.
pub fn hold(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: ExportId,
    worker: Uuid,
) -> Result<Option<ExportRow>, TransferError> {
    let now = tx.now();
    let rest = "AND id = $2 FOR UPDATE SKIP LOCKED";
    let rows: Vec<ExportRow> = at.rows(tx, EXPORTS, rest, |query| query.bind::<SqlUuid, _>(id.uuid()))?;
    let is_free =
        |row: &ExportRow| row.lease_owner == Some(worker) || row.leased_until.is_none_or(|until| until < now);
    Ok(rows.into_iter().next().filter(|row| row.is_open() && is_free(row)))
}

/// Up to `limit + 1` exports behind a place, newest first.
pub fn list(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    place: Option<(DateTime<Utc>, Uuid)>,
    limit: PageLimit,
) -> Result<Vec<ExportRow>, TransferError> {
    at.newest_first(tx, EXPORTS, place, limit)
}

/// Exports that `worker` may go on with.
pub fn waiting(
    tx: &mut SystemTx<'_>,
    at: TransferTables,
    worker: Uuid,
) -> Result<Vec<(TenantId, ExportId)>, TransferError> {
    let now = tx.now();
    at.waiting(tx, "exports_to_run($1, $2)", |query| {
        query.bind::<SqlUuid, _>(worker).bind::<Timestamptz, _>(now)
    })
}

/// Writes a piece of the file.
pub fn insert_piece(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: ExportId,
    number: i32,
    content: &[u8],
) -> Result<(), TransferError> {
    let pieces = at.table("export_pieces");
    let sql = format!("INSERT INTO {pieces} (tenant_id, export_id, number, content) VALUES ($1, $2, $3, $4)");
    at.execute(tx, &sql, |query| {
        query.bind::<SqlUuid, _>(id.uuid()).bind::<Integer, _>(number).bind::<Binary, _>(content)
    })?;
    Ok(())
}

/// A piece of the file; none behind the last one.
pub fn piece(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: ExportId,
    number: i32,
) -> Result<Option<Vec<u8>>, TransferError> {
    let pieces = at.table("export_pieces");
    let sql = format!("SELECT content FROM {pieces} WHERE tenant_id = $1 AND export_id = $2 AND number = $3");
    let found: Vec<Piece> =
        at.load(tx, &sql, |query| query.bind::<SqlUuid, _>(id.uuid()).bind::<Integer, _>(number))?;
    Ok(found.into_iter().next().map(|piece| piece.content))
}

/// Lets go of all pieces.
pub fn delete_pieces(tx: &mut TenantTx<'_>, at: TransferTables, id: ExportId) -> Result<(), TransferError> {
    let sql = format!("DELETE FROM {} WHERE tenant_id = $1 AND export_id = $2", at.table("export_pieces"));
    at.execute(tx, &sql, |query| query.bind::<SqlUuid, _>(id.uuid()))?;
    Ok(())
}

/// Forgets exports, with their files, that were asked for longer than `age` ago.
pub fn forget(tx: &mut TenantTx<'_>, at: TransferTables, age: TimeDelta) -> Result<(), TransferError> {
    let before = tx.now() - age;
    let sql = format!("DELETE FROM {} WHERE tenant_id = $1 AND created_at < $2", at.table(EXPORTS));
    at.execute(tx, &sql, |query| query.bind::<Timestamptz, _>(before))?;
    Ok(())
}

/// Forgets the complete exports of `maker`, with their files, but for the `most` that were asked for last.
pub fn keep_newest(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    maker: Option<Uuid>,
    most: i64,
) -> Result<(), TransferError> {
    let exports = at.table(EXPORTS);
    let sql = format!(
        "DELETE FROM {exports} WHERE tenant_id = $1 AND id IN (
             SELECT id FROM {exports} WHERE tenant_id = $1 AND status = 'completed' AND user_id IS NOT DISTINCT FROM $3
             ORDER BY created_at DESC, id DESC OFFSET $2)"
    );
    at.execute(tx, &sql, |query| {
        query.bind::<BigInt, _>(most).bind::<diesel::sql_types::Nullable<SqlUuid>, _>(maker)
    })?;
    Ok(())
}

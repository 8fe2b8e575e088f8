//! Uploads in the database: what was announced, and the pieces that have arrived.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Piece;
use crate::platform::auth::TenantId;
use crate::platform::db::{SystemTx, TenantTx};
use crate::platform::transfers::imports::domain::UploadId;
use crate::platform::transfers::{TransferError, TransferTables};

/// Bytes of a piece: what a crash may take of an upload, and what is written again when little is added.
pub const UPLOAD_PIECE_BYTES: usize = 256 * 1024;

/// How long an upload may take, from its beginning on.
pub const UPLOADS_KEPT_FOR: TimeDelta = TimeDelta::hours(24);

const UPLOADS: &str = "import_uploads";
const COLUMNS: &str = "tenant_id, id, file_name, metadata, length, received, created_at, user_id";

/// A row of a module's `import_uploads`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UploadRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub file_name: String,
    pub metadata: String,
    pub length: i64,
    pub received: i64,
    pub created_at: DateTime<Utc>,
    pub user_id: Option<Uuid>,
}

/// Stores a new upload.
pub fn insert_upload(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    row: &UploadRow,
) -> Result<(), TransferError> {
    at.save(tx, UPLOADS, COLUMNS, row)
}

/// How many uploads the tenant has, or one of its users.
pub fn upload_count(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    user: Option<Uuid>,
) -> Result<i64, TransferError> {
    let oldest = tx.now() - UPLOADS_KEPT_FOR;
    at.count(tx, UPLOADS, "AND created_at >= $2 AND ($3 IS NULL OR user_id = $3)", |query| {
        query.bind::<Timestamptz, _>(oldest).bind::<Nullable<SqlUuid>, _>(user)
    })
}

/// The upload.
pub fn find_upload(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: UploadId,
) -> Result<UploadRow, TransferError> {
    let oldest = tx.now() - UPLOADS_KEPT_FOR;
    let rows = at.rows(tx, UPLOADS, "AND id = $2 AND created_at >= $3", |query| {
        query.bind::<SqlUuid, _>(id.uuid()).bind::<Timestamptz, _>(oldest)
    })?;
    rows.into_iter().next().ok_or(TransferError::UploadNotFound)
}

/// Adds `content` to an upload of which exactly `offset` bytes have arrived; answers how many have now.
pub fn append_to_upload(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: UploadId,
    offset: i64,
    content: &[u8],
) -> Result<i64, TransferError> {
    let row = find_upload(tx, at, id)?;
    let received = offset.saturating_add(i64::try_from(content.len()).unwrap_or(i64::MAX));
    if received > row.length {
        return Err(TransferError::UploadElsewhere(row.received));
    }
    // Of several that add to the same place one goes first, and the others find the place taken.
    let uploads = at.table(UPLOADS);
    let sql =
        format!("UPDATE {uploads} SET received = $4 WHERE tenant_id = $1 AND id = $2 AND received = $3");
    let moved = at.execute(tx, &sql, |query| {
        query.bind::<SqlUuid, _>(id.uuid()).bind::<BigInt, _>(offset).bind::<BigInt, _>(received)
    })?;
    if moved == 0 {
        return Err(TransferError::UploadElsewhere(find_upload(tx, at, id)?.received));
    }
    let offset = usize::try_from(offset).unwrap_or_default();
    let (first, rest) = content.split_at(content.len().min(UPLOAD_PIECE_BYTES - offset % UPLOAD_PIECE_BYTES));
    let number = i32::try_from(offset / UPLOAD_PIECE_BYTES).unwrap_or(i32::MAX);
    let pieces = at.table("import_upload_pieces");
    let sql = format!(
        "INSERT INTO {pieces} AS p (tenant_id, upload_id, number, content) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, upload_id, number) DO UPDATE SET content = p.content || excluded.content"
    );
    for (number, piece) in (number..).zip(std::iter::once(first).chain(rest.chunks(UPLOAD_PIECE_BYTES))) {
        at.execute(tx, &sql, |query| {
            query.bind::<SqlUuid, _>(id.uuid()).bind::<Integer, _>(number).bind::<Binary, _>(piece)
        })?;
    }
    Ok(received)
}

/// A piece of what has arrived; none behind the last one.
pub fn upload_piece(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: UploadId,
    number: i32,
) -> Result<Option<Vec<u8>>, TransferError> {
    let pieces = at.table("import_upload_pieces");
    let sql = format!("SELECT content FROM {pieces} WHERE tenant_id = $1 AND upload_id = $2 AND number = $3");
    let found: Vec<Piece> =
        at.load(tx, &sql, |query| query.bind::<SqlUuid, _>(id.uuid()).bind::<Integer, _>(number))?;
    Ok(found.into_iter().next().map(|piece| piece.content))
}

/// Lets go of the upload and of what has arrived of it.
pub fn delete_upload(tx: &mut TenantTx<'_>, at: TransferTables, id: UploadId) -> Result<(), TransferError> {
    let sql = format!("DELETE FROM {} WHERE tenant_id = $1 AND id = $2", at.table(UPLOADS));
    match at.execute(tx, &sql, |query| query.bind::<SqlUuid, _>(id.uuid()))? {
        0 => Err(TransferError::UploadNotFound),
        _ => Ok(()),
    }
}

/// Forgets uploads that were begun too long ago.
pub fn forget_uploads(tx: &mut TenantTx<'_>, at: TransferTables) -> Result<(), TransferError> {
    let oldest = tx.now() - UPLOADS_KEPT_FOR;
    let sql = format!("DELETE FROM {} WHERE tenant_id = $1 AND created_at < $2", at.table(UPLOADS));
    at.execute(tx, &sql, |query| query.bind::<Timestamptz, _>(oldest))?;
    Ok(())
}

/// Tenants with uploads that were begun too long ago.
pub fn tenants_with_old_uploads(
    tx: &mut SystemTx<'_>,
    at: TransferTables,
) -> Result<Vec<TenantId>, TransferError> {
    let oldest = tx.now() - UPLOADS_KEPT_FOR;
    at.tenants(tx, "tenants_with_uploads_before($1)", |query| query.bind::<Timestamptz, _>(oldest))
}

//! Uploads in the database: what was announced, and the pieces that have arrived.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Timestamptz, Uuid as SqlUuid};
use diesel::upsert::excluded;
use uuid::Uuid;

use crate::leads::LEADS;
use crate::leads::contract::LeadsError;
use crate::leads::imports::domain::UploadId;
use crate::leads::schema::{import_upload_pieces as pieces, import_uploads as uploads};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, SystemTx, TenantTx};
use crate::platform::id::Id;
use crate::platform::transfers::TransferError;

/// Bytes of a piece: what a crash may take of an upload, and what is written again when little is added.
pub const UPLOAD_PIECE_BYTES: usize = 256 * 1024;

/// How long an upload may take, from its beginning on.
pub const UPLOADS_KEPT_FOR: TimeDelta = TimeDelta::hours(24);

/// A row of `leads.import_uploads`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = uploads)]
pub struct UploadRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub file_name: String,
    pub metadata: String,
    pub length: i64,
    pub received: i64,
    pub created_at: DateTime<Utc>,
}

/// Stores a new upload.
pub fn insert_upload(tx: &mut TenantTx<'_>, row: &UploadRow) -> Result<(), LeadsError> {
    diesel::insert_into(uploads::table).values(row).execute(tx.conn(LEADS)?).map_err(DbError::from)?;
    Ok(())
}

/// How many uploads the tenant has.
pub fn upload_count(tx: &mut TenantTx<'_>) -> Result<i64, LeadsError> {
    let (tenant, oldest) = (tx.tenant().uuid(), tx.now() - UPLOADS_KEPT_FOR);
    let there = uploads::table.filter(uploads::tenant_id.eq(tenant)).filter(uploads::created_at.ge(oldest));
    Ok(there.count().get_result(tx.conn(LEADS)?).map_err(DbError::from)?)
}

/// The upload.
pub fn find_upload(tx: &mut TenantTx<'_>, id: UploadId) -> Result<UploadRow, LeadsError> {
    let (tenant, oldest) = (tx.tenant().uuid(), tx.now() - UPLOADS_KEPT_FOR);
    let row = uploads::table.find((tenant, id.uuid())).filter(uploads::created_at.ge(oldest));
    let row = row.select(UploadRow::as_select()).first(tx.conn(LEADS)?).optional().map_err(DbError::from)?;
    row.ok_or(LeadsError::Transfer(TransferError::UploadNotFound))
}

/// Adds `content` to an upload of which exactly `offset` bytes have arrived; answers how many have now.
pub fn append_to_upload(
    tx: &mut TenantTx<'_>,
    id: UploadId,
    offset: i64,
    content: &[u8],
) -> Result<i64, LeadsError> {
    let row = find_upload(tx, id)?;
    let tenant = row.tenant_id;
    let received = offset.saturating_add(i64::try_from(content.len()).unwrap_or(i64::MAX));
    if received > row.length {
        return Err(LeadsError::Transfer(TransferError::UploadElsewhere(row.received)));
    }
    // Of several that add to the same place one goes first, and the others find the place taken.
    let moved = diesel::update(uploads::table.find((tenant, id.uuid())))
        .filter(uploads::received.eq(offset))
        .set(uploads::received.eq(received))
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    if moved == 0 {
        return Err(LeadsError::Transfer(TransferError::UploadElsewhere(find_upload(tx, id)?.received)));
    }
    let offset = usize::try_from(offset).unwrap_or_default();
    let (first, rest) = content.split_at(content.len().min(UPLOAD_PIECE_BYTES - offset % UPLOAD_PIECE_BYTES));
    let number = i32::try_from(offset / UPLOAD_PIECE_BYTES).unwrap_or(i32::MAX);
    for (number, piece) in (number..).zip(std::iter::once(first).chain(rest.chunks(UPLOAD_PIECE_BYTES))) {
        diesel::insert_into(pieces::table)
            .values((
                pieces::tenant_id.eq(tenant),
                pieces::upload_id.eq(id.uuid()),
                pieces::number.eq(number),
                pieces::content.eq(piece),
            ))
            .on_conflict((pieces::tenant_id, pieces::upload_id, pieces::number))
            .do_update()
            .set(pieces::content.eq(pieces::content.concat(excluded(pieces::content))))
            .execute(tx.conn(LEADS)?)
            .map_err(DbError::from)?;
    }
    Ok(received)
}

/// A piece of what has arrived; none behind the last one.
pub fn upload_piece(tx: &mut TenantTx<'_>, id: UploadId, number: i32) -> Result<Option<Vec<u8>>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let piece = pieces::table.find((tenant, id.uuid(), number)).select(pieces::content);
    Ok(piece.first(tx.conn(LEADS)?).optional().map_err(DbError::from)?)
}

/// Lets go of the upload and of what has arrived of it.
pub fn delete_upload(tx: &mut TenantTx<'_>, id: UploadId) -> Result<(), LeadsError> {
    let tenant = tx.tenant().uuid();
    let row = uploads::table.find((tenant, id.uuid()));
    match diesel::delete(row).execute(tx.conn(LEADS)?).map_err(DbError::from)? {
        0 => Err(LeadsError::Transfer(TransferError::UploadNotFound)),
        _ => Ok(()),
    }
}

/// Forgets uploads that were begun too long ago.
pub fn forget_uploads(tx: &mut TenantTx<'_>) -> Result<(), LeadsError> {
    let (tenant, oldest) = (tx.tenant().uuid(), tx.now() - UPLOADS_KEPT_FOR);
    let old = uploads::table.filter(uploads::tenant_id.eq(tenant)).filter(uploads::created_at.lt(oldest));
    diesel::delete(old).execute(tx.conn(LEADS)?).map_err(DbError::from)?;
    Ok(())
}

/// Tenants with uploads that were begun too long ago.
pub fn tenants_with_old_uploads(tx: &mut SystemTx<'_>) -> Result<Vec<TenantId>, LeadsError> {
    let tenants = diesel::dsl::sql::<Array<SqlUuid>>("ARRAY(SELECT leads.tenants_with_uploads_before(")
        .bind::<Timestamptz, _>(tx.now() - UPLOADS_KEPT_FOR)
        .sql("))");
    let tenants = diesel::select(tenants).get_result::<Vec<Uuid>>(tx.conn()).map_err(DbError::from)?;
    Ok(tenants.into_iter().map(Id::from).collect())
}

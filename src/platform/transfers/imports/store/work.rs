//! Imports at work: who has one, and how far it is.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::{IMPORTS, ImportRow, LEASE, columns, find};
use crate::kernel::Message;
use crate::platform::auth::TenantId;
use crate::platform::db::{SystemTx, TenantTx};
use crate::platform::sheets::decode::Position;
use crate::platform::transfers::imports::domain::{ImportId, ImportStatus, Tally};
use crate::platform::transfers::{TransferError, TransferTables};

/// Imports that nobody works on, the oldest of each tenant.
pub fn waiting(
    tx: &mut SystemTx<'_>,
    at: TransferTables,
) -> Result<Vec<(TenantId, ImportId)>, TransferError> {
    let now = tx.now();
    at.waiting(tx, "imports_to_run($1)", |query| query.bind::<Timestamptz, _>(now))
}

/// Locks the import for `worker` until the transaction ends; none when it is not theirs to go on with.
pub fn hold(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: ImportId,
    worker: Uuid,
) -> Result<Option<ImportRow>, TransferError> {
    let now = tx.now();
    let rest = "AND id = $2 FOR UPDATE SKIP LOCKED";
    let rows: Vec<ImportRow> = at.rows(tx, IMPORTS, rest, |query| query.bind::<SqlUuid, _>(id.uuid()))?;
    Ok(rows.into_iter().next().filter(|row| row.is_free_for(worker, now)))
}

/// Takes the held import up for `worker`, and counts that.
pub fn take_up(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: ImportId,
    worker: Uuid,
) -> Result<(), TransferError> {
    let (imports, until) = (at.table(IMPORTS), tx.now() + LEASE);
    let sql = format!(
        "UPDATE {imports} SET status = 'running', attempts = attempts + 1, lease_owner = $3, leased_until = $4
         WHERE tenant_id = $1 AND id = $2"
    );
    at.execute(tx, &sql, |query| {
        query.bind::<SqlUuid, _>(id.uuid()).bind::<SqlUuid, _>(worker).bind::<Timestamptz, _>(until)
    })?;
    Ok(())
}

/// Forgets what was counted, to begin at `position` again.
pub fn begin_again(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: ImportId,
    position: Position,
) -> Result<(), TransferError> {
    let (imports, (offset, number)) = (at.table(IMPORTS), columns(position));
    let sql = format!(
        "UPDATE {imports} SET created = 0, updated = 0, skipped = 0, refused = 0, next_offset = $3, next_number = $4
         WHERE tenant_id = $1 AND id = $2"
    );
    at.execute(tx, &sql, |query| {
        query.bind::<SqlUuid, _>(id.uuid()).bind::<BigInt, _>(offset).bind::<Integer, _>(number)
    })?;
    for table in ["import_reasons", "import_refused"] {
        let sql = format!("DELETE FROM {} WHERE tenant_id = $1 AND import_id = $2", at.table(table));
        at.execute(tx, &sql, |query| query.bind::<SqlUuid, _>(id.uuid()))?;
    }
    Ok(())
}

/// Adds the counts of a batch of the held import, puts the place behind it and keeps the lease; answers the sums.
pub fn advance(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: ImportId,
    tally: Tally,
    position: Position,
) -> Result<ImportRow, TransferError> {
    let (imports, until, (offset, number)) = (at.table(IMPORTS), tx.now() + LEASE, columns(position));
    let sql = format!(
        "UPDATE {imports} SET created = created + $3, updated = updated + $4, skipped = skipped + $5,
             refused = refused + $6, next_offset = $7, next_number = $8, attempts = 0, leased_until = $9
         WHERE tenant_id = $1 AND id = $2"
    );
    at.execute(tx, &sql, |query| {
        query
            .bind::<SqlUuid, _>(id.uuid())
            .bind::<Integer, _>(tally.created)
            .bind::<Integer, _>(tally.updated)
            .bind::<Integer, _>(tally.skipped)
            .bind::<Integer, _>(tally.refused)
            .bind::<BigInt, _>(offset)
            .bind::<Integer, _>(number)
            .bind::<Timestamptz, _>(until)
    })?;
    find(tx, at, id)
}

/// Ends the import and lets go of its file; `failure` says why when it did not come to its end.
pub fn close(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: ImportId,
    failure: Option<&Message>,
) -> Result<(), TransferError> {
    let (imports, now) = (at.table(IMPORTS), tx.now());
    let status = if failure.is_some() { ImportStatus::Failed } else { ImportStatus::Completed };
    let failure = failure.map(|message| serde_json::to_value(message).unwrap_or_default());
    let sql = format!(
        "UPDATE {imports} SET status = $3, failure = $4, completed_at = $5, lease_owner = NULL, leased_until = NULL
         WHERE tenant_id = $1 AND id = $2"
    );
    at.execute(tx, &sql, |query| {
        query
            .bind::<SqlUuid, _>(id.uuid())
            .bind::<Text, _>(status.as_str())
            .bind::<Nullable<Jsonb>, _>(failure)
            .bind::<Timestamptz, _>(now)
    })?;
    let sql = format!("DELETE FROM {} WHERE tenant_id = $1 AND import_id = $2", at.table("import_chunks"));
    at.execute(tx, &sql, |query| query.bind::<SqlUuid, _>(id.uuid()))?;
    Ok(())
}

/// Gives the import back: nobody has it until `until`.
pub fn release(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: ImportId,
    worker: Uuid,
    until: Option<DateTime<Utc>>,
) -> Result<(), TransferError> {
    let imports = at.table(IMPORTS);
    let sql = format!(
        "UPDATE {imports} SET lease_owner = NULL, leased_until = $4
         WHERE tenant_id = $1 AND id = $2 AND lease_owner = $3"
    );
    at.execute(tx, &sql, |query| {
        query.bind::<SqlUuid, _>(id.uuid()).bind::<SqlUuid, _>(worker).bind::<Nullable<Timestamptz>, _>(until)
    })?;
    Ok(())
}

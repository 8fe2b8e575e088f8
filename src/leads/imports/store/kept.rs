//! What is kept of an import for a while: the rows that it refused, and the leads that it changed.

use chrono::TimeDelta;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Timestamptz, Uuid as SqlUuid};
use diesel::upsert::excluded;
use serde_json::Value;
use uuid::Uuid;

use super::ImportRow;
use crate::kernel::Message;
use crate::leads::LEADS;
use crate::leads::contract::LeadsError;
use crate::leads::imports::domain::{ImportId, ImportStatus};
use crate::leads::schema::{import_changes, import_refused, imports, leads};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, SystemTx, TenantTx};
use crate::platform::id::Id;
use crate::platform::transfers::TransferError;

/// Bytes of a piece of refused rows, about.
const PIECE_BYTES: usize = 256 * 1024;

/// A row that was refused.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct RefusedRow {
    /// Its number in the file.
    pub row: u32,
    /// Its cells; none when it could not be taken apart.
    pub cells: Vec<String>,
    /// Why.
    pub reason: Message,
}

/// What an import did to a lead.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = import_changes)]
pub struct ChangeRow {
    pub tenant_id: Uuid,
    pub import_id: Uuid,
    pub lead_id: Uuid,
    pub before: Option<Value>,
    pub after: Value,
}

/// Keeps refused rows of a batch.
pub fn save_refused(tx: &mut TenantTx<'_>, id: ImportId, rows: &[RefusedRow]) -> Result<(), LeadsError> {
    let tenant = tx.tenant().uuid();
    let mut rest = rows;
    while let Some(first) = rest.first() {
        let mut bytes = 0;
        let fits = |row: &&RefusedRow| {
            bytes += row.cells.iter().map(String::len).sum::<usize>();
            bytes <= PIECE_BYTES
        };
        let count = rest.iter().take_while(fits).count().max(1);
        let (piece, others) = rest.split_at(count);
        diesel::insert_into(import_refused::table)
            .values((
                import_refused::tenant_id.eq(tenant),
                import_refused::import_id.eq(id.uuid()),
                import_refused::number.eq(i32::try_from(first.row).unwrap_or(i32::MAX)),
                import_refused::content.eq(serde_json::to_value(piece).unwrap_or_default()),
            ))
            .execute(tx.conn(LEADS)?)
            .map_err(DbError::from)?;
        rest = others;
    }
    Ok(())
}

/// The refused rows behind row `number`, some hundred of them; none when there are no more.
pub fn refused_piece(
    tx: &mut TenantTx<'_>,
    id: ImportId,
    number: i32,
) -> Result<Option<(i32, Vec<RefusedRow>)>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let found: Option<(i32, Value)> = import_refused::table
        .filter(import_refused::tenant_id.eq(tenant))
        .filter(import_refused::import_id.eq(id.uuid()))
        .filter(import_refused::number.gt(number))
        .order(import_refused::number)
        .select((import_refused::number, import_refused::content))
        .first(tx.conn(LEADS)?)
        .optional()
        .map_err(DbError::from)?;
    Ok(found.map(|(number, content)| (number, serde_json::from_value(content).unwrap_or_default())))
}

/// Remembers what the import did to a lead; of a lead that it changed before only the last state is new.
pub fn note_change(tx: &mut TenantTx<'_>, row: &ChangeRow) -> Result<(), LeadsError> {
    diesel::insert_into(import_changes::table)
        .values(row)
        .on_conflict((import_changes::tenant_id, import_changes::import_id, import_changes::lead_id))
        .do_update()
        .set(import_changes::after.eq(excluded(import_changes::after)))
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Up to `at_most` leads that the import found and changed, behind the lead `behind`, by identifier.
pub fn changes(
    tx: &mut TenantTx<'_>,
    id: ImportId,
    behind: Uuid,
    at_most: i64,
) -> Result<Vec<ChangeRow>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let rows = import_changes::table
        .filter(import_changes::tenant_id.eq(tenant))
        .filter(import_changes::import_id.eq(id.uuid()))
        .filter(import_changes::lead_id.gt(behind))
        .filter(import_changes::before.is_not_null())
        .order(import_changes::lead_id)
        .limit(at_most)
        .select(ChangeRow::as_select())
        .load(tx.conn(LEADS)?);
    Ok(rows.map_err(DbError::from)?)
}

/// Up to `at_most` leads that the import brought, behind the lead `behind`, by identifier.
pub fn leads_of(
    tx: &mut TenantTx<'_>,
    id: ImportId,
    behind: Uuid,
    at_most: i64,
) -> Result<Vec<Uuid>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let ids = leads::table
        .filter(leads::tenant_id.eq(tenant))
        .filter(leads::import_id.eq(id.uuid()))
        .filter(leads::id.gt(behind))
        .order(leads::id)
        .limit(at_most)
        .select(leads::id)
        .load(tx.conn(LEADS)?);
    Ok(ids.map_err(DbError::from)?)
}

/// The versions in which the import left those of `of` that it brought and changed by a later row.
pub fn expected_versions(
    tx: &mut TenantTx<'_>,
    id: ImportId,
    of: &[Uuid],
) -> Result<Vec<(Uuid, i32)>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let versions = import_changes::table
        .filter(import_changes::tenant_id.eq(tenant))
        .filter(import_changes::import_id.eq(id.uuid()))
        .filter(import_changes::lead_id.eq_any(of))
        .select((import_changes::lead_id, sql::<Integer>("(after ->> 'version')::integer")))
        .load(tx.conn(LEADS)?);
    Ok(versions.map_err(DbError::from)?)
}

/// Imports that are being undone.
pub fn to_undo(tx: &mut SystemTx<'_>) -> Result<Vec<(TenantId, ImportId)>, LeadsError> {
    #[derive(QueryableByName)]
    struct Undoing {
        #[diesel(sql_type = SqlUuid)]
        tenant_id: Uuid,
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let rows = diesel::sql_query("SELECT tenant_id, id FROM leads.imports_to_undo()")
        .load::<Undoing>(tx.conn())
        .map_err(DbError::from)?;
    Ok(rows.into_iter().map(|row| (Id::from(row.tenant_id), Id::from(row.id))).collect())
}

/// Writes how far the undoing of an import is; at its end what was remembered of leads goes.
pub fn save_undo(
    tx: &mut TenantTx<'_>,
    id: ImportId,
    status: ImportStatus,
    undo: &Value,
) -> Result<ImportRow, LeadsError> {
    let tenant = tx.tenant().uuid();
    let row = diesel::update(imports::table.find((tenant, id.uuid())))
        .set((imports::status.eq(status.as_str()), imports::undo.eq(undo)))
        .returning(ImportRow::as_returning())
        .get_result(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    if status == ImportStatus::Undone {
        let changes = import_changes::table
            .filter(import_changes::tenant_id.eq(tenant))
            .filter(import_changes::import_id.eq(id.uuid()));
        diesel::delete(changes).execute(tx.conn(LEADS)?).map_err(DbError::from)?;
    }
    Ok(row)
}

/// Forgets what is kept of imports that ended longer than `age` ago.
pub fn forget(tx: &mut TenantTx<'_>, age: TimeDelta) -> Result<(), LeadsError> {
    let (tenant, before) = (tx.tenant().uuid(), tx.now() - age);
    for table in ["import_refused", "import_changes"] {
        let sql = format!(
            "DELETE FROM leads.{table} k USING leads.imports i WHERE k.tenant_id = $1 AND i.tenant_id = $1
             AND i.id = k.import_id AND i.completed_at < $2 AND i.status <> 'undoing'"
        );
        diesel::sql_query(sql)
            .bind::<SqlUuid, _>(tenant)
            .bind::<Timestamptz, _>(before)
            .execute(tx.conn(LEADS)?)
            .map_err(DbError::from)?;
    }
    Ok(())
}

/// The import, locked until the transaction ends.
pub fn lock(tx: &mut TenantTx<'_>, id: ImportId) -> Result<ImportRow, LeadsError> {
    let tenant = tx.tenant().uuid();
    let row = imports::table.find((tenant, id.uuid())).for_update().select(ImportRow::as_select());
    row.first(tx.conn(LEADS)?)
        .optional()
        .map_err(DbError::from)?
        .ok_or(LeadsError::Transfer(TransferError::ImportNotFound))
}

/// The import that is being undone, locked until the transaction ends; none when it is not, or somebody else is at it.
pub fn lock_undoing(tx: &mut TenantTx<'_>, id: ImportId) -> Result<Option<ImportRow>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let row = imports::table
        .find((tenant, id.uuid()))
        .for_update()
        .skip_locked()
        .select(ImportRow::as_select())
        .first::<ImportRow>(tx.conn(LEADS)?)
        .optional()
        .map_err(DbError::from)?;
    Ok(row.filter(|row| row.status == ImportStatus::Undoing.as_str()))
}

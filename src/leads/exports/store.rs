//! Exports in the database: the record, the pieces of the file, and the lease of the worker.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Timestamptz, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

use super::domain::{ExportId, ExportStatus};
use crate::leads::LEADS;
use crate::leads::contract::LeadsError;
use crate::leads::schema::{export_pieces, exports};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, SystemTx, TenantTx};
use crate::platform::http::PageLimit;
use crate::platform::id::Id;

/// A row of `leads.exports`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = exports, treat_none_as_null = true)]
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
}

impl ExportRow {
    /// Whether there is work left.
    pub fn is_open(&self) -> bool {
        [ExportStatus::Pending, ExportStatus::Running].iter().any(|status| status.as_str() == self.status)
    }
}

/// Writes a new export or a changed one.
pub fn save(tx: &mut TenantTx<'_>, row: &ExportRow) -> Result<(), LeadsError> {
    diesel::insert_into(exports::table)
        .values(row)
        .on_conflict((exports::tenant_id, exports::id))
        .do_update()
        .set(row)
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// How many exports of the tenant have not come to their end.
pub fn open_count(tx: &mut TenantTx<'_>) -> Result<i64, LeadsError> {
    let tenant = tx.tenant().uuid();
    let open = [ExportStatus::Pending.as_str(), ExportStatus::Running.as_str()];
    let count =
        exports::table.filter(exports::tenant_id.eq(tenant)).filter(exports::status.eq_any(open)).count();
    Ok(count.get_result(tx.conn(LEADS)?).map_err(DbError::from)?)
}

/// The export.
pub fn find(tx: &mut TenantTx<'_>, id: ExportId) -> Result<ExportRow, LeadsError> {
    let tenant = tx.tenant().uuid();
    let row = exports::table.find((tenant, id.uuid())).select(ExportRow::as_select()).first(tx.conn(LEADS)?);
    row.optional().map_err(DbError::from)?.ok_or(LeadsError::ExportNotFound)
}

/// The open export, locked until the transaction ends; none when it is done, or somebody else has it.
pub fn hold(tx: &mut TenantTx<'_>, id: ExportId, worker: Uuid) -> Result<Option<ExportRow>, LeadsError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let row = exports::table
        .find((tenant, id.uuid()))
        .for_update()
        .skip_locked()
        .select(ExportRow::as_select())
        .first::<ExportRow>(tx.conn(LEADS)?)
        .optional()
        .map_err(DbError::from)?;
    let is_free =
        |row: &ExportRow| row.lease_owner == Some(worker) || row.leased_until.is_none_or(|until| until < now);
    Ok(row.filter(|row| row.is_open() && is_free(row)))
}

/// Up to `limit + 1` exports behind a place, newest first.
pub fn list(
    tx: &mut TenantTx<'_>,
    place: Option<(DateTime<Utc>, Uuid)>,
    limit: PageLimit,
) -> Result<Vec<ExportRow>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let mut query = exports::table.filter(exports::tenant_id.eq(tenant)).into_boxed();
    if let Some((at, id)) = place {
        let behind = sql::<Bool>("(created_at, id) < (").bind::<Timestamptz, _>(at).sql(", ");
        query = query.filter(behind.bind::<SqlUuid, _>(id).sql(")"));
    }
    let rows = query
        .order((exports::created_at.desc(), exports::id.desc()))
        .limit(limit.rows_to_read())
        .select(ExportRow::as_select())
        .load(tx.conn(LEADS)?);
    Ok(rows.map_err(DbError::from)?)
}

/// Writes a piece of the file.
pub fn insert_piece(
    tx: &mut TenantTx<'_>,
    id: ExportId,
    number: i32,
    content: &[u8],
) -> Result<(), LeadsError> {
    let tenant = tx.tenant().uuid();
    diesel::insert_into(export_pieces::table)
        .values((
            export_pieces::tenant_id.eq(tenant),
            export_pieces::export_id.eq(id.uuid()),
            export_pieces::number.eq(number),
            export_pieces::content.eq(content),
        ))
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// A piece of the file; none behind the last one.
pub fn piece(tx: &mut TenantTx<'_>, id: ExportId, number: i32) -> Result<Option<Vec<u8>>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let piece = export_pieces::table.find((tenant, id.uuid(), number)).select(export_pieces::content);
    Ok(piece.first(tx.conn(LEADS)?).optional().map_err(DbError::from)?)
}

/// Lets go of all pieces.
pub fn delete_pieces(tx: &mut TenantTx<'_>, id: ExportId) -> Result<(), LeadsError> {
    let tenant = tx.tenant().uuid();
    let pieces = export_pieces::table
        .filter(export_pieces::tenant_id.eq(tenant))
        .filter(export_pieces::export_id.eq(id.uuid()));
    diesel::delete(pieces).execute(tx.conn(LEADS)?).map_err(DbError::from)?;
    Ok(())
}

/// Forgets exports, with their files, that were asked for longer than `age` ago.
pub fn forget(tx: &mut TenantTx<'_>, age: TimeDelta) -> Result<(), LeadsError> {
    let (tenant, before) = (tx.tenant().uuid(), tx.now() - age);
    let old = exports::table.filter(exports::tenant_id.eq(tenant)).filter(exports::created_at.lt(before));
    diesel::delete(old).execute(tx.conn(LEADS)?).map_err(DbError::from)?;
    Ok(())
}

/// Forgets complete exports, with their files, but for the `most` that were asked for last.
pub fn keep_newest(tx: &mut TenantTx<'_>, most: i64) -> Result<(), LeadsError> {
    let tenant = tx.tenant().uuid();
    let of_tenant = exports::table.filter(exports::tenant_id.eq(tenant));
    let older: Vec<Uuid> = of_tenant
        .filter(exports::status.eq(ExportStatus::Completed.as_str()))
        .order((exports::created_at.desc(), exports::id.desc()))
        .offset(most)
        .select(exports::id)
        .load(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    if !older.is_empty() {
        let older = exports::table.filter(exports::tenant_id.eq(tenant)).filter(exports::id.eq_any(older));
        diesel::delete(older).execute(tx.conn(LEADS)?).map_err(DbError::from)?;
    }
    Ok(())
}

/// Exports that `worker` may go on with.
pub fn waiting(tx: &mut SystemTx<'_>, worker: Uuid) -> Result<Vec<(TenantId, ExportId)>, LeadsError> {
    #[derive(QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = SqlUuid)]
        tenant_id: Uuid,
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let now = tx.now();
    let rows = diesel::sql_query("SELECT tenant_id, id FROM leads.exports_to_run($1, $2)")
        .bind::<SqlUuid, _>(worker)
        .bind::<Timestamptz, _>(now)
        .load::<Waiting>(tx.conn())
        .map_err(DbError::from)?;
    Ok(rows.into_iter().map(|row| (Id::from(row.tenant_id), Id::from(row.id))).collect())
}

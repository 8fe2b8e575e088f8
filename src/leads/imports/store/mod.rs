//! Imports in the database: the record, the file's pieces, the reasons, and what else is kept of them.

mod kept;
mod mappings;
mod uploads;
mod work;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Integer, Timestamptz, Uuid as SqlUuid};
use diesel::upsert::excluded;
use serde_json::Value;
use uuid::Uuid;

pub use kept::{
    ChangeRow, RefusedRow, changes, expected_versions, forget, leads_of, lock, lock_undoing, note_change,
    refused_piece, save_refused, save_undo, to_undo,
};
pub use mappings::{MappingRow, delete_mapping, lock_mapping, mapping, mapping_of, mappings, save_mapping};
pub use uploads::{
    UPLOAD_PIECE_BYTES, UPLOADS_KEPT_FOR, UploadRow, append_to_upload, delete_upload, find_upload,
    forget_uploads, insert_upload, tenants_with_old_uploads, upload_count, upload_piece,
};
pub use work::{advance, begin_again, close, hold, holders, release, take_up, waiting};

use super::domain::{ImportId, ImportStatus, Reasons};
use crate::kernel::Language;
use crate::leads::LEADS;
use crate::leads::contract::LeadsError;
use crate::leads::schema::{import_chunks, import_reasons, imports};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::http::PageLimit;
use crate::platform::sheets::decode::Position;
use crate::platform::transfers::{TransferError, sentence};

/// Bytes of a piece of a file.
const CHUNK_BYTES: usize = 1024 * 1024;

/// How long a worker that says nothing keeps an import.
const LEASE: TimeDelta = TimeDelta::seconds(10);

/// A row of `leads.imports`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = imports)]
#[expect(missing_docs, reason = "the migration says what the columns are")]
pub struct ImportRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub status: String,
    pub dry_run: bool,
    pub file_name: String,
    pub encoding: String,
    pub separator: String,
    pub mapping: Value,
    pub settings: Value,
    pub user_id: Option<Uuid>,
    pub correlation_id: String,
    pub next_offset: i64,
    pub next_number: i32,
    pub total: i32,
    pub created: i32,
    pub updated: i32,
    pub skipped: i32,
    pub refused: i32,
    pub failure: Option<Value>,
    pub attempts: i32,
    pub lease_owner: Option<Uuid>,
    pub leased_until: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub completed_at: Option<DateTime<Utc>>,
    pub undo: Option<Value>,
}

/// A row of `leads.import_reasons`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = import_reasons)]
#[expect(missing_docs, reason = "the migration says what the columns are")]
pub struct ReasonRow {
    tenant_id: Uuid,
    pub import_id: Uuid,
    pub(super) reason_key: String,
    pub outcome: String,
    pub reason: Value,
    pub count: i32,
    pub rows: Vec<i32>,
}

/// A lead that has an e-mail address or phone of a row.
#[derive(Debug, Clone, Queryable)]
pub struct Holder {
    /// `email` or `phone`.
    pub kind: String,
    /// The normalised e-mail address or phone number.
    pub value: String,
    /// The lead.
    pub lead: Uuid,
    /// The import that brought it.
    pub import: Option<Uuid>,
}

impl ImportRow {
    /// Where the next batch begins.
    pub fn position(&self) -> Position {
        Position {
            offset: usize::try_from(self.next_offset).unwrap_or_default(),
            number: u32::try_from(self.next_number).unwrap_or_default(),
        }
    }

    /// Puts the place where the next batch begins.
    #[must_use]
    pub fn at(self, position: Position) -> Self {
        let (next_offset, next_number) = columns(position);
        Self { next_offset, next_number, ..self }
    }

    /// Leases it to `worker`, from `now` on.
    #[must_use]
    pub fn leased_to(self, worker: Uuid, now: DateTime<Utc>) -> Self {
        Self { lease_owner: Some(worker), leased_until: Some(now + LEASE), ..self }
    }

    fn is_free_for(&self, worker: Uuid, now: DateTime<Utc>) -> bool {
        ImportStatus::is_open(&self.status)
            && (self.lease_owner == Some(worker) || self.leased_until.is_none_or(|until| until < now))
    }
}

impl ReasonRow {
    /// The sentence.
    pub fn sentence(&self, language: Language) -> String {
        sentence(&self.reason, language)
    }
}

/// Stores an import and its file in pieces.
pub fn insert(tx: &mut TenantTx<'_>, row: &ImportRow, content: &[u8]) -> Result<(), LeadsError> {
    diesel::insert_into(imports::table).values(row).execute(tx.conn(LEADS)?).map_err(DbError::from)?;
    for (number, chunk) in (0_i32..).zip(content.chunks(CHUNK_BYTES)) {
        diesel::insert_into(import_chunks::table)
            .values((
                import_chunks::tenant_id.eq(row.tenant_id),
                import_chunks::import_id.eq(row.id),
                import_chunks::number.eq(number),
                import_chunks::content.eq(chunk),
            ))
            .execute(tx.conn(LEADS)?)
            .map_err(DbError::from)?;
    }
    Ok(())
}

/// How many imports of the tenant have not come to their end.
pub fn open_count(tx: &mut TenantTx<'_>) -> Result<i64, LeadsError> {
    let tenant = tx.tenant().uuid();
    let count = imports::table
        .filter(imports::tenant_id.eq(tenant))
        .filter(imports::status.eq_any([ImportStatus::Pending.as_str(), ImportStatus::Running.as_str()]))
        .count()
        .get_result(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(count)
}

/// The file of an import.
pub fn content(tx: &mut TenantTx<'_>, id: ImportId) -> Result<Vec<u8>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let mut content = Vec::new();
    for number in 0_i32.. {
        let chunk = import_chunks::table
            .find((tenant, id.uuid(), number))
            .select(import_chunks::content)
            .first::<Vec<u8>>(tx.conn(LEADS)?)
            .optional()
            .map_err(DbError::from)?;
        let Some(chunk) = chunk else { break };
        content.extend(chunk);
    }
    Ok(content)
}

/// The import.
pub fn find(tx: &mut TenantTx<'_>, id: ImportId) -> Result<ImportRow, LeadsError> {
    let tenant = tx.tenant().uuid();
    let row = imports::table.find((tenant, id.uuid())).select(ImportRow::as_select()).first(tx.conn(LEADS)?);
    row.optional().map_err(DbError::from)?.ok_or(LeadsError::Transfer(TransferError::ImportNotFound))
}

/// Up to `limit + 1` imports behind a place, newest first.
pub fn list(
    tx: &mut TenantTx<'_>,
    place: Option<(DateTime<Utc>, Uuid)>,
    limit: PageLimit,
) -> Result<Vec<ImportRow>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let mut query = imports::table.filter(imports::tenant_id.eq(tenant)).into_boxed();
    if let Some((at, id)) = place {
        query = query.filter(
            sql::<Bool>("(created_at, id) < (")
                .bind::<Timestamptz, _>(at)
                .sql(", ")
                .bind::<SqlUuid, _>(id)
                .sql(")"),
        );
    }
    let rows = query
        .order((imports::created_at.desc(), imports::id.desc()))
        .limit(limit.rows_to_read())
        .select(ImportRow::as_select())
        .load(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(rows)
}

/// The reasons of `imports`, the most frequent first.
pub fn reasons(tx: &mut TenantTx<'_>, of: &[Uuid]) -> Result<Vec<ReasonRow>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let rows = import_reasons::table
        .filter(import_reasons::tenant_id.eq(tenant))
        .filter(import_reasons::import_id.eq_any(of))
        .order((import_reasons::count.desc(), import_reasons::reason_key))
        .select(ReasonRow::as_select())
        .load(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(rows)
}

/// Adds what a batch said of its rows.
pub fn add_reasons(tx: &mut TenantTx<'_>, id: ImportId, reasons: &Reasons) -> Result<(), LeadsError> {
    let tenant_id = tx.tenant().uuid();
    for (key, said) in reasons.said() {
        let row = ReasonRow {
            tenant_id,
            import_id: id.uuid(),
            reason_key: key.clone(),
            outcome: said.outcome.as_str().to_owned(),
            reason: serde_json::to_value(&said.reason).unwrap_or_default(),
            count: said.count,
            rows: said.rows.clone(),
        };
        // 20 is `MAX_ROWS_NAMED`.
        let first_rows = sql::<Array<Integer>>("(import_reasons.rows || excluded.rows)[1:20]");
        diesel::insert_into(import_reasons::table)
            .values(&row)
            .on_conflict((import_reasons::tenant_id, import_reasons::import_id, import_reasons::reason_key))
            .do_update()
            .set((
                import_reasons::count.eq(import_reasons::count + excluded(import_reasons::count)),
                import_reasons::rows.eq(first_rows),
            ))
            .execute(tx.conn(LEADS)?)
            .map_err(DbError::from)?;
    }
    Ok(())
}

fn columns(position: Position) -> (i64, i32) {
    (i64::try_from(position.offset).unwrap_or(i64::MAX), i32::try_from(position.number).unwrap_or(i32::MAX))
}

//! Imports in the database: the record, the file's pieces, the reasons, and what else is kept of them.

mod kept;
mod mappings;
mod uploads;
mod work;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Integer, Jsonb, Text, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

pub use kept::{
    ChangeRow, RefusedRow, brought, changes, expected_versions, forget, lock, lock_undoing, note_change,
    origins, refused_piece, save_refused, save_undo, to_undo,
};
pub use mappings::{MappingRow, delete_mapping, lock_mapping, mapping, mapping_of, mappings, save_mapping};
pub use uploads::{
    UPLOAD_PIECE_BYTES, UPLOADS_KEPT_FOR, UploadRow, append_to_upload, delete_upload, find_upload,
    forget_uploads, insert_upload, tenants_with_old_uploads, upload_count, upload_piece,
};
pub use work::{advance, begin_again, close, hold, release, take_up, waiting};

use super::domain::{ImportId, ImportStatus, Reasons};
use crate::kernel::Language;
use crate::platform::db::TenantTx;
use crate::platform::http::PageLimit;
use crate::platform::sheets::decode::Position;
use crate::platform::transfers::{TransferError, TransferTables, sentence};

/// Bytes of a piece of a file.
const CHUNK_BYTES: usize = 1024 * 1024;

/// How long a worker that says nothing keeps an import.
const LEASE: TimeDelta = TimeDelta::seconds(10);

const IMPORTS: &str = "imports";
const COLUMNS: &str = "tenant_id, id, status, dry_run, file_name, encoding, separator, mapping, settings, user_id, \
                       correlation_id, next_offset, next_number, total, created, updated, skipped, refused, failure, \
                       attempts, lease_owner, leased_until, created_at, completed_at, undo";

/// A row of a module's `imports`.
#[derive(Debug, Clone, Serialize, Deserialize)]
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

/// A row of a module's `import_reasons`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the migration says what the columns are")]
pub struct ReasonRow {
    pub import_id: Uuid,
    pub(super) reason_key: String,
    pub outcome: String,
    pub reason: Value,
    pub count: i32,
    pub rows: Vec<i32>,
}

/// Bytes that are kept.
#[derive(QueryableByName)]
struct Piece {
    #[diesel(sql_type = Binary)]
    content: Vec<u8>,
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

/// Writes a new import or a changed one.
pub fn save(tx: &mut TenantTx<'_>, at: TransferTables, row: &ImportRow) -> Result<(), TransferError> {
    at.save(tx, IMPORTS, COLUMNS, row)
}

/// Stores an import and its file in pieces.
pub fn insert(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    row: &ImportRow,
    content: &[u8],
) -> Result<(), TransferError> {
    save(tx, at, row)?;
    let chunks = at.table("import_chunks");
    let sql = format!("INSERT INTO {chunks} (tenant_id, import_id, number, content) VALUES ($1, $2, $3, $4)");
    for (number, chunk) in (0_i32..).zip(content.chunks(CHUNK_BYTES)) {
        at.execute(tx, &sql, |query| {
            query.bind::<SqlUuid, _>(row.id).bind::<Integer, _>(number).bind::<Binary, _>(chunk)
        })?;
    }
    Ok(())
}

/// How many imports of the tenant have not come to their end, or of one of its users.
pub fn open_count(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    user: Option<Uuid>,
) -> Result<i64, TransferError> {
    at.under_way(tx, IMPORTS, user)
}

/// The file of an import.
pub fn content(tx: &mut TenantTx<'_>, at: TransferTables, id: ImportId) -> Result<Vec<u8>, TransferError> {
    let chunks = at.table("import_chunks");
    let sql = format!("SELECT content FROM {chunks} WHERE tenant_id = $1 AND import_id = $2 AND number = $3");
    let mut content = Vec::new();
    for number in 0_i32.. {
        let found: Vec<Piece> =
            at.load(tx, &sql, |query| query.bind::<SqlUuid, _>(id.uuid()).bind::<Integer, _>(number))?;
        let Some(chunk) = found.into_iter().next() else { break };
        content.extend(chunk.content);
    }
    Ok(content)
}

/// The import.
pub fn find(tx: &mut TenantTx<'_>, at: TransferTables, id: ImportId) -> Result<ImportRow, TransferError> {
    let rows = at.rows(tx, IMPORTS, "AND id = $2", |query| query.bind::<SqlUuid, _>(id.uuid()))?;
    rows.into_iter().next().ok_or(TransferError::ImportNotFound)
}

/// Up to `limit + 1` imports behind a place, newest first.
pub fn list(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    place: Option<(DateTime<Utc>, Uuid)>,
    limit: PageLimit,
) -> Result<Vec<ImportRow>, TransferError> {
    at.newest_first(tx, IMPORTS, place, limit)
}

/// The reasons of imports, the most frequent first.
pub fn reasons(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    of: &[Uuid],
) -> Result<Vec<ReasonRow>, TransferError> {
    let rest = "AND import_id = ANY ($2) ORDER BY count DESC, reason_key";
    at.rows(tx, "import_reasons", rest, |query| query.bind::<Array<SqlUuid>, _>(of))
}

/// Adds what a batch said of its rows.
pub fn add_reasons(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: ImportId,
    reasons: &Reasons,
) -> Result<(), TransferError> {
    let table = at.table("import_reasons");
    // 20 is `MAX_ROWS_NAMED`.
    let sql = format!(
        "INSERT INTO {table} AS r (tenant_id, import_id, reason_key, outcome, reason, count, rows)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, import_id, reason_key) DO UPDATE
         SET count = r.count + excluded.count, rows = (r.rows || excluded.rows)[1:20]"
    );
    for (key, said) in reasons.said() {
        let reason = serde_json::to_value(&said.reason).unwrap_or_default();
        at.execute(tx, &sql, |query| {
            query
                .bind::<SqlUuid, _>(id.uuid())
                .bind::<Text, _>(key)
                .bind::<Text, _>(said.outcome.as_str())
                .bind::<Jsonb, _>(reason)
                .bind::<Integer, _>(said.count)
                .bind::<Array<Integer>, _>(&said.rows)
        })?;
    }
    Ok(())
}

fn columns(position: Position) -> (i64, i32) {
    (i64::try_from(position.offset).unwrap_or(i64::MAX), i32::try_from(position.number).unwrap_or(i32::MAX))
}

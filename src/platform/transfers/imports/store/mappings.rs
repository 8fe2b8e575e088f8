//! Saved mappings: what the columns of a kind of file feed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::sql_types::{Text, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::platform::db::TenantTx;
use crate::platform::transfers::{TransferError, TransferTables};

const MAPPINGS: &str = "import_mappings";
const COLUMNS: &str = "tenant_id, id, version, name, fields, headers_key, created_at, updated_at";

/// A row of a module's `import_mappings`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the migration says what the columns are")]
pub struct MappingRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub version: i32,
    pub name: String,
    pub fields: Value,
    pub headers_key: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl MappingRow {
    /// Column → field.
    pub fn choices(&self) -> BTreeMap<String, String> {
        serde_json::from_value(self.fields.clone()).unwrap_or_default()
    }
}

/// All mappings by name; there are at most 100.
pub fn mappings(tx: &mut TenantTx<'_>, at: TransferTables) -> Result<Vec<MappingRow>, TransferError> {
    at.rows(tx, MAPPINGS, "ORDER BY name", |query| query)
}

/// One mapping, if it is there.
pub fn mapping(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: Uuid,
) -> Result<Option<MappingRow>, TransferError> {
    let rows = at.rows(tx, MAPPINGS, "AND id = $2", |query| query.bind::<SqlUuid, _>(id))?;
    Ok(rows.into_iter().next())
}

/// The mapping of files with these columns, the one that was changed last.
pub fn mapping_of(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    headers_key: &str,
) -> Result<Option<MappingRow>, TransferError> {
    let rest = "AND headers_key = $2 ORDER BY updated_at DESC LIMIT 1";
    let rows = at.rows(tx, MAPPINGS, rest, |query| query.bind::<Text, _>(headers_key))?;
    Ok(rows.into_iter().next())
}

/// One mapping, locked until the transaction ends.
pub fn lock_mapping(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    id: Uuid,
) -> Result<MappingRow, TransferError> {
    let rows = at.rows(tx, MAPPINGS, "AND id = $2 FOR UPDATE", |query| query.bind::<SqlUuid, _>(id))?;
    rows.into_iter().next().ok_or(TransferError::MappingNotFound)
}

/// Writes a new mapping or a changed one.
pub fn save_mapping(
    tx: &mut TenantTx<'_>,
    at: TransferTables,
    row: &MappingRow,
) -> Result<(), TransferError> {
    at.save(tx, MAPPINGS, COLUMNS, row)
}

/// Takes a mapping away.
pub fn delete_mapping(tx: &mut TenantTx<'_>, at: TransferTables, id: Uuid) -> Result<(), TransferError> {
    let sql = format!("DELETE FROM {} WHERE tenant_id = $1 AND id = $2", at.table(MAPPINGS));
    at.execute(tx, &sql, |query| query.bind::<SqlUuid, _>(id))?;
    Ok(())
}

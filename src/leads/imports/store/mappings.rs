//! Saved mappings: what the columns of a kind of file feed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use crate::leads::LEADS;
use crate::leads::contract::LeadsError;
use crate::leads::schema::import_mappings;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::transfers::TransferError;

/// A row of `leads.import_mappings`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = import_mappings)]
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
pub fn mappings(tx: &mut TenantTx<'_>) -> Result<Vec<MappingRow>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let rows = import_mappings::table
        .filter(import_mappings::tenant_id.eq(tenant))
        .order(import_mappings::name)
        .select(MappingRow::as_select())
        .load(tx.conn(LEADS)?);
    Ok(rows.map_err(DbError::from)?)
}

/// One mapping, if it is there.
pub fn mapping(tx: &mut TenantTx<'_>, id: Uuid) -> Result<Option<MappingRow>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let row = import_mappings::table.find((tenant, id)).select(MappingRow::as_select());
    Ok(row.first(tx.conn(LEADS)?).optional().map_err(DbError::from)?)
}

/// The mapping of files with these columns, the one that was changed last.
pub fn mapping_of(tx: &mut TenantTx<'_>, headers_key: &str) -> Result<Option<MappingRow>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let row = import_mappings::table
        .filter(import_mappings::tenant_id.eq(tenant))
        .filter(import_mappings::headers_key.eq(headers_key))
        .order(import_mappings::updated_at.desc())
        .select(MappingRow::as_select());
    Ok(row.first(tx.conn(LEADS)?).optional().map_err(DbError::from)?)
}

/// One mapping, locked until the transaction ends.
pub fn lock_mapping(tx: &mut TenantTx<'_>, id: Uuid) -> Result<MappingRow, LeadsError> {
    let tenant = tx.tenant().uuid();
    let row = import_mappings::table.find((tenant, id)).for_update().select(MappingRow::as_select());
    row.first(tx.conn(LEADS)?)
        .optional()
        .map_err(DbError::from)?
        .ok_or(LeadsError::Transfer(TransferError::MappingNotFound))
}

/// Writes a new mapping or a changed one.
pub fn save_mapping(tx: &mut TenantTx<'_>, row: &MappingRow) -> Result<(), LeadsError> {
    diesel::insert_into(import_mappings::table)
        .values(row)
        .on_conflict((import_mappings::tenant_id, import_mappings::id))
        .do_update()
        .set(row)
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Takes a mapping away.
pub fn delete_mapping(tx: &mut TenantTx<'_>, id: Uuid) -> Result<(), LeadsError> {
    let tenant = tx.tenant().uuid();
    diesel::delete(import_mappings::table.find((tenant, id)))
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(())
}

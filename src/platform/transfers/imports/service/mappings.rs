//! Saved mappings: what the columns of a kind of file feed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use uuid::Uuid;

use crate::kernel::{Invalid, Line};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::http::Fields;
use crate::platform::problem::{FieldError, Problem};
use crate::platform::sheets::decode::{MAX_COLUMNS, MAX_HEADER_CHARS};
use crate::platform::sheets::mapping::{Field, headers_key};
use crate::platform::transfers::TransferError;
use crate::platform::transfers::imports::store::{self, MappingRow};
use crate::platform::transfers::imports::{Importable, MappingChange};

/// Mappings that a tenant may save.
pub const MAPPINGS_AT_MOST: usize = 100;

/// All mappings by name; there are at most 100.
pub fn mappings<I: Importable>(tx: &mut TenantTx<'_>) -> Result<Vec<MappingRow>, TransferError> {
    store::mappings(tx, I::TABLES)
}

/// One mapping.
pub fn mapping<I: Importable>(tx: &mut TenantTx<'_>, id: Uuid) -> Result<MappingRow, TransferError> {
    store::mapping(tx, I::TABLES, id)?.ok_or(TransferError::MappingNotFound)
}

/// Saves a mapping under a name of its own.
pub fn add_mapping<I: Importable>(
    tx: &mut TenantTx<'_>,
    name: &str,
    columns: &BTreeMap<String, String>,
) -> Result<MappingRow, TransferError> {
    if store::mappings(tx, I::TABLES)?.len() >= MAPPINGS_AT_MOST {
        let reason = Invalid::new(
            "a company saves at most 100 mappings",
            "una empresa guarda como máximo 100 asignaciones",
        );
        return Err(Problem::invalid(vec![FieldError::at("", reason)]).into());
    }
    let row = MappingRow {
        tenant_id: tx.tenant().uuid(),
        id: Uuid::now_v7(),
        version: 1,
        name: String::new(),
        fields: serde_json::Value::Null,
        headers_key: String::new(),
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    save::<I>(tx, filled::<I>(row, name, columns)?, MappingChange::Added)
}

/// Replaces name and columns of a mapping.
pub fn replace_mapping<I: Importable>(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    version: Option<i32>,
    name: &str,
    columns: &BTreeMap<String, String>,
) -> Result<MappingRow, TransferError> {
    let before = held::<I>(tx, id, version)?;
    let row = MappingRow { version: before.version + 1, updated_at: tx.now(), ..before };
    save::<I>(tx, filled::<I>(row, name, columns)?, MappingChange::Changed)
}

/// Takes a mapping away; imports that it fed stay.
pub fn remove_mapping<I: Importable>(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    version: Option<i32>,
) -> Result<(), TransferError> {
    let row = held::<I>(tx, id, version)?;
    store::delete_mapping(tx, I::TABLES, id)?;
    I::mapping_changed(tx, &MappingRow { version: row.version + 1, ..row }, MappingChange::Removed);
    Ok(())
}

/// The hash by which columns are looked up.
pub fn key_of(headers: &str) -> String {
    let mut key = String::new();
    for byte in digest(&SHA256, headers.as_bytes()).as_ref() {
        // Writing into a text does not fail.
        let _ = write!(key, "{byte:02x}");
    }
    key
}

fn filled<I: Importable>(
    mut row: MappingRow,
    name: &str,
    columns: &BTreeMap<String, String>,
) -> Result<MappingRow, Problem> {
    let mut fields = Fields::default();
    row.name =
        fields.take("/name", Line::<100>::parse(name)).map(|line| line.to_string()).unwrap_or_default();
    if !(1..=MAX_COLUMNS).contains(&columns.len()) {
        fields.refuse(
            "/mapping",
            Invalid::new("must name 1 to 200 columns", "debe nombrar de 1 a 200 columnas"),
        );
    }
    for (header, field) in columns.iter().take(MAX_COLUMNS) {
        let pointer = format!("/mapping/{}", header.replace('~', "~0").replace('/', "~1"));
        if header.trim().is_empty() || header.chars().count() > MAX_HEADER_CHARS {
            let reason = Invalid::new(
                "a column's name has 1 to 255 characters",
                "el nombre de una columna tiene de 1 a 255 caracteres",
            );
            fields.refuse(&pointer, reason);
        }
        fields.take(&pointer, Field::parse(I::VOCABULARY, field));
    }
    fields.finish()?;
    row.headers_key = key_of(&headers_key(columns.keys().map(String::as_str)));
    row.fields = serde_json::to_value(columns).unwrap_or_default();
    Ok(row)
}

fn save<I: Importable>(
    tx: &mut TenantTx<'_>,
    row: MappingRow,
    change: MappingChange,
) -> Result<MappingRow, TransferError> {
    let others = store::mappings(tx, I::TABLES)?;
    if let Some(other) = others.iter().find(|other| other.name == row.name && other.id != row.id) {
        return Err(TransferError::MappingNameTaken(other.id));
    }
    store::save_mapping(tx, I::TABLES, &row).map_err(|error| match error {
        // Somebody saved it at the same time: the next try finds theirs.
        TransferError::Db(error) if error.violates("import_mappings_by_name") => {
            TransferError::Db(DbError::Busy)
        }
        error => error,
    })?;
    I::mapping_changed(tx, &row, change);
    Ok(row)
}

fn held<I: Importable>(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    version: Option<i32>,
) -> Result<MappingRow, TransferError> {
    let row = store::lock_mapping(tx, I::TABLES, id)?;
    match version {
        Some(version) if version != row.version => Err(TransferError::Stale(row.version)),
        _ => Ok(row),
    }
}

//! Saved mappings: what the columns of a kind of file feed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use uuid::Uuid;

use crate::kernel::{Invalid, Line};
use crate::leads::contract::LeadsError;
use crate::leads::contract::events::{LeadImportMappingChanged, RuleChange};
use crate::leads::imports::store::{self, MappingRow};
use crate::leads::imports::vocabulary::LEAD;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::http::Fields;
use crate::platform::limits::Quota;
use crate::platform::problem::{FieldError, Problem};
use crate::platform::sheets::decode::{MAX_COLUMNS, MAX_HEADER_CHARS};
use crate::platform::sheets::mapping::{Field, headers_key};
use crate::platform::transfers::TransferError;

/// Mappings that a tenant may save.
const AT_MOST: usize = 100;

/// All mappings by name; there are at most 100.
pub fn mappings(tx: &mut TenantTx<'_>) -> Result<Vec<MappingRow>, LeadsError> {
    store::mappings(tx)
}

/// How many mappings are saved, of as many as there may be.
pub fn saved_mappings(tx: &mut TenantTx<'_>) -> Result<Quota, LeadsError> {
    Ok(Quota::held("import_mappings", store::mappings(tx)?.len(), AT_MOST))
}

/// One mapping.
pub fn mapping(tx: &mut TenantTx<'_>, id: Uuid) -> Result<MappingRow, LeadsError> {
    store::mapping(tx, id)?.ok_or(LeadsError::Transfer(TransferError::MappingNotFound))
}

/// Saves a mapping under a name of its own.
pub fn add_mapping(
    tx: &mut TenantTx<'_>,
    name: &str,
    columns: &BTreeMap<String, String>,
) -> Result<MappingRow, LeadsError> {
    if store::mappings(tx)?.len() >= AT_MOST {
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
    save(tx, filled(row, name, columns)?, RuleChange::Added)
}

/// Replaces name and columns of a mapping.
pub fn replace_mapping(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    version: Option<i32>,
    name: &str,
    columns: &BTreeMap<String, String>,
) -> Result<MappingRow, LeadsError> {
    let before = held(tx, id, version)?;
    let row = MappingRow { version: before.version + 1, updated_at: tx.now(), ..before };
    save(tx, filled(row, name, columns)?, RuleChange::Changed)
}

/// Takes a mapping away; imports that it fed stay.
pub fn remove_mapping(tx: &mut TenantTx<'_>, id: Uuid, version: Option<i32>) -> Result<(), LeadsError> {
    let row = held(tx, id, version)?;
    store::delete_mapping(tx, id)?;
    tell(tx, &MappingRow { version: row.version + 1, ..row }, RuleChange::Removed);
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

fn filled(
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
        fields.take(&pointer, Field::parse(&LEAD, field));
    }
    fields.finish()?;
    row.headers_key = key_of(&headers_key(columns.keys().map(String::as_str)));
    row.fields = serde_json::to_value(columns).unwrap_or_default();
    Ok(row)
}

fn save(tx: &mut TenantTx<'_>, row: MappingRow, change: RuleChange) -> Result<MappingRow, LeadsError> {
    let others = store::mappings(tx)?;
    if let Some(other) = others.iter().find(|other| other.name == row.name && other.id != row.id) {
        return Err(LeadsError::Transfer(TransferError::MappingNameTaken(other.id)));
    }
    store::save_mapping(tx, &row).map_err(|error| match error {
        // Somebody saved it at the same time: the next try finds theirs.
        LeadsError::Db(error) if error.violates("import_mappings_by_name") => LeadsError::Db(DbError::Busy),
        error => error,
    })?;
    tell(tx, &row, change);
    Ok(row)
}

fn held(tx: &mut TenantTx<'_>, id: Uuid, version: Option<i32>) -> Result<MappingRow, LeadsError> {
    let row = store::lock_mapping(tx, id)?;
    match version {
        Some(version) if version != row.version => Err(LeadsError::Stale(row.version)),
        _ => Ok(row),
    }
}

fn tell(tx: &mut TenantTx<'_>, row: &MappingRow, change: RuleChange) {
    tx.emit(row.id, row.version, &LeadImportMappingChanged { id: row.id, name: row.name.clone(), change });
}

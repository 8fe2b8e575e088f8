//! The fields that a tenant defines for its products, and what they make of a product's values.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::billing::catalog::exports::ProductExports;
use crate::billing::catalog::imports::ProductImports;
use crate::billing::contract::SalesError;
use crate::billing::contract::events::{ProductFieldArchived, ProductFieldChanged, ProductFieldDefined};
use crate::billing::{FIELDS, TRANSFERS};
use crate::kernel::{FieldKind, FieldSet};
use crate::platform::db::TenantTx;
use crate::platform::fields::{FIELDS_AT_MOST, FieldPatch, FieldRequest, FieldRow};
use crate::platform::limits::Quota;
use crate::platform::problem::Problem;
use crate::platform::transfers::{forget_exports, forget_imports, import_quotas, open_exports};

/// All fields, by position; there are at most 100.
pub fn fields(tx: &mut TenantTx<'_>) -> Result<Vec<FieldRow>, SalesError> {
    Ok(FIELDS.list(tx)?)
}

/// The definitions that products are held to.
pub fn definitions(tx: &mut TenantTx<'_>) -> Result<FieldSet, SalesError> {
    Ok(FIELDS.definitions(tx)?)
}

/// One field.
pub fn field(tx: &mut TenantTx<'_>, id: Uuid) -> Result<FieldRow, SalesError> {
    Ok(FIELDS.find(tx, id)?)
}

/// Defines a field.
pub fn define_field(tx: &mut TenantTx<'_>, request: FieldRequest) -> Result<FieldRow, SalesError> {
    let row = FIELDS.define(tx, request)?;
    let defined = ProductFieldDefined {
        id: row.id,
        key: row.key.clone(),
        label: row.label.clone(),
        kind: FieldKind::parse(&row.kind).unwrap_or(FieldKind::Text),
        choices: row.choices.clone(),
        required: row.is_required,
        unique: row.is_unique,
    };
    tx.emit(row.id, row.version, &defined);
    Ok(row)
}

/// Changes a field; what does not differ changes nothing and emits nothing.
pub fn change_field(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    patch: FieldPatch,
    version: Option<i32>,
) -> Result<FieldRow, SalesError> {
    let (row, changes) = FIELDS.change(tx, id, patch, version)?;
    if !changes.is_empty() {
        tx.emit(id, row.version, &ProductFieldChanged { id, key: row.key.clone(), changes });
    }
    Ok(row)
}

/// Archives a field.
pub fn archive_field(tx: &mut TenantTx<'_>, id: Uuid, version: Option<i32>) -> Result<(), SalesError> {
    let row = FIELDS.retire(tx, id, version)?;
    tx.emit(id, row.version + 1, &ProductFieldArchived { id, key: row.key });
    Ok(())
}

/// How much of each limit of products the tenant uses.
pub fn quotas(tx: &mut TenantTx<'_>) -> Result<Vec<Quota>, Problem> {
    let there = fields(tx)?.len();
    let mut quotas = vec![
        Quota::held("product_fields", there, FIELDS_AT_MOST),
        open_exports(tx, TRANSFERS, "open_product_exports")?,
    ];
    quotas.extend(import_quotas::<ProductImports>(tx)?);
    Ok(quotas)
}

/// Goes on with what fields leave to do, and forgets old files; answers whether there may be more.
pub fn keep_up(tx: &mut TenantTx<'_>) -> Result<bool, SalesError> {
    forget_exports(tx, &ProductExports)?;
    forget_imports::<ProductImports>(tx)?;
    Ok(FIELDS.keep_up(tx)?)
}

/// Writes the values of a changed product where lists find them.
pub(super) fn reindex(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    values: &Map<String, Value>,
    fields: &FieldSet,
) -> Result<(), SalesError> {
    Ok(FIELDS.reindex(tx, id, values, fields).map_err(|error| error.refusal(fields))?)
}

/// Writes the values of a new product where lists find them.
pub(super) fn index(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    values: &Map<String, Value>,
    fields: &FieldSet,
) -> Result<(), SalesError> {
    Ok(FIELDS.index(tx, [(id, values)], fields).map_err(|error| error.refusal(fields))?)
}

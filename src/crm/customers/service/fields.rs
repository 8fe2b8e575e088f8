//! The fields that a tenant defines for its customers, and what they make of a customer's values.

use uuid::Uuid;

use crate::crm::contract::CrmError;
use crate::crm::contract::events::{CustomerFieldArchived, CustomerFieldChanged, CustomerFieldDefined};
use crate::crm::customers::domain::Record;
use crate::crm::customers::imports::CustomerImports;
use crate::crm::{FIELDS, TRANSFERS};
use crate::kernel::{FieldKind, FieldSet, Refused};
use crate::platform::db::TenantTx;
use crate::platform::fields::{FIELDS_AT_MOST, FieldPatch, FieldRequest, FieldRow, refused_values};
use crate::platform::limits::Quota;
use crate::platform::problem::Problem;
use crate::platform::transfers::{import_quotas, open_exports};

/// All fields, by position; there are at most 100.
pub fn fields(tx: &mut TenantTx<'_>) -> Result<Vec<FieldRow>, CrmError> {
    Ok(FIELDS.list(tx)?)
}

/// The definitions that customers are held to.
pub fn definitions(tx: &mut TenantTx<'_>) -> Result<FieldSet, CrmError> {
    Ok(FIELDS.definitions(tx)?)
}

/// One field.
pub fn field(tx: &mut TenantTx<'_>, id: Uuid) -> Result<FieldRow, CrmError> {
    Ok(FIELDS.find(tx, id)?)
}

/// Defines a field.
pub fn define_field(tx: &mut TenantTx<'_>, request: FieldRequest) -> Result<FieldRow, CrmError> {
    let row = FIELDS.define(tx, request)?;
    let defined = CustomerFieldDefined {
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
) -> Result<FieldRow, CrmError> {
    let (row, changes) = FIELDS.change(tx, id, patch, version)?;
    if !changes.is_empty() {
        tx.emit(id, row.version, &CustomerFieldChanged { id, key: row.key.clone(), changes });
    }
    Ok(row)
}

/// Archives a field.
pub fn archive_field(tx: &mut TenantTx<'_>, id: Uuid, version: Option<i32>) -> Result<(), CrmError> {
    let row = FIELDS.retire(tx, id, version)?;
    tx.emit(id, row.version + 1, &CustomerFieldArchived { id, key: row.key });
    Ok(())
}

/// How much of each limit of customers the tenant uses.
pub fn quotas(tx: &mut TenantTx<'_>) -> Result<Vec<Quota>, Problem> {
    let there = fields(tx)?.len();
    let mut quotas = vec![
        Quota::held("customer_fields", there, FIELDS_AT_MOST),
        open_exports(tx, TRANSFERS, "open_customer_exports")?,
    ];
    quotas.extend(import_quotas::<CustomerImports>(tx)?);
    Ok(quotas)
}

/// Writes the values of a changed customer where lists find them.
pub(super) fn reindex(tx: &mut TenantTx<'_>, record: &Record, fields: &FieldSet) -> Result<(), CrmError> {
    let written = FIELDS.reindex(tx, record.id.uuid(), &record.details.custom_fields, fields);
    Ok(written.map_err(|error| error.refusal(fields))?)
}

/// Writes the values of a new customer where lists find them.
pub(super) fn index(tx: &mut TenantTx<'_>, record: &Record, fields: &FieldSet) -> Result<(), CrmError> {
    let values = [(record.id.uuid(), &record.details.custom_fields)];
    Ok(FIELDS.index(tx, values, fields).map_err(|error| error.refusal(fields))?)
}

/// 422 naming each value that was refused.
pub(super) fn refused(values: Vec<Refused>) -> CrmError {
    refused_values(values).into()
}

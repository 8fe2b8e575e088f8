//! The fields that a tenant defines for its leads, and what they make of a lead's values.

use uuid::Uuid;

use crate::kernel::{FieldKind, FieldSet, Refused};
use crate::leads::FIELDS;
use crate::leads::contract::LeadsError;
use crate::leads::contract::events::{LeadFieldArchived, LeadFieldChanged, LeadFieldDefined};
use crate::leads::domain::Lead;
use crate::platform::db::TenantTx;
pub(super) use crate::platform::fields::FIELDS_AT_MOST;
use crate::platform::fields::{FieldPatch, FieldRequest, FieldRow, TakenBy, refused_values};

/// All fields, by position; there are at most 100.
pub fn fields(tx: &mut TenantTx<'_>) -> Result<Vec<FieldRow>, LeadsError> {
    Ok(FIELDS.list(tx)?)
}

/// The definitions that leads are held to.
pub fn definitions(tx: &mut TenantTx<'_>) -> Result<FieldSet, LeadsError> {
    Ok(FIELDS.definitions(tx)?)
}

/// One field.
pub fn field(tx: &mut TenantTx<'_>, id: Uuid) -> Result<FieldRow, LeadsError> {
    Ok(FIELDS.find(tx, id)?)
}

/// Defines a field.
pub fn define_field(tx: &mut TenantTx<'_>, request: FieldRequest) -> Result<FieldRow, LeadsError> {
    let row = FIELDS.define(tx, request)?;
    let defined = LeadFieldDefined {
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
) -> Result<FieldRow, LeadsError> {
    let (row, changes) = FIELDS.change(tx, id, patch, version)?;
    if !changes.is_empty() {
        tx.emit(id, row.version, &LeadFieldChanged { id, key: row.key.clone(), changes });
    }
    Ok(row)
}

/// Archives a field.
pub fn archive_field(tx: &mut TenantTx<'_>, id: Uuid, version: Option<i32>) -> Result<(), LeadsError> {
    let row = FIELDS.retire(tx, id, version)?;
    tx.emit(id, row.version + 1, &LeadFieldArchived { id, key: row.key });
    Ok(())
}

/// Writes the values of a changed lead where lists find them.
pub(super) fn reindex(tx: &mut TenantTx<'_>, lead: &Lead, fields: &FieldSet) -> Result<(), LeadsError> {
    let written = FIELDS.reindex(tx, lead.id.uuid(), &lead.details.custom_fields, fields);
    Ok(written.map_err(|error| error.refusal(fields))?)
}

/// Writes the values of new leads where lists find them.
pub fn index(tx: &mut TenantTx<'_>, leads: &[Lead], fields: &FieldSet) -> Result<(), LeadsError> {
    let values = leads.iter().map(|lead| (lead.id.uuid(), &lead.details.custom_fields));
    Ok(FIELDS.index(tx, values, fields).map_err(|error| error.refusal(fields))?)
}

/// The leads that have the values `wanted` of unique fields.
pub fn field_holders(tx: &mut TenantTx<'_>, wanted: &[(Uuid, String)]) -> Result<Vec<TakenBy>, LeadsError> {
    Ok(FIELDS.holders(tx, wanted)?)
}

/// 422 naming each value that was refused.
pub(super) fn refused(values: Vec<Refused>) -> LeadsError {
    refused_values(values).into()
}

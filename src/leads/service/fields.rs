//! The fields that a tenant defines for its leads, and what they make of a lead's values.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::kernel::{FieldKind, FieldSet, Invalid, Refused};
use crate::leads::FIELDS;
use crate::leads::contract::events::{LeadFieldArchived, LeadFieldChanged, LeadFieldDefined};
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::domain::Lead;
use crate::platform::db::{DbError, TenantTx};
pub(super) use crate::platform::fields::FIELDS_AT_MOST;
use crate::platform::fields::{FieldPatch, FieldRequest, FieldRow, IndexError, TakenBy};
use crate::platform::problem::{FieldError, Problem};

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
    FIELDS.list(tx)?.into_iter().find(|row| row.id == id).ok_or(LeadsError::FieldNotFound)
}

/// Defines a field. What leads have under its key stays as it is, and is found by lists where it fits.
pub fn define_field(tx: &mut TenantTx<'_>, request: FieldRequest) -> Result<FieldRow, LeadsError> {
    let there = FIELDS.list(tx)?;
    let mut row = request.row(&there, tx.now())?;
    if let Some(other) = there.iter().find(|other| other.key == row.key) {
        return Err(LeadsError::FieldKeyTaken(other.id));
    }
    if there.len() >= FIELDS_AT_MOST {
        let reason = Invalid::new(
            "a company has at most 100 fields; archive one first",
            "una empresa tiene como máximo 100 campos; archive uno antes",
        );
        return Err(Problem::invalid(vec![FieldError::at("", reason)]).into());
    }
    FIELDS.save(tx, &row).map_err(|error| match error {
        // Somebody defined it at the same time: the next try finds theirs.
        error if error.violates("fields_by_key") => LeadsError::Db(DbError::Busy),
        error => error.into(),
    })?;
    FIELDS.look_through(tx, &mut row)?;
    FIELDS.save(tx, &row)?;
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
    let before = held(tx, id, version)?;
    let mut row = patch.apply(before.clone())?;
    let changes = changes(&before, &row);
    if changes.is_empty() {
        return Ok(before);
    }
    row.version += 1;
    row.updated_at = tx.now();
    FIELDS.save(tx, &row)?;
    tx.emit(id, row.version, &LeadFieldChanged { id, key: row.key.clone(), changes });
    Ok(row)
}

/// Archives a field: leads keep their values, which nothing checks or finds any more, and the key is free.
pub fn archive_field(tx: &mut TenantTx<'_>, id: Uuid, version: Option<i32>) -> Result<(), LeadsError> {
    let row = held(tx, id, version)?;
    FIELDS.archive(tx, id)?;
    tx.emit(id, row.version + 1, &LeadFieldArchived { id, key: row.key });
    Ok(())
}

/// Writes the values of a changed lead where lists find them.
pub(super) fn reindex(tx: &mut TenantTx<'_>, lead: &Lead, fields: &FieldSet) -> Result<(), LeadsError> {
    let written = FIELDS.reindex(tx, lead.id.uuid(), &lead.details.custom_fields, fields);
    written.map_err(|error| refusal(error, fields))
}

/// Writes the values of new leads where lists find them.
pub fn index(tx: &mut TenantTx<'_>, leads: &[Lead], fields: &FieldSet) -> Result<(), LeadsError> {
    let values = leads.iter().map(|lead| (lead.id.uuid(), &lead.details.custom_fields));
    FIELDS.index(tx, values, fields).map_err(|error| refusal(error, fields))
}

/// The leads that have the values `wanted` of unique fields.
pub fn field_holders(tx: &mut TenantTx<'_>, wanted: &[(Uuid, String)]) -> Result<Vec<TakenBy>, LeadsError> {
    Ok(FIELDS.holders(tx, wanted)?)
}

/// 422 naming each value that was refused.
pub(super) fn refused(values: Vec<Refused>) -> LeadsError {
    let errors = values.into_iter().map(|(key, reason)| {
        // `/` and `~` are escaped in JSON pointers (RFC 6901 §3).
        let key = key.replace('~', "~0").replace('/', "~1");
        FieldError::at(format!("/custom_fields/{key}"), reason)
    });
    Problem::invalid(errors.collect()).into()
}

fn refusal(error: IndexError, fields: &FieldSet) -> LeadsError {
    match error {
        IndexError::Taken(taken) => {
            let field = fields.iter().find(|field| field.id == taken.field_id);
            let key = field.map(|field| field.key.to_string()).unwrap_or_default();
            LeadsError::FieldTaken { existing: LeadId::from(taken.record_id), key }
        }
        IndexError::Db(error) => error.into(),
    }
}

fn held(tx: &mut TenantTx<'_>, id: Uuid, version: Option<i32>) -> Result<FieldRow, LeadsError> {
    let row = FIELDS.lock(tx, id)?.ok_or(LeadsError::FieldNotFound)?;
    match version {
        Some(version) if version != row.version => Err(LeadsError::Stale(row.version)),
        _ => Ok(row),
    }
}

fn changes(before: &FieldRow, after: &FieldRow) -> Map<String, Value> {
    let pairs = [
        ("label", json!(before.label), json!(after.label)),
        ("choices", json!(before.choices), json!(after.choices)),
        ("required", json!(before.is_required), json!(after.is_required)),
        ("default", json!(before.default_value), json!(after.default_value)),
        ("position", json!(before.position), json!(after.position)),
    ];
    let changed = pairs.into_iter().filter(|(_, from, to)| from != to);
    changed.map(|(member, from, to)| (member.to_owned(), json!({ "from": from, "to": to }))).collect()
}

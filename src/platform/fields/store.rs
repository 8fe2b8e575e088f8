//! Definitions as rows.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, Bool, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use serde_json::Value;
use uuid::Uuid;

use super::FieldTables;
use crate::kernel::{FieldDefinition, FieldKey, FieldKind, FieldSet, Line};
use crate::platform::db::{DbError, Prepare, TenantTx};

const COLUMNS: &str = "id, version, key, label, kind, choices, is_required, is_unique, default_value, position, \
                       passes_left, indexed_to, created_at, updated_at";

/// A row of a module's `fields`.
#[derive(Debug, Clone, QueryableByName)]
#[expect(missing_docs, reason = "the migration says what the columns are")]
pub struct FieldRow {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Integer)]
    pub version: i32,
    #[diesel(sql_type = Text)]
    pub key: String,
    #[diesel(sql_type = Text)]
    pub label: String,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Array<Text>)]
    pub choices: Vec<String>,
    #[diesel(sql_type = Bool)]
    pub is_required: bool,
    #[diesel(sql_type = Bool)]
    pub is_unique: bool,
    #[diesel(sql_type = Nullable<Jsonb>)]
    pub default_value: Option<Value>,
    #[diesel(sql_type = Integer)]
    pub position: i32,
    #[diesel(sql_type = SmallInt)]
    pub passes_left: i16,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub indexed_to: Option<Uuid>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
}

impl FieldRow {
    /// The definition; none when it was stored by another version.
    pub fn definition(&self) -> Option<FieldDefinition> {
        Some(FieldDefinition {
            id: self.id,
            key: FieldKey::parse(&self.key).ok()?,
            label: Line::parse(&self.label).ok()?,
            kind: FieldKind::parse(&self.kind)?,
            choices: self.choices.iter().map(|choice| Line::parse(choice).ok()).collect::<Option<_>>()?,
            is_required: self.is_required,
            is_unique: self.is_unique,
            default: self.default_value.clone(),
        })
    }
}

impl FieldTables {
    /// The fields of the tenant, by position.
    pub fn list(self, tx: &mut TenantTx<'_>) -> Result<Vec<FieldRow>, DbError> {
        let fields = self.table("fields");
        let tenant = tx.tenant().uuid();
        let rows = diesel::sql_query(format!(
            "SELECT {COLUMNS} FROM {fields} WHERE tenant_id = $1 AND archived_at IS NULL ORDER BY position, id"
        ))
        .bind::<SqlUuid, _>(tenant)
        .prepared()
        .load(tx.conn(self.module)?)?;
        Ok(rows)
    }

    /// The definitions of the tenant, by position.
    pub fn definitions(self, tx: &mut TenantTx<'_>) -> Result<FieldSet, DbError> {
        let rows = self.list(tx)?;
        Ok(FieldSet::new(rows.iter().filter_map(FieldRow::definition).collect()))
    }

    /// One field, locked until the transaction ends; none when it is not there or archived.
    pub fn lock(self, tx: &mut TenantTx<'_>, id: Uuid) -> Result<Option<FieldRow>, DbError> {
        let fields = self.table("fields");
        let tenant = tx.tenant().uuid();
        let row = diesel::sql_query(format!(
            "SELECT {COLUMNS} FROM {fields} WHERE tenant_id = $1 AND id = $2 AND archived_at IS NULL FOR UPDATE"
        ))
        .bind::<SqlUuid, _>(tenant)
        .bind::<SqlUuid, _>(id)
        .get_result(tx.conn(self.module)?)
        .optional()?;
        Ok(row)
    }

    /// Writes a new field or a changed one.
    pub fn save(self, tx: &mut TenantTx<'_>, row: &FieldRow) -> Result<(), DbError> {
        let fields = self.table("fields");
        let tenant = tx.tenant().uuid();
        diesel::sql_query(format!(
            "INSERT INTO {fields} (tenant_id, {COLUMNS})
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
             ON CONFLICT (tenant_id, id) DO UPDATE SET version = excluded.version, label = excluded.label,
                 choices = excluded.choices, is_required = excluded.is_required, default_value = excluded.default_value,
                 position = excluded.position, passes_left = excluded.passes_left, indexed_to = excluded.indexed_to,
                 updated_at = excluded.updated_at"
        ))
        .bind::<SqlUuid, _>(tenant)
        .bind::<SqlUuid, _>(row.id)
        .bind::<Integer, _>(row.version)
        .bind::<Text, _>(&row.key)
        .bind::<Text, _>(&row.label)
        .bind::<Text, _>(&row.kind)
        .bind::<Array<Text>, _>(&row.choices)
        .bind::<Bool, _>(row.is_required)
        .bind::<Bool, _>(row.is_unique)
        .bind::<Nullable<Jsonb>, _>(&row.default_value)
        .bind::<Integer, _>(row.position)
        .bind::<SmallInt, _>(row.passes_left)
        .bind::<Nullable<SqlUuid>, _>(row.indexed_to)
        .bind::<Timestamptz, _>(row.created_at)
        .bind::<Timestamptz, _>(row.updated_at)
        .execute(tx.conn(self.module)?)?;
        Ok(())
    }

    /// Archives a field: records keep their values, which nothing checks or finds any more.
    pub fn archive(self, tx: &mut TenantTx<'_>, id: Uuid) -> Result<(), DbError> {
        let fields = self.table("fields");
        let (tenant, now) = (tx.tenant().uuid(), tx.now());
        diesel::sql_query(format!(
            "UPDATE {fields} SET archived_at = $3, passes_left = 0 WHERE tenant_id = $1 AND id = $2"
        ))
        .bind::<SqlUuid, _>(tenant)
        .bind::<SqlUuid, _>(id)
        .bind::<Timestamptz, _>(now)
        .execute(tx.conn(self.module)?)?;
        Ok(())
    }
}

//! Values as lists find them, written beside the records.

use diesel::prelude::*;
use diesel::sql_types::{Array, Double, Nullable, SmallInt, Text, Uuid as SqlUuid};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::FieldTables;
use crate::kernel::{FieldSet, Indexed};
use crate::platform::db::{DbError, Prepare, TenantTx};

/// The record that has the value of a unique field.
#[derive(Debug, Clone, QueryableByName)]
pub struct TakenBy {
    /// The record.
    #[diesel(sql_type = SqlUuid)]
    pub record_id: Uuid,
    /// The field.
    #[diesel(sql_type = SqlUuid)]
    pub field_id: Uuid,
    /// The text by which two values are the same.
    #[diesel(sql_type = Text)]
    pub unique_key: String,
}

/// Why values were not written.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// Another record has the value of a unique field.
    #[error("the value of field {} belongs to {}", .0.field_id, .0.record_id)]
    Taken(TakenBy),
    /// Another record has the value of a unique field, which whoever acts does not see.
    #[error("the value of field {0} belongs to a record that is not seen")]
    TakenUnseen(Uuid),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Where a value of a record stands in the index.
#[derive(PartialEq, QueryableByName)]
struct Place {
    #[diesel(sql_type = SqlUuid)]
    field_id: Uuid,
    #[diesel(sql_type = SmallInt)]
    number: i16,
}

/// Rows of `field_values` by column.
#[derive(Default)]
struct Columns {
    records: Vec<Uuid>,
    fields: Vec<Uuid>,
    numbers: Vec<i16>,
    texts: Vec<Option<String>>,
    amounts: Vec<Option<f64>>,
    keys: Vec<Option<String>>,
}

impl Columns {
    fn of<'r>(records: impl IntoIterator<Item = (Uuid, &'r Map<String, Value>)>, fields: &FieldSet) -> Self {
        Self::without(records, fields, &[])
    }

    /// Leaves out what is in the index already.
    fn without<'r>(
        records: impl IntoIterator<Item = (Uuid, &'r Map<String, Value>)>,
        fields: &FieldSet,
        there: &[Place],
    ) -> Self {
        let mut columns = Self::default();
        for (record, values) in records {
            for field in fields.iter() {
                let Some(value) = values.get(field.key.as_str()) else { continue };
                for (number, indexed) in (0_i16..).zip(field.index(value)) {
                    if there.contains(&Place { field_id: field.id, number }) {
                        continue;
                    }
                    columns.records.push(record);
                    columns.fields.push(field.id);
                    columns.numbers.push(number);
                    columns.keys.push(field.is_unique.then(|| indexed.unique_key()));
                    let (text, amount) = match indexed {
                        Indexed::Text(text) => (Some(text), None),
                        Indexed::Number(number) => (None, Some(number)),
                    };
                    columns.texts.push(text);
                    columns.amounts.push(amount);
                }
            }
        }
        columns
    }
}

impl FieldTables {
    /// Writes the values of new records, none of which is in the index yet.
    pub fn index<'r>(
        self,
        tx: &mut TenantTx<'_>,
        records: impl IntoIterator<Item = (Uuid, &'r Map<String, Value>)>,
        fields: &FieldSet,
    ) -> Result<(), IndexError> {
        self.claim(tx, &Columns::of(records, fields))
    }

    fn claim(self, tx: &mut TenantTx<'_>, columns: &Columns) -> Result<(), IndexError> {
        if columns.records.is_empty() || self.write(tx, columns)? == columns.records.len() {
            return Ok(());
        }
        let wanted: Vec<(Uuid, String)> = columns
            .fields
            .iter()
            .zip(&columns.keys)
            .filter_map(|(field, key)| Some((*field, key.clone()?)))
            .collect();
        let is_foreign = |taken: &TakenBy| {
            let mut rows = columns.records.iter().zip(columns.fields.iter().zip(&columns.keys));
            rows.any(|(record, (field, key))| {
                *field == taken.field_id
                    && key.as_ref() == Some(&taken.unique_key)
                    && *record != taken.record_id
            })
        };
        let holders = self.holders(tx, &wanted)?;
        if let Some(taken) = holders.iter().find(|taken| is_foreign(taken)) {
            return Err(IndexError::Taken(taken.clone()));
        }
        let is_held = |(field, key): &(Uuid, String)| {
            holders.iter().any(|taken| (taken.field_id, &taken.unique_key) == (*field, key))
        };
        match wanted.iter().find(|key| !is_held(key)) {
            Some((field, _)) if !tx.actor().sight().is_everything() => Err(IndexError::TakenUnseen(*field)),
            _ => Ok(()),
        }
    }

    /// Writes the values that a record has now in the place of those that it had. What it keeps is left as it is, also when
    /// another record has the same value of a field that became unique later.
    pub fn reindex(
        self,
        tx: &mut TenantTx<'_>,
        record: Uuid,
        values: &Map<String, Value>,
        fields: &FieldSet,
    ) -> Result<(), IndexError> {
        let (table, tenant) = (self.table("field_values"), tx.tenant().uuid());
        let columns = Columns::of([(record, values)], fields);
        diesel::sql_query(format!(
            "DELETE FROM {table} v WHERE v.tenant_id = $1 AND v.record_id = $2 AND NOT EXISTS (
                 SELECT FROM unnest($3, $4, $5, $6) AS w (field_id, number, text_value, number_value)
                 WHERE w.field_id = v.field_id AND w.number = v.number
                   AND w.text_value IS NOT DISTINCT FROM v.text_value
                   AND w.number_value IS NOT DISTINCT FROM v.number_value)"
        ))
        .bind::<SqlUuid, _>(tenant)
        .bind::<SqlUuid, _>(record)
        .bind::<Array<SqlUuid>, _>(&columns.fields)
        .bind::<Array<SmallInt>, _>(&columns.numbers)
        .bind::<Array<Nullable<Text>>, _>(&columns.texts)
        .bind::<Array<Nullable<Double>>, _>(&columns.amounts)
        .prepared()
        .execute(tx.conn(self.module)?)
        .map_err(DbError::from)?;
        let kept = diesel::sql_query(format!(
            "SELECT field_id, number FROM {table} WHERE tenant_id = $1 AND record_id = $2"
        ))
        .bind::<SqlUuid, _>(tenant)
        .bind::<SqlUuid, _>(record)
        .prepared()
        .load::<Place>(tx.conn(self.module)?)
        .map_err(DbError::from)?;
        self.claim(tx, &Columns::without([(record, values)], fields, &kept))
    }

    /// Writes values of records that were there before `fields`; a value of a unique field that another record has is
    /// found by lists all the same.
    pub(super) fn index_old<'r>(
        self,
        tx: &mut TenantTx<'_>,
        records: impl IntoIterator<Item = (Uuid, &'r Map<String, Value>)>,
        fields: &FieldSet,
    ) -> Result<(), DbError> {
        let mut columns = Columns::of(records, fields);
        let written = self.write(tx, &columns)?;
        if written < columns.records.len() {
            columns.keys.iter_mut().for_each(|key| *key = None);
            self.write(tx, &columns)?;
        }
        Ok(())
    }

    /// Which records have the values `wanted` of unique fields.
    pub fn holders(self, tx: &mut TenantTx<'_>, wanted: &[(Uuid, String)]) -> Result<Vec<TakenBy>, DbError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let (table, tenant) = (self.table("field_values"), tx.tenant().uuid());
        let fields: Vec<Uuid> = wanted.iter().map(|(field, _)| *field).collect();
        let keys: Vec<&str> = wanted.iter().map(|(_, key)| key.as_str()).collect();
        let found = diesel::sql_query(format!(
            "SELECT v.record_id, v.field_id, v.unique_key FROM unnest($2, $3) AS w (field_id, unique_key)
             JOIN {table} v ON v.tenant_id = $1 AND v.field_id = w.field_id AND v.unique_key = w.unique_key"
        ))
        .bind::<SqlUuid, _>(tenant)
        .bind::<Array<SqlUuid>, _>(fields)
        .bind::<Array<Text>, _>(keys)
        .prepared()
        .load(tx.conn(self.module)?)?;
        Ok(found)
    }

    fn write(self, tx: &mut TenantTx<'_>, columns: &Columns) -> Result<usize, DbError> {
        let (table, tenant) = (self.table("field_values"), tx.tenant().uuid());
        let written = diesel::sql_query(format!(
            "INSERT INTO {table} (tenant_id, record_id, field_id, number, text_value, number_value, unique_key)
             SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING"
        ))
        .bind::<SqlUuid, _>(tenant)
        .bind::<Array<SqlUuid>, _>(&columns.records)
        .bind::<Array<SqlUuid>, _>(&columns.fields)
        .bind::<Array<SmallInt>, _>(&columns.numbers)
        .bind::<Array<Nullable<Text>>, _>(&columns.texts)
        .bind::<Array<Nullable<Double>>, _>(&columns.amounts)
        .bind::<Array<Nullable<Text>>, _>(&columns.keys)
        .prepared()
        .execute(tx.conn(self.module)?)?;
        Ok(written)
    }
}

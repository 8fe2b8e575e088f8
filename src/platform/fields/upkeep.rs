//! What is done bit by bit: old records come into the index of a new field, and that of an archived one is cleared away.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{FieldRow, FieldTables};
use crate::kernel::FieldSet;
use crate::platform::db::{DbError, TenantTx};

/// Records looked at, or values cleared away, in one transaction.
const AT_ONCE: i64 = 1_000;
/// No transaction that began before a definition goes on for longer.
const SETTLING: TimeDelta = TimeDelta::minutes(1);

#[derive(QueryableByName)]
struct Old {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Nullable<Jsonb>)]
    value: Option<Value>,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

impl FieldTables {
    /// Does a bit of what is left to do; answers whether there may be more to do at once.
    pub fn keep_up(self, tx: &mut TenantTx<'_>) -> Result<bool, DbError> {
        if let Some(id) = self.archived(tx)? {
            return self.clear(tx, id);
        }
        let now = tx.now();
        let is_ready = |row: &FieldRow| row.passes_left == 2 || row.created_at + SETTLING < now;
        let rows = self.list(tx)?;
        let unfinished = rows.into_iter().find(|row| row.passes_left > 0 && is_ready(row));
        // Locked, because it may be changed meanwhile.
        let row = match unfinished {
            Some(row) => self.lock(tx, row.id)?,
            None => None,
        };
        match row {
            Some(mut row) => {
                self.look_through(tx, &mut row)?;
                self.save(tx, &row)?;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Brings the next records into the index of `row`, and notes in it how far that went.
    pub fn look_through(self, tx: &mut TenantTx<'_>, row: &mut FieldRow) -> Result<(), DbError> {
        let (records, tenant) = (self.table(self.records), tx.tenant().uuid());
        let old: Vec<Old> = diesel::sql_query(format!(
            "SELECT id, custom_fields -> $2 AS value FROM {records} WHERE tenant_id = $1 AND id > $3 ORDER BY id LIMIT $4
             FOR SHARE"
        ))
        .bind::<SqlUuid, _>(tenant)
        .bind::<Text, _>(&row.key)
        .bind::<SqlUuid, _>(row.indexed_to.unwrap_or_default())
        .bind::<BigInt, _>(AT_ONCE)
        .load(tx.conn(self.module)?)?;
        let last = old.last().map(|old| old.id);
        let is_last = i64::try_from(old.len()).is_ok_and(|count| count < AT_ONCE);
        let values: Vec<(Uuid, Map<String, Value>)> = old
            .into_iter()
            .filter_map(|old| Some((old.id, Map::from_iter([(row.key.clone(), old.value?)]))))
            .collect();
        if let (Some(definition), false) = (row.definition(), values.is_empty()) {
            let set = FieldSet::new(vec![definition]);
            self.index_old(tx, values.iter().map(|(id, values)| (*id, values)), &set)?;
        }
        row.indexed_to = last;
        if is_last {
            row.passes_left -= 1;
            row.indexed_to = None;
        }
        Ok(())
    }

    fn archived(self, tx: &mut TenantTx<'_>) -> Result<Option<Uuid>, DbError> {
        let (fields, tenant, now) = (self.table("fields"), tx.tenant().uuid(), tx.now());
        let found: Option<Found> = diesel::sql_query(format!(
            "SELECT id FROM {fields} WHERE tenant_id = $1 AND archived_at < $2 ORDER BY id LIMIT 1 FOR UPDATE"
        ))
        .bind::<SqlUuid, _>(tenant)
        .bind::<Timestamptz, _>(now - SETTLING)
        .get_result(tx.conn(self.module)?)
        .optional()?;
        Ok(found.map(|found| found.id))
    }

    fn clear(self, tx: &mut TenantTx<'_>, id: Uuid) -> Result<bool, DbError> {
        let (fields, values, tenant) = (self.table("fields"), self.table("field_values"), tx.tenant().uuid());
        let cleared = diesel::sql_query(format!(
            "DELETE FROM {values} WHERE ctid IN (
                 SELECT ctid FROM {values} WHERE tenant_id = $1 AND field_id = $2 LIMIT $3)"
        ))
        .bind::<SqlUuid, _>(tenant)
        .bind::<SqlUuid, _>(id)
        .bind::<BigInt, _>(AT_ONCE)
        .execute(tx.conn(self.module)?)?;
        if cleared == 0 {
            diesel::sql_query(format!("DELETE FROM {fields} WHERE tenant_id = $1 AND id = $2"))
                .bind::<SqlUuid, _>(tenant)
                .bind::<SqlUuid, _>(id)
                .execute(tx.conn(self.module)?)?;
        }
        Ok(true)
    }
}

//! Where a kind of record keeps its imports and exports.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::TransferError;
use crate::kernel::{Language, Message};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, Module, SystemTx, TenantTx};
use crate::platform::http::PageLimit;
use crate::platform::id::Id;

/// The tables of one kind of record: the same names in the schema of each module.
#[derive(Debug, Clone, Copy)]
pub struct TransferTables {
    module: Module,
    records: &'static str,
}

/// A row, whole.
#[derive(QueryableByName)]
struct Whole {
    #[diesel(sql_type = Jsonb)]
    row: Value,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Something that waits in a tenant.
#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

impl TransferTables {
    /// The tables in the schema of `module`, whose records are in the table `records`.
    pub const fn of(module: Module, records: &'static str) -> Self {
        Self { module, records }
    }

    /// The module that they belong to.
    pub fn module(self) -> Module {
        self.module
    }

    /// A table by its whole name.
    pub(super) fn table(self, name: &str) -> String {
        format!("{}.{name}", self.module.name())
    }

    /// The table of the records.
    pub(super) fn records(self) -> String {
        self.table(self.records)
    }

    /// The rows of `table` that `rest` leaves. Rows pass as JSON, so that one text serves the tables of every module.
    pub(super) fn rows<'q, T: DeserializeOwned>(
        self,
        tx: &mut TenantTx<'_>,
        table: &str,
        rest: &str,
        bind: impl FnOnce(Binds<'q>) -> Binds<'q>,
    ) -> Result<Vec<T>, TransferError> {
        let table = self.table(table);
        let sql = format!("SELECT to_jsonb(r) AS row FROM {table} r WHERE tenant_id = $1 {rest}");
        let rows: Vec<Whole> = self.load(tx, &sql, bind)?;
        let read = |row: Whole| serde_json::from_value(row.row).map_err(|error| broken(&error));
        rows.into_iter().map(read).collect()
    }

    /// Writes a row of `table`, new or changed, whose key are its tenant and its identifier.
    pub(super) fn save<T: Serialize>(
        self,
        tx: &mut TenantTx<'_>,
        table: &str,
        columns: &str,
        row: &T,
    ) -> Result<(), TransferError> {
        let table = self.table(table);
        let whole = format!("SELECT {columns} FROM jsonb_populate_record(NULL::{table}, $1)");
        let sql = format!(
            "INSERT INTO {table} ({columns}) {whole} ON CONFLICT (tenant_id, id) DO UPDATE SET ({columns}) = ({whole})"
        );
        let row = serde_json::to_value(row).map_err(|error| broken(&error))?;
        diesel::sql_query(sql).bind::<Jsonb, _>(row).execute(tx.conn(self.module)?).map_err(DbError::from)?;
        Ok(())
    }

    /// How many rows of `table` `rest` leaves.
    pub(super) fn count<'q>(
        self,
        tx: &mut TenantTx<'_>,
        table: &str,
        rest: &str,
        bind: impl FnOnce(Binds<'q>) -> Binds<'q>,
    ) -> Result<i64, TransferError> {
        let sql = format!("SELECT count(*) FROM {} WHERE tenant_id = $1 {rest}", self.table(table));
        let found: Vec<Count> = self.load(tx, &sql, bind)?;
        Ok(found.first().map_or(0, |found| found.count))
    }

    /// How many jobs of `table` have not come to their end, of everybody or of a user.
    pub(super) fn under_way(
        self,
        tx: &mut TenantTx<'_>,
        table: &str,
        user: Option<Uuid>,
    ) -> Result<i64, TransferError> {
        let open = "AND status IN ('pending', 'running') AND ($2 IS NULL OR user_id = $2)";
        self.count(tx, table, open, |query| query.bind::<Nullable<SqlUuid>, _>(user))
    }

    /// Up to `limit + 1` rows of `table` behind a place, newest first.
    pub(super) fn newest_first<T: DeserializeOwned>(
        self,
        tx: &mut TenantTx<'_>,
        table: &str,
        place: Option<(DateTime<Utc>, Uuid)>,
        limit: PageLimit,
    ) -> Result<Vec<T>, TransferError> {
        let end = format!("ORDER BY created_at DESC, id DESC LIMIT {}", limit.rows_to_read());
        match place {
            None => self.rows(tx, table, &end, |query| query),
            Some((at, id)) => {
                let rest = format!("AND (created_at, id) < ($2, $3) {end}");
                self.rows(tx, table, &rest, |query| query.bind::<Timestamptz, _>(at).bind::<SqlUuid, _>(id))
            }
        }
    }

    /// What `sql` finds; its first parameter is the tenant.
    pub(super) fn load<'q, T>(
        self,
        tx: &mut TenantTx<'_>,
        sql: &str,
        bind: impl FnOnce(Binds<'q>) -> Binds<'q>,
    ) -> Result<Vec<T>, TransferError>
    where
        T: diesel::deserialize::QueryableByName<diesel::pg::Pg> + 'static,
    {
        let tenant = tx.tenant().uuid();
        let query = diesel::sql_query(sql).into_boxed::<diesel::pg::Pg>().bind::<SqlUuid, _>(tenant);
        Ok(bind(query).load(tx.conn(self.module)?).map_err(DbError::from)?)
    }

    /// Does `sql`, whose first parameter is the tenant; answers how many rows it changed.
    pub(super) fn execute<'q>(
        self,
        tx: &mut TenantTx<'_>,
        sql: &str,
        bind: impl FnOnce(Binds<'q>) -> Binds<'q>,
    ) -> Result<usize, TransferError> {
        let tenant = tx.tenant().uuid();
        let query = diesel::sql_query(sql).into_boxed::<diesel::pg::Pg>().bind::<SqlUuid, _>(tenant);
        Ok(bind(query).execute(tx.conn(self.module)?).map_err(DbError::from)?)
    }

    /// What a function of the module finds in all tenants.
    pub(super) fn waiting<'q, M>(
        self,
        tx: &mut SystemTx<'_>,
        call: &str,
        bind: impl FnOnce(Binds<'q>) -> Binds<'q>,
    ) -> Result<Vec<(TenantId, Id<M>)>, TransferError> {
        let sql = format!("SELECT tenant_id, id FROM {}", self.table(call));
        let query = bind(diesel::sql_query(sql).into_boxed());
        let rows: Vec<Waiting> = query.load(tx.conn()).map_err(DbError::from)?;
        Ok(rows.into_iter().map(|row| (Id::from(row.tenant_id), Id::from(row.id))).collect())
    }

    /// The tenants that a function of the module finds.
    pub(super) fn tenants<'q>(
        self,
        tx: &mut SystemTx<'_>,
        call: &str,
        bind: impl FnOnce(Binds<'q>) -> Binds<'q>,
    ) -> Result<Vec<TenantId>, TransferError> {
        let sql = format!("SELECT t AS id FROM {} t", self.table(call));
        let rows: Vec<Found> =
            bind(diesel::sql_query(sql).into_boxed()).load(tx.conn()).map_err(DbError::from)?;
        Ok(rows.into_iter().map(|row| Id::from(row.id)).collect())
    }
}

/// A query that takes what its text asks for.
pub(super) type Binds<'q> =
    diesel::query_builder::BoxedSqlQuery<'q, diesel::pg::Pg, diesel::query_builder::SqlQuery>;

/// Something stored that this version cannot read.
pub(super) fn broken(error: &serde_json::Error) -> TransferError {
    TransferError::Db(DbError::Failed(format!("what was stored is broken: {error}")))
}

/// A stored [`Message`] in `language`.
pub fn sentence(stored: &Value, language: Language) -> String {
    let message: Result<Message, _> = serde_json::from_value(stored.clone());
    message.map(|message| message.in_language(language).to_owned()).unwrap_or_default()
}

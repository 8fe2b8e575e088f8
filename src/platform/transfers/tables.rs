//! Where a kind of record keeps its imports and exports.

use diesel::prelude::*;
use diesel::sql_types::{Jsonb, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::TransferError;
use crate::kernel::{Language, Message};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, Module, SystemTx, TenantTx};
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
    #[expect(dead_code, reason = "imports look into it")]
    pub(super) fn records(self) -> String {
        self.table(self.records)
    }

    /// The rows of `table` that `rest` leaves. Rows pass as JSON, so that one text serves the tables of every module.
    pub(super) fn rows<T: DeserializeOwned>(
        self,
        tx: &mut TenantTx<'_>,
        table: &str,
        rest: &str,
        bind: impl FnOnce(Binds<'_>) -> Binds<'_>,
    ) -> Result<Vec<T>, TransferError> {
        let tenant = tx.tenant().uuid();
        let table = self.table(table);
        let sql = format!("SELECT to_jsonb(r) AS row FROM {table} r WHERE tenant_id = $1 {rest}");
        let query = diesel::sql_query(sql).into_boxed::<diesel::pg::Pg>().bind::<SqlUuid, _>(tenant);
        let rows: Vec<Whole> = bind(query).load(tx.conn(self.module)?).map_err(DbError::from)?;
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

    /// What the function `name` of the module finds in all tenants, for `worker` at this moment.
    pub(super) fn waiting<M>(
        self,
        tx: &mut SystemTx<'_>,
        name: &str,
        worker: Uuid,
    ) -> Result<Vec<(TenantId, Id<M>)>, TransferError> {
        let now = tx.now();
        let sql = format!("SELECT tenant_id, id FROM {}($1, $2)", self.table(name));
        let rows: Vec<Waiting> = diesel::sql_query(sql)
            .bind::<SqlUuid, _>(worker)
            .bind::<Timestamptz, _>(now)
            .load(tx.conn())
            .map_err(DbError::from)?;
        Ok(rows.into_iter().map(|row| (Id::from(row.tenant_id), Id::from(row.id))).collect())
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

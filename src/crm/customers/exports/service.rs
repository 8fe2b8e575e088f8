//! What exports of customers read.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cells::{READABLE, cell};
use crate::crm::contract::CrmError;
use crate::crm::contract::events::{CustomerExportCompleted, CustomerExportRequested};
use crate::crm::customers::service;
use crate::crm::customers::store::{self, Filter, Place, Sort};
use crate::crm::{FIELDS, TRANSFERS};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::http::{Cursor, Page, PageLimit};
use crate::platform::transfers::{ExportRow, Exportable, TransferError, TransferTables, usual_columns};

/// The most custom fields that are looked at for columns.
const MAX_KEYS: i64 = 500;

/// Which customers, in which order; stored with the export.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Query {
    /// Which customers.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
}

/// Customers as exports read them.
#[derive(Debug)]
pub struct CustomerExports;

impl Exportable for CustomerExports {
    fn tables(&self) -> TransferTables {
        TRANSFERS
    }

    fn name(&self) -> &'static str {
        "customers"
    }

    fn columns(&self, tx: &mut TenantTx<'_>, query: &Value) -> Result<Vec<String>, TransferError> {
        let query = read(query)?;
        let definitions = service::definitions(tx)?;
        let mut custom = store::custom_keys(tx, &query.filter, MAX_KEYS)?;
        custom.sort();
        Ok(usual_columns(&READABLE, definitions.iter().map(|field| field.key.as_str()), &custom))
    }

    fn has_fields(&self, tx: &mut TenantTx<'_>, query: &Value) -> Result<bool, TransferError> {
        let Query { filter, sort } = read(query)?;
        Ok(FIELDS.has_all(tx, &filter.fields, sort.field())?)
    }

    fn page(
        &self,
        tx: &mut TenantTx<'_>,
        query: &Value,
        columns: &[String],
        place: Option<&str>,
        limit: PageLimit,
    ) -> Result<Page<Vec<Value>>, TransferError> {
        let query = read(query)?;
        let place = place.map(Cursor::read::<Place>).transpose()?;
        let customers = store::list(tx, &query.filter, &query.sort, place, limit)?;
        let mut data = Vec::with_capacity(customers.data.len());
        for row in &customers.data {
            let customer = store::restore(row)?;
            data.push(columns.iter().map(|column| cell(&customer, column)).collect());
        }
        Ok(Page { data, next_cursor: customers.next_cursor })
    }

    fn requested(&self, tx: &mut TenantTx<'_>, export: &ExportRow) {
        let (format, filter) = (export.format.clone(), export.query["filter"].clone());
        tx.emit(export.id, 1, &CustomerExportRequested { export_id: export.id, format, filter });
    }

    fn completed(&self, tx: &mut TenantTx<'_>, export: &ExportRow) {
        let (format, rows) = (export.format.clone(), export.rows);
        tx.emit(export.id, 2, &CustomerExportCompleted { export_id: export.id, format, rows });
    }
}

fn read(query: &Value) -> Result<Query, CrmError> {
    Query::deserialize(query)
        .map_err(|error| CrmError::Db(DbError::Failed(format!("an export is broken: {error}"))))
}

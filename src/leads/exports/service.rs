//! What exports of leads read.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cells::{READABLE, cell};
use crate::leads::contract::LeadsError;
use crate::leads::contract::events::{LeadExportCompleted, LeadExportRequested};
use crate::leads::store::{self, Filter, Place, Sort};
use crate::leads::{FIELDS, TRANSFERS, service};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::http::{Cursor, Page, PageLimit};
use crate::platform::transfers::{ExportRow, Exportable, TransferError, TransferTables, usual_columns};

/// The most custom fields that are looked at for columns.
const MAX_KEYS: i64 = 500;

/// Which leads, in which order; stored with the export.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Query {
    /// Which leads.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
}

/// Leads as exports read them.
#[derive(Debug)]
pub struct LeadExports;

impl Exportable for LeadExports {
    fn tables(&self) -> TransferTables {
        TRANSFERS
    }

    fn name(&self) -> &'static str {
        "leads"
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
        let leads = store::list(tx, &query.filter, &query.sort, place, limit)?;
        let mut data = Vec::with_capacity(leads.data.len());
        for lead in leads.data {
            let lead = store::lead_of(lead)?;
            data.push(columns.iter().map(|column| cell(&lead, column)).collect());
        }
        Ok(Page { data, next_cursor: leads.next_cursor })
    }

    fn requested(&self, tx: &mut TenantTx<'_>, export: &ExportRow) {
        let (format, filter) = (export.format.clone(), export.query["filter"].clone());
        tx.emit(export.id, 1, &LeadExportRequested { export_id: export.id, format, filter });
    }

    fn completed(&self, tx: &mut TenantTx<'_>, export: &ExportRow) {
        let (format, rows) = (export.format.clone(), export.rows);
        tx.emit(export.id, 2, &LeadExportCompleted { export_id: export.id, format, rows });
    }
}

fn read(query: &Value) -> Result<Query, LeadsError> {
    Query::deserialize(query)
        .map_err(|error| LeadsError::Db(DbError::Failed(format!("an export is broken: {error}"))))
}

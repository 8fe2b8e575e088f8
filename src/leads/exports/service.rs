//! What exports of leads read.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cells::{READABLE, cell};
use crate::leads::contract::LeadsError;
use crate::leads::contract::events::{LeadExportCompleted, LeadExportRequested};
use crate::leads::store::{self, Filter, Place, Sort};
use crate::leads::{TRANSFERS, service};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::http::{Cursor, PageLimit};
use crate::platform::transfers::{
    ExportPage, ExportRow, Exportable, TransferError, TransferTables, usual_columns,
};

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

    fn page(
        &self,
        tx: &mut TenantTx<'_>,
        query: &Value,
        columns: &[String],
        place: Option<&str>,
        limit: PageLimit,
    ) -> Result<ExportPage, TransferError> {
        let query = read(query)?;
        let place = place.map(Cursor::read::<Place>).transpose()?;
        let mut leads = store::list(tx, &query.filter, &query.sort, place, limit)?;
        let is_last = leads.len() <= limit.rows();
        leads.truncate(limit.rows());
        let place = leads.last().map(|lead| Place::behind(&query.sort, lead));
        let mut rows = Vec::with_capacity(leads.len());
        for lead in leads {
            let lead = store::lead_of(lead)?;
            rows.push(columns.iter().map(|column| cell(&lead, column)).collect());
        }
        Ok(ExportPage { rows, place, is_last })
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

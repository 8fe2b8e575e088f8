//! What exports of products read.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::cells::{PRICE, READABLE, cell};
use crate::billing::catalog::service;
use crate::billing::catalog::store::{self, ProductFilter, ProductPlace, ProductSort};
use crate::billing::contract::SalesError;
use crate::billing::contract::events::{ProductExportCompleted, ProductExportRequested};
use crate::billing::{FIELDS, TRANSFERS};
use crate::kernel::Decimal6;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::http::{Cursor, Page, PageLimit};
use crate::platform::transfers::{ExportRow, Exportable, TransferError, TransferTables, usual_columns};

/// The most custom fields that are looked at for columns.
const MAX_KEYS: i64 = 500;

/// Which products, in which order, with whose prices; stored with the export.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Query {
    /// Which products.
    pub filter: ProductFilter,
    /// In which order.
    pub sort: ProductSort,
    /// The list whose prices are told.
    pub price_list: Option<Uuid>,
}

/// Products as exports read them.
#[derive(Debug)]
pub struct ProductExports;

impl Exportable for ProductExports {
    fn tables(&self) -> TransferTables {
        TRANSFERS
    }

    fn name(&self) -> &'static str {
        "products"
    }

    fn columns(&self, tx: &mut TenantTx<'_>, query: &Value) -> Result<Vec<String>, TransferError> {
        let query = read(query)?;
        let definitions = service::definitions(tx)?;
        let mut custom = store::custom_keys(tx, &query.filter, MAX_KEYS)?;
        custom.sort();
        let mut readable = READABLE.to_vec();
        readable.extend(query.price_list.map(|_| PRICE));
        Ok(usual_columns(&readable, definitions.iter().map(|field| field.key.as_str()), &custom))
    }

    fn has_fields(&self, tx: &mut TenantTx<'_>, query: &Value) -> Result<bool, TransferError> {
        let Query { filter, sort, .. } = read(query)?;
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
        let place = place.map(Cursor::read::<ProductPlace>).transpose()?;
        let products = store::list(tx, &query.filter, &query.sort, place, limit)?;
        let prices: HashMap<Uuid, i64> = match query.price_list {
            Some(list) => {
                let ids: Vec<Uuid> = products.data.iter().map(|row| row.id).collect();
                store::prices_among(tx, list, &ids)?.into_iter().collect()
            }
            None => HashMap::new(),
        };
        let mut data = Vec::with_capacity(products.data.len());
        for row in &products.data {
            let details = service::details(row, &[])?;
            let price = prices.get(&row.id).copied().map(Decimal6::from_millionths);
            data.push(columns.iter().map(|column| cell(row, &details, price, column)).collect());
        }
        Ok(Page { data, next_cursor: products.next_cursor })
    }

    fn requested(&self, tx: &mut TenantTx<'_>, export: &ExportRow) {
        let (format, filter) = (export.format.clone(), export.query["filter"].clone());
        tx.emit(export.id, 1, &ProductExportRequested { export_id: export.id, format, filter });
    }

    fn completed(&self, tx: &mut TenantTx<'_>, export: &ExportRow) {
        let (format, rows) = (export.format.clone(), export.rows);
        tx.emit(export.id, 2, &ProductExportCompleted { export_id: export.id, format, rows });
    }
}

fn read(query: &Value) -> Result<Query, SalesError> {
    Query::deserialize(query)
        .map_err(|error| SalesError::Db(DbError::Failed(format!("an export is broken: {error}"))))
}

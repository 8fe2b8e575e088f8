//! What an import remembers of a product, and how its change is taken back.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{details, fields, set_price, values_of};
use crate::billing::catalog::store::{self, ProductRow};
use crate::billing::contract::events::ProductUpdated;
use crate::billing::contract::{ProductId, SalesError};
use crate::kernel::{Decimal6, taken_back};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::transfers::TakenBack;

/// All that an import may change of a product: its row, and its price in `list`.
pub fn memory(tx: &mut TenantTx<'_>, product: Uuid, list: Option<Uuid>) -> Result<Value, SalesError> {
    let row = store::lock(tx, product)?;
    let mut memory = serde_json::to_value(&row).map_err(|error| broken(&error))?;
    if let Some(list) = list {
        let price = store::prices_among(tx, list, &[product])?.first().map(|(_, price)| *price);
        memory["price_list"] = json!(list);
        memory["price"] = json!(price);
    }
    Ok(memory)
}

/// Takes the change of a product from `before` to `after` back, both as [`memory`] has them; what was changed since stays.
pub fn take_back(
    tx: &mut TenantTx<'_>,
    id: ProductId,
    before: &Value,
    after: &Value,
) -> Result<TakenBack, SalesError> {
    let list = before["price_list"].as_str().and_then(|list| list.parse().ok());
    let current = store::lock(tx, id.uuid())?;
    let now = memory(tx, id.uuid(), list)?;
    let is_untouched = *after == now;
    let former = taken_back(before, after, &now, &[]);
    let row: ProductRow = serde_json::from_value(former.clone()).map_err(|error| broken(&error))?;
    let row = ProductRow { version: current.version + 1, updated_at: tx.now(), ..row };
    // A row that was broken by hand since is refused here, before it is written.
    details(&row, &[])?;
    store::save(tx, &row)?;
    let definitions = super::definitions(tx)?;
    fields::reindex(tx, row.id, &values_of(&row), &definitions)?;
    let (sku, name, archived) = (row.sku.clone(), row.name.clone(), row.archived_at.is_some());
    tx.emit(row.id, row.version, &ProductUpdated { id, sku, name, archived });
    if let Some(list) = list.filter(|_| former["price"] != now["price"]) {
        set_price(tx, list, id, former["price"].as_i64().map(Decimal6::from_millionths))?;
    }
    Ok(if is_untouched { TakenBack::Whole } else { TakenBack::Partly })
}

fn broken(error: &serde_json::Error) -> SalesError {
    SalesError::Db(DbError::Failed(format!("a remembered product is broken: {error}")))
}

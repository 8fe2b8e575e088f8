//! Whom the rows of an import belong to.

use diesel::prelude::*;
use uuid::Uuid;

use crate::billing::BILLING;
use crate::billing::catalog::schema::products;
use crate::billing::contract::SalesError;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::transfers::Holder;

/// The products that have any of these SKUs, and which import brought each.
pub fn of_skus(tx: &mut TenantTx<'_>, keys: &[String]) -> Result<Vec<Holder>, SalesError> {
    let rows: Vec<(String, Uuid, Option<Uuid>)> = products::table
        .filter(products::tenant_id.eq(tx.tenant().uuid()))
        .filter(products::sku_key.eq_any(keys))
        .select((products::sku_key, products::id, products::import_id))
        .load(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    let holder = |(value, record, import)| Holder { kind: "sku".to_owned(), value, record, import };
    Ok(rows.into_iter().map(holder).collect())
}

/// Those of the products that are there and used, locked until the transaction ends, by identifier, with their versions.
pub fn lock_all(tx: &mut TenantTx<'_>, of: &[Uuid]) -> Result<Vec<(Uuid, i32)>, SalesError> {
    let rows = products::table
        .filter(products::tenant_id.eq(tx.tenant().uuid()))
        .filter(products::id.eq_any(of))
        .filter(products::archived_at.is_null())
        .order(products::id)
        .for_no_key_update()
        .select((products::id, products::version))
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

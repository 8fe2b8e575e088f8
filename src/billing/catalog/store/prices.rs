//! Price lists and prices in the database.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::billing::BILLING;
use crate::billing::catalog::schema::{price_lists, prices};
use crate::billing::contract::{SalesError, Thing};
use crate::platform::db::{DbError, Prepare, TenantTx};
use crate::platform::http::PageLimit;

/// A price list as it is stored.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = price_lists, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct PriceListRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub version: i32,
    pub name: String,
    pub currency: String,
    pub valid_from: Option<DateTime<Utc>>,
    pub valid_until: Option<DateTime<Utc>>,
    pub archived_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A product's price in a list, as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = prices)]
pub struct PriceRow {
    pub tenant_id: Uuid,
    pub price_list_id: Uuid,
    pub product_id: Uuid,
    pub unit_price: i64,
    pub updated_at: DateTime<Utc>,
}

/// A page of price lists, the oldest first.
pub fn list_lists(
    tx: &mut TenantTx<'_>,
    currency: Option<&str>,
    is_archived: Option<bool>,
    behind: Option<Uuid>,
    limit: PageLimit,
) -> Result<Vec<PriceListRow>, SalesError> {
    let mut query = price_lists::table.filter(price_lists::tenant_id.eq(tx.tenant().uuid())).into_boxed();
    if let Some(currency) = currency {
        query = query.filter(price_lists::currency.eq(currency.to_owned()));
    }
    match is_archived {
        Some(true) => query = query.filter(price_lists::archived_at.is_not_null()),
        Some(false) => query = query.filter(price_lists::archived_at.is_null()),
        None => {}
    }
    if let Some(behind) = behind {
        query = query.filter(price_lists::id.gt(behind));
    }
    let query = query.order(price_lists::id).limit(limit.rows_to_read()).select(PriceListRow::as_select());
    Ok(query.load(tx.conn(BILLING)?).map_err(DbError::from)?)
}

/// The price list.
pub fn find_list(tx: &mut TenantTx<'_>, id: Uuid) -> Result<PriceListRow, SalesError> {
    let row = price_lists::table.find((tx.tenant().uuid(), id)).select(PriceListRow::as_select());
    let row = row.first(tx.conn(BILLING)?).optional().map_err(DbError::from)?;
    row.ok_or(SalesError::NotFound(Thing::PriceList))
}

/// The price list, locked until the transaction ends.
pub fn lock_list(tx: &mut TenantTx<'_>, id: Uuid) -> Result<PriceListRow, SalesError> {
    let row = price_lists::table.find((tx.tenant().uuid(), id)).for_no_key_update();
    let row = row.select(PriceListRow::as_select()).first(tx.conn(BILLING)?).optional();
    row.map_err(DbError::from)?.ok_or(SalesError::NotFound(Thing::PriceList))
}

/// Writes a new price list or a changed one.
pub fn save_list(tx: &mut TenantTx<'_>, row: &PriceListRow) -> Result<(), SalesError> {
    diesel::insert_into(price_lists::table)
        .values(row)
        .on_conflict((price_lists::tenant_id, price_lists::id))
        .do_update()
        .set(row)
        .prepared()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// A page of a list's prices, by product.
pub fn list_prices(
    tx: &mut TenantTx<'_>,
    list: Uuid,
    behind: Option<Uuid>,
    limit: PageLimit,
) -> Result<Vec<PriceRow>, SalesError> {
    let mut query = prices::table
        .filter(prices::tenant_id.eq(tx.tenant().uuid()))
        .filter(prices::price_list_id.eq(list))
        .into_boxed();
    if let Some(behind) = behind {
        query = query.filter(prices::product_id.gt(behind));
    }
    let query = query.order(prices::product_id).limit(limit.rows_to_read()).select(PriceRow::as_select());
    Ok(query.load(tx.conn(BILLING)?).map_err(DbError::from)?)
}

/// Writes a price, new or changed.
pub fn save_price(tx: &mut TenantTx<'_>, row: &PriceRow) -> Result<(), SalesError> {
    diesel::insert_into(prices::table)
        .values(row)
        .on_conflict((prices::tenant_id, prices::price_list_id, prices::product_id))
        .do_update()
        .set(row)
        .prepared()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Takes a price away; 404 when there is none.
pub fn delete_price(tx: &mut TenantTx<'_>, list: Uuid, product: Uuid) -> Result<(), SalesError> {
    let row = prices::table.find((tx.tenant().uuid(), list, product));
    match diesel::delete(row).execute(tx.conn(BILLING)?).map_err(DbError::from)? {
        0 => Err(SalesError::NotFound(Thing::Price)),
        _ => Ok(()),
    }
}

/// The price of a product at `moment`: in `list`, or else in the list of `currency` that is valid then and was made last.
pub fn price_at(
    tx: &mut TenantTx<'_>,
    product: Uuid,
    currency: &str,
    list: Option<Uuid>,
    moment: DateTime<Utc>,
) -> Result<Option<i64>, SalesError> {
    let mut query =
        prices::table
            .inner_join(price_lists::table.on(
                price_lists::tenant_id.eq(prices::tenant_id).and(price_lists::id.eq(prices::price_list_id)),
            ))
            .filter(prices::tenant_id.eq(tx.tenant().uuid()))
            .filter(prices::product_id.eq(product))
            .filter(price_lists::currency.eq(currency.to_owned()))
            .filter(price_lists::archived_at.is_null())
            .filter(price_lists::valid_from.is_null().or(price_lists::valid_from.le(moment)))
            .filter(price_lists::valid_until.is_null().or(price_lists::valid_until.gt(moment)))
            .into_boxed();
    if let Some(list) = list {
        query = query.filter(price_lists::id.eq(list));
    }
    let price = query.order(price_lists::id.desc()).select(prices::unit_price).first(tx.conn(BILLING)?);
    Ok(price.optional().map_err(DbError::from)?)
}

/// Those of `products` that have a price in `list`, each with it.
pub fn prices_among(tx: &mut TenantTx<'_>, list: Uuid, of: &[Uuid]) -> Result<Vec<(Uuid, i64)>, SalesError> {
    let rows = prices::table
        .filter(prices::tenant_id.eq(tx.tenant().uuid()))
        .filter(prices::price_list_id.eq(list))
        .filter(prices::product_id.eq_any(of))
        .select((prices::product_id, prices::unit_price))
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

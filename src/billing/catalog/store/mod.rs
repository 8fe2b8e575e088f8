//! Products in the database; prices are in `prices`.

mod listing;
mod prices;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

pub use listing::{ProductFilter, ProductPlace, ProductSort, ProductSortKey, custom_keys, list};
pub use prices::{
    PriceListRow, PriceRow, delete_price, find_list, list_lists, list_prices, lock_list, price_at,
    prices_among, save_list, save_price,
};

use super::schema::{bundle_components, products};
use crate::billing::BILLING;
use crate::billing::contract::{SalesError, Thing};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, Prepare, SystemTx, TenantTx};
use crate::platform::id::Id;

/// A product as it is stored.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize)]
#[diesel(table_name = products, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ProductRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub version: i32,
    pub kind: String,
    pub sku: String,
    pub sku_key: String,
    pub name: String,
    pub description: Option<String>,
    pub sat_product_key: Option<String>,
    pub unit_code: Option<String>,
    pub taxes: Value,
    pub images: Vec<String>,
    pub tracks_stock: bool,
    pub allows_backorder: bool,
    pub archived_at: Option<DateTime<Utc>>,
    pub search_text: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub custom_fields: Value,
    pub import_id: Option<Uuid>,
}

/// A part of a bundle as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = bundle_components)]
pub struct ComponentRow {
    pub tenant_id: Uuid,
    pub bundle_id: Uuid,
    pub product_id: Uuid,
    pub product_kind: String,
    pub quantity: i64,
}

/// The product.
pub fn find(tx: &mut TenantTx<'_>, id: Uuid) -> Result<ProductRow, SalesError> {
    let row = products::table.find((tx.tenant().uuid(), id)).select(ProductRow::as_select());
    let row = row.first(tx.conn(BILLING)?).optional().map_err(DbError::from)?;
    row.ok_or(SalesError::NotFound(Thing::Product))
}

/// The product, locked until the transaction ends.
pub fn lock(tx: &mut TenantTx<'_>, id: Uuid) -> Result<ProductRow, SalesError> {
    let row = products::table.find((tx.tenant().uuid(), id)).for_no_key_update();
    let row = row.select(ProductRow::as_select()).first(tx.conn(BILLING)?).optional();
    row.map_err(DbError::from)?.ok_or(SalesError::NotFound(Thing::Product))
}

/// Those of `ids` that are products of the tenant, in no order.
pub fn among(tx: &mut TenantTx<'_>, ids: &[Uuid]) -> Result<Vec<ProductRow>, SalesError> {
    let rows = products::table
        .filter(products::tenant_id.eq(tx.tenant().uuid()))
        .filter(products::id.eq_any(ids))
        .select(ProductRow::as_select())
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

/// The product with this SKU.
pub fn by_sku(tx: &mut TenantTx<'_>, key: &str) -> Result<Option<Uuid>, SalesError> {
    let id = products::table
        .filter(products::tenant_id.eq(tx.tenant().uuid()))
        .filter(products::sku_key.eq(key))
        .select(products::id)
        .first(tx.conn(BILLING)?);
    Ok(id.optional().map_err(DbError::from)?)
}

/// Writes a new product; false when another one has its SKU.
pub fn insert(tx: &mut TenantTx<'_>, row: &ProductRow) -> Result<bool, SalesError> {
    let written = diesel::insert_into(products::table)
        .values(row)
        .on_conflict((products::tenant_id, products::sku_key))
        .do_nothing()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(written == 1)
}

/// Writes a changed product back.
pub fn save(tx: &mut TenantTx<'_>, row: &ProductRow) -> Result<(), SalesError> {
    diesel::update(products::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// What these bundles hold, by bundle and product.
pub fn components(tx: &mut TenantTx<'_>, bundles: &[Uuid]) -> Result<Vec<ComponentRow>, SalesError> {
    let rows = bundle_components::table
        .filter(bundle_components::tenant_id.eq(tx.tenant().uuid()))
        .filter(bundle_components::bundle_id.eq_any(bundles))
        .order((bundle_components::bundle_id, bundle_components::product_id))
        .select(ComponentRow::as_select())
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

/// Writes all that a bundle holds.
pub fn replace_components(
    tx: &mut TenantTx<'_>,
    bundle: Uuid,
    rows: &[ComponentRow],
) -> Result<(), SalesError> {
    let tenant = tx.tenant().uuid();
    let before = bundle_components::table
        .filter(bundle_components::tenant_id.eq(tenant))
        .filter(bundle_components::bundle_id.eq(bundle));
    diesel::delete(before).execute(tx.conn(BILLING)?).map_err(DbError::from)?;
    diesel::insert_into(bundle_components::table)
        .values(rows)
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Every tenant that has products.
pub fn tenants(tx: &mut SystemTx<'_>) -> Result<Vec<TenantId>, SalesError> {
    let tenants = diesel::dsl::sql::<Array<SqlUuid>>("ARRAY(SELECT billing.tenants_with_products())");
    let tenants = diesel::select(tenants).get_result::<Vec<Uuid>>(tx.conn()).map_err(DbError::from)?;
    Ok(tenants.into_iter().map(Id::from).collect())
}

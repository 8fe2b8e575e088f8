//! Products in the database; prices are in `prices`.

mod prices;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

pub use prices::{
    PriceListRow, PriceRow, delete_price, find_list, list_lists, list_prices, lock_list, price_at, save_list,
    save_price,
};

use super::schema::{bundle_components, products};
use crate::billing::BILLING;
use crate::billing::contract::{SalesError, Thing};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::http::{Cursor, PageLimit};

/// A product as it is stored.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = products, treat_none_as_null = true)]
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

/// Which products.
#[derive(Debug, Clone, Default)]
pub struct ProductFilter {
    pub kind: Option<String>,
    pub is_archived: Option<bool>,
    pub sku_key: Option<String>,
    pub patterns: Option<Vec<String>>,
}

/// The order of a list of products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProductSort {
    Oldest,
    Newest,
    Name,
    NameBackwards,
}

/// The place behind a product in a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProductPlace {
    sort: ProductSort,
    key: PlaceKey,
    id: Uuid,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum PlaceKey {
    Time(DateTime<Utc>),
    Name(String),
}

impl ProductPlace {
    /// The cursor behind `row`.
    pub fn behind(sort: ProductSort, row: &ProductRow) -> String {
        let key = match sort {
            ProductSort::Oldest | ProductSort::Newest => PlaceKey::Time(row.created_at),
            ProductSort::Name | ProductSort::NameBackwards => PlaceKey::Name(row.name.clone()),
        };
        Cursor::write(&Self { sort, key, id: row.id })
    }

    /// Whether it is a place in a list of this order.
    pub fn fits(&self, sort: ProductSort) -> bool {
        let is_timed = matches!(sort, ProductSort::Oldest | ProductSort::Newest);
        self.sort == sort
            && match &self.key {
                // Anybody can write a cursor, and PostgreSQL's times begin in 4713 BC.
                PlaceKey::Time(at) => is_timed && at.timestamp() >= 0,
                PlaceKey::Name(_) => !is_timed,
            }
    }
}

/// A page of products.
pub fn list(
    tx: &mut TenantTx<'_>,
    filter: ProductFilter,
    sort: ProductSort,
    place: Option<ProductPlace>,
    limit: PageLimit,
) -> Result<Vec<ProductRow>, SalesError> {
    let mut query = products::table.filter(products::tenant_id.eq(tx.tenant().uuid())).into_boxed();
    if let Some(kind) = filter.kind {
        query = query.filter(products::kind.eq(kind));
    }
    match filter.is_archived {
        Some(true) => query = query.filter(products::archived_at.is_not_null()),
        Some(false) => query = query.filter(products::archived_at.is_null()),
        None => {}
    }
    if let Some(key) = filter.sku_key {
        query = query.filter(products::sku_key.eq(key));
    }
    if let Some(patterns) = filter.patterns {
        let found = sql::<Bool>("id IN (SELECT billing.find_products(");
        query = query.filter(found.bind::<Array<Text>, _>(patterns).sql("))"));
    }
    let (column, comparison) = match sort {
        ProductSort::Oldest => ("created_at", ">"),
        ProductSort::Newest => ("created_at", "<"),
        ProductSort::Name => ("name", ">"),
        ProductSort::NameBackwards => ("name", "<"),
    };
    // A row comparison is one index condition, and leakproof as its parts are.
    let start = sql::<Bool>(&format!("({column}, id) {comparison} ("));
    if let Some(place) = place {
        query = match place.key {
            PlaceKey::Time(at) => {
                query.filter(start.bind::<Timestamptz, _>(at).sql(", ").bind::<SqlUuid, _>(place.id).sql(")"))
            }
            PlaceKey::Name(name) => {
                query.filter(start.bind::<Text, _>(name).sql(", ").bind::<SqlUuid, _>(place.id).sql(")"))
            }
        };
    }
    let query = match sort {
        ProductSort::Oldest => query.order((products::created_at.asc(), products::id.asc())),
        ProductSort::Newest => query.order((products::created_at.desc(), products::id.desc())),
        ProductSort::Name => query.order((products::name.asc(), products::id.asc())),
        ProductSort::NameBackwards => query.order((products::name.desc(), products::id.desc())),
    };
    let rows = query.limit(limit.rows_to_read()).select(ProductRow::as_select()).load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
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

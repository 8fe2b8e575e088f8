//! Warehouses, stock, movements and reservations in the database; lots are in `lots`.

mod lots;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

pub use lots::{
    LotFilter, LotRow, due_lots, find_lot, insert_lot, list_lots, lock_lot, lots_of, save_lot,
    tenants_with_lots_due,
};

use super::schema::{movements, reservations, stock, warehouses};
use crate::billing::BILLING;
use crate::billing::contract::{SalesError, Thing};
use crate::platform::db::{DbError, Prepare, TenantTx};
use crate::platform::http::PageLimit;

/// A warehouse as it is stored.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = warehouses, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct WarehouseRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub version: i32,
    pub name: String,
    pub archived_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// How much of a product is in a warehouse, as it is stored.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = stock)]
pub struct StockRow {
    pub tenant_id: Uuid,
    pub warehouse_id: Uuid,
    pub product_id: Uuid,
    pub on_hand: i64,
    pub reserved: i64,
    pub allows_backorder: bool,
    pub updated_at: DateTime<Utc>,
}

impl StockRow {
    /// What can be had.
    pub fn available(&self) -> i64 {
        self.on_hand.saturating_sub(self.reserved)
    }
}

/// A movement as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = movements, treat_none_as_default_value = false)]
pub struct MovementRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub warehouse_id: Uuid,
    pub product_id: Uuid,
    pub kind: String,
    pub quantity: i64,
    pub balance: i64,
    pub note: Option<String>,
    pub quotation_id: Option<Uuid>,
    pub user_id: Option<Uuid>,
    pub created_at: DateTime<Utc>,
}

/// A promise as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = reservations)]
pub struct ReservationRow {
    pub tenant_id: Uuid,
    pub quotation_id: Uuid,
    pub warehouse_id: Uuid,
    pub product_id: Uuid,
    pub quantity: i64,
    pub created_at: DateTime<Utc>,
}

/// A page of warehouses, the oldest first.
pub fn list_warehouses(
    tx: &mut TenantTx<'_>,
    is_archived: Option<bool>,
    behind: Option<Uuid>,
    limit: PageLimit,
) -> Result<Vec<WarehouseRow>, SalesError> {
    let mut query = warehouses::table.filter(warehouses::tenant_id.eq(tx.tenant().uuid())).into_boxed();
    match is_archived {
        Some(true) => query = query.filter(warehouses::archived_at.is_not_null()),
        Some(false) => query = query.filter(warehouses::archived_at.is_null()),
        None => {}
    }
    if let Some(behind) = behind {
        query = query.filter(warehouses::id.gt(behind));
    }
    let query = query.order(warehouses::id).limit(limit.rows_to_read()).select(WarehouseRow::as_select());
    Ok(query.load(tx.conn(BILLING)?).map_err(DbError::from)?)
}

/// The warehouse.
pub fn find_warehouse(tx: &mut TenantTx<'_>, id: Uuid) -> Result<WarehouseRow, SalesError> {
    let row = warehouses::table.find((tx.tenant().uuid(), id)).select(WarehouseRow::as_select());
    let row = row.first(tx.conn(BILLING)?).optional().map_err(DbError::from)?;
    row.ok_or(SalesError::NotFound(Thing::Warehouse))
}

/// The warehouse, locked until the transaction ends.
pub fn lock_warehouse(tx: &mut TenantTx<'_>, id: Uuid) -> Result<WarehouseRow, SalesError> {
    let row = warehouses::table.find((tx.tenant().uuid(), id)).for_no_key_update();
    let row = row.select(WarehouseRow::as_select()).first(tx.conn(BILLING)?).optional();
    row.map_err(DbError::from)?.ok_or(SalesError::NotFound(Thing::Warehouse))
}

/// The oldest warehouse that is used.
pub fn first_warehouse(tx: &mut TenantTx<'_>) -> Result<Option<Uuid>, SalesError> {
    let id = warehouses::table
        .filter(warehouses::tenant_id.eq(tx.tenant().uuid()))
        .filter(warehouses::archived_at.is_null())
        .order(warehouses::id)
        .select(warehouses::id)
        .first(tx.conn(BILLING)?);
    Ok(id.optional().map_err(DbError::from)?)
}

/// Writes a new warehouse or a changed one.
pub fn save_warehouse(tx: &mut TenantTx<'_>, row: &WarehouseRow) -> Result<(), SalesError> {
    diesel::insert_into(warehouses::table)
        .values(row)
        .on_conflict((warehouses::tenant_id, warehouses::id))
        .do_update()
        .set(row)
        .prepared()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// A page of what is in a warehouse, by product.
pub fn list_stock(
    tx: &mut TenantTx<'_>,
    warehouse: Uuid,
    behind: Option<Uuid>,
    limit: PageLimit,
) -> Result<Vec<StockRow>, SalesError> {
    let mut query = stock::table
        .filter(stock::tenant_id.eq(tx.tenant().uuid()))
        .filter(stock::warehouse_id.eq(warehouse))
        .into_boxed();
    if let Some(behind) = behind {
        query = query.filter(stock::product_id.gt(behind));
    }
    let query = query.order(stock::product_id).limit(limit.rows_to_read()).select(StockRow::as_select());
    Ok(query.load(tx.conn(BILLING)?).map_err(DbError::from)?)
}

/// What there is of a product, by warehouse.
pub fn stock_of(tx: &mut TenantTx<'_>, product: Uuid) -> Result<Vec<StockRow>, SalesError> {
    let rows = stock::table
        .filter(stock::tenant_id.eq(tx.tenant().uuid()))
        .filter(stock::product_id.eq(product))
        .order(stock::warehouse_id)
        .select(StockRow::as_select())
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

/// What there is of a product in a warehouse, locked until the transaction ends; nothing at first.
pub fn lock_stock(
    tx: &mut TenantTx<'_>,
    warehouse: Uuid,
    product: Uuid,
    allows_backorder: bool,
) -> Result<StockRow, SalesError> {
    let key = (tx.tenant().uuid(), warehouse, product);
    let nothing = StockRow {
        tenant_id: key.0,
        warehouse_id: warehouse,
        product_id: product,
        on_hand: 0,
        reserved: 0,
        allows_backorder,
        updated_at: tx.now(),
    };
    diesel::insert_into(stock::table)
        .values(&nothing)
        .on_conflict_do_nothing()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    let row = stock::table.find(key).for_no_key_update().select(StockRow::as_select());
    Ok(row.first(tx.conn(BILLING)?).map_err(DbError::from)?)
}

/// Writes how much there is and how much of it is promised.
pub fn save_stock(tx: &mut TenantTx<'_>, row: &StockRow) -> Result<(), SalesError> {
    diesel::update(stock::table.find((row.tenant_id, row.warehouse_id, row.product_id)))
        .set((
            stock::on_hand.eq(row.on_hand),
            stock::reserved.eq(row.reserved),
            stock::updated_at.eq(row.updated_at),
        ))
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Writes a movement.
pub fn insert_movement(tx: &mut TenantTx<'_>, row: &MovementRow) -> Result<(), SalesError> {
    diesel::insert_into(movements::table).values(row).execute(tx.conn(BILLING)?).map_err(DbError::from)?;
    Ok(())
}

/// A page of what came and went, the newest first.
pub fn list_movements(
    tx: &mut TenantTx<'_>,
    warehouse: Uuid,
    product: Option<Uuid>,
    behind: Option<Uuid>,
    limit: PageLimit,
) -> Result<Vec<MovementRow>, SalesError> {
    let mut query = movements::table
        .filter(movements::tenant_id.eq(tx.tenant().uuid()))
        .filter(movements::warehouse_id.eq(warehouse))
        .into_boxed();
    if let Some(product) = product {
        query = query.filter(movements::product_id.eq(product));
    }
    if let Some(behind) = behind {
        query = query.filter(movements::id.lt(behind));
    }
    let query = query.order(movements::id.desc()).limit(limit.rows_to_read());
    Ok(query.select(MovementRow::as_select()).load(tx.conn(BILLING)?).map_err(DbError::from)?)
}

/// What is promised to a quotation, by warehouse and product.
pub fn reservations_of(tx: &mut TenantTx<'_>, quotation: Uuid) -> Result<Vec<ReservationRow>, SalesError> {
    let rows = reservations::table
        .filter(reservations::tenant_id.eq(tx.tenant().uuid()))
        .filter(reservations::quotation_id.eq(quotation))
        .order((reservations::warehouse_id, reservations::product_id))
        .select(ReservationRow::as_select())
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

/// Writes a promise.
pub fn insert_reservation(tx: &mut TenantTx<'_>, row: &ReservationRow) -> Result<(), SalesError> {
    diesel::insert_into(reservations::table).values(row).execute(tx.conn(BILLING)?).map_err(DbError::from)?;
    Ok(())
}

/// Forgets what was promised to a quotation.
pub fn delete_reservations(tx: &mut TenantTx<'_>, quotation: Uuid) -> Result<(), SalesError> {
    let rows = reservations::table
        .filter(reservations::tenant_id.eq(tx.tenant().uuid()))
        .filter(reservations::quotation_id.eq(quotation));
    diesel::delete(rows).execute(tx.conn(BILLING)?).map_err(DbError::from)?;
    Ok(())
}

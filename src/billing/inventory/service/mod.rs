//! What happens to warehouses and stock, inside the caller's transaction; lots are in `lots`.

mod lots;
mod quotations;

use serde_json::json;
use uuid::Uuid;

pub use lots::{
    LotDetails, NewLot, create_lot, keep_lot, keep_up, let_lot_go, lot_price, lots, lots_with_products,
    update_lot,
};
pub use quotations::{check_warehouse, demand, release, reserve, sell};

use super::domain::MovementKind;
use super::store::{self, MovementRow, StockRow, WarehouseRow};
use crate::billing::catalog::{self, ProductRow};
use crate::billing::contract::events::{StockMoved, WarehouseChanged};
use crate::billing::contract::{ProductId, SalesError};
use crate::kernel::{Decimal6, Invalid, Line, Message};
use crate::platform::db::TenantTx;
use crate::platform::id::Id;
use crate::platform::problem::Problem;

/// Something that came, went or was counted, by hand.
#[derive(Debug, Clone)]
pub struct NewMovement {
    /// What.
    pub product: ProductId,
    /// Why.
    pub kind: MovementKind,
    /// How much came or went, or how much there is.
    pub quantity: Decimal6,
    /// What somebody notes of it.
    pub note: Option<Line<500>>,
}

/// Makes a warehouse.
pub fn create_warehouse(tx: &mut TenantTx<'_>, name: &Line<120>) -> Result<WarehouseRow, SalesError> {
    let now = tx.now();
    let row = WarehouseRow {
        tenant_id: tx.tenant().uuid(),
        id: Uuid::now_v7(),
        version: 1,
        name: name.as_str().to_owned(),
        archived_at: None,
        created_at: now,
        updated_at: now,
    };
    store::save_warehouse(tx, &row)?;
    tell(tx, &row);
    Ok(row)
}

/// Renames, archives or restores a warehouse that still has the version `expected`, if one is given.
pub fn update_warehouse(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    expected: Option<i32>,
    name: Option<Line<120>>,
    is_archived: Option<bool>,
) -> Result<WarehouseRow, SalesError> {
    let before = store::lock_warehouse(tx, id)?;
    if expected.is_some_and(|version| version != before.version) {
        return Err(SalesError::Stale(before.version));
    }
    let (mut row, now) = (before.clone(), tx.now());
    if let Some(name) = name {
        name.as_str().clone_into(&mut row.name);
    }
    match is_archived {
        Some(true) => row.archived_at = row.archived_at.or(Some(now)),
        Some(false) => row.archived_at = None,
        None => {}
    }
    if row != before {
        row.version += 1;
        row.updated_at = now;
        store::save_warehouse(tx, &row)?;
        tell(tx, &row);
    }
    Ok(row)
}

/// Takes a product into a warehouse, out of it, or sets how much of it was counted there.
pub fn move_by_hand(
    tx: &mut TenantTx<'_>,
    warehouse: Uuid,
    new: &NewMovement,
) -> Result<MovementRow, SalesError> {
    let warehouse = store::find_warehouse(tx, warehouse)?;
    let product = catalog::products(tx, &[new.product.uuid()])?.remove(&new.product.uuid());
    let product = product.filter(|product| product.tracks_stock).ok_or_else(|| {
        let reason = Invalid::new(
            "is not a good that is sold from stock",
            "no es un bien que se venda de existencias",
        );
        SalesError::at("/product_id", reason)
    })?;
    let row = store::lock_stock(tx, warehouse.id, product.id, product.allows_backorder)?;
    let quantity = new.quantity.millionths();
    let change = match new.kind {
        MovementKind::Receipt => Some(quantity),
        MovementKind::Issue | MovementKind::Sale => quantity.checked_neg(),
        MovementKind::Count => quantity.checked_sub(row.on_hand),
    };
    let change = change.ok_or_else(too_large)?;
    let note = new.note.as_ref().map(|note| note.as_str().to_owned());
    write(tx, row, &product, Why { kind: new.kind, note, quotation: None }, change)
}

/// What there is of a product, by warehouse.
pub fn stock_of(tx: &mut TenantTx<'_>, product: ProductId) -> Result<Vec<StockRow>, SalesError> {
    catalog::find(tx, product)?;
    store::stock_of(tx, product.uuid())
}

/// Why stock changes.
struct Why {
    kind: MovementKind,
    note: Option<String>,
    quotation: Option<Uuid>,
}

/// Changes locked stock, and says so.
fn write(
    tx: &mut TenantTx<'_>,
    mut stock: StockRow,
    product: &ProductRow,
    why: Why,
    change: i64,
) -> Result<MovementRow, SalesError> {
    stock.on_hand = stock.on_hand.checked_add(change).ok_or_else(too_large)?;
    stock.updated_at = tx.now();
    if stock.on_hand < stock.reserved && !stock.allows_backorder {
        let there = stock.available() - change;
        return Err(insufficient(product, there).into());
    }
    store::save_stock(tx, &stock)?;
    let movement = MovementRow {
        tenant_id: stock.tenant_id,
        id: Uuid::now_v7(),
        warehouse_id: stock.warehouse_id,
        product_id: stock.product_id,
        kind: why.kind.as_str().to_owned(),
        quantity: change,
        balance: stock.on_hand,
        note: why.note,
        quotation_id: why.quotation,
        user_id: tx.actor().user().map(Id::uuid),
        created_at: stock.updated_at,
    };
    store::insert_movement(tx, &movement)?;
    let told = StockMoved {
        product_id: stock.product_id.into(),
        warehouse_id: stock.warehouse_id.into(),
        kind: why.kind,
        quantity: Decimal6::from_millionths(change),
        on_hand: Decimal6::from_millionths(stock.on_hand),
        quotation_id: why.quotation.map(Id::from),
    };
    tx.emit(product.id, product.version, &told);
    Ok(movement)
}

/// 409: there is not enough of a product.
fn insufficient(product: &ProductRow, available: i64) -> Problem {
    let (sku, available) = (&product.sku, Decimal6::from_millionths(available));
    Problem::conflict(
        "stock-insufficient",
        Message::new("There is not enough in stock", "No hay existencias suficientes"),
    )
    .detail(Message::formatted(
        format!("Of {sku} there are {available} to be had; receive more, or take less"),
        format!("De {sku} hay {available} disponibles; reciba más o tome menos"),
    ))
    .member("product_id", json!(product.id))
    .member("available", json!(available))
}

fn too_large() -> SalesError {
    let reason = Invalid::new("is too large", "es demasiado grande");
    SalesError::at("/quantity", reason)
}

fn tell(tx: &mut TenantTx<'_>, row: &WarehouseRow) {
    let (name, archived) = (row.name.clone(), row.archived_at.is_some());
    tx.emit(row.id, row.version, &WarehouseChanged { id: row.id.into(), name, archived });
}

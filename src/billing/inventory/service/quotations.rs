//! What quotations take: promised when they are sent, taken when they are sold, let go otherwise.
//!
//! The quotation's row is locked by the caller, then warehouses' stock, then lots, each in the order of their identifiers.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::lots::{set_status, take};
use super::{Why, insufficient, write};
use crate::billing::catalog;
use crate::billing::contract::SalesError;
use crate::billing::inventory::domain::{Demand, LotStatus, MovementKind};
use crate::billing::inventory::store::{self, ReservationRow};
use crate::kernel::{Invalid, Message};
use crate::platform::db::TenantTx;
use crate::platform::problem::Problem;

const ONE: i128 = 1_000_000;

/// What these products and quantities take from stock and from the map: bundles by what they hold, and nothing for what is
/// not kept in stock.
pub fn demand(tx: &mut TenantTx<'_>, lines: &[(Uuid, i64)]) -> Result<Demand, SalesError> {
    let ids: BTreeSet<Uuid> = lines.iter().map(|(product, _)| *product).collect();
    let mut products = catalog::products(tx, &ids.into_iter().collect::<Vec<_>>())?;
    let of_kind = |kind: &str| -> Vec<Uuid> {
        products.values().filter(|row| row.kind == kind).map(|row| row.id).collect()
    };
    let (bundles, lots) = (of_kind("bundle"), of_kind("lot").into_iter().collect());
    let components = catalog::components_of(tx, &bundles)?;
    let parts: Vec<Uuid> = components.iter().map(|(_, part, _)| *part).collect();
    products.extend(catalog::products(tx, &parts)?);
    let mut wanted = Demand { lots, ..Demand::default() };
    let mut add = |product: Uuid, quantity: i128| {
        if !products.get(&product).is_some_and(|row| row.tracks_stock) {
            return Ok(());
        }
        let sum = i128::from(wanted.goods.get(&product).copied().unwrap_or(0)) + quantity;
        let reason = Invalid::new("takes more than can be counted", "toma más de lo que se puede contar");
        let sum = i64::try_from(sum).map_err(|_| SalesError::at("/lines", reason))?;
        wanted.goods.insert(product, sum);
        Ok::<_, SalesError>(())
    };
    for (product, quantity) in lines {
        add(*product, i128::from(*quantity))?;
        for (_, part, of_one) in components.iter().filter(|(bundle, ..)| bundle == product) {
            // Millionths of millionths that do not come out even are rounded up: nobody gets less than was sold.
            let exact = i128::from(*quantity) * i128::from(*of_one);
            add(*part, exact / ONE + i128::from(exact % ONE > 0))?;
        }
    }
    Ok(wanted)
}

/// 422 at `/warehouse_id` when it is no warehouse of the company that is used.
pub fn check_warehouse(tx: &mut TenantTx<'_>, id: Uuid) -> Result<(), SalesError> {
    let reason = Invalid::new(
        "is not a warehouse of this company that is used",
        "no es un almacén de esta empresa que esté en uso",
    );
    match store::find_warehouse(tx, id) {
        Ok(row) if row.archived_at.is_none() => Ok(()),
        Ok(_) | Err(SalesError::NotFound(_)) => Err(SalesError::at("/warehouse_id", reason)),
        Err(error) => Err(error),
    }
}

/// Promises what a quotation takes: goods of a warehouse where `goods` says so, and its lots until `until`.
pub fn reserve(
    tx: &mut TenantTx<'_>,
    quotation: Uuid,
    customer: Uuid,
    warehouse: Option<Uuid>,
    wanted: &Demand,
    until: DateTime<Utc>,
) -> Result<(), SalesError> {
    if !wanted.goods.is_empty() {
        let warehouse = source(tx, warehouse)?;
        let products = catalog::products(tx, &wanted.goods.keys().copied().collect::<Vec<_>>())?;
        for (id, quantity) in &wanted.goods {
            let product = products.get(id).ok_or_else(Problem::internal)?;
            let mut stock = store::lock_stock(tx, warehouse, *id, product.allows_backorder)?;
            let reserved = stock.reserved.checked_add(*quantity);
            let can_be_had = stock.allows_backorder || stock.available() >= *quantity;
            let Some(reserved) = reserved.filter(|_| can_be_had) else {
                return Err(insufficient(product, stock.available()).into());
            };
            stock.reserved = reserved;
            stock.updated_at = tx.now();
            store::save_stock(tx, &stock)?;
            let row = ReservationRow {
                tenant_id: stock.tenant_id,
                quotation_id: quotation,
                warehouse_id: warehouse,
                product_id: *id,
                quantity: *quantity,
                created_at: stock.updated_at,
            };
            store::insert_reservation(tx, &row)?;
        }
    }
    for lot in &wanted.lots {
        take(tx, *lot, customer, Some(quotation), LotStatus::Reserved, Some(until))?;
    }
    Ok(())
}

/// Lets go what is promised to a quotation; nothing happens when nothing is.
pub fn release(tx: &mut TenantTx<'_>, quotation: Uuid) -> Result<(), SalesError> {
    release_goods(tx, quotation)?;
    for lot in store::lots_of(tx, quotation)? {
        set_status(tx, lot, LotStatus::Available)?;
    }
    Ok(())
}

/// Takes what a quotation sold: goods out of a warehouse, and its lots for ever.
pub fn sell(
    tx: &mut TenantTx<'_>,
    quotation: Uuid,
    customer: Uuid,
    warehouse: Option<Uuid>,
    wanted: &Demand,
) -> Result<(), SalesError> {
    release_goods(tx, quotation)?;
    if !wanted.goods.is_empty() {
        let warehouse = source(tx, warehouse)?;
        let products = catalog::products(tx, &wanted.goods.keys().copied().collect::<Vec<_>>())?;
        for (id, quantity) in &wanted.goods {
            let product = products.get(id).ok_or_else(Problem::internal)?;
            let stock = store::lock_stock(tx, warehouse, *id, product.allows_backorder)?;
            let why = Why { kind: MovementKind::Sale, note: None, quotation: Some(quotation) };
            write(tx, stock, product, why, -quantity)?;
        }
    }
    for lot in &wanted.lots {
        take(tx, *lot, customer, Some(quotation), LotStatus::Sold, None)?;
    }
    Ok(())
}

fn release_goods(tx: &mut TenantTx<'_>, quotation: Uuid) -> Result<(), SalesError> {
    for promise in store::reservations_of(tx, quotation)? {
        // The row is there, so that what a new one would say does not matter.
        let mut stock = store::lock_stock(tx, promise.warehouse_id, promise.product_id, false)?;
        stock.reserved -= promise.quantity;
        stock.updated_at = tx.now();
        store::save_stock(tx, &stock)?;
    }
    store::delete_reservations(tx, quotation)
}

/// The warehouse that is said, or else the oldest one.
fn source(tx: &mut TenantTx<'_>, warehouse: Option<Uuid>) -> Result<Uuid, SalesError> {
    if let Some(warehouse) = warehouse {
        return Ok(warehouse);
    }
    store::first_warehouse(tx)?.ok_or_else(|| {
        Problem::conflict(
            "no-warehouse",
            Message::new(
                "There is no warehouse to take goods from; make one, or say that the products are not kept in stock",
                "No hay almacén del que tomar los bienes; cree uno o indique que los productos no llevan existencias",
            ),
        )
        .into()
    })
}

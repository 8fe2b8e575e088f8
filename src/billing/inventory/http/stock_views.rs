//! Warehouses and stock as clients see them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::billing::http::{Usage, usage};
use crate::billing::inventory::domain::MovementKind;
use crate::billing::inventory::store::{MovementRow, StockRow, WarehouseRow};
use crate::kernel::Decimal6;

/// A warehouse.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c63", "name": "Salina Cruz", "status": "active", "version": 1,
    "created_at": "2026-01-05T15:00:00Z", "updated_at": "2026-01-05T15:00:00Z"
}))]
pub struct WarehouseView {
    /// Its identifier.
    id: Uuid,
    /// What it is called.
    name: String,
    /// Whether it is used.
    #[schema(value_type = Usage)]
    status: &'static str,
    /// Counts the changes.
    version: i32,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was changed last.
    updated_at: DateTime<Utc>,
}

/// How much of a product is in a warehouse.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "warehouse_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c63", "product_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c61",
    "on_hand": "100", "reserved": "40", "available": "60", "updated_at": "2026-01-05T15:00:00Z"
}))]
pub struct StockView {
    /// The warehouse.
    warehouse_id: Uuid,
    /// The product.
    product_id: Uuid,
    /// What is there; below zero where more was sold than there was.
    on_hand: Decimal6,
    /// What of it is promised to quotations that were sent.
    reserved: Decimal6,
    /// What can be had.
    available: Decimal6,
    /// When it changed last.
    updated_at: DateTime<Utc>,
}

/// Something that came or went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c66", "warehouse_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c63",
    "product_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c61", "kind": "receipt", "quantity": "100", "on_hand": "100",
    "note": "Factura 812", "quotation_id": null, "user_id": null, "created_at": "2026-01-05T15:00:00Z"
}))]
pub struct MovementView {
    /// Its identifier.
    id: Uuid,
    /// The warehouse.
    warehouse_id: Uuid,
    /// The product.
    product_id: Uuid,
    /// Why.
    #[schema(value_type = MovementKind)]
    kind: String,
    /// How much came, or below zero went.
    quantity: Decimal6,
    /// How much there was afterwards.
    on_hand: Decimal6,
    /// What somebody noted of it.
    #[schema(required)]
    note: Option<String>,
    /// The quotation that was sold.
    #[schema(required)]
    quotation_id: Option<Uuid>,
    /// Who did it; null for the platform.
    #[schema(required)]
    user_id: Option<Uuid>,
    /// When.
    created_at: DateTime<Utc>,
}

impl From<WarehouseRow> for WarehouseView {
    fn from(row: WarehouseRow) -> Self {
        let status = usage(row.archived_at.is_some());
        let WarehouseRow { id, name, version, created_at, updated_at, .. } = row;
        Self { id, name, status, version, created_at, updated_at }
    }
}

impl From<StockRow> for StockView {
    fn from(row: StockRow) -> Self {
        Self {
            warehouse_id: row.warehouse_id,
            product_id: row.product_id,
            on_hand: Decimal6::from_millionths(row.on_hand),
            reserved: Decimal6::from_millionths(row.reserved),
            available: Decimal6::from_millionths(row.available()),
            updated_at: row.updated_at,
        }
    }
}

impl From<MovementRow> for MovementView {
    fn from(row: MovementRow) -> Self {
        Self {
            id: row.id,
            warehouse_id: row.warehouse_id,
            product_id: row.product_id,
            kind: row.kind,
            quantity: Decimal6::from_millionths(row.quantity),
            on_hand: Decimal6::from_millionths(row.balance),
            note: row.note,
            quotation_id: row.quotation_id,
            user_id: row.user_id,
            created_at: row.created_at,
        }
    }
}

//! What happens to warehouses, stock and lots.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ProductId, QuotationId, WarehouseId};
use crate::billing::inventory::{LotStatus, MovementKind};
use crate::crm::CustomerId;
use crate::kernel::Decimal6;
use crate::platform::events::{Event, EventKind};
use crate::platform::id::Id;

/// The events of the inventory.
pub fn catalogue() -> Vec<EventKind> {
    vec![
        EventKind::of::<WarehouseChanged>(),
        EventKind::of::<StockMoved>(),
        EventKind::of::<LotStatusChanged>(),
    ]
}

/// A warehouse was made, renamed, archived or restored.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WarehouseChanged {
    /// The warehouse.
    pub id: WarehouseId,
    /// What it is called.
    pub name: String,
    /// Whether it is used no more.
    pub archived: bool,
}

/// Something came or went.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StockMoved {
    /// The product.
    pub product_id: ProductId,
    /// The warehouse.
    pub warehouse_id: WarehouseId,
    /// Why.
    pub kind: MovementKind,
    /// How much came, or below zero went.
    pub quantity: Decimal6,
    /// How much there is now.
    pub on_hand: Decimal6,
    /// The quotation that was sold.
    pub quotation_id: Option<QuotationId>,
}

/// A lot can be had, is kept for somebody, or was sold.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LotStatusChanged {
    /// The lot.
    pub id: ProductId,
    /// How it stands now.
    pub status: LotStatus,
    /// For whom it is kept, or who has it.
    pub customer_id: Option<CustomerId>,
    /// The quotation that it is in.
    pub quotation_id: Option<QuotationId>,
    /// Until when it is kept.
    pub reserved_until: Option<DateTime<Utc>>,
}

const fn known(last: u128) -> Uuid {
    Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c00 + last)
}

impl Event for WarehouseChanged {
    const TYPE: &'static str = "Stock.WarehouseChanged";
    const SUBJECT: &'static str = "stock.warehouse.changed";
    const SUMMARY: &'static str = "A warehouse was made, renamed, archived or restored.";

    fn example() -> Self {
        Self { id: Id::from(known(0x63)), name: "Salina Cruz".to_owned(), archived: false }
    }
}

impl Event for StockMoved {
    const TYPE: &'static str = "Stock.Moved";
    const SUBJECT: &'static str = "stock.moved";
    const SUMMARY: &'static str = "Something came to a warehouse or went from it.";

    fn example() -> Self {
        Self {
            product_id: Id::from(known(0x61)),
            warehouse_id: Id::from(known(0x63)),
            kind: MovementKind::Sale,
            quantity: Decimal6::from_millionths(-40_000_000),
            on_hand: Decimal6::from_millionths(60_000_000),
            quotation_id: Some(Id::from(known(0x71))),
        }
    }
}

impl Event for LotStatusChanged {
    const TYPE: &'static str = "Stock.LotStatusChanged";
    const SUBJECT: &'static str = "stock.lot.status-changed";
    const SUMMARY: &'static str = "A lot can be had again, is kept for somebody, or was sold.";

    fn example() -> Self {
        Self {
            id: Id::from(known(0x64)),
            status: LotStatus::Reserved,
            customer_id: Some(Id::from(known(0x65))),
            quotation_id: None,
            reserved_until: Some(DateTime::from_timestamp_nanos(1_796_050_800_000_000_000)),
        }
    }
}

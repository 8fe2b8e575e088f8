//! Money: what is sold at which price, what was offered, what is owed, and what was paid.

mod catalog;
pub mod contract;
mod customers;
pub mod documents;
pub mod domain;
mod http;
mod inventory;
mod quotations;

use crate::platform::db::{Db, Module};
use crate::platform::tasks::Tasks;

pub use contract::events::catalogue as event_catalogue;
pub use contract::{
    InvoiceId, InvoiceMarker, PaymentId, PaymentMarker, PriceListId, PriceListMarker, ProductId,
    ProductMarker, QuotationId, QuotationMarker, SalesError, WarehouseId, WarehouseMarker, events,
};
pub use http::routes;
pub use quotations::{
    LastQuotation, NewQuotation, QuotationSettings, Quotations, draft_quotation, last_quotations,
};

const BILLING: Module = Module::named("billing");

/// Starts what runs by the clock.
pub fn start(db: &Db, tasks: &Tasks) {
    inventory::start(db, tasks);
    quotations::start(db, tasks);
}

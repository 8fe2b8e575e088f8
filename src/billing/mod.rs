//! Money: what is sold at which price, what was offered, what is owed, and what was paid.

mod catalog;
pub mod contract;
mod customers;
mod documents;
pub mod domain;
mod http;
mod inventory;
mod quotations;

use crate::platform::db::{Db, Module};
use crate::platform::events::Subscription;
use crate::platform::fields::FieldTables;
use crate::platform::tasks::Tasks;
use crate::platform::transfers::TransferTables;

pub use catalog::{ProductExports, quotas};
pub use contract::events::catalogue as event_catalogue;
pub use contract::{
    InvoiceId, InvoiceMarker, PaymentId, PaymentMarker, PriceListId, PriceListMarker, ProductId,
    ProductMarker, QuotationId, QuotationMarker, SalesError, WarehouseId, WarehouseMarker, events,
};
pub use documents::Documents;
pub use http::routes;
pub use quotations::{
    LastQuotation, NewQuotation, QuotationSettings, Quotations, draft_quotation, last_quotations,
};

const BILLING: Module = Module::named("billing");
const FIELDS: FieldTables = FieldTables::of(BILLING, "products");
const TRANSFERS: TransferTables = TransferTables::of(BILLING, "products");

/// The readers of the log that money has.
pub fn subscriptions(documents: &Documents) -> Vec<Subscription> {
    vec![documents::subscription(documents)]
}

/// Starts what runs by itself.
pub fn start(db: &Db, tasks: &Tasks, documents: &Documents) {
    catalog::start(db, tasks);
    inventory::start(db, tasks);
    quotations::start(db, tasks);
    documents::start(db, tasks, documents);
}

//! Money: what is sold at which price, what was offered, what is owed, and what was paid.

pub mod contract;
mod customers;
pub mod documents;
pub mod domain;
mod http;
mod invoices;
mod payments;

use std::sync::Arc;

use crate::identity::People;
use crate::platform::db::{Db, Module};
use crate::platform::tasks::Tasks;

pub use contract::events::catalogue as event_catalogue;
pub use contract::{
    CreditNoteId, CreditNoteMarker, InvoiceId, InvoiceMarker, MoneyError, PaymentId, PaymentMarker,
    ProductId, ProductMarker, QuotationId, QuotationMarker, events,
};
pub use http::routes;
pub use invoices::{CustomerSums, SoldQuotation, customer_sums, from_quotation};
pub use payments::{ProviderSettings, Providers};

const BILLING: Module = Module::named("billing");

/// Starts what money does by itself.
pub fn start(db: &Db, tasks: &Tasks, people: &Arc<dyn People>, providers: &Providers) {
    invoices::start(db, tasks, people);
    payments::start(db, tasks, people, providers);
}

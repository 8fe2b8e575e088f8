//! Money: what is sold at which price, what was offered, what is owed, and what was paid.

mod catalog;
pub mod contract;
mod customers;
mod documents;
pub mod domain;
mod http;
mod inventory;
mod invoices;
mod payments;
mod quotations;
mod subscriptions;

use std::sync::Arc;

use crate::identity::People;
use crate::platform::db::{Db, Module};
use crate::platform::events::Subscription;
use crate::platform::fields::FieldTables;
use crate::platform::tasks::Tasks;
use crate::platform::transfers::{Imports, TransferTables};

pub use catalog::{ProductExports, quotas};
pub use contract::events::catalogue as event_catalogue;
pub use contract::{
    CreditNoteId, CreditNoteMarker, InvoiceId, InvoiceMarker, MoneyError, PaymentAccountId,
    PaymentAccountMarker, PaymentId, PaymentMarker, PriceListId, PriceListMarker, ProductId, ProductMarker,
    QuotationId, QuotationMarker, SalesError, SubscriptionId, SubscriptionMarker, WarehouseId,
    WarehouseMarker, events,
};
pub use documents::Documents;
pub use http::routes;
pub use http::{Quote, ReadBilling};
pub use invoices::{CustomerSums, UnpaidInvoice, customer_sums, unpaid_invoices};
pub use payments::{ProviderSettings, Providers};
pub use quotations::{
    DraftRequest, LastQuotation, NewQuotation, QuotationSettings, QuotationStatus, Quotations,
    draft_quotation, last_quotations,
};

pub use subscriptions::{CurrentSubscription, SubscriptionPeriod, SubscriptionStatus, current_subscriptions};

const BILLING: Module = Module::named("billing").with_owners();
const FIELDS: FieldTables = FieldTables::of(BILLING, "products");
const TRANSFERS: TransferTables = TransferTables::of(BILLING, "products");

/// The readers of the log that money has.
pub fn readers(documents: &Documents, people: &Arc<dyn People>) -> Vec<Subscription> {
    vec![
        documents::subscription(documents),
        customers::subscription(),
        invoices::subscription(),
        subscriptions::reader(people),
    ]
}

/// Starts what runs by itself.
pub fn start(
    db: &Db,
    tasks: &Tasks,
    people: &Arc<dyn People>,
    imports: &Imports,
    documents: &Documents,
    providers: &Providers,
) {
    catalog::start(db, tasks, imports);
    inventory::start(db, tasks);
    quotations::start(db, tasks);
    documents::start(db, tasks, documents);
    invoices::start(db, tasks, people);
    payments::start(db, tasks, people, providers);
    subscriptions::start(db, tasks, people);
}

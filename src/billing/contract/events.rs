//! What happens to money.

pub use super::catalog_events::{PriceListChanged, ProductCreated, ProductPriced, ProductUpdated};
pub use super::field_events::{ProductFieldArchived, ProductFieldChanged, ProductFieldDefined};
pub use super::file_events::{
    FileChange, ProductExportCompleted, ProductExportRequested, ProductImportCompleted,
    ProductImportMappingChanged, ProductImportUndone,
};
pub use super::inventory_events::{LotStatusChanged, StockMoved, WarehouseChanged};
pub use super::invoice_events::{
    CreditNoteCreated, InvoiceCreated, InvoiceDeleted, InvoiceIssued, InvoiceOverdue, InvoicePaid,
    InvoiceReminderDue, InvoiceReopened, InvoiceUpdated, InvoiceVoided,
};
pub use super::payment_events::{
    Allocation, PaymentAllocated, PaymentRefundFailed, PaymentRefundRequested, PaymentRefunded,
    PaymentSucceeded,
};
pub use super::provider_events::{
    PaymentAccountConnected, PaymentAccountDisconnected, PaymentNoticeRefused, PaymentPageEnded,
    PaymentPageOpened,
};
pub use super::quotation_events::{
    QuotationAccepted, QuotationApprovalRequested, QuotationApproved, QuotationCancelled, QuotationCreated,
    QuotationExpired, QuotationRejected, QuotationRulesChanged, QuotationSent, QuotationVersionCreated,
    RejectedBy,
};
pub use super::subscription_events::{
    SubscriptionBilled, SubscriptionCancelled, SubscriptionChanged, SubscriptionCreated, SubscriptionPastDue,
    SubscriptionPaused, SubscriptionRecovered, SubscriptionResumed,
};
use crate::platform::events::EventKind;

/// Every event of money, for the catalogue.
pub fn catalogue() -> Vec<EventKind> {
    let mut entries = super::catalog_events::catalogue();
    entries.extend(super::field_events::catalogue());
    entries.extend(super::file_events::catalogue());
    entries.extend(super::inventory_events::catalogue());
    entries.extend(super::quotation_events::catalogue());
    entries.extend(super::invoice_events::catalogue());
    entries.extend(super::payment_events::catalogue());
    entries.extend(super::provider_events::catalogue());
    entries.extend(super::subscription_events::catalogue());
    entries
}

//! What happens to money.

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
use crate::platform::events::CatalogueEntry;

/// Every event of money, for the catalogue.
pub fn catalogue() -> Vec<CatalogueEntry> {
    let mut entries = super::invoice_events::catalogue();
    entries.extend(super::payment_events::catalogue());
    entries.extend(super::provider_events::catalogue());
    entries
}

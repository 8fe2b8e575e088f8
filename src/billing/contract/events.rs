//! What happens to money.

pub use super::catalog_events::{PriceListChanged, ProductCreated, ProductPriced, ProductUpdated};
pub use super::field_events::{ProductFieldArchived, ProductFieldChanged, ProductFieldDefined};
pub use super::file_events::{ProductExportCompleted, ProductExportRequested};
pub use super::inventory_events::{LotStatusChanged, StockMoved, WarehouseChanged};
pub use super::quotation_events::{
    QuotationAccepted, QuotationApprovalRequested, QuotationApproved, QuotationCancelled, QuotationCreated,
    QuotationExpired, QuotationRejected, QuotationRulesChanged, QuotationSent, QuotationVersionCreated,
    RejectedBy,
};
use crate::platform::events::CatalogueEntry;

/// Every event of money, for the catalogue.
pub fn catalogue() -> Vec<CatalogueEntry> {
    let mut entries = super::catalog_events::catalogue();
    entries.extend(super::field_events::catalogue());
    entries.extend(super::file_events::catalogue());
    entries.extend(super::inventory_events::catalogue());
    entries.extend(super::quotation_events::catalogue());
    entries
}

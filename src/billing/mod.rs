//! Money: what is sold at which price, what was offered, what is owed, and what was paid.

pub mod contract;
pub mod documents;
pub mod domain;

pub use contract::{
    InvoiceId, InvoiceMarker, PaymentId, PaymentMarker, ProductId, ProductMarker, QuotationId,
    QuotationMarker,
};

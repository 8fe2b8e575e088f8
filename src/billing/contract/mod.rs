//! What others may know of money.

use crate::platform::id::Id;

/// What a [`ProductId`] names.
#[derive(Debug)]
pub enum ProductMarker {}

/// A product's or service's identifier.
pub type ProductId = Id<ProductMarker>;

/// What a [`QuotationId`] names.
#[derive(Debug)]
pub enum QuotationMarker {}

/// A quotation's identifier.
pub type QuotationId = Id<QuotationMarker>;

/// What an [`InvoiceId`] names.
#[derive(Debug)]
pub enum InvoiceMarker {}

/// An invoice's identifier.
pub type InvoiceId = Id<InvoiceMarker>;

/// What a [`PaymentId`] names.
#[derive(Debug)]
pub enum PaymentMarker {}

/// A payment's identifier.
pub type PaymentId = Id<PaymentMarker>;

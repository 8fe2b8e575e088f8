//! What others may know of money.

mod catalog_events;
pub mod events;
mod field_events;
mod file_events;
mod inventory_events;
mod invoice_events;
mod money;
mod payment_events;
mod provider_events;
mod quotation_events;
mod sales;
mod subscription_events;

use crate::platform::id::Id;

pub use money::{MoneyError, Paper};
pub use sales::{SalesError, Thing};

/// What a [`PriceListId`] names.
#[derive(Debug)]
pub enum PriceListMarker {}

/// A price list's identifier.
pub type PriceListId = Id<PriceListMarker>;

/// What a [`WarehouseId`] names.
#[derive(Debug)]
pub enum WarehouseMarker {}

/// A warehouse's identifier.
pub type WarehouseId = Id<WarehouseMarker>;

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

/// What a [`CreditNoteId`] names.
#[derive(Debug)]
pub enum CreditNoteMarker {}

/// A credit note's identifier.
pub type CreditNoteId = Id<CreditNoteMarker>;

/// What a [`PaymentAccountId`] names.
#[derive(Debug)]
pub enum PaymentAccountMarker {}

/// The identifier of an account with a payment provider.
pub type PaymentAccountId = Id<PaymentAccountMarker>;

/// What a [`SubscriptionId`] names.
#[derive(Debug)]
pub enum SubscriptionMarker {}

/// A subscription's identifier.
pub type SubscriptionId = Id<SubscriptionMarker>;

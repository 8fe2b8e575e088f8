//! Payments: the money that comes, the invoices that it pays, and what is given back.
//!
//! * A payment is its customer's. What of it pays no invoice is their credit, and may pay one later.
//! * Locks are taken in one order: the payment, then its refunds, then invoices by identifier.

pub mod domain;
mod http;
mod providers;
mod schema;
mod service;
mod store;

pub use http::routes;
pub use providers::{ProviderSettings, Providers, public_routes, routes as provider_routes, start};

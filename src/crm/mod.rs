//! Customers: who buys, whom we talk to there, and what we agreed on.

pub mod contract;

pub use contract::{CustomerId, CustomerMarker};

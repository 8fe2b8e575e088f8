//! Health: how well it goes with a customer, from what is known of it, with the reasons.

pub(in crate::crm) mod domain;
mod http;
pub(in crate::crm) mod service;
mod store;

pub use domain::HealthReason;
pub use http::routes;
pub use service::{Health, health};

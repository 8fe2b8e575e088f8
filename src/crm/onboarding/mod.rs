//! Onboarding: what a company does with each new customer, as a checklist made from a template.

mod domain;
mod http;
pub(in crate::crm) mod service;
pub(in crate::crm) mod store;

pub use http::routes;

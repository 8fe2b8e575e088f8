//! Contracts: what a customer agreed to pay, from when to when, and whether it goes on.

pub(in crate::crm) mod domain;
mod http;
pub(in crate::crm) mod service;
pub(in crate::crm) mod store;

pub use domain::{BillingPeriod, ContractStatus};
pub use http::{ContractRequest, routes};
pub use service::{NewContract, Terms, active_contracts, open_contract, total_arr};

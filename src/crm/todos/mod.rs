//! Tasks: what somebody is to do about a customer, and when.

mod http;
pub(in crate::crm) mod service;
pub(in crate::crm) mod store;

pub use http::routes;
pub use service::{OpenTask, open_tasks};

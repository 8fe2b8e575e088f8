//! Customers themselves: what is known of them, their people, and what was done about them.

pub(in crate::crm) mod domain;
mod exports;
mod http;
mod imports;
pub(in crate::crm) mod service;
pub(in crate::crm) mod store;

pub use domain::Details;
pub use exports::CustomerExports;
pub use http::{CustomerView, customer_view, routes};
pub use imports::CustomerImports;
pub use service::{
    NewContact, NewCustomer, OnDuplicate, customer, customer_of_lead, last_activities, quotas, register,
};

//! What money knows of customers: whose they are. What was offered to a customer is seen with them.
//!
//! **Invariant.** Whoever is offered anything has a row here from then on; it follows the customer's owner by their events.

mod schema;
mod service;
mod store;
mod tasks;

pub use service::{bill_to, check_customer, contract, known, line_of, name_of_open, open, seen};
pub use tasks::subscription;

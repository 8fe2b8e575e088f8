//! Invoices: what customers owe, numbered without gaps and never changed once issued; and the credit notes to them.
//!
//! * A draft can change. Issuing gives it a number and the customer's name of that day; from then on a rule of the database
//!   keeps it as it is. It is `paid` when nothing of it is owed any more, and `void` when it counts no more.
//! * Whoever changes what is owed of an invoice locks it first, several by identifier; the counter of its series comes last.

mod domain;
mod http;
mod schema;
mod service;
mod store;
mod tasks;

pub use domain::{BillTo, Content, LAST_REMINDER, check_shape, day_of, first_moment};
pub use http::routes;
pub use service::{
    NewInvoice, Origin, USUAL_TERMS, create, issue, settle, subscription_of, today, unsettle, wrong_state,
};
pub use store::{
    CustomerSums, InvoiceRow, UnpaidInvoice, find, find_credit_note, has_overdue, lock, lock_all,
    sums as customer_sums, unpaid as unpaid_invoices,
};
pub use tasks::{start, subscription};

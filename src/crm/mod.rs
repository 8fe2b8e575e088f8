//! Customers: who buys, whom we talk to there, and what we agreed on.
//!
//! * A customer is a company or a person. Its tax identifier is its identity: a second customer with it is a duplicate, unless
//!   somebody says that both are meant. A lead becomes at most one customer.
//! * It is `active` until it is `churned`, and may come back. Who is deleted goes into the archive: others' documents name it.
//! * Its version counts what people change; the health score is the platform's and does not bump it.
//!
//! **Invariant.** A change and its event commit together; the accounts above a customer never make a circle.

pub mod contract;
mod contracts;
mod customers;
mod http;
mod schema;
mod tasks;

use crate::platform::db::Module;
use crate::platform::fields::FieldTables;

pub use contract::events::catalogue as event_catalogue;
pub use contract::{Contract, CrmError, Customer, CustomerId, CustomerKind, CustomerMarker, events};
pub use contracts::{
    BillingPeriod, ContractStatus, NewContract, Terms, active_contracts, open_contract, total_arr,
};
pub use customers::{
    Details, NewContact, NewCustomer, OnDuplicate, customer, customer_of_lead, quotas, register,
};
pub use http::routes;
pub use tasks::start;

const CRM: Module = Module::named("crm");
const FIELDS: FieldTables = FieldTables::of(CRM, "customers");

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
mod health;
mod http;
mod onboarding;
mod schema;
mod tasks;
mod todos;

use crate::platform::db::Module;
use crate::platform::fields::FieldTables;
use crate::platform::transfers::TransferTables;

pub use contract::events::catalogue as event_catalogue;
pub use contract::{
    Activity, Contract, CrmError, Customer, CustomerId, CustomerKind, CustomerMarker, events,
};
pub use contracts::{
    BillingPeriod, ContractRequest, ContractStatus, NewContract, Terms, active_contracts, open_contract,
    total_arr,
};
pub use customers::{
    CustomerExports, CustomerImports, CustomerView, Details, NewContact, NewCustomer, OnDuplicate, customer,
    customer_of_lead, customer_view, last_activities, quotas, register,
};
pub use health::{Health, HealthReason, health};
pub use http::{ReadCustomers, routes};
pub use tasks::{start, subscriptions};
pub use todos::{OpenTask, open_tasks};

const CRM: Module = Module::named("crm").with_owners();
const FIELDS: FieldTables = FieldTables::of(CRM, "customers");
const TRANSFERS: TransferTables = TransferTables::of(CRM, "customers");

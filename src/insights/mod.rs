//! Figures of the whole sale: what came, what became of it, and what it brought, by day, source, owner and campaign.
//!
//! Words. A **figure** counts or sums something that happened on a day in the company's time zone. It stands under the
//! **source** and the **campaign** of the lead that it began with, and under its **owner**.
//!
//! Invariants.
//! - Figures are sums of events: one subscription reads them all, and an event changes its figures exactly once.
//! - A lead counts for whoever has it now, and so do its qualification and its conversion; a sale and its money stay with
//!   whoever made it. A lead that is deleted, or went into another one, counts no more.
//! - What is overdue counts on the day on which it fell due, and less as it is paid.
//! - Money is summed by currency and never converted.

mod contract;
mod domain;
mod http;
mod schema;
mod service;
mod store;
mod tasks;

use crate::platform::db::Module;

pub use contract::InsightsError;
pub use http::routes;
pub use tasks::subscriptions;

const INSIGHTS: Module = Module::named("insights").with_owners();

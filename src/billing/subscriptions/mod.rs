//! Subscriptions: what a customer pays again and again, billed by the clock.
//!
//! * Each period is billed once, in advance, at the first moment of its first day where the company is: the row of the period, the
//!   invoice with its number and the next date commit together.
//! * A first period that is shorter costs its share by days. What costs more in the middle of a period is billed at once for the days
//!   left; what costs less holds from the next period on. Nothing that was billed is given back by itself.
//! * An overdue invoice makes it `past_due`; it is paused when the last reminder was in vain.

pub mod domain;
mod http;
mod offered;
mod schema;
mod service;
mod store;
mod tasks;

pub use domain::{Period as SubscriptionPeriod, Status as SubscriptionStatus};
pub use http::routes;
pub use offered::{CurrentSubscription, current as current_subscriptions};
pub use tasks::{reader, start};

//! Technique: database, events, HTTP, limits, background tasks. Knows no module.

pub mod auth;
pub mod backoff;
pub mod breaker;
pub mod clock;
pub mod db;
pub mod embedded;
pub mod events;
pub mod fields;
pub mod files;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod http;
pub mod id;
pub mod idempotency;
pub mod limits;
pub mod mail;
pub mod metrics;
pub mod pdf;
pub mod problem;
mod schema;
pub mod seal;
pub mod sheets;
pub mod tasks;
pub mod transfers;

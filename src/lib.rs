//! Cauce: a multi-tenant sales platform, from the first contact to the money.

pub mod app;
pub mod billing;
pub mod config;
pub mod crm;
pub mod identity;
pub mod insights;
pub mod kernel;
pub mod leads;
pub mod platform;
pub mod telemetry;
pub mod webhooks;
pub mod workflows;

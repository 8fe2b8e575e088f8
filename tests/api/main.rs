//! All tests through the public door, in one binary: one PostgreSQL, one NATS, one server, and a fresh tenant per test.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by ending")]
#![expect(clippy::print_stdout, reason = "guards tell how much they tried")]

mod billing;
mod capture;
mod crm;
mod events;
mod exports;
mod fields;
mod hardening;
mod identity;
mod imports;
mod insights;
mod journey;
mod leads;
mod migrations;
mod openapi;
mod support;
mod system;
mod tenancy;
mod visibility;
mod webhooks;
mod workflows;

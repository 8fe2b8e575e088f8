//! All tests through the public door, in one binary: one PostgreSQL, one NATS, one server, and a fresh tenant per test.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    reason = "a test ends where something is not as it must be, prints what it counted, and reads real time"
)]

mod identity;
mod imports;
mod leads;
mod migrations;
mod openapi;
mod support;
mod system;
mod tenancy;

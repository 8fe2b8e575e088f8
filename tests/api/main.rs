//! All tests through the public door, in one binary: one PostgreSQL, one NATS, one server, and a fresh tenant per test.

mod identity;
mod imports;
mod leads;
mod migrations;
mod openapi;
mod support;
mod system;
mod tenancy;

//! Imports of customers: what a row says of one, whom it belongs to, and what becomes of it. The work is
//! `platform::transfers`.
//!
//! A row is a customer that is there when it has the same tax identifier, or else the same e-mail address.

mod domain;
mod http;
mod importable;
mod store;
mod vocabulary;

pub use http::routes;
pub use importable::CustomerImports;

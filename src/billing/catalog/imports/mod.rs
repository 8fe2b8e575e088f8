//! Imports of products: what a row says of one, whom it belongs to, and what becomes of it. The work is
//! `platform::transfers`.
//!
//! A row is a product that is there when it has the same SKU, also when that one is archived.

mod domain;
mod http;
mod importable;
mod store;
mod vocabulary;

pub use http::routes;
pub use importable::ProductImports;

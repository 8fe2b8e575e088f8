//! Exports of customers: which of them, and what is written of each. The rest is `platform::transfers`.

mod cells;
mod http;
mod service;

pub use http::routes;
pub use service::CustomerExports;

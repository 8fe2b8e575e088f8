//! The catalogue: products, what bundles hold, and what things cost in which list.
//!
//! * A product is a good, a service, a bundle, or a lot of land; that never changes. Lots are made with their place on the map,
//!   by `inventory`.
//! * A SKU is a product's own in the company, whatever its capitals and accents, also when it is archived.
//! * A bundle holds goods and services, never bundles: no circle can be said.
//! * A price list has one currency and a time of validity. Prices are of one unit, with six decimals.
//!
//! **Invariant.** What was quoted keeps its price: quotations copy what they take from here.

mod domain;
mod exports;
mod http;
mod imports;
mod schema;
mod service;
mod store;
mod tasks;

pub use domain::ProductKind;
pub(in crate::billing) use domain::{Details, check_taxes};
pub use exports::ProductExports;
pub(in crate::billing) use http::routes;
pub use imports::ProductImports;
pub use service::quotas;
pub(in crate::billing) use service::{check_list, components_of, create, find, price, products};
pub(in crate::billing) use store::ProductRow;
pub(in crate::billing) use tasks::start;

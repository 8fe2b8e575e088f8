//! The inventory: what is in which warehouse, what is promised, and lots of land.
//!
//! Words. **On hand** is what is there; **reserved** is what of it is promised to quotations that were sent; the rest can be
//! had. A **movement** is what came or went. A **lot** is a product with a place on the map, which can be had once.
//!
//! Invariants.
//! - Movements are only added to; the stock is their sum.
//! - No more is promised or sold than there is, unless the product allows backorders.
//! - A quotation takes a product out of a warehouse once; a lot is sold once.
//! - Whoever takes several locks them in the order of their identifiers, after the quotation.

mod domain;
mod http;
mod schema;
mod service;
mod store;
mod tasks;

pub use domain::{LotStatus, MovementKind};
pub(in crate::billing) use http::routes;
pub(in crate::billing) use service::{check_warehouse, demand, lot_price, release, reserve, sell};
pub(in crate::billing) use tasks::start;

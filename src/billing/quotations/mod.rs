//! Quotations: what was offered to a customer, at which price, and what became of it.
//!
//! Words. A **version** is what the document says at some time; each change of a draft makes the next one, and none is lost.
//! **Approval** is a colleague's, for what a seller may not offer by themselves. To **accept** is to sell: the documents that
//! ask for this product call it `approve()`.
//!
//! Invariants, each with a rule of the database behind it.
//! - `DRAFT → PENDING → SOLD | CANCELLED | EXPIRED`, and `DRAFT → CANCELLED`; there is no way back.
//! - Lines and sums change in a draft only. What was sent stays as it was sent: to change it, cancel it and duplicate it.
//! - One answer: of those who accept at once one wins. With it stock and lots are taken, in the same transaction.
//! - Folios are 1, 2, 3 … in a company, without gaps.
//! - Whoever has the link is nobody's user: its hash finds the company, and the platform acts there.

mod domain;
mod door;
mod http;
mod schema;
mod service;
mod store;
mod tasks;

use std::sync::Arc;

pub use domain::Status as QuotationStatus;
pub(in crate::billing) use door::open;
pub use http::DraftRequest;
pub(in crate::billing) use http::{public_routes, routes};
pub use service::{LastQuotation, NewQuotation, draft_quotation, last_quotations};
pub(in crate::billing) use service::{customer_of, paper, standing};
pub(in crate::billing) use tasks::start;

use crate::platform::seal::Seal;

/// How quotations are shown to customers.
#[derive(Debug, Clone)]
pub struct QuotationSettings {
    /// How the outside reaches this server, without `/` at its end.
    pub public_url: String,
    /// Requests a minute from one address to links of quotations.
    pub per_address: u32,
}

/// What quotations work with; the server shares one as `Data<Quotations>`.
#[derive(Clone)]
pub struct Quotations {
    settings: QuotationSettings,
    seal: Arc<Seal>,
}

impl Quotations {
    /// Quotations whose links are sealed under the server's `secret`.
    pub fn new(settings: QuotationSettings, secret: &[u8]) -> Self {
        Self { settings, seal: Arc::new(Seal::new(secret, b"cauce quotation links")) }
    }
}

//! Payments through Stripe and PayPal: accounts, pages to pay on, and what the providers tell.
//!
//! * Nobody is called inside a transaction. What is to be asked is written first, under a name that keeps the provider from
//!   doing it twice; what came of it is written after.
//! * What a provider tells is verified, kept once by its name, and acted on by a task. A payment is noted once by the provider's
//!   name of it, whatever order the news come in; amount and currency must be those of the page.

mod caller;
mod domain;
mod door;
mod http;
mod service;
mod store;
mod tasks;

use std::sync::Arc;

use tokio::sync::Notify;

use crate::platform::seal::Seal;

pub use caller::ProviderSettings;
pub use http::{public_routes, routes};
pub use tasks::start;

use caller::Caller;

/// What payments through providers work with; the server shares one as `Data<Providers>`.
#[derive(Clone)]
pub struct Providers {
    caller: Arc<Caller>,
    seal: Arc<Seal>,
    /// Woken when there is something to act on.
    signal: Arc<Notify>,
}

impl Providers {
    /// The providers in `settings`; credentials are sealed under the server's `secret`.
    pub fn new(settings: ProviderSettings, secret: &[u8]) -> reqwest::Result<Self> {
        Ok(Self {
            caller: Arc::new(Caller::new(settings)?),
            seal: Arc::new(Seal::new(secret, b"cauce payment accounts")),
            signal: Arc::new(Notify::new()),
        })
    }
}

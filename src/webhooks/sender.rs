//! Sends one message: signed, to an address that was checked, without following anybody elsewhere.

use std::error::Error;
use std::time::Duration;

use reqwest::Client;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;

use super::WebhookSettings;
use super::domain::{Failure, Outcome, Reach, Target, signatures};
use super::resolver::{AddressRefused, Resolver};
use super::service::Message;

const CONNECTING: Duration = Duration::from_secs(5);
const USER_AGENT: &str = concat!("Cauce-Webhooks/", env!("CARGO_PKG_VERSION"));

/// Sends messages.
#[derive(Clone)]
pub struct Sender {
    client: Client,
}

impl Sender {
    /// A sender within the reach of `settings`.
    pub fn new(settings: &WebhookSettings) -> reqwest::Result<Self> {
        Self::with(Resolver::new(settings.reach), settings.timeout)
    }

    /// A sender that finds addresses by `resolver`.
    pub(super) fn with(resolver: Resolver, timeout: Duration) -> reqwest::Result<Self> {
        let client = Client::builder()
            .dns_resolver(resolver)
            .redirect(Policy::none())
            // A proxy of the environment would connect for us, unchecked.
            .no_proxy()
            .timeout(timeout)
            .connect_timeout(CONNECTING.min(timeout))
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(USER_AGENT)
            .build()?;
        Ok(Self { client })
    }

    /// Sends `message` if its address is still one within `reach`; the clock says `timestamp` in seconds of Unix time.
    pub async fn send(&self, message: &Message, reach: Reach, timestamp: i64) -> Outcome {
        // It was checked when it was stored, perhaps under another setting. An address instead of a name is not resolved.
        if Target::parse(&message.url, reach).is_err() {
            return Outcome::Failed(Failure::Address);
        }
        self.post(message, timestamp).await
    }

    /// Sends `message` wherever the resolver lets it.
    pub(super) async fn post(&self, message: &Message, timestamp: i64) -> Outcome {
        let request = self
            .client
            .post(&message.url)
            .header("Content-Type", "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures(&message.secrets, &message.id, timestamp, &message.body))
            .body(message.body.clone());
        match request.send().await {
            // The body is not read: nothing in it is of use, and it may be anything.
            Ok(response) => Outcome::Answered {
                status: response.status().as_u16(),
                retry_after: retry_after(response.headers()),
            },
            Err(error) => Outcome::Failed(failure(&error)),
        }
    }
}

/// The seconds that a receiver asks to wait, when it says them as a number.
pub fn retry_after(headers: &HeaderMap) -> Option<u32> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

fn failure(error: &reqwest::Error) -> Failure {
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(error) = cause {
        if error.is::<AddressRefused>() {
            return Failure::Address;
        }
        cause = error.source();
    }
    if error.is_timeout() { Failure::Timeout } else { Failure::Connection }
}

//! The connection to NATS: made in the background, kept by the client, and told to whoever asks how it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use async_nats::jetstream::context::{Context, ContextBuilder};
use async_nats::{ConnectOptions, Event as ClientEvent, ServerAddr};
use serde::Serialize;
use tokio::sync::Notify;

use super::EventsError;

/// How long one publish or request may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// Publishes that may wait for their acknowledgement in one client; more than the publisher ever has.
const MOST_IN_FLIGHT: usize = 1_024;

/// Which NATS servers to publish to.
#[derive(Clone)]
pub struct NatsSettings {
    /// Addresses such as `nats://token@nats:4222` or `nats://user:password@nats:4222`; none: no NATS, by choice.
    pub servers: Option<Vec<String>>,
    /// Largest size of each stream in bytes; when it is full, publishing stops until messages are a week old.
    pub max_bytes: i64,
}

/// How NATS is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NatsStatus {
    /// Events are being published, by this server or by another one of ours.
    Connected,
    /// It cannot be reached or does not take events: they wait.
    Away,
    /// No server is configured, by choice.
    Off,
}

/// What the connection's callbacks tell the publisher and `/health`.
pub(super) struct News {
    publishing: AtomicU8,
    connects: AtomicU64,
    wake: Arc<Notify>,
}

impl News {
    /// No connection yet; a new one calls `wake`.
    pub(super) fn new(wake: Arc<Notify>) -> Self {
        Self { publishing: AtomicU8::new(0), connects: AtomicU64::new(0), wake }
    }

    /// How it stands.
    pub(super) fn status(&self) -> NatsStatus {
        if self.publishing.load(Ordering::Relaxed) == 1 { NatsStatus::Connected } else { NatsStatus::Away }
    }

    /// Counts the connections made: another number means that the server may have lost something in between.
    pub(super) fn connects(&self) -> u64 {
        self.connects.load(Ordering::Acquire)
    }

    /// Notes that events can be published.
    pub(super) fn works(&self) {
        if self.publishing.swap(1, Ordering::Relaxed) == 0 {
            tracing::info!("NATS takes events");
        }
    }

    /// Notes that they cannot.
    pub(super) fn fails(&self, reason: &str) {
        if self.publishing.swap(0, Ordering::Relaxed) == 1 {
            tracing::warn!(reason, "NATS does not take events; they wait in PostgreSQL");
        }
    }
}

/// Addresses that were read and make sense.
#[derive(Clone)]
pub(super) struct Servers {
    addresses: Vec<ServerAddr>,
    credentials: Credentials,
}

#[derive(Clone, PartialEq)]
enum Credentials {
    None,
    Token(String),
    Password { user: String, password: String },
}

impl Servers {
    /// The addresses in `texts`; the first one's credentials are used for all.
    pub(super) fn parse(texts: &[String]) -> Result<Self, EventsError> {
        let mut addresses = Vec::new();
        let mut credentials = Credentials::None;
        for text in texts {
            let (address, found) = split_credentials(text.trim());
            // The text is not quoted: it may hold a secret.
            let parsed: ServerAddr = address.parse().map_err(|_| EventsError::NatsAddress)?;
            if parsed.host().is_empty() {
                return Err(EventsError::NatsAddress);
            }
            addresses.push(parsed);
            if credentials == Credentials::None {
                credentials = found;
            }
        }
        if addresses.is_empty() { Err(EventsError::NatsAddress) } else { Ok(Self { addresses, credentials }) }
    }

    /// A client that connects in the background, again and again, and tells `news`.
    pub(super) async fn connect(&self, news: Arc<News>) -> Result<Context, async_nats::ConnectError> {
        let options = ConnectOptions::new()
            .name("cauce")
            .retry_on_initial_connect()
            .connection_timeout(PATIENCE)
            .request_timeout(Some(PATIENCE))
            .ping_interval(Duration::from_secs(10))
            .reconnect_delay_callback(|attempts| {
                Duration::from_millis(100 << attempts.min(5)).min(Duration::from_secs(2))
            })
            .event_callback(move |event| {
                match event {
                    ClientEvent::Connected => {
                        news.connects.fetch_add(1, Ordering::AcqRel);
                        news.wake.notify_one();
                    }
                    ClientEvent::Disconnected | ClientEvent::Closed => news.fails("the connection is lost"),
                    other => tracing::debug!(event = %other, "NATS"),
                }
                async {}
            });
        let options = match &self.credentials {
            Credentials::None => options,
            Credentials::Token(token) => options.token(token.clone()),
            Credentials::Password { user, password } => {
                options.user_and_password(user.clone(), password.clone())
            }
        };
        let client = options.connect(self.addresses.clone()).await?;
        Ok(ContextBuilder::new()
            .timeout(PATIENCE)
            .ack_timeout(PATIENCE)
            .max_ack_inflight(MOST_IN_FLIGHT)
            .build(client))
    }
}

/// `nats://user:password@host` as its address and its credentials; a user alone is a token.
fn split_credentials(text: &str) -> (String, Credentials) {
    let (scheme, rest) = text.split_once("://").unwrap_or(("nats", text));
    let Some((secret, host)) = rest.rsplit_once('@') else {
        return (format!("{scheme}://{rest}"), Credentials::None);
    };
    let credentials = match secret.split_once(':') {
        Some((user, password)) => Credentials::Password { user: decoded(user), password: decoded(password) },
        None => Credentials::Token(decoded(secret)),
    };
    (format!("{scheme}://{host}"), credentials)
}

fn decoded(text: &str) -> String {
    // A form would read a plus sign as a space; an address does not.
    let escaped = text.replace('+', "%2B");
    form_urlencoded::parse(escaped.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Credentials, Servers, split_credentials};

    #[test]
    fn credentials_are_taken_out_of_addresses() {
        let password = |user: &str, password: &str| Credentials::Password {
            user: user.into(),
            password: password.into(),
        };
        for (text, address, credentials) in [
            ("nats://n:4222", "nats://n:4222", Credentials::None),
            ("n:4222", "nats://n:4222", Credentials::None),
            ("nats://a-token_1@n:4222", "nats://n:4222", Credentials::Token("a-token_1".into())),
            ("tls://me:p%40ss+1@n", "tls://n", password("me", "p@ss+1")),
        ] {
            let (found, secret) = split_credentials(text);
            assert!(found == address && secret == credentials, "{text}: {found}");
        }
    }

    #[test]
    fn wrong_addresses_are_refused_without_quoting_them() {
        for text in ["", "nats://secret@", "http s://x"] {
            let refusal = Servers::parse(&[text.to_owned()]).err().map(|error| error.to_string());
            assert!(refusal.as_ref().is_some_and(|words| !words.contains("secret")), "{text}: {refusal:?}");
        }
        assert!(Servers::parse(&["nats://a:1".to_owned(), "nats://b:2".to_owned()]).is_ok());
    }
}

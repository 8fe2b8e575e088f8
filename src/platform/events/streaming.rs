//! Reading a JetStream stream as any consumer would: for operators, and for those who want to see their events arrive.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::AckPolicy;
use async_nats::jetstream::consumer::pull;
use futures_util::StreamExt;
use serde_json::Value;
use tokio::sync::Notify;

use super::EventsError;
use super::nats::{NatsSettings, News, Servers};

/// How long the stream may be silent before it counts as read to its end.
const SILENCE: Duration = Duration::from_secs(1);

/// A message of a stream.
#[derive(Debug, Clone)]
pub struct StreamedEvent {
    /// Its place in the stream.
    pub sequence: u64,
    /// Its subject.
    pub subject: String,
    /// The CloudEvents envelope.
    pub envelope: Value,
}

/// The messages of `stream` from its beginning, in order, that `wanted` picks.
pub async fn read_stream(
    settings: &NatsSettings,
    stream: &str,
    wanted: impl Fn(&StreamedEvent) -> bool,
) -> Result<Vec<StreamedEvent>, EventsError> {
    let refused = |error: &dyn std::fmt::Display| EventsError::Nats(error.to_string());
    let servers = Servers::parse(settings.servers.as_deref().unwrap_or_default())?;
    let news = Arc::new(News::new(Arc::new(Notify::new())));
    let context = servers.connect(news).await.map_err(|error| refused(&error))?;
    let stream = context.get_stream(stream).await.map_err(|error| refused(&error))?;
    let config = pull::Config { ack_policy: AckPolicy::None, ..pull::Config::default() };
    let consumer = stream.create_consumer(config).await.map_err(|error| refused(&error))?;
    let mut messages = consumer.messages().await.map_err(|error| refused(&error))?;
    let mut read = Vec::new();
    while let Ok(Some(message)) = tokio::time::timeout(SILENCE, messages.next()).await {
        let message = message.map_err(|error| refused(&error))?;
        let sequence = message.info().map_err(|error| refused(&error))?.stream_sequence;
        let envelope = serde_json::from_slice(&message.payload).unwrap_or_default();
        let event = StreamedEvent { sequence, subject: message.subject.to_string(), envelope };
        if wanted(&event) {
            read.push(event);
        }
    }
    Ok(read)
}

//! Sends events to JetStream with many acknowledgements under way, and at most one of each record.

use std::collections::VecDeque;
use std::collections::hash_map::{Entry, HashMap};

use async_nats::HeaderMap;
use async_nats::jetstream::context::{Context, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use uuid::Uuid;

use super::event::LoggedEvent;

/// Publishes that wait for their acknowledgement at a time.
const WINDOW: usize = 256;

/// An event on its way to a stream.
pub(super) struct Outgoing {
    aggregate: Uuid,
    subject: &'static str,
    message: PublishMessage,
}

/// A second delivery on purpose: another message id, and a header that says so.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReplayId(pub(super) Uuid);

impl Outgoing {
    /// `event` for `stream`, under `subject`.
    pub(super) fn new(
        event: &LoggedEvent,
        subject: &'static str,
        stream: &str,
        replay: Option<ReplayId>,
    ) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert("Content-Type", "application/cloudevents+json");
        headers.insert("X-Correlation-Id", event.correlation.as_str());
        let mut message_id = event.id.to_string();
        if let Some(ReplayId(replay)) = replay {
            message_id = format!("{message_id}:r{replay}");
            headers.insert("Replay", replay.to_string());
        }
        let message = PublishMessage::build()
            .headers(headers)
            .message_id(message_id)
            .expected_stream(stream)
            .payload(event.envelope().to_string().into());
        Self { aggregate: event.aggregate, subject, message }
    }
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Receipt {
    /// Stored at this sequence of the stream.
    Stored(u64),
    /// It was there already, at this sequence.
    Duplicate(u64),
    /// Larger than the server takes; it can never be delivered.
    TooLarge,
}

/// Why messages were not taken.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Undelivered(pub(super) String);

/// Sends `messages`, those of one record one after the other. Answers a receipt for each in its place, none where it is
/// unknown, and the first failure, after which nothing more was begun.
pub(super) async fn deliver(
    context: &Context,
    messages: Vec<Outgoing>,
) -> (Vec<Option<Receipt>>, Option<Undelivered>) {
    let mut receipts = vec![None; messages.len()];
    let mut failure = None;
    let mut fresh = messages.into_iter().enumerate();
    // Records with a message under way, and their messages that wait behind it.
    let mut busy: HashMap<Uuid, VecDeque<(usize, Outgoing)>> = HashMap::new();
    let mut under_way = FuturesUnordered::new();
    loop {
        while failure.is_none() && under_way.len() < WINDOW {
            let Some((index, outgoing)) = fresh.next() else { break };
            match busy.entry(outgoing.aggregate) {
                Entry::Occupied(mut behind) => behind.get_mut().push_back((index, outgoing)),
                Entry::Vacant(vacant) => {
                    vacant.insert(VecDeque::new());
                    under_way.push(send(context, index, outgoing));
                }
            }
        }
        let Some((index, aggregate, outcome)) = under_way.next().await else { break };
        match outcome {
            Ok(receipt) => receipts[index] = Some(receipt),
            Err(error) => failure = failure.or(Some(error)),
        }
        let behind = busy.get_mut(&aggregate).and_then(VecDeque::pop_front);
        match behind {
            Some((index, outgoing)) if failure.is_none() => under_way.push(send(context, index, outgoing)),
            _ => {
                busy.remove(&aggregate);
            }
        }
    }
    (receipts, failure)
}

async fn send(
    context: &Context,
    index: usize,
    outgoing: Outgoing,
) -> (usize, Uuid, Result<Receipt, Undelivered>) {
    let Outgoing { aggregate, subject, message } = outgoing;
    let acknowledged = match context.send_publish(subject, message).await {
        Ok(acknowledgement) => acknowledgement.await,
        Err(error) => Err(error),
    };
    let outcome = match acknowledged {
        Ok(ack) if ack.duplicate => Ok(Receipt::Duplicate(ack.sequence)),
        Ok(ack) => Ok(Receipt::Stored(ack.sequence)),
        Err(error) if error.kind() == PublishErrorKind::MaxPayloadExceeded => Ok(Receipt::TooLarge),
        Err(error) => Err(Undelivered(error.to_string())),
    };
    (index, aggregate, outcome)
}

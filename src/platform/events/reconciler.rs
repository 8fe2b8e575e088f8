//! Makes the streams, and finds out after every connection whether they still hold what they acknowledged.
//!
//! JetStream acknowledges before it syncs to disk, and a stream can be deleted or restored from an old copy. What was
//! acknowledged and is gone is published again from the log, under the same ids.

use std::time::Duration;

use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::context::Context;
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{Config, DiscardPolicy, Info, RawMessageErrorKind, StorageType, Stream};
use chrono::{DateTime, TimeDelta, Utc};
use metrics::counter;
use serde::Deserialize;
use uuid::Uuid;

use super::nats_state::{self, StreamState};
use super::publisher::{PAGE, Trouble};
use super::{Catalogue, EVENTS};
use crate::platform::db::Db;

/// How long a stream keeps messages.
const KEPT_FOR: Duration = Duration::from_hours(7 * 24);
/// How long a stream recognises a message id.
const DUPLICATE_WINDOW: Duration = Duration::from_mins(10);

/// The stream that only shows whether NATS stores anything; it keeps the last message.
const CANARY_STREAM: &str = "CAUCE_CANARY";
/// Its subject.
pub(super) const CANARY_SUBJECT: &str = "cauce.canary";

/// What a comparison needs.
pub(super) struct Reconciler<'a> {
    pub(super) db: &'a Db,
    pub(super) context: &'a Context,
    pub(super) catalogue: &'a Catalogue,
    pub(super) max_bytes: i64,
    pub(super) server: Uuid,
}

/// What a stream still holds of what it acknowledged.
enum Holdings {
    /// Everything.
    Intact,
    /// Everything published up to this message.
    UpTo(Survivor),
    /// Nothing that we can find.
    Nothing,
}

struct Survivor {
    sequence: u64,
    position: i64,
    event_id: Uuid,
}

impl Reconciler<'_> {
    /// Makes missing streams, and moves the publisher back to what is missing in those that lost something.
    pub(super) async fn run(&self, position: i64) -> Result<(), Trouble> {
        self.ensure_canary().await?;
        let known = self.db.system(EVENTS, |tx| nats_state::streams(tx.conn())).await?;
        for (name, patterns) in self.catalogue.streams() {
            let stream = self.ensure_stream(name, patterns).await?;
            let info = stream.get_info().await.map_err(|error| Trouble::Nats(error.to_string()))?;
            let created_at = created_at(&info);
            let state = known.iter().find(|state| state.stream == *name);
            let Some(state) = state else {
                // A stream that we never wrote to has nothing to lose; what it takes was not emitted before.
                let state = StreamState {
                    stream: (*name).to_owned(),
                    created_at,
                    log_position: position,
                    stream_sequence: 0,
                    event_id: None,
                };
                self.write(state).await?;
                continue;
            };
            match holdings(&stream, &info, state).await? {
                Holdings::Intact => {}
                Holdings::UpTo(survivor) => {
                    let lost = StreamState {
                        // Within a page, events of different records may be stored in any order.
                        log_position: (survivor.position - PAGE).clamp(0, state.log_position),
                        stream_sequence: i64::try_from(survivor.sequence).unwrap_or(i64::MAX),
                        event_id: Some(survivor.event_id),
                        ..state.clone()
                    };
                    self.rewind(state, lost).await?;
                }
                Holdings::Nothing => {
                    let oldest = self.oldest_wanted().await?;
                    let lost = StreamState {
                        created_at,
                        log_position: oldest.min(state.log_position),
                        stream_sequence: 0,
                        event_id: None,
                        ..state.clone()
                    };
                    self.rewind(state, lost).await?;
                }
            }
        }
        Ok(())
    }

    async fn ensure_stream(&self, name: &str, patterns: &[&str]) -> Result<Stream, Trouble> {
        let wanted = Config {
            name: name.to_owned(),
            subjects: patterns.iter().map(ToString::to_string).collect(),
            storage: StorageType::File,
            discard: DiscardPolicy::New,
            max_bytes: self.max_bytes,
            max_age: KEPT_FOR,
            duplicate_window: DUPLICATE_WINDOW,
            num_replicas: 1,
            ..Config::default()
        };
        let failed = |error: &dyn std::fmt::Display| Trouble::Nats(format!("stream {name}: {error}"));
        let stream = self.context.get_or_create_stream(&wanted).await.map_err(|error| failed(&error))?;
        let found = &stream.cached_info().config;
        let is_as_wanted = found.subjects == wanted.subjects
            && found.discard == wanted.discard
            && found.max_bytes == wanted.max_bytes
            && found.max_age == wanted.max_age
            && found.duplicate_window == wanted.duplicate_window;
        if !is_as_wanted {
            // Replicas and placement are the operator's business.
            let changed = Config {
                subjects: wanted.subjects,
                discard: wanted.discard,
                max_bytes: wanted.max_bytes,
                max_age: wanted.max_age,
                duplicate_window: wanted.duplicate_window,
                ..found.clone()
            };
            self.context.update_stream(&changed).await.map_err(|error| failed(&error))?;
        }
        self.context.get_stream(name).await.map_err(|error| failed(&error))
    }

    async fn ensure_canary(&self) -> Result<(), Trouble> {
        let wanted = Config {
            name: CANARY_STREAM.to_owned(),
            subjects: vec![CANARY_SUBJECT.to_owned()],
            storage: StorageType::File,
            discard: DiscardPolicy::Old,
            max_messages: 1,
            num_replicas: 1,
            ..Config::default()
        };
        let made = self.context.get_or_create_stream(&wanted).await;
        made.map(drop).map_err(|error| Trouble::Nats(format!("stream {CANARY_STREAM}: {error}")))
    }

    async fn rewind(&self, before: &StreamState, lost: StreamState) -> Result<(), Trouble> {
        tracing::warn!(
            stream = lost.stream,
            from = before.log_position,
            to = lost.log_position,
            "a stream lost events that it had acknowledged; they are published again"
        );
        counter!("nats_rewinds_total", "stream" => lost.stream.clone()).increment(1);
        self.write(lost).await
    }

    async fn write(&self, state: StreamState) -> Result<(), Trouble> {
        let server = self.server;
        let is_ours = self.db.system(EVENTS, move |tx| nats_state::reset(tx.conn(), server, &state)).await?;
        if is_ours { Ok(()) } else { Err(Trouble::LeaseLost) }
    }

    /// The position behind which a stream would still keep the events.
    async fn oldest_wanted(&self) -> Result<i64, Trouble> {
        let kept_for = TimeDelta::from_std(KEPT_FOR).unwrap_or(TimeDelta::MAX);
        let oldest = self.db.system(EVENTS, move |tx| {
            let since = tx.now() - kept_for;
            nats_state::position_at(tx.conn(), since)
        });
        Ok(oldest.await?)
    }
}

async fn holdings(stream: &Stream, info: &Info, state: &StreamState) -> Result<Holdings, Trouble> {
    if created_at(info) != state.created_at {
        return Ok(Holdings::Nothing);
    }
    let recorded = u64::try_from(state.stream_sequence).unwrap_or(0);
    let held = &info.state;
    if recorded == 0 || held.last_sequence >= recorded && held.first_sequence > recorded {
        // Nothing was acknowledged, or it has since grown old and left.
        return Ok(Holdings::Intact);
    }
    if held.last_sequence >= recorded {
        let there = message(stream, recorded).await?;
        if there.as_ref().and_then(event_id) == state.event_id {
            return Ok(Holdings::Intact);
        }
    }
    // Strides that double: at most twice as much as was lost is published again.
    let mut sequence = held.last_sequence.min(recorded);
    let mut stride = 1;
    while sequence >= held.first_sequence.max(1) {
        let found = message(stream, sequence).await?;
        if let Some(survivor) = found.as_ref().and_then(survivor)
            && survivor.position <= state.log_position
        {
            return Ok(Holdings::UpTo(survivor));
        }
        sequence = sequence.saturating_sub(stride);
        stride *= 2;
    }
    Ok(Holdings::Nothing)
}

async fn message(stream: &Stream, sequence: u64) -> Result<Option<StreamMessage>, Trouble> {
    match stream.get_raw_message(sequence).await {
        Ok(message) => Ok(Some(message)),
        Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
        Err(error) => Err(Trouble::Nats(error.to_string())),
    }
}

/// The event in `message`; none for a replay.
fn event_id(message: &StreamMessage) -> Option<Uuid> {
    message.headers.get(NATS_MESSAGE_ID)?.as_str().parse().ok()
}

fn survivor(message: &StreamMessage) -> Option<Survivor> {
    #[derive(Deserialize)]
    struct Envelope {
        sequence: String,
    }
    let envelope: Envelope = serde_json::from_slice(&message.payload).ok()?;
    Some(Survivor {
        sequence: message.sequence,
        position: envelope.sequence.parse().ok()?,
        event_id: event_id(message)?,
    })
}

fn created_at(info: &Info) -> DateTime<Utc> {
    let microseconds = info.created.unix_timestamp_nanos() / 1_000;
    DateTime::from_timestamp_micros(i64::try_from(microseconds).unwrap_or_default()).unwrap_or_default()
}

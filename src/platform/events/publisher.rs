//! The publisher: the reader of the log that hands every event to NATS JetStream, at least once and in order per record.
//!
//! Nothing remote happens inside a transaction, so one server at a time publishes by a lease, and the position moves only
//! to the last event before which everything was acknowledged. NATS away stops nobody else: events wait in the log.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::connection::State;
use async_nats::jetstream::context::Context;
use metrics::{counter, gauge};
use uuid::Uuid;

use super::cursor::{self, NATS, Span};
use super::delivery::{Outgoing, Receipt, deliver};
use super::event::LoggedEvent;
use super::nats::{News, Servers};
use super::nats_state::{self, StreamState};
use super::reconciler::{CANARY_SUBJECT, Reconciler};
use super::{Catalogue, EVENTS};
use crate::platform::backoff::Backoff;
use crate::platform::breaker::{Breaker, BreakerSettings, BreakerState};
use crate::platform::db::{Db, DbError};
use crate::platform::tasks::Next;

/// Events read and published at once.
pub(super) const PAGE: i64 = 500;
const OTHER_SERVER_CHECKED_EVERY: Duration = Duration::from_secs(1);
/// With nothing to publish, NATS is asked this often to store something all the same.
const CANARY_PERIOD: Duration = Duration::from_secs(5);
/// Short pages cost as many statements as full ones.
const BREATH: Duration = Duration::from_millis(30);
const BREAKER: BreakerSettings =
    BreakerSettings { failures_to_open: 5, open_for: Duration::from_secs(10), successes_to_close: 2 };

/// Why a round of publishing ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// NATS cannot be reached, or refused.
    #[error("{0}")]
    Nats(String),
    /// Another server publishes now.
    #[error("another server publishes now")]
    LeaseLost,
    /// PostgreSQL failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// The publisher's task.
pub(super) struct Publisher {
    db: Db,
    catalogue: Arc<Catalogue>,
    servers: Servers,
    max_bytes: i64,
    news: Arc<News>,
    server: Uuid,
    context: Option<Context>,
    breaker: Arc<Breaker>,
    backoff: Backoff,
    /// The number of the connection after which the streams were compared.
    reconciled: Option<u64>,
    /// When NATS last stored something.
    stored_at: Option<Instant>,
}

/// How a round went.
enum Round {
    /// Another server publishes.
    Elsewhere,
    /// Nothing to do.
    Idle,
    /// Events were published, or the streams were compared, or a canary was stored.
    Worked { is_full: bool },
    /// A stream is behind what it acknowledged: compare.
    WentBack,
}

struct Work {
    position: i64,
    streams: Vec<StreamState>,
    page: Vec<LoggedEvent>,
}

impl Publisher {
    /// A publisher that is not connected yet, of the server known as `server`.
    pub(super) fn new(
        db: Db,
        catalogue: Arc<Catalogue>,
        servers: Servers,
        max_bytes: i64,
        news: Arc<News>,
        server: Uuid,
    ) -> Self {
        Self {
            db,
            catalogue,
            servers,
            max_bytes,
            news,
            server,
            context: None,
            breaker: Arc::new(Breaker::new(BREAKER)),
            backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(10)),
            reconciled: None,
            stored_at: None,
        }
    }

    /// Publishes what is new, if NATS is there and no other server does it.
    pub(super) async fn run(&mut self) -> Next {
        let Some(context) = self.connected().await else {
            self.reconciled = None;
            self.news.fails("no connection");
            return Next::Wait;
        };
        let breaker = self.breaker.clone();
        if self.reconciled.is_some_and(|connects| connects != self.news.connects()) {
            breaker.try_now();
        }
        let permit = match breaker.permit(Instant::now()) {
            Ok(permit) => permit,
            // In small steps: a new connection is a reason to try before the time is up.
            Err(wait) => return Next::After(wait.min(Duration::from_millis(500))),
        };
        let next = match self.round(&context).await {
            Ok(Round::Elsewhere) | Err(Trouble::LeaseLost) => {
                self.reconciled = None;
                self.news.works();
                Next::After(OTHER_SERVER_CHECKED_EVERY)
            }
            Ok(Round::Idle) => Next::Wait,
            Ok(Round::WentBack) => {
                self.reconciled = None;
                Next::Again
            }
            Ok(Round::Worked { is_full }) => {
                permit.succeeded();
                self.stored_at = Some(Instant::now());
                self.backoff.reset();
                self.news.works();
                if is_full { Next::Again } else { Next::After(BREATH) }
            }
            Err(Trouble::Database(error)) => {
                tracing::warn!(%error, "events cannot be read for NATS; they wait");
                Next::After(self.backoff.after_failure())
            }
            Err(Trouble::Nats(reason)) => {
                permit.failed(Instant::now());
                counter!("nats_publish_total", "result" => "failed").increment(1);
                self.news.fails(&reason);
                tracing::debug!(reason, "NATS failed");
                self.reconciled = None;
                Next::After(self.backoff.after_failure())
            }
        };
        gauge!("nats_breaker_open").set(match breaker.state() {
            BreakerState::Closed => 0.0,
            BreakerState::HalfOpen => 0.5,
            BreakerState::Open => 1.0,
        });
        next
    }

    /// Lets another server go on at once.
    pub(super) async fn release(&self) {
        let server = self.server;
        let released = self.db.system(EVENTS, move |tx| cursor::release(tx.conn(), NATS, server)).await;
        if let Err(error) = released {
            tracing::debug!(%error, "the publisher's lease was not given back; it runs out by itself");
        }
    }

    async fn connected(&mut self) -> Option<Context> {
        let context = if let Some(context) = &self.context {
            context.clone()
        } else {
            match self.servers.connect(self.news.clone()).await {
                Ok(context) => self.context.insert(context).clone(),
                Err(error) => {
                    self.news.fails(&error.to_string());
                    return None;
                }
            }
        };
        (context.client().connection_state() == State::Connected).then_some(context)
    }

    async fn round(&mut self, context: &Context) -> Result<Round, Trouble> {
        let connects = self.news.connects();
        let Some(mut work) = self.lease().await? else { return Ok(Round::Elsewhere) };
        let is_compared = self.reconciled == Some(connects);
        if !is_compared {
            let reconciler = Reconciler {
                db: &self.db,
                context,
                catalogue: &self.catalogue,
                max_bytes: self.max_bytes,
                server: self.server,
            };
            reconciler.run(work.position).await?;
            self.reconciled = Some(connects);
            work = self.lease().await?.ok_or(Trouble::LeaseLost)?;
        }
        match (work.page.is_empty(), is_compared) {
            (false, _) => self.publish(context, work).await,
            (true, false) => Ok(Round::Worked { is_full: false }),
            (true, true) if self.stored_at.is_some_and(|stored| stored.elapsed() < CANARY_PERIOD) => {
                Ok(Round::Idle)
            }
            (true, true) => {
                publish_canary(context).await?;
                Ok(Round::Worked { is_full: false })
            }
        }
    }

    async fn lease(&self) -> Result<Option<Work>, DbError> {
        let server = self.server;
        // A half-open breaker lets one event try.
        let limit = if self.breaker.state() == BreakerState::Closed { PAGE } else { 1 };
        self.db
            .system(EVENTS, move |tx| {
                let connection = tx.conn();
                let Some(position) = nats_state::lease(connection, server)? else { return Ok(None) };
                let streams = nats_state::streams(connection)?;
                let span = Span { after: position, until: i64::MAX, kinds: None, limit };
                let page = cursor::page(connection, &span)?;
                Ok(Some(Work { position, streams, page }))
            })
            .await
    }

    async fn publish(&self, context: &Context, work: Work) -> Result<Round, Trouble> {
        let Work { position, streams, page } = work;
        let is_full = page.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
        let mut outgoing = Vec::with_capacity(page.len());
        let mut sent = Vec::with_capacity(page.len());
        for (place, event) in page.iter().enumerate() {
            let Some(entry) = self.catalogue.entry(&event.kind) else {
                tracing::error!(
                    kind = event.kind,
                    position = event.position,
                    "an event of a kind that is not in the catalogue is not published"
                );
                counter!("nats_publish_total", "result" => "unknown_kind").increment(1);
                continue;
            };
            // After one stream lost events, the others still have theirs.
            let has_it =
                |state: &StreamState| state.stream == entry.stream && state.log_position >= event.position;
            if !streams.iter().any(has_it) {
                outgoing.push(Outgoing::new(event, entry.subject, &entry.stream, None));
                sent.push((place, entry.stream.as_str()));
            }
        }
        let (receipts, failure) = deliver(context, outgoing).await;
        let outcome = Outcome::of(&page, &sent, &receipts);
        if outcome.went_back(&streams) {
            return Ok(Round::WentBack);
        }
        let end = outcome.acknowledged_until(&page).unwrap_or(position);
        let server = self.server;
        let highest = outcome.highest;
        let is_ours = self
            .db
            .system(EVENTS, move |tx| {
                let connection = tx.conn();
                if !nats_state::advance(connection, server, position, end)? {
                    return Ok::<_, DbError>(false);
                }
                for (stream, (sequence, event)) in &highest {
                    nats_state::acknowledged(connection, stream, *sequence, *event)?;
                }
                Ok(true)
            })
            .await?;
        match failure {
            Some(failure) => Err(Trouble::Nats(failure.0)),
            None if is_ours => Ok(Round::Worked { is_full }),
            None => Err(Trouble::LeaseLost),
        }
    }
}

/// Has NATS store a message, which a server with a full disk or one that hangs does not, however well it looks.
async fn publish_canary(context: &Context) -> Result<(), Trouble> {
    let failed =
        |error: async_nats::jetstream::context::PublishError| Trouble::Nats(format!("canary: {error}"));
    context.publish(CANARY_SUBJECT, "".into()).await.map_err(failed)?.await.map_err(failed)?;
    Ok(())
}

/// What the receipts of a page say.
struct Outcome {
    /// The place in the page of the first event without a receipt.
    first_open: Option<usize>,
    /// Sequences at which events were stored now, by stream.
    stored: HashMap<String, Vec<i64>>,
    /// The highest sequence of each stream, and the event there.
    highest: HashMap<String, (i64, Uuid)>,
}

impl Outcome {
    fn of(page: &[LoggedEvent], sent: &[(usize, &str)], receipts: &[Option<Receipt>]) -> Self {
        let mut outcome = Self { first_open: None, stored: HashMap::new(), highest: HashMap::new() };
        for ((place, stream), receipt) in sent.iter().zip(receipts) {
            let event = &page[*place];
            let (sequence, result) = match receipt {
                None => {
                    outcome.first_open.get_or_insert(*place);
                    continue;
                }
                Some(Receipt::TooLarge) => {
                    tracing::error!(
                        kind = event.kind,
                        position = event.position,
                        "an event is larger than NATS takes; it is not published"
                    );
                    counter!("nats_publish_total", "result" => "too_large").increment(1);
                    continue;
                }
                Some(Receipt::Stored(sequence)) => (as_signed(*sequence), "ok"),
                Some(Receipt::Duplicate(sequence)) => (as_signed(*sequence), "duplicate"),
            };
            counter!("nats_publish_total", "result" => result).increment(1);
            if result == "ok" {
                outcome.stored.entry((*stream).to_owned()).or_default().push(sequence);
            }
            let highest = outcome.highest.entry((*stream).to_owned()).or_insert((sequence, event.id));
            if highest.0 < sequence {
                *highest = (sequence, event.id);
            }
        }
        outcome
    }

    /// Whether a stream stored an event where it had acknowledged another one before.
    fn went_back(&self, known: &[StreamState]) -> bool {
        self.stored.iter().any(|(stream, sequences)| {
            let recorded = known.iter().find(|state| state.stream == *stream);
            let floor = recorded.map_or(0, |state| state.stream_sequence);
            let mut sorted = sequences.clone();
            sorted.sort_unstable();
            sorted.first().is_some_and(|lowest| *lowest <= floor)
                || sorted.windows(2).any(|pair| pair[0] == pair[1])
        })
    }

    /// The position up to which nothing is open.
    fn acknowledged_until(&self, page: &[LoggedEvent]) -> Option<i64> {
        match self.first_open {
            None => page.last().map(|last| last.position),
            Some(place) => place.checked_sub(1).map(|before| page[before].position),
        }
    }
}

fn as_signed(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

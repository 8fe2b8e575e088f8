//! Events: what happened, stored with the change that made it happen, put in order, and read by position.
//!
//! A use case calls `tx.emit(..)`; the event is written to the outbox in the same transaction. One sequencer moves
//! committed rows into the log, gapless and in commit order. Every reader is a cursor over the log: the subscribers
//! inside this program, where each event takes effect exactly once, and the publisher to NATS, which delivers at least
//! once. NATS may be away, or not there at all: nothing but its own readers waits for it.

mod asyncapi;
mod catalogue;
mod cursor;
mod dead_letters;
mod delivery;
mod event;
mod feed;
mod gauges;
mod handling;
mod http;
mod log;
mod nats;
mod nats_state;
mod own;
mod parking;
mod patterns;
mod publisher;
mod reconciler;
mod replay;
mod runner;
mod schema;
mod sequencer;
mod standings;
mod streaming;
mod subscribers;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Notify};
use uuid::Uuid;

pub use asyncapi::asyncapi;
pub use catalogue::{Catalogue, CatalogueError, EventKind, Shape, Stream};
pub use dead_letters::{
    DeadLetter, DeadLetterError, DeadLetterFilter, DeadLetterState, Resolution, dead_letters,
    resolve_dead_letter,
};
pub(in crate::platform) use event::{Emitted, write};
pub use event::{Envelope, Event, LoggedEvent};
pub use feed::{Feed, Listener};
pub use http::{ReadEvents, StreamLimit, WriteEvents, routes};
pub use log::{HistoryFilter, HistoryOrder, Stretch, first_of_history, history};
pub use nats::{NatsSettings, NatsStatus};
pub use own::event_catalogue;
pub use patterns::KindPattern;
pub use replay::{ReplayFilter, replay_to_nats, replay_to_subscription};
pub use streaming::{StreamedEvent, read_stream};
pub use subscribers::Subscription;

use crate::platform::db::{Db, DbError, Module};
use crate::platform::tasks::Tasks;
use cursor::Readers;
use nats::{News, Servers};
use publisher::Publisher;
use runner::Runner;
use sequencer::Sequencer;

pub(in crate::platform) const EVENTS: Module = Module::named("events");
/// Reads the log as any module does: one tenant's part of it.
const PLATFORM: Module = Module::named("platform");

/// Other servers' events are noticed this soon.
const SEQUENCER_PERIOD: Duration = Duration::from_millis(100);
/// Parked events that are due are noticed this soon.
const SUBSCRIPTION_PERIOD: Duration = Duration::from_secs(1);
/// Keeps the publisher's lease.
const PUBLISHER_PERIOD: Duration = Duration::from_secs(2);

/// Why events cannot be handled as asked.
#[derive(Debug, thiserror::Error)]
pub enum EventsError {
    /// Two subscriptions share a name, or one is called `nats`.
    #[error("the subscription name {0} is taken")]
    NameTaken(&'static str),
    /// A subscription has two handlers for one kind.
    #[error("the subscription {subscription} handles {kind} twice")]
    HandledTwice {
        /// The subscription.
        subscription: &'static str,
        /// The kind of event.
        kind: &'static str,
    },
    /// A subscription wants a kind that is not in the catalogue.
    #[error("the subscription {subscription} handles {kind}, which is not in the catalogue")]
    UnknownKind {
        /// The subscription.
        subscription: &'static str,
        /// The kind of event.
        kind: &'static str,
    },
    /// `NATS_SERVERS` is no list of addresses.
    #[error("setting NATS_SERVERS: expected addresses such as nats://nats:4222, separated by commas")]
    NatsAddress,
    /// NATS failed an operator's command.
    #[error("NATS does not take the events: {0}")]
    Nats(String),
    /// No subscription of that name has ever run.
    #[error("there is no subscription called {0}")]
    NoSubscription(String),
    /// PostgreSQL failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// The running events: how NATS is, and a way to wake the readers.
#[derive(Clone)]
pub struct EventsHandle {
    sequencer: Arc<Sequencer>,
    news: Option<Arc<News>>,
    feed: Feed,
}

impl EventsHandle {
    /// How NATS is doing.
    pub fn nats_status(&self) -> NatsStatus {
        self.news.as_ref().map_or(NatsStatus::Off, |news| news.status())
    }

    /// Has every reader look at once, after an operator retried or replayed something.
    pub fn wake(&self) {
        self.sequencer.readers().wake();
    }

    /// Those who read along live.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }
}

/// Starts the sequencer, a task for each subscription and, unless NATS is off, the publisher. None of them waits for
/// PostgreSQL or NATS here; any number of servers may run them on one database.
pub fn start(
    db: &Db,
    tasks: &Tasks,
    catalogue: Arc<Catalogue>,
    subscriptions: Vec<Subscription>,
    nats: &NatsSettings,
) -> Result<EventsHandle, EventsError> {
    subscribers::check(&subscriptions, &catalogue)?;
    let servers = nats.servers.as_deref().map(Servers::parse).transpose()?;
    let background = db.for_background();
    let server = Uuid::now_v7();
    let mut signals = Vec::new();

    for subscription in subscriptions {
        let signal = Arc::new(Notify::new());
        signals.push(signal.clone());
        let name = subscription.name();
        let runner = Runner::new(background.clone(), Arc::new(subscription), server, tasks.stopping());
        let runner = Arc::new(Mutex::new(runner));
        let at_end = runner.clone();
        tasks.run(name, signal, SUBSCRIPTION_PERIOD, move || {
            let runner = runner.clone();
            async move { runner.lock().await.run().await }
        });
        at_stop(tasks, async move { at_end.lock().await.release().await });
    }

    let news = servers.map(|servers| {
        let signal = Arc::new(Notify::new());
        signals.push(signal.clone());
        let news = Arc::new(News::new(signal.clone()));
        let publisher =
            Publisher::new(background.clone(), catalogue, servers, nats.max_bytes, news.clone(), server);
        let publisher = Arc::new(Mutex::new(publisher));
        let at_end = publisher.clone();
        tasks.run("nats-publisher", signal, PUBLISHER_PERIOD, move || {
            let publisher = publisher.clone();
            async move { publisher.lock().await.run().await }
        });
        at_stop(tasks, async move { at_end.lock().await.release().await });
        news
    });

    let feed = Feed::new();
    let signal = Arc::new(Notify::new());
    signals.push(signal.clone());
    feed.start(&background, tasks, signal);

    let sequencer = Arc::new(Sequencer::new(background.clone(), Readers::new(signals)));
    let task = sequencer.clone();
    tasks.run("event-sequencer", db.committed(), SEQUENCER_PERIOD, move || {
        let sequencer = task.clone();
        async move { sequencer.run().await }
    });
    tasks.run("event-gauges", Arc::new(Notify::new()), gauges::PERIOD, move || {
        let db = background.clone();
        async move { gauges::refresh(&db).await }
    });
    Ok(EventsHandle { sequencer, news, feed })
}

/// Runs `last` when the server stops; it waits for the run that is under way by the lock that it takes.
fn at_stop(tasks: &Tasks, last: impl Future<Output = ()> + Send + 'static) {
    let stopping = tasks.stopping();
    tasks.spawn(async move {
        stopping.cancelled().await;
        last.await;
    });
}

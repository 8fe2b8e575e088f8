//! Lanes: a few connections, each with the thread that works on it, and one queue of work before them.
//!
//! A thread that ends a piece of work takes the next one without anybody waking it; that, and not a free connection, is what
//! callers wait for.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use diesel::PgConnection;
use diesel::r2d2::{ConnectionManager, Pool, PooledConnection};
use tokio::sync::oneshot;

use super::DbError;
use super::tx::{self, Purpose};

type Connections = Pool<ConnectionManager<PgConnection>>;

/// What a thread is to do.
type Work = Box<dyn FnOnce(&mut Hand) + Send>;

/// A pool of connections with their threads; clones are the same lane.
#[derive(Clone)]
pub struct Lane {
    queue: Sender<Work>,
    pool: Connections,
    waits: Waits,
    /// How long a piece of work lasts about, in microseconds; recent ones weigh most.
    usual: Arc<AtomicU64>,
}

/// How long callers wait.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    /// Until their work begins.
    pub patience: Duration,
    /// From then on, until they are told that nobody knows how it ended; none: to its end.
    pub deadline: Option<Duration>,
}

impl Lane {
    /// A lane of `size` connections to `url`, whose callers wait as `waits` says.
    pub fn new(name: &str, url: &str, size: u32, waits: Waits) -> Self {
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .test_on_check_out(false)
            .connection_timeout(Duration::from_secs(2))
            .idle_timeout(Some(Duration::from_mins(5)))
            .error_handler(Box::new(QuietHandler))
            .build_unchecked(ConnectionManager::new(noticing_silence(url)));
        let (queue, work) = crossbeam_channel::unbounded::<Work>();
        for number in 0..size {
            let (hand, work) = (Hand { pool: pool.clone(), kept: None }, work.clone());
            let thread = std::thread::Builder::new().name(format!("db-{name}-{number}"));
            let started = thread.spawn(move || hand.serve(&work));
            #[expect(clippy::expect_used, reason = "a system that gives us no thread cannot serve")]
            started.expect("a thread for a connection");
        }
        Self { queue, pool, waits, usual: Arc::default() }
    }

    /// Runs `work` on a connection. What has begun runs to its end, also when the caller is gone.
    pub async fn run<T, E, F>(&self, purpose: Purpose, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut PgConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        if self.expected_wait() > self.waits.patience {
            metrics::counter!("db_shed_total").increment(1);
            return Err(DbError::Busy.into());
        }
        // Whoever sets it first decides: the thread begins, or the caller gives up.
        let decided = Arc::new(AtomicBool::new(false));
        let (answer, mut outcome) = oneshot::channel::<Result<Result<T, E>, Box<dyn Any + Send>>>();
        let (begins, usual) = (decided.clone(), self.usual.clone());
        let work = Box::new(move |hand: &mut Hand| {
            if answer.is_closed() || begins.swap(true, Ordering::AcqRel) {
                return;
            }
            let begun = Instant::now();
            let outcome = catch_unwind(AssertUnwindSafe(|| hand.run(purpose, work)));
            note(&usual, begun.elapsed());
            // The caller may be gone; the work is done all the same.
            drop(answer.send(outcome));
        });
        self.queue.send(work).map_err(|_| DbError::Busy)?;
        let outcome = match tokio::time::timeout(self.waits.patience, &mut outcome).await {
            Err(_) if !decided.swap(true, Ordering::AcqRel) => return Err(DbError::Busy.into()),
            Err(_) => match self.waits.deadline {
                None => outcome.await,
                Some(deadline) => tokio::time::timeout(deadline, outcome)
                    .await
                    .map_err(|_| DbError::TimedOut(format!("no answer within {deadline:?}")))?,
            },
            Ok(outcome) => outcome,
        };
        match outcome {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(DbError::Busy.into()),
        }
    }

    /// How long somebody who comes now would wait: whoever would wait in vain is told so at once, and does not lengthen the queue.
    fn expected_wait(&self) -> Duration {
        let ahead = u32::try_from(self.queue.len()).unwrap_or(u32::MAX) / self.pool.max_size().max(1);
        Duration::from_micros(self.usual.load(Ordering::Relaxed)).saturating_mul(ahead)
    }

    /// Connections: (in use, open, at most).
    pub fn usage(&self) -> (u32, u32, u32) {
        let state = self.pool.state();
        (state.connections - state.idle_connections, state.connections, self.pool.max_size())
    }
}

// Two threads may note at once, and one of them be forgotten: it is an estimate. One slow piece must not turn many away.
fn note(usual: &AtomicU64, lasted: Duration) {
    let lasted = u64::try_from(lasted.as_micros()).unwrap_or(u64::MAX);
    let before = usual.load(Ordering::Relaxed);
    usual.store((before / 64).saturating_mul(63).saturating_add(lasted / 64), Ordering::Relaxed);
}

/// What one thread works with.
struct Hand {
    pool: Connections,
    /// The connection of the work before, which only read: its transaction is still open.
    kept: Option<PooledConnection<ConnectionManager<PgConnection>>>,
}

impl Hand {
    /// Does what comes, until nothing can come any more.
    fn serve(mut self, queue: &Receiver<Work>) {
        loop {
            // Nobody waits for a kept transaction: when work is there, its first message ends it.
            let next = queue.try_recv().or_else(|_| {
                self.rest();
                queue.recv()
            });
            match next {
                Ok(work) => work(&mut self),
                Err(_) => return,
            }
        }
    }

    /// Runs `work`; a connection on which it panics is dropped, and thrown away by the pool.
    fn run<T, E: From<DbError>>(
        &mut self,
        purpose: Purpose,
        work: impl FnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        #[expect(clippy::disallowed_methods, reason = "the one place where connections are handed out")]
        let connection = self.kept.take().map_or_else(|| self.pool.get(), Ok);
        let mut connection = connection.map_err(|error| DbError::Away(error.to_string()))?;
        let outcome = work(&mut connection);
        if purpose == Purpose::Read && tx::is_open(&mut connection) {
            self.kept = Some(connection);
        }
        outcome
    }

    fn rest(&mut self) {
        if let Some(mut connection) = self.kept.take() {
            tx::end(&mut connection);
        }
    }
}

/// `url` with what makes libpq give up a connection on which nothing is heard any more, unless it says so itself.
fn noticing_silence(url: &str) -> String {
    const SETTINGS: [(&str, &str); 5] = [
        ("connect_timeout", "2"),
        ("keepalives_idle", "5"),
        ("keepalives_interval", "2"),
        ("keepalives_count", "3"),
        ("tcp_user_timeout", "10000"),
    ];
    SETTINGS.iter().filter(|(name, _)| !url.contains(name)).fold(url.to_owned(), |url, (name, value)| {
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}{name}={value}")
    })
}

/// r2d2 tells every failed attempt to connect; health and the callers' errors say it already.
#[derive(Debug)]
struct QuietHandler;

impl<E: std::error::Error> diesel::r2d2::HandleError<E> for QuietHandler {
    fn handle_error(&self, error: E) {
        tracing::debug!(%error, "no connection to the database");
    }
}

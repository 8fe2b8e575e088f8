//! Runs one subscription: batches of events of all tenants, handlers and position in one transaction.
//!
//! One server at a time does it, by a short lease; what makes it safe is the row lock and the position, which must still
//! be the one that the batch starts from. When an event fails, the others go on and it alone is parked.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::EVENTS;
use super::cursor::{self, Span};
use super::event::LoggedEvent;
use super::handling::{self, Parked, Stop};
use super::parking::{self, Due};
use super::subscribers::Subscription;
use crate::platform::backoff::Backoff;
use crate::platform::db::{Db, DbError};
use crate::platform::tasks::Next;

/// Positions looked at in one read, matching or not.
const SCAN: i64 = 5_000;
/// Events read at once.
const PAGE: i64 = 500;
/// Events handled in one transaction: more are quicker, and hold what they lock for longer.
const BATCH: usize = 50;
/// Parked events tried before new ones get their turn.
const RETRIES_AT_ONCE: i64 = 10;
/// A position that only skipped events of other kinds is written this seldom.
const SKIPPED_KEPT_EVERY: Duration = Duration::from_secs(1);
/// Between two looks at a log that grows: fewer, longer pages cost less, and so short a delay of an effect is not noticed.
const REST: Duration = Duration::from_millis(40);
const OTHER_SERVER_CHECKED_EVERY: Duration = Duration::from_secs(1);

/// One subscription at work.
pub(super) struct Runner {
    db: Db,
    subscription: Arc<Subscription>,
    server: Uuid,
    stopping: CancellationToken,
    backoff: Backoff,
    /// Looked at up to `scanned` while the row said `position`.
    position: i64,
    scanned: i64,
    skipped_kept_at: Instant,
    /// Whether events are parked; only a server that moves the position parks any.
    parked: Parked,
    /// Events up to here go one at a time: one of them may have killed the program.
    careful_until: i64,
    /// Events that failed in a batch: each goes alone.
    suspects: BTreeSet<i64>,
}

/// What a look at the log found.
struct Glance {
    position: i64,
    begun: i64,
    taken_over: bool,
    busy_elsewhere: bool,
    parked: Parked,
    due: Vec<Due>,
    page: Vec<LoggedEvent>,
    scanned: i64,
    log_end: i64,
}

impl Runner {
    /// `subscription` on `db`, by the server known as `server`.
    pub(super) fn new(
        db: Db,
        subscription: Arc<Subscription>,
        server: Uuid,
        stopping: CancellationToken,
    ) -> Self {
        Self {
            db,
            subscription,
            server,
            stopping,
            backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(10)),
            position: 0,
            scanned: 0,
            skipped_kept_at: Instant::now(),
            parked: Parked::None,
            careful_until: 0,
            suspects: BTreeSet::new(),
        }
    }

    /// Handles what is new and what is due again.
    pub(super) async fn run(&mut self) -> Next {
        match self.round().await {
            Ok(next) => {
                self.backoff.reset();
                next
            }
            Err(error) => {
                tracing::warn!(subscription = self.subscription.name(), %error, "a subscription cannot work; it waits");
                Next::After(self.backoff.after_failure())
            }
        }
    }

    /// Lets another server go on at once.
    pub(super) async fn release(&self) {
        let (name, server) = (self.subscription.name(), self.server);
        let released = self.db.system(EVENTS, move |tx| cursor::release(tx.conn(), name, server)).await;
        if let Err(error) = released {
            tracing::debug!(subscription = name, %error, "the lease was not given back; it runs out by itself");
        }
    }

    async fn round(&mut self) -> Result<Next, DbError> {
        let glance = self.glance().await?;
        if glance.busy_elsewhere {
            return Ok(Next::After(OTHER_SERVER_CHECKED_EVERY));
        }
        if glance.taken_over && glance.begun > glance.position {
            self.careful_until = self.careful_until.max(glance.begun);
        }
        self.parked = glance.parked;
        for due in &glance.due {
            self.retry(due).await?;
        }
        let more = glance.due.len() == usize::try_from(RETRIES_AT_ONCE).unwrap_or(usize::MAX)
            || glance.scanned < glance.log_end;
        let Some(position) = self.work_through(glance.position, &glance.page).await? else {
            return Ok(Next::Again);
        };
        if position == glance.scanned {
            self.skipped_kept_at = Instant::now();
        }
        let has_grown = glance.scanned > self.scanned;
        (self.position, self.scanned) = (position, glance.scanned);
        Ok(match (more, has_grown) {
            (true, _) => Next::Again,
            (false, true) => Next::After(REST),
            (false, false) => Next::Wait,
        })
    }

    /// Handles the events of `page` from `position` on; answers the new position, none when it moved under us or the
    /// server stops.
    async fn work_through(
        &mut self,
        mut position: i64,
        page: &[LoggedEvent],
    ) -> Result<Option<i64>, DbError> {
        let mut rest = page;
        while let Some(first) = rest.first() {
            if self.stopping.is_cancelled() {
                return Ok(None);
            }
            let done = if self.needs_care(first) {
                self.alone(position, first).await?.then_some(1)
            } else {
                let length = rest.iter().take(BATCH).take_while(|event| !self.needs_care(event)).count();
                self.batch(position, &rest[..length]).await?
            };
            let Some(done) = done else { return Ok(None) };
            if let Some(last) = done.checked_sub(1).and_then(|index| rest.get(index)) {
                position = last.position;
                self.suspects = self.suspects.split_off(&(position + 1));
            }
            rest = &rest[done..];
        }
        Ok(Some(position))
    }

    fn needs_care(&self, event: &LoggedEvent) -> bool {
        event.position <= self.careful_until || self.suspects.contains(&event.position)
    }

    /// Handles `events` in one transaction. Answers how many were handled (none of them after a failure, which is noted),
    /// or nothing when the position moved under us.
    async fn batch(&mut self, position: i64, events: &[LoggedEvent]) -> Result<Option<usize>, DbError> {
        let Some(last) = events.last() else { return Ok(Some(0)) };
        match handling::batch(&self.db, &self.subscription, position, events, self.parked).await {
            Ok(()) => Ok(Some(events.len())),
            Err(Stop::Moved) => Ok(None),
            Err(Stop::Handler { index, .. }) => {
                self.suspects.insert(events[index].position);
                Ok(Some(0))
            }
            Err(Stop::Database(error @ DbError::Busy)) => Err(error),
            // The connection went away: an event may be why.
            Err(Stop::Database(error @ DbError::Away(_))) => {
                self.careful_until = last.position;
                Err(error)
            }
            // The commit was refused: any of them may be why.
            Err(Stop::Database(_)) => {
                self.careful_until = last.position;
                Ok(Some(0))
            }
        }
    }

    /// Counts an attempt of `event`, moves the position behind it, and only then runs its handler. False when the
    /// position moved under us.
    async fn alone(&mut self, position: i64, event: &LoggedEvent) -> Result<bool, DbError> {
        self.parked = Parked::Some;
        let name = self.subscription.name();
        let parked = event.clone();
        let attempt = self
            .db
            .system(EVENTS, move |tx| {
                let now = tx.now();
                let connection = tx.conn();
                if !cursor::advance(connection, name, position, parked.position)? {
                    return Ok::<_, DbError>(None);
                }
                let is_waiting = parking::parked_records(connection, name, parked.tenant.uuid())?
                    .contains(&parked.aggregate);
                parking::queue(connection, name, &parked, now)?;
                if is_waiting {
                    return Ok(Some(None));
                }
                let due = Due { position: parked.position, attempts: 0 };
                Ok(Some(parking::count_attempt(connection, name, &due, now)?))
            })
            .await?;
        let Some(number) = attempt else { return Ok(false) };
        if let Some(number) = number {
            handling::attempt(&self.db, &self.subscription, event, number).await?;
        }
        Ok(true)
    }

    /// Tries a parked event again.
    async fn retry(&self, due: &Due) -> Result<(), DbError> {
        let name = self.subscription.name();
        let due = Due { ..*due };
        let found = self
            .db
            .system(EVENTS, move |tx| {
                let now = tx.now();
                let Some(event) = cursor::event_at(tx.conn(), due.position)? else {
                    parking::unpark(tx.conn(), name, due.position)?;
                    return Ok::<_, DbError>(None);
                };
                if due.attempts >= parking::MOST_ATTEMPTS {
                    let error = "the program or the database ended while the event was being handled";
                    parking::failed(tx.conn(), name, &event, due.attempts, error, now)?;
                    return Ok(None);
                }
                let number = parking::count_attempt(tx.conn(), name, &due, now)?;
                Ok(number.map(|number| (event, number)))
            })
            .await?;
        match found {
            Some((event, number)) => handling::attempt(&self.db, &self.subscription, &event, number).await,
            None => Ok(()),
        }
    }

    async fn glance(&self) -> Result<Glance, DbError> {
        let subscription = self.subscription.clone();
        let server = self.server;
        let (known, scanned) = (self.position, self.scanned);
        let keep_skipped = self.skipped_kept_at.elapsed() >= SKIPPED_KEPT_EVERY;
        self.db
            .system(EVENTS, move |tx| {
                let now = tx.now();
                let connection = tx.conn();
                let name = subscription.name();
                let row = cursor::standing(connection, name, server)?;
                let mut glance = Glance {
                    position: row.position,
                    begun: row.attempted_position,
                    taken_over: !row.is_ours,
                    busy_elsewhere: row.is_taken,
                    parked: if row.has_parked { Parked::Some } else { Parked::None },
                    due: Vec::new(),
                    page: Vec::new(),
                    scanned: row.position,
                    log_end: row.log_end,
                };
                if row.is_taken {
                    return Ok(glance);
                }
                if row.has_parked {
                    glance.due = parking::due(connection, name, now, RETRIES_AT_ONCE)?;
                }
                let after = if row.position == known { scanned.max(known) } else { row.position };
                let until = row.log_end.min(after + SCAN);
                let kinds = subscription.kinds();
                let span = Span { after, until, kinds: kinds.as_deref(), limit: PAGE };
                glance.page = cursor::page(connection, &span)?;
                let is_full = glance.page.len() == usize::try_from(PAGE).unwrap_or(usize::MAX);
                glance.scanned =
                    glance.page.last().filter(|_| is_full).map_or(until.max(after), |last| last.position);
                if let Some(last) = glance.page.last() {
                    glance.busy_elsewhere =
                        !cursor::begin(connection, name, row.position, last.position, server)?;
                } else if glance.scanned > row.position
                    && (keep_skipped || glance.scanned - row.position >= PAGE)
                    && cursor::advance(connection, name, row.position, glance.scanned)?
                {
                    glance.position = glance.scanned;
                }
                Ok(glance)
            })
            .await
    }
}

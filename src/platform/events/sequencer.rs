//! The sequencer: moves committed rows from the outbox to the end of the log, gapless and in commit order.
//!
//! Any number of servers try; the lock on the one row of `events.counter` is leader, fence and order in one. A record's
//! events are drawn their `seq` while the record is locked, so for one record the order of `seq` is the order of commits,
//! and what one look sees of a record is always a beginning of what a later look sees.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use diesel::prelude::*;
use metrics::{counter, histogram};

use super::cursor::Readers;
use super::{EVENTS, schema};
use crate::platform::db::{Db, DbError};
use crate::platform::tasks::Next;

const MOST_AT_ONCE: i64 = 2_000;
const FEWEST_AT_ONCE: i64 = 50;
/// A batch this short after the last one would cost a commit and carry little.
const BREATH: Duration = Duration::from_millis(15);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(250);
/// Far less than a partition, so that there is always one in stock.
const ROOM_CHECKED_EVERY: i64 = 100_000;

/// The task that puts events in order.
pub(super) struct Sequencer {
    db: Db,
    readers: Readers,
    at_once: AtomicI64,
    next_room_check: AtomicI64,
}

enum Look {
    Moved { events: i64, last: i64 },
    Empty { last: i64 },
}

impl Sequencer {
    /// A sequencer of `db` that wakes `readers`.
    pub(super) fn new(db: Db, readers: Readers) -> Self {
        Self { db, readers, at_once: AtomicI64::new(MOST_AT_ONCE), next_room_check: AtomicI64::new(0) }
    }

    /// The readers that it wakes.
    pub(super) fn readers(&self) -> &Readers {
        &self.readers
    }

    /// Moves what waits, if no other server is at it.
    pub(super) async fn run(&self) -> Next {
        let at_once = self.at_once.load(Ordering::Relaxed);
        let begun = std::time::Instant::now();
        match self.db.system(EVENTS, move |tx| look(tx.conn(), at_once)).await {
            Ok(Look::Empty { last }) => {
                self.readers.log_ends_at(last);
                self.make_room(last).await;
                Next::Wait
            }
            Ok(Look::Moved { events, last }) => {
                self.readers.log_ends_at(last);
                counter!("sequenced_events_total").increment(events.unsigned_abs());
                histogram!("sequencer_batch_seconds").record(begun.elapsed().as_secs_f64());
                self.at_once.store((at_once * 2).min(MOST_AT_ONCE), Ordering::Relaxed);
                self.make_room(last).await;
                if events == at_once { Next::Again } else { Next::After(BREATH) }
            }
            Err(error) => {
                if matches!(error, DbError::TimedOut(_)) {
                    // A slow disk: smaller steps still get there.
                    self.at_once.store((at_once / 4).max(FEWEST_AT_ONCE), Ordering::Relaxed);
                }
                tracing::warn!(%error, "events could not be put in order; they wait");
                Next::After(PAUSE_AFTER_FAILURE)
            }
        }
    }

    async fn make_room(&self, last: i64) {
        if last < self.next_room_check.load(Ordering::Relaxed) {
            return;
        }
        let made = self
            .db
            .system(EVENTS, |tx| {
                diesel::sql_query("SELECT events.make_room()").execute(tx.conn())?;
                Ok::<_, DbError>(())
            })
            .await;
        match made {
            Ok(()) => self.next_room_check.store(last + ROOM_CHECKED_EVERY, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "the next partition of the event log could not be made"),
        }
    }
}

fn look(connection: &mut PgConnection, at_once: i64) -> Result<Look, DbError> {
    let answer: Vec<i64> = diesel::select(schema::sequence(at_once)).get_result(connection)?;
    match answer.as_slice() {
        [0, last] => Ok(Look::Empty { last: *last }),
        [events, last] => Ok(Look::Moved { events: *events, last: *last }),
        _ => Err(DbError::NoRow),
    }
}

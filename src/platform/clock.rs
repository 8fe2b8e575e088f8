//! The clock: real time, which tests stop and move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Tells the time; clones tell the same time.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    hands: Arc<Hands>,
}

#[derive(Debug, Default)]
struct Hands {
    offset_milliseconds: AtomicI64,
    /// In microseconds since 1970; 0 while the clock runs.
    stopped_at: AtomicI64,
}

impl Clock {
    /// The present, in microseconds, as PostgreSQL keeps it.
    pub fn now(&self) -> DateTime<Utc> {
        let stopped_at = self.hands.stopped_at.load(Ordering::Relaxed);
        #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
        let unmoved = match stopped_at {
            0 => Utc::now(),
            microseconds => DateTime::from_timestamp_micros(microseconds).unwrap_or_default(),
        };
        let offset = TimeDelta::milliseconds(self.hands.offset_milliseconds.load(Ordering::Relaxed));
        (unmoved + offset).trunc_subsecs(6)
    }

    /// Moves this clock and its clones by `by`; tests travel in time with it.
    pub fn advance(&self, by: TimeDelta) {
        self.hands.offset_milliseconds.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }

    /// Stops this clock and its clones, which from here on only [`Clock::advance`] moves: a test of a limit in
    /// seconds means the same on a slow machine.
    pub fn stop(&self) {
        #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
        self.hands.stopped_at.store(Utc::now().timestamp_micros(), Ordering::Relaxed);
    }
}

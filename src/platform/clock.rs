//! The clock: real time, moved by an offset that tests set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Tells the time; clones tell the same time.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    offset_milliseconds: Arc<AtomicI64>,
}

impl Clock {
    /// The present, in microseconds, as PostgreSQL keeps it.
    pub fn now(&self) -> DateTime<Utc> {
        #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
        let real = Utc::now();
        (real + TimeDelta::milliseconds(self.offset_milliseconds.load(Ordering::Relaxed))).trunc_subsecs(6)
    }

    /// Moves this clock and its clones by `by`; tests travel in time with it.
    pub fn advance(&self, by: TimeDelta) {
        self.offset_milliseconds.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }
}

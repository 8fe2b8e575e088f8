//! What is done with accounts, pages and news of providers.

mod accounts;
mod checkouts;
mod news;
mod refunds;

pub use accounts::{Account, NewAccount, connect, disconnect, opened as account_opened, replace};
pub use checkouts::{Begun, begin, failed, opened};
pub use news::{Next, Taken, handle, put_off, receive, take};
pub use refunds::{RefundWork, take_refund};

use chrono::{DateTime, TimeDelta, Utc};

/// When something is tried again at `now` that was tried `attempts` times.
fn next_try(attempts: i32, now: DateTime<Utc>) -> DateTime<Utc> {
    let doublings = u32::try_from(attempts.clamp(1, 10) - 1).unwrap_or(0);
    now + TimeDelta::seconds((5 << doublings).min(1_800))
}

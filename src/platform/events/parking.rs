//! Events that a subscription could not handle: they wait, with those of the same record behind them, and are tried again.
//!
//! An attempt is counted and committed before it runs, so that an event which kills the program is counted too.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text, Timestamptz};
use uuid::Uuid;

use super::event::LoggedEvent;
use super::schema::{dead_letters, retries};
use crate::platform::backoff::full_jitter;
use crate::platform::db::DbError;

/// Attempts before an event becomes a dead letter.
pub(super) const MOST_ATTEMPTS: i32 = 8;
/// Longest error text that is kept, in characters.
const LONGEST_ERROR: usize = 2_000;

/// A parked event that is first of its record and due.
#[derive(Debug, QueryableByName)]
pub(super) struct Due {
    #[diesel(sql_type = BigInt)]
    pub(super) position: i64,
    #[diesel(sql_type = Integer)]
    pub(super) attempts: i32,
}

/// What is due in `subscription`, the longest waiting first.
pub(super) fn due(
    connection: &mut PgConnection,
    subscription: &str,
    now: DateTime<Utc>,
    most: i64,
) -> Result<Vec<Due>, DbError> {
    let due = diesel::sql_query(
        "SELECT head.position, head.attempts FROM events.retries head \
         WHERE head.subscription = $1 AND head.next_at <= $2 AND NOT EXISTS ( \
             SELECT FROM events.retries earlier \
             WHERE earlier.subscription = head.subscription AND earlier.tenant_id = head.tenant_id \
               AND earlier.aggregate_id = head.aggregate_id AND earlier.position < head.position) \
         ORDER BY head.next_at, head.position LIMIT $3",
    )
    .bind::<Text, _>(subscription)
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(most)
    .load(connection)?;
    Ok(due)
}

/// The records of `tenant` that have parked events in `subscription`.
pub(super) fn parked_records(
    connection: &mut PgConnection,
    subscription: &str,
    tenant: Uuid,
) -> Result<Vec<Uuid>, DbError> {
    let records = retries::table
        .select(retries::aggregate_id)
        .distinct()
        .filter(retries::subscription.eq(subscription).and(retries::tenant_id.eq(tenant)))
        .load(connection)?;
    Ok(records)
}

/// Parks `event` without an attempt: it is due as soon as those of its record before it are gone.
pub(super) fn queue(
    connection: &mut PgConnection,
    subscription: &str,
    event: &LoggedEvent,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    diesel::insert_into(retries::table)
        .values((
            retries::subscription.eq(subscription),
            retries::position.eq(event.position),
            retries::tenant_id.eq(event.tenant.uuid()),
            retries::aggregate_id.eq(event.aggregate),
            retries::attempts.eq(0),
            retries::next_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(connection)?;
    Ok(())
}

/// Counts one more attempt of a parked event that is due, and answers its number; none when another server is at it.
pub(super) fn count_attempt(
    connection: &mut PgConnection,
    subscription: &str,
    due: &Due,
    now: DateTime<Utc>,
) -> Result<Option<i32>, DbError> {
    let number = due.attempts + 1;
    let counted = diesel::update(retries::table)
        .filter(retries::subscription.eq(subscription).and(retries::position.eq(due.position)))
        .filter(retries::attempts.eq(due.attempts).and(retries::next_at.le(now)))
        .set((retries::attempts.eq(number), retries::next_at.eq(now + wait_after(number))))
        .execute(connection)?;
    Ok((counted == 1).then_some(number))
}

/// Takes the parked event for its attempt `number` until the transaction ends; false when it is no longer there for us.
pub(super) fn take(
    connection: &mut PgConnection,
    subscription: &str,
    position: i64,
    number: i32,
) -> Result<bool, DbError> {
    let taken = retries::table
        .select(retries::position)
        .filter(retries::subscription.eq(subscription).and(retries::position.eq(position)))
        .filter(retries::attempts.eq(number))
        .for_update()
        .skip_locked()
        .first::<i64>(connection)
        .optional()?;
    Ok(taken.is_some())
}

/// Forgets a parked event: it was handled.
pub(super) fn unpark(
    connection: &mut PgConnection,
    subscription: &str,
    position: i64,
) -> Result<(), DbError> {
    diesel::delete(retries::table)
        .filter(retries::subscription.eq(subscription).and(retries::position.eq(position)))
        .execute(connection)?;
    Ok(())
}

/// What became of a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is tried again later.
    Again,
    /// It became a dead letter, and its record is free again.
    GivenUp,
}

/// Notes why attempt `number` of `event` failed; the last one makes a dead letter of it.
pub(super) fn failed(
    connection: &mut PgConnection,
    subscription: &str,
    event: &LoggedEvent,
    number: i32,
    error: &str,
    now: DateTime<Utc>,
) -> Result<Verdict, DbError> {
    let error: String = error.chars().take(LONGEST_ERROR).collect();
    let first_error = diesel::update(retries::table)
        .filter(retries::subscription.eq(subscription).and(retries::position.eq(event.position)))
        .filter(retries::attempts.eq(number))
        .set((
            retries::first_error.eq(diesel::dsl::sql::<diesel::sql_types::Nullable<Text>>(
                "coalesce(first_error, ",
            )
            .bind::<Text, _>(&error)
            .sql(")")),
            retries::last_error.eq(&error),
        ))
        .returning(retries::first_error)
        .get_result::<Option<String>>(connection)
        .optional()?;
    let Some(first_error) = first_error else { return Ok(Verdict::Again) };
    if number < MOST_ATTEMPTS {
        return Ok(Verdict::Again);
    }
    diesel::insert_into(dead_letters::table)
        .values((
            dead_letters::id.eq(Uuid::now_v7()),
            dead_letters::subscription.eq(subscription),
            dead_letters::position.eq(event.position),
            dead_letters::event_id.eq(event.id),
            dead_letters::tenant_id.eq(event.tenant.uuid()),
            dead_letters::aggregate_id.eq(event.aggregate),
            dead_letters::type_.eq(&event.kind),
            dead_letters::attempts.eq(number),
            dead_letters::first_error.eq(first_error.as_deref().unwrap_or(&error)),
            dead_letters::last_error.eq(&error),
            dead_letters::parked_at.eq(now),
        ))
        .execute(connection)?;
    unpark(connection, subscription, event.position)?;
    Ok(Verdict::GivenUp)
}

/// How long to wait after attempt `number`: a draw from zero to e^min(10, number) seconds.
fn wait_after(number: i32) -> TimeDelta {
    let ceiling = Duration::from_secs_f64(f64::from(number.min(10)).exp());
    TimeDelta::from_std(full_jitter(ceiling)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::wait_after;

    #[test]
    fn waits_grow_exponentially_to_a_bound() {
        for (number, ceiling_seconds) in [(1, 2.72), (2, 7.39), (8, 2_981.0), (10, 22_027.0), (50, 22_027.0)]
        {
            #[expect(clippy::cast_possible_truncation, reason = "seconds")]
            let ceiling = TimeDelta::milliseconds((ceiling_seconds * 1000.0) as i64);
            for _ in 0..100 {
                let wait = wait_after(number);
                assert!(wait >= TimeDelta::zero() && wait <= ceiling, "{number}: {wait}");
            }
        }
    }
}

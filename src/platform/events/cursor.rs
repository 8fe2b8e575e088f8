//! What all readers of the log share: pages of it, their positions and leases, and the wake-up call when it grows.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};
use diesel::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use tokio::sync::Notify;
use uuid::Uuid;

use super::event::{LogRow, LoggedEvent};
use super::schema::{counter, log, subscriptions};
use crate::platform::db::DbError;

/// The name of the subscription that is the publisher to NATS.
pub(super) const NATS: &str = "nats";

/// The readers of the log in this process, woken when it grows.
pub(super) struct Readers {
    signals: Vec<Arc<Notify>>,
    told: AtomicI64,
}

impl Readers {
    /// Readers woken by `signals`.
    pub(super) fn new(signals: Vec<Arc<Notify>>) -> Self {
        Self { signals, told: AtomicI64::new(0) }
    }

    /// Wakes every reader if the log has grown since the last call.
    pub(super) fn log_ends_at(&self, position: i64) {
        if self.told.swap(position, Ordering::Relaxed) != position {
            self.wake();
        }
    }

    /// Wakes every reader.
    pub(super) fn wake(&self) {
        for signal in &self.signals {
            signal.notify_one();
        }
    }
}

/// The position of the last event.
pub(super) fn log_end(connection: &mut PgConnection) -> Result<i64, DbError> {
    Ok(counter::table.select(counter::last_position).first(connection)?)
}

/// Which events of the log a page holds.
pub(super) struct Span<'a> {
    /// Behind this position …
    pub(super) after: i64,
    /// … up to this one.
    pub(super) until: i64,
    /// Only of these kinds; none for all.
    pub(super) kinds: Option<&'a [&'a str]>,
    /// At most so many.
    pub(super) limit: i64,
}

/// Events in the order of the log.
pub(super) fn page(connection: &mut PgConnection, span: &Span<'_>) -> Result<Vec<LoggedEvent>, DbError> {
    let mut query = log::table
        .select(LogRow::as_select())
        .filter(log::position.gt(span.after).and(log::position.le(span.until)))
        .order(log::position)
        .limit(span.limit)
        .into_boxed();
    if let Some(kinds) = span.kinds {
        query = query.filter(log::type_.eq_any(kinds));
    }
    Ok(query.load(connection)?.into_iter().map(LoggedEvent::from).collect())
}

/// The event at `position`.
pub(super) fn event_at(connection: &mut PgConnection, position: i64) -> Result<Option<LoggedEvent>, DbError> {
    let row = log::table.select(LogRow::as_select()).filter(log::position.eq(position));
    Ok(row.first(connection).optional()?.map(LoggedEvent::from))
}

/// Makes the row of the subscription `name` if there is none; a new one starts at the beginning of the log.
pub(super) fn ensure(connection: &mut PgConnection, name: &str) -> Result<(), DbError> {
    diesel::insert_into(subscriptions::table)
        .values(subscriptions::name.eq(name))
        .on_conflict_do_nothing()
        .execute(connection)?;
    Ok(())
}

/// Where a subscription stands.
#[derive(QueryableByName)]
pub(super) struct Standing {
    /// Everything up to here is done.
    #[diesel(sql_type = BigInt)]
    pub(super) position: i64,
    /// The end of what was begun last.
    #[diesel(sql_type = BigInt)]
    pub(super) attempted_position: i64,
    /// The position of the last event.
    #[diesel(sql_type = BigInt)]
    pub(super) log_end: i64,
    /// Whether the lease was ours last.
    #[diesel(sql_type = Bool)]
    pub(super) is_ours: bool,
    /// Whether another server holds the lease.
    #[diesel(sql_type = Bool)]
    pub(super) is_taken: bool,
    /// Whether events are parked.
    #[diesel(sql_type = Bool)]
    pub(super) has_parked: bool,
}

/// Where the subscription `name` stands, as the server `server` sees it; its row is made when there is none.
pub(super) fn standing(connection: &mut PgConnection, name: &str, server: Uuid) -> Result<Standing, DbError> {
    let read = |connection: &mut PgConnection| {
        diesel::sql_query(
            "SELECT s.position, s.attempted_position, c.last_position AS log_end, \
                    coalesce(s.lease_owner = $2, false) AS is_ours, \
                    coalesce(s.lease_owner <> $2 AND s.lease_until > now(), false) AS is_taken, \
                    EXISTS (SELECT FROM events.retries r WHERE r.subscription = $1) AS has_parked \
             FROM events.subscriptions s CROSS JOIN events.counter c WHERE s.name = $1",
        )
        .bind::<Text, _>(name)
        .bind::<diesel::sql_types::Uuid, _>(server)
        .get_result::<Standing>(connection)
        .optional()
    };
    if let Some(standing) = read(connection)? {
        return Ok(standing);
    }
    ensure(connection, name)?;
    read(connection)?.ok_or(DbError::NoRow)
}

/// Leases the subscription to `server` for the work up to `until`; false when another server has it or moved it.
pub(super) fn begin(
    connection: &mut PgConnection,
    name: &str,
    position: i64,
    until: i64,
    server: Uuid,
) -> Result<bool, DbError> {
    let begun = diesel::sql_query(
        "UPDATE events.subscriptions SET attempted_position = $3, lease_owner = $4, \
                lease_until = now() + interval '3 seconds' \
         WHERE name = (SELECT name FROM events.subscriptions \
                       WHERE name = $1 AND position = $2 \
                         AND (lease_owner = $4 OR lease_until IS NULL OR lease_until <= now()) \
                       FOR UPDATE SKIP LOCKED)",
    )
    .bind::<Text, _>(name)
    .bind::<BigInt, _>(position)
    .bind::<BigInt, _>(until)
    .bind::<diesel::sql_types::Uuid, _>(server)
    .execute(connection)?;
    Ok(begun == 1)
}

/// Gives the lease of `server` back: nothing is under way.
pub(super) fn release(connection: &mut PgConnection, name: &str, server: Uuid) -> Result<(), DbError> {
    diesel::update(subscriptions::table)
        .filter(subscriptions::name.eq(name).and(subscriptions::lease_owner.eq(server)))
        .set((
            subscriptions::attempted_position.eq(subscriptions::position),
            subscriptions::lease_owner.eq(None::<Uuid>),
            subscriptions::lease_until.eq(None::<DateTime<Utc>>),
        ))
        .execute(connection)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = Bool)]
    has_parked: bool,
}

/// Locks the subscription's row while it stands at `position`, and tells whether events are parked; none when it moved
/// or another server is at it. What commits with it may be lost in a crash of the database, all together.
pub(super) fn lock(
    connection: &mut PgConnection,
    name: &str,
    position: i64,
) -> Result<Option<bool>, DbError> {
    let locked = diesel::sql_query(
        "SELECT set_config('synchronous_commit', 'off', true), \
                EXISTS (SELECT FROM events.retries r WHERE r.subscription = $1) AS has_parked \
         FROM events.subscriptions WHERE name = $1 AND position = $2 FOR UPDATE SKIP LOCKED",
    )
    .bind::<Text, _>(name)
    .bind::<BigInt, _>(position)
    .get_result::<Locked>(connection)
    .optional()?;
    Ok(locked.map(|locked| locked.has_parked))
}

/// Moves the subscription from one position to another; false when it no longer stands at the first.
pub(super) fn advance(
    connection: &mut PgConnection,
    name: &str,
    from: i64,
    to: i64,
) -> Result<bool, DbError> {
    let moved = diesel::update(subscriptions::table)
        .filter(subscriptions::name.eq(name).and(subscriptions::position.eq(from)))
        .set((subscriptions::position.eq(to), subscriptions::updated_at.eq(diesel::dsl::now)))
        .execute(connection)?;
    Ok(moved == 1)
}

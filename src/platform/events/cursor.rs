//! What all readers of the log share: pages of it, their positions and leases, and the wake-up call when it grows.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};
use diesel::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Timestamptz;
use tokio::sync::Notify;
use uuid::Uuid;

use super::event::{LogRow, LoggedEvent};
use super::schema::{self, counter, log, retries, subscriptions};
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
pub(super) struct Standing {
    /// Everything up to here is done.
    pub(super) position: i64,
    /// The end of what was begun last.
    pub(super) attempted_position: i64,
    /// The position of the last event.
    pub(super) log_end: i64,
    /// Whether the lease was ours last.
    pub(super) is_ours: bool,
    /// Whether another server holds the lease.
    pub(super) is_taken: bool,
    /// Whether events are parked.
    pub(super) has_parked: bool,
}

/// Where the subscription `name` stands, as the server `server` sees it; its row is made when there is none.
pub(super) fn standing(connection: &mut PgConnection, name: &str, server: Uuid) -> Result<Standing, DbError> {
    type Row = (i64, i64, Option<Uuid>, Option<bool>, Option<i64>, bool);
    let row = subscriptions::table
        .select((
            subscriptions::position,
            subscriptions::attempted_position,
            subscriptions::lease_owner,
            subscriptions::lease_until.gt(diesel::dsl::now.into_sql::<Timestamptz>().nullable()),
            counter::table.select(counter::last_position).single_value(),
            diesel::dsl::exists(retries::table.filter(retries::subscription.eq(name))),
        ))
        .filter(subscriptions::name.eq(name));
    let found = if let Some(found) = row.first::<Row>(connection).optional()? {
        found
    } else {
        ensure(connection, name)?;
        row.first::<Row>(connection)?
    };
    let (position, attempted_position, owner, is_leased, log_end, has_parked) = found;
    let is_ours = owner == Some(server);
    Ok(Standing {
        position,
        attempted_position,
        log_end: log_end.unwrap_or_default(),
        is_ours,
        is_taken: !is_ours && is_leased == Some(true),
        has_parked,
    })
}

/// Leases the subscription to `server` for the work up to `until`; false when another server has it or moved it.
pub(super) fn begin(
    connection: &mut PgConnection,
    name: &str,
    position: i64,
    until: i64,
    server: Uuid,
) -> Result<bool, DbError> {
    Ok(diesel::select(schema::begin_work(name, position, until, server)).get_result(connection)?)
}

/// Moves the subscription from one position to another, and keeps others from it until the transaction ends; false when
/// it no longer stands at the first.
pub(super) fn advance(
    connection: &mut PgConnection,
    name: &str,
    from: i64,
    to: i64,
) -> Result<bool, DbError> {
    Ok(diesel::select(schema::advance(name, from, to)).get_result(connection)?)
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

//! What the publisher remembers in PostgreSQL: its lease and position, and what each stream acknowledged last.

use chrono::{DateTime, Utc};
use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use diesel::dsl::IntervalDsl;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz};
use uuid::Uuid;

use super::cursor::{self, NATS};
use super::schema::{log, nats_state, subscriptions};
use crate::platform::db::{DbError, Prepare};

/// What a stream is known to hold.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = nats_state, treat_none_as_default_value = false, treat_none_as_null = true, check_for_backend(diesel::pg::Pg))]
pub(super) struct StreamState {
    pub(super) stream: String,
    /// When NATS made the stream.
    pub(super) created_at: DateTime<Utc>,
    /// Every event of the stream up to here was acknowledged.
    pub(super) log_position: i64,
    /// The highest acknowledged sequence; 0 for none.
    pub(super) stream_sequence: i64,
    /// The event that is there.
    pub(super) event_id: Option<Uuid>,
}

#[derive(QueryableByName)]
struct Position {
    #[diesel(sql_type = BigInt)]
    position: i64,
}

/// Takes or renews the publisher's lease; its position, or none when another server has it.
pub(super) fn lease(connection: &mut PgConnection, server: Uuid) -> Result<Option<i64>, DbError> {
    // Most rounds only look: a lease with half its time left is good enough.
    let good_enough = (diesel::dsl::now.into_sql::<Timestamptz>() + 3.seconds()).nullable();
    let held = subscriptions::table
        .select(subscriptions::position)
        .filter(subscriptions::name.eq(NATS).and(subscriptions::lease_owner.eq(server)))
        .filter(subscriptions::lease_until.gt(good_enough))
        .first(connection)
        .optional()?;
    if held.is_some() {
        return Ok(held);
    }
    cursor::ensure(connection, NATS)?;
    let leased = diesel::sql_query(
        "UPDATE events.subscriptions SET lease_owner = $2, lease_until = now() + interval '6 seconds' \
         WHERE name = $1 AND (lease_owner = $2 OR lease_until IS NULL OR lease_until <= now()) RETURNING position",
    )
    .bind::<Text, _>(NATS)
    .bind::<diesel::sql_types::Uuid, _>(server)
    .get_result::<Position>(connection)
    .optional()?;
    Ok(leased.map(|row| row.position))
}

/// What all streams are known to hold.
pub(super) fn streams(connection: &mut PgConnection) -> Result<Vec<StreamState>, DbError> {
    Ok(nats_state::table.select(StreamState::as_select()).load(connection)?)
}

/// Moves the publisher from one position to another; false when it lost its lease or was moved.
pub(super) fn advance(
    connection: &mut PgConnection,
    server: Uuid,
    from: i64,
    to: i64,
) -> Result<bool, DbError> {
    // Lost in a crash of the database, it is published again under the same ids.
    connection.batch_execute("SET LOCAL synchronous_commit = off")?;
    let moved = diesel::update(subscriptions::table)
        .filter(subscriptions::name.eq(NATS).and(subscriptions::position.eq(from)))
        .filter(subscriptions::lease_owner.eq(server))
        .set((subscriptions::position.eq(to), subscriptions::updated_at.eq(diesel::dsl::now)))
        .prepared()
        .execute(connection)?;
    if moved == 1 {
        diesel::update(nats_state::table.filter(nats_state::log_position.lt(to)))
            .set((nats_state::log_position.eq(to), nats_state::updated_at.eq(diesel::dsl::now)))
            .prepared()
            .execute(connection)?;
    }
    Ok(moved == 1)
}

/// Notes the highest sequence that a stream acknowledged.
pub(super) fn acknowledged(
    connection: &mut PgConnection,
    stream: &str,
    sequence: i64,
    event: Uuid,
) -> Result<(), DbError> {
    diesel::update(nats_state::table)
        .filter(nats_state::stream.eq(stream).and(nats_state::stream_sequence.lt(sequence)))
        .set((nats_state::stream_sequence.eq(sequence), nats_state::event_id.eq(event)))
        .prepared()
        .execute(connection)?;
    Ok(())
}

/// Writes what a stream holds and, if that is less than was published, moves the publisher back; false when it lost its
/// lease.
pub(super) fn reset(
    connection: &mut PgConnection,
    server: Uuid,
    state: &StreamState,
) -> Result<bool, DbError> {
    let leased = subscriptions::name.eq(NATS).and(subscriptions::lease_owner.eq(server));
    let held = subscriptions::table
        .select(subscriptions::position)
        .filter(leased)
        .for_update()
        .first::<i64>(connection)
        .optional()?;
    let Some(position) = held else { return Ok(false) };
    diesel::insert_into(nats_state::table)
        .values(state)
        .on_conflict(nats_state::stream)
        .do_update()
        .set(state)
        .prepared()
        .execute(connection)?;
    if state.log_position < position {
        diesel::update(subscriptions::table.filter(subscriptions::name.eq(NATS)))
            .set(subscriptions::position.eq(state.log_position))
            .execute(connection)?;
    }
    Ok(true)
}

/// The position behind which everything was put in order at `since` or later.
pub(super) fn position_at(connection: &mut PgConnection, since: DateTime<Utc>) -> Result<i64, DbError> {
    let first = log::table.select(log::position).order(log::position).first::<i64>(connection).optional()?;
    let Some(first) = first else { return Ok(0) };
    // Positions have no gaps and grow with time, so a few looks find the place without an index on time.
    let (mut before, mut end) = (first - 1, cursor::log_end(connection)? + 1);
    while end - before > 1 {
        let middle = before + (end - before) / 2;
        let at = log::table
            .select(log::sequenced_at)
            .filter(log::position.eq(middle))
            .first::<DateTime<Utc>>(connection)?;
        if at < since {
            before = middle;
        } else {
            end = middle;
        }
    }
    Ok(before)
}

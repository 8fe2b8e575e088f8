//! How far events have come, as gauges: what waits, how long, and how far behind each reader is.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Text};
use metrics::gauge;

use super::EVENTS;
use crate::platform::db::{Db, DbError};
use crate::platform::tasks::Next;

/// How often they are read.
pub(super) const PERIOD: Duration = Duration::from_secs(5);

#[derive(QueryableByName)]
struct Figure {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Double)]
    value: f64,
}

#[derive(QueryableByName)]
struct Behind {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    events: i64,
    /// How long the first of them has been in the log.
    #[diesel(sql_type = Double)]
    seconds: f64,
}

/// Reads them now.
pub(super) async fn refresh(db: &Db) -> Next {
    let read = db.system(EVENTS, |tx| {
        let connection = tx.conn();
        // Counting stops where the exact number no longer matters.
        let figures = diesel::sql_query(
            "SELECT 'outbox_pending' AS name, \
                    (SELECT count(*) FROM (SELECT FROM events.outbox LIMIT 100000) some)::float8 AS value \
             UNION ALL SELECT 'outbox_oldest_seconds', coalesce((SELECT extract(epoch FROM clock_timestamp() - occurred_at) \
                    FROM events.outbox ORDER BY seq LIMIT 1), 0)::float8 \
             UNION ALL SELECT 'log_position', (SELECT last_position FROM events.counter)::float8 \
             UNION ALL SELECT 'retry_pending', (SELECT count(*) FROM (SELECT FROM events.retries LIMIT 100000) some)::float8 \
             UNION ALL SELECT 'dead_letters_open', \
                    (SELECT count(*) FROM events.dead_letters WHERE resolved_at IS NULL)::float8",
        )
        .load::<Figure>(connection)?;
        let behind = diesel::sql_query(
            "SELECT s.name, c.last_position - s.position AS events, \
                    coalesce(extract(epoch FROM clock_timestamp() - l.sequenced_at), 0)::float8 AS seconds \
             FROM events.subscriptions s CROSS JOIN events.counter c \
             LEFT JOIN events.log l ON l.position = s.position + 1",
        )
        .load::<Behind>(connection)?;
        Ok::<_, DbError>((figures, behind))
    });
    match read.await {
        Ok((figures, behind)) => {
            for Figure { name, value } in figures {
                gauge!(name).set(value.max(0.0));
            }
            for Behind { name, events, seconds } in behind {
                #[expect(clippy::cast_precision_loss, reason = "gauges are floating point")]
                gauge!("subscription_lag_events", "name" => name.clone()).set(events as f64);
                gauge!("subscription_oldest_seconds", "name" => name).set(seconds.max(0.0));
            }
        }
        Err(error) => tracing::debug!(%error, "the gauges of events could not be read"),
    }
    Next::Wait
}

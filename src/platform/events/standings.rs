//! How far each subscription has come, for those who look after a tenant's events.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use serde::Serialize;
use utoipa::ToSchema;

use super::EVENTS;
use crate::platform::db::{DbError, TenantTx};

/// A reader of the event log, and what of the tenant's it could not handle.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "name": "leads-scoring", "position": 1204, "lag": 3, "status": "working", "parked": 0, "dead_letters": 1
}))]
pub struct SubscriptionStanding {
    /// Its name: `<module>-<purpose>`, or `nats`.
    pub name: String,
    /// It is done with every event up to this `sequence`.
    pub position: i64,
    /// How many events of the server it has not looked at yet.
    pub lag: i64,
    /// Whether it keeps up.
    pub status: SubscriptionStatus,
    /// Events of this tenant that failed, or wait behind one that failed, and are tried again by themselves.
    pub parked: i64,
    /// Events of this tenant that it gave up on, and nobody retried or skipped yet.
    pub dead_letters: i64,
}

/// `current`: it read the log to its end. `working`: it is behind and moving. `stalled`: it is behind and has not moved
/// for 30 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SubscriptionStatus {
    /// Read to the end.
    Current,
    /// Behind and moving.
    Working,
    /// Behind and still.
    Stalled,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    position: i64,
    #[diesel(sql_type = BigInt)]
    lag: i64,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    moves: bool,
    #[diesel(sql_type = BigInt)]
    parked: i64,
    #[diesel(sql_type = BigInt)]
    dead_letters: i64,
}

/// Every subscription as the transaction's tenant may see it, by name.
pub(super) fn standings(tx: &mut TenantTx<'_>) -> Result<Vec<SubscriptionStanding>, DbError> {
    let tenant = tx.tenant().uuid();
    let rows = diesel::sql_query(
        "SELECT s.name, s.position, greatest(c.last_position - s.position, 0) AS lag, \
                coalesce(s.lease_until > now(), false) OR s.updated_at > now() - interval '30 seconds' AS moves, \
                (SELECT count(*) FROM events.retries r WHERE r.subscription = s.name AND r.tenant_id = $1) AS parked, \
                (SELECT count(*) FROM events.dead_letters d \
                 WHERE d.subscription = s.name AND d.tenant_id = $1 AND d.resolved_at IS NULL) AS dead_letters \
         FROM events.subscriptions s CROSS JOIN events.counter c ORDER BY s.name",
    )
    .bind::<SqlUuid, _>(tenant)
    .load::<Row>(tx.conn(EVENTS)?)?;
    Ok(rows.into_iter().map(SubscriptionStanding::from).collect())
}

impl From<Row> for SubscriptionStanding {
    fn from(row: Row) -> Self {
        let status = match (row.lag, row.moves) {
            (0, _) => SubscriptionStatus::Current,
            (_, true) => SubscriptionStatus::Working,
            (_, false) => SubscriptionStatus::Stalled,
        };
        let Row { name, position, lag, parked, dead_letters, .. } = row;
        Self { name, position, lag, status, parked, dead_letters }
    }
}

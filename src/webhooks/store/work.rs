//! What the background work asks: what is due in any tenant, and taking it for an attempt.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::DeliveryRow;
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, SystemTx, TenantTx};
use crate::webhooks::WEBHOOKS;
use crate::webhooks::contract::{DeliveryId, EndpointId, WebhooksError};
use crate::webhooks::domain::DeliveryStatus;
use crate::webhooks::schema::deliveries;

/// A delivery that may be tried now.
#[derive(Debug, Clone, Copy)]
pub struct Due {
    /// Whose it is.
    pub tenant: TenantId,
    /// Where to.
    pub endpoint: EndpointId,
    /// The delivery.
    pub id: DeliveryId,
}

#[derive(QueryableByName)]
struct DueRow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    endpoint_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct ReplayRow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct TenantRow {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    tenant_id: Option<Uuid>,
}

/// Up to `most` deliveries that may be tried now, passing over the endpoints in `busy`.
pub fn due(tx: &mut SystemTx<'_>, busy: &[Uuid], most: i64) -> Result<Vec<Due>, WebhooksError> {
    let now = tx.now();
    let rows = diesel::sql_query("SELECT tenant_id, endpoint_id, id FROM webhooks.due($1, $2, $3)")
        .bind::<Timestamptz, _>(now)
        .bind::<Array<SqlUuid>, _>(busy)
        .bind::<BigInt, _>(most)
        .load::<DueRow>(tx.conn())
        .map_err(DbError::from)?;
    let due = |row: DueRow| Due {
        tenant: row.tenant_id.into(),
        endpoint: row.endpoint_id.into(),
        id: row.id.into(),
    };
    Ok(rows.into_iter().map(due).collect())
}

/// Endpoints with a replay under way.
pub fn replays(tx: &mut SystemTx<'_>) -> Result<Vec<(TenantId, EndpointId)>, WebhooksError> {
    let rows = diesel::sql_query("SELECT tenant_id, id FROM webhooks.replays()")
        .load::<ReplayRow>(tx.conn())
        .map_err(DbError::from)?;
    Ok(rows.into_iter().map(|row| (row.tenant_id.into(), row.id.into())).collect())
}

/// A tenant with deliveries that ended before `moment`.
pub fn tenant_with_deliveries_before(
    tx: &mut SystemTx<'_>,
    moment: DateTime<Utc>,
) -> Result<Option<TenantId>, WebhooksError> {
    let row = diesel::sql_query("SELECT webhooks.tenant_with_deliveries_before($1) AS tenant_id")
        .bind::<Timestamptz, _>(moment)
        .get_result::<TenantRow>(tx.conn())
        .map_err(DbError::from)?;
    Ok(row.tenant_id.map(TenantId::from))
}

/// Takes a delivery that is due for an attempt of at most `time`, which is counted; none when it is not there for us.
pub fn claim(
    tx: &mut TenantTx<'_>,
    id: DeliveryId,
    time: TimeDelta,
) -> Result<Option<DeliveryRow>, WebhooksError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let taken = diesel::update(deliveries::table.find((tenant, id.uuid())))
        .filter(deliveries::status.eq(DeliveryStatus::Pending.as_str()))
        .filter(deliveries::next_at.le(now))
        .set((
            deliveries::attempts.eq(deliveries::attempts + 1),
            deliveries::next_at.eq(now + time),
            deliveries::claim.eq(Uuid::now_v7()),
        ))
        .returning(DeliveryRow::as_returning())
        .get_result(tx.conn(WEBHOOKS)?);
    Ok(taken.optional().map_err(DbError::from)?)
}

/// Lets somebody else make the attempt that was taken as `claim`: the server stops.
pub fn give_back(tx: &mut TenantTx<'_>, id: DeliveryId, claim: Uuid) -> Result<(), WebhooksError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    diesel::update(deliveries::table.find((tenant, id.uuid())))
        .filter(deliveries::claim.eq(claim))
        .set((
            deliveries::attempts.eq(deliveries::attempts - 1),
            deliveries::next_at.eq(now),
            deliveries::claim.eq(None::<Uuid>),
        ))
        .execute(tx.conn(WEBHOOKS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Forgets up to `most` deliveries of the tenant that ended before `moment`.
pub fn forget_before(
    tx: &mut TenantTx<'_>,
    moment: DateTime<Utc>,
    most: i64,
) -> Result<usize, WebhooksError> {
    let tenant = tx.tenant().uuid();
    let connection = tx.conn(WEBHOOKS)?;
    let old: Vec<Uuid> = deliveries::table
        .filter(deliveries::tenant_id.eq(tenant).and(deliveries::finished_at.lt(moment)))
        .select(deliveries::id)
        .limit(most)
        .load(connection)
        .map_err(DbError::from)?;
    let forgotten = diesel::delete(deliveries::table)
        .filter(deliveries::tenant_id.eq(tenant).and(deliveries::id.eq_any(old)))
        .execute(connection)
        .map_err(DbError::from)?;
    Ok(forgotten)
}

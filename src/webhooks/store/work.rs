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
use crate::webhooks::schema::{deliveries, endpoints};

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

/// How many deliveries more may be tried now.
#[derive(Debug, Clone)]
pub struct Room {
    /// Of all tenants together.
    pub in_all: i64,
    /// Of each tenant that is not among `tenants`.
    pub of_tenant: i64,
    /// Of tenants that have some under way.
    pub tenants: Vec<(TenantId, i64)>,
    /// To each endpoint that is not among `endpoints`.
    pub of_endpoint: i64,
    /// To endpoints that have some under way, or that rest.
    pub endpoints: Vec<(Uuid, i64)>,
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
struct PlaceRow {
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

/// The deliveries that may be tried now and have `room`.
pub fn due(tx: &mut SystemTx<'_>, room: &Room) -> Result<Vec<Due>, WebhooksError> {
    let now = tx.now();
    let (endpoints, places): (Vec<Uuid>, Vec<i64>) = room.endpoints.iter().copied().unzip();
    let (tenants, rooms): (Vec<Uuid>, Vec<i64>) =
        room.tenants.iter().map(|(tenant, left)| (tenant.uuid(), *left)).unzip();
    let rows = diesel::sql_query(
        "SELECT tenant_id, endpoint_id, id FROM webhooks.due($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlUuid>, _>(endpoints)
    .bind::<Array<BigInt>, _>(places)
    .bind::<BigInt, _>(room.of_endpoint)
    .bind::<Array<SqlUuid>, _>(tenants)
    .bind::<Array<BigInt>, _>(rooms)
    .bind::<BigInt, _>(room.of_tenant)
    .bind::<BigInt, _>(room.in_all)
    .load::<DueRow>(tx.conn())
    .map_err(DbError::from)?;
    let due = |row: DueRow| Due {
        tenant: row.tenant_id.into(),
        endpoint: row.endpoint_id.into(),
        id: row.id.into(),
    };
    Ok(rows.into_iter().map(due).collect())
}

/// Endpoints with a replay under way; when there are many, some of them by lot.
pub fn replays(tx: &mut SystemTx<'_>) -> Result<Vec<(TenantId, EndpointId)>, WebhooksError> {
    let rows = diesel::sql_query("SELECT tenant_id, id FROM webhooks.replays()")
        .load::<PlaceRow>(tx.conn())
        .map_err(DbError::from)?;
    Ok(rows.into_iter().map(|row| (row.tenant_id.into(), row.id.into())).collect())
}

/// A deleted endpoint of which something is left.
pub fn deleted_endpoint(tx: &mut SystemTx<'_>) -> Result<Option<(TenantId, EndpointId)>, WebhooksError> {
    let rows = diesel::sql_query("SELECT tenant_id, id FROM webhooks.deleted_endpoint()")
        .load::<PlaceRow>(tx.conn())
        .map_err(DbError::from)?;
    Ok(rows.into_iter().next().map(|row| (row.tenant_id.into(), row.id.into())))
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

/// Forgets up to `most` deliveries of a deleted endpoint, and the endpoint itself when those were the last.
pub fn forget_endpoint(tx: &mut TenantTx<'_>, id: EndpointId, most: i64) -> Result<(), WebhooksError> {
    let tenant = tx.tenant().uuid();
    let connection = tx.conn(WEBHOOKS)?;
    let some: Vec<Uuid> = deliveries::table
        .filter(deliveries::tenant_id.eq(tenant).and(deliveries::endpoint_id.eq(id.uuid())))
        .select(deliveries::id)
        .order(deliveries::id)
        .limit(most)
        .load(connection)
        .map_err(DbError::from)?;
    // As many as were found, not as were deleted: another server may have deleted these, and more may be left.
    let are_last = i64::try_from(some.len()).is_ok_and(|count| count < most);
    diesel::delete(deliveries::table)
        .filter(deliveries::tenant_id.eq(tenant).and(deliveries::id.eq_any(some)))
        .execute(connection)
        .map_err(DbError::from)?;
    if are_last {
        diesel::delete(endpoints::table.find((tenant, id.uuid())))
            .filter(endpoints::deleted_at.is_not_null())
            .execute(connection)
            .map_err(DbError::from)?;
    }
    Ok(())
}

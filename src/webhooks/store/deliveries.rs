//! Deliveries and their attempts: what people look at.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::platform::db::{DbError, Prepare, TenantTx};
use crate::platform::events::LoggedEvent;
use crate::webhooks::WEBHOOKS;
use crate::webhooks::contract::{DeliveryId, EndpointId, WebhooksError};
use crate::webhooks::domain::{DeliveryStatus, PING};
use crate::webhooks::schema::{attempts, deliveries};

/// A delivery as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = deliveries, treat_none_as_default_value = false, treat_none_as_null = true, check_for_backend(diesel::pg::Pg))]
pub struct DeliveryRow {
    /// Whose it is.
    pub tenant_id: Uuid,
    /// Its identifier.
    pub id: Uuid,
    /// Where to.
    pub endpoint_id: Uuid,
    /// The event, or the ping.
    pub event_id: Uuid,
    /// Its kind.
    pub event_type: String,
    /// Its place in the log; none for a ping.
    pub position: Option<i64>,
    /// How it stands.
    pub status: String,
    /// How often it was tried since it was sent last.
    pub attempts: i32,
    /// When it may be tried.
    pub next_at: DateTime<Utc>,
    /// Who tries it.
    pub claim: Option<Uuid>,
    /// The last answer.
    pub last_status: Option<i32>,
    /// What was wrong last.
    pub last_error: Option<String>,
    /// When it was first to be sent.
    pub created_at: DateTime<Utc>,
    /// When it was delivered or given up.
    pub finished_at: Option<DateTime<Utc>>,
}

/// An attempt as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = attempts, treat_none_as_default_value = false, check_for_backend(diesel::pg::Pg))]
pub struct AttemptRow {
    /// Whose it is.
    pub tenant_id: Uuid,
    /// Of which delivery.
    pub delivery_id: Uuid,
    /// 1 for the first.
    pub number: i32,
    /// When it began.
    pub at: DateTime<Utc>,
    /// How long it took.
    pub duration_ms: i32,
    /// The answer.
    pub response_status: Option<i32>,
    /// What was wrong.
    pub error: Option<String>,
}

/// Which deliveries of an endpoint to list.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    /// Only those that stand so.
    pub status: Option<DeliveryStatus>,
    /// Only of this kind of event.
    pub kind: Option<String>,
    /// Only those before this one: the last of the page before.
    pub before: Option<Uuid>,
}

/// Up to `limit` deliveries of an endpoint, the newest first.
pub fn list(
    tx: &mut TenantTx<'_>,
    endpoint: EndpointId,
    filter: &DeliveryFilter,
    limit: i64,
) -> Result<Vec<DeliveryRow>, WebhooksError> {
    let tenant = tx.tenant().uuid();
    let mut query = deliveries::table
        .filter(deliveries::tenant_id.eq(tenant))
        .filter(deliveries::endpoint_id.eq(endpoint.uuid()))
        .order(deliveries::id.desc())
        .limit(limit)
        .select(DeliveryRow::as_select())
        .into_boxed();
    if let Some(status) = filter.status {
        query = query.filter(deliveries::status.eq(status.as_str()));
    }
    if let Some(kind) = &filter.kind {
        query = query.filter(deliveries::event_type.eq(kind));
    }
    if let Some(before) = filter.before {
        query = query.filter(deliveries::id.lt(before));
    }
    Ok(query.load(tx.conn(WEBHOOKS)?).map_err(DbError::from)?)
}

/// A delivery of an endpoint.
pub fn find_delivery(
    tx: &mut TenantTx<'_>,
    endpoint: EndpointId,
    id: DeliveryId,
) -> Result<DeliveryRow, WebhooksError> {
    let tenant = tx.tenant().uuid();
    let row = deliveries::table
        .find((tenant, id.uuid()))
        .filter(deliveries::endpoint_id.eq(endpoint.uuid()))
        .select(DeliveryRow::as_select())
        .first(tx.conn(WEBHOOKS)?);
    row.optional().map_err(DbError::from)?.ok_or(WebhooksError::DeliveryNotFound)
}

/// A delivery of an endpoint, locked until the transaction ends.
pub fn lock_delivery(
    tx: &mut TenantTx<'_>,
    endpoint: EndpointId,
    id: DeliveryId,
) -> Result<DeliveryRow, WebhooksError> {
    let tenant = tx.tenant().uuid();
    let row = deliveries::table
        .find((tenant, id.uuid()))
        .filter(deliveries::endpoint_id.eq(endpoint.uuid()))
        .for_no_key_update()
        .select(DeliveryRow::as_select())
        .first(tx.conn(WEBHOOKS)?);
    row.optional().map_err(DbError::from)?.ok_or(WebhooksError::DeliveryNotFound)
}

/// Writes a changed delivery back.
pub fn save_delivery(tx: &mut TenantTx<'_>, row: &DeliveryRow) -> Result<(), WebhooksError> {
    diesel::update(deliveries::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(WEBHOOKS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Queues `event` for `endpoints`. What was delivered or given up is sent again when `again`; what waits goes on waiting.
pub fn queue(
    tx: &mut TenantTx<'_>,
    endpoints: &[Uuid],
    events: &[&LoggedEvent],
    again: Again,
) -> Result<(), WebhooksError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let row = |endpoint: Uuid, event: &LoggedEvent| DeliveryRow {
        position: Some(event.position),
        ..waiting(tenant, endpoint, event.id, event.kind.clone(), now)
    };
    let rows: Vec<DeliveryRow> =
        endpoints.iter().flat_map(|endpoint| events.iter().map(|event| row(*endpoint, event))).collect();
    let insert = diesel::insert_into(deliveries::table).values(&rows);
    let key = (deliveries::tenant_id, deliveries::endpoint_id, deliveries::event_id);
    let connection = tx.conn(WEBHOOKS)?;
    match again {
        Again::No => insert.on_conflict(key).do_nothing().execute(connection),
        Again::Yes => insert
            .on_conflict(key)
            .do_update()
            .set((
                deliveries::status.eq(DeliveryStatus::Pending.as_str()),
                deliveries::attempts.eq(0),
                deliveries::next_at.eq(now),
                deliveries::claim.eq(None::<Uuid>),
                deliveries::finished_at.eq(None::<DateTime<Utc>>),
            ))
            .execute(connection),
    }
    .map_err(DbError::from)?;
    Ok(())
}

/// Whether an event is sent that was sent before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It is left.
    No,
    /// It is sent.
    Yes,
}

/// Queues a test ping; answers it.
pub fn insert_ping(tx: &mut TenantTx<'_>, endpoint: EndpointId) -> Result<DeliveryRow, WebhooksError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let row = waiting(tenant, endpoint.uuid(), Uuid::now_v7(), PING.to_owned(), now);
    diesel::insert_into(deliveries::table).values(&row).execute(tx.conn(WEBHOOKS)?).map_err(DbError::from)?;
    Ok(row)
}

fn waiting(tenant: Uuid, endpoint: Uuid, event: Uuid, kind: String, now: DateTime<Utc>) -> DeliveryRow {
    DeliveryRow {
        tenant_id: tenant,
        id: Uuid::now_v7(),
        endpoint_id: endpoint,
        event_id: event,
        event_type: kind,
        position: None,
        status: DeliveryStatus::Pending.as_str().to_owned(),
        attempts: 0,
        next_at: now,
        claim: None,
        last_status: None,
        last_error: None,
        created_at: now,
        finished_at: None,
    }
}

/// Every attempt of a delivery, the first one first.
pub fn attempts(tx: &mut TenantTx<'_>, id: DeliveryId) -> Result<Vec<AttemptRow>, WebhooksError> {
    let tenant = tx.tenant().uuid();
    let rows = attempts::table
        .filter(attempts::tenant_id.eq(tenant).and(attempts::delivery_id.eq(id.uuid())))
        .order(attempts::number)
        .select(AttemptRow::as_select())
        .load(tx.conn(WEBHOOKS)?);
    Ok(rows.map_err(DbError::from)?)
}

/// Writes an attempt, whose number is told here.
pub fn insert_attempt(tx: &mut TenantTx<'_>, mut row: AttemptRow) -> Result<(), WebhooksError> {
    let last = attempts::table
        .filter(attempts::tenant_id.eq(row.tenant_id).and(attempts::delivery_id.eq(row.delivery_id)))
        .select(diesel::dsl::max(attempts::number))
        .first::<Option<i32>>(tx.conn(WEBHOOKS)?)
        .map_err(DbError::from)?;
    row.number = last.unwrap_or_default() + 1;
    diesel::insert_into(attempts::table).values(&row).execute(tx.conn(WEBHOOKS)?).map_err(DbError::from)?;
    Ok(())
}

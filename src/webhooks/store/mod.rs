//! Endpoints in the database; their deliveries are in `deliveries`. Deleted ones are seen by the sweep only.

mod deliveries;
mod work;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

pub use deliveries::{
    Again, AttemptRow, DeliveryFilter, DeliveryRow, attempts, find_delivery, insert_attempt, insert_ping,
    list, lock_delivery, queue, save_delivery,
};
pub use work::{
    Due, Room, claim, deleted_endpoint, due, forget_before, forget_endpoint, give_back, replays,
    tenant_with_deliveries_before,
};

use super::WEBHOOKS;
use super::contract::{EndpointId, WebhooksError};
use super::schema::{self, endpoints};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, Prepare, TenantTx};

/// An endpoint as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = endpoints, treat_none_as_default_value = false, treat_none_as_null = true, check_for_backend(diesel::pg::Pg))]
pub struct EndpointRow {
    /// Whose it is.
    pub tenant_id: Uuid,
    /// Its identifier.
    pub id: Uuid,
    /// Raised by each change that people see.
    pub version: i32,
    /// Where to.
    pub url: String,
    /// What for.
    pub description: Option<String>,
    /// Patterns of kinds.
    pub event_types: Vec<String>,
    /// Why nothing is sent.
    pub disabled_reason: Option<String>,
    /// Sealed.
    pub secret: Vec<u8>,
    /// Sealed.
    pub previous_secret: Option<Vec<u8>>,
    /// Until when the previous secret signs too.
    pub previous_secret_until: Option<DateTime<Utc>>,
    /// The first failure since the last success.
    pub failing_since: Option<DateTime<Utc>>,
    /// A replay goes on behind this position …
    pub replay_after: Option<i64>,
    /// … up to this one.
    pub replay_until: Option<i64>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When somebody changed it last.
    pub updated_at: DateTime<Utc>,
}

impl EndpointRow {
    /// Its identifier.
    pub fn endpoint(&self) -> EndpointId {
        self.id.into()
    }

    /// Whether events are sent to it.
    pub fn is_enabled(&self) -> bool {
        self.disabled_reason.is_none()
    }
}

/// The endpoint.
pub fn find(tx: &mut TenantTx<'_>, id: EndpointId) -> Result<EndpointRow, WebhooksError> {
    let tenant = tx.tenant().uuid();
    let row = endpoints::table.find((tenant, id.uuid())).filter(endpoints::deleted_at.is_null());
    let row =
        row.select(EndpointRow::as_select()).first(tx.conn(WEBHOOKS)?).optional().map_err(DbError::from)?;
    row.ok_or(WebhooksError::NotFound(id))
}

/// The endpoint, locked until the transaction ends.
pub fn lock(tx: &mut TenantTx<'_>, id: EndpointId) -> Result<EndpointRow, WebhooksError> {
    let tenant = tx.tenant().uuid();
    let row = endpoints::table.find((tenant, id.uuid())).filter(endpoints::deleted_at.is_null());
    let row = row
        .for_no_key_update()
        .select(EndpointRow::as_select())
        .first(tx.conn(WEBHOOKS)?)
        .optional()
        .map_err(DbError::from)?;
    row.ok_or(WebhooksError::NotFound(id))
}

/// Every endpoint of the tenant, the oldest first.
pub fn all(tx: &mut TenantTx<'_>) -> Result<Vec<EndpointRow>, WebhooksError> {
    let tenant = tx.tenant().uuid();
    let rows = endpoints::table
        .filter(endpoints::tenant_id.eq(tenant).and(endpoints::deleted_at.is_null()))
        .order(endpoints::id)
        .select(EndpointRow::as_select())
        .load(tx.conn(WEBHOOKS)?);
    Ok(rows.map_err(DbError::from)?)
}

/// Writes a new endpoint.
pub fn insert(tx: &mut TenantTx<'_>, row: &EndpointRow) -> Result<(), WebhooksError> {
    diesel::insert_into(endpoints::table).values(row).execute(tx.conn(WEBHOOKS)?).map_err(DbError::from)?;
    Ok(())
}

/// Writes a changed endpoint back.
pub fn save(tx: &mut TenantTx<'_>, row: &EndpointRow) -> Result<(), WebhooksError> {
    diesel::update(endpoints::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(WEBHOOKS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Marks the endpoint deleted, without its secrets and its address; the sweep forgets the rest.
pub fn mark_deleted(tx: &mut TenantTx<'_>, id: EndpointId) -> Result<(), WebhooksError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    diesel::update(endpoints::table.find((tenant, id.uuid())))
        .set((
            endpoints::deleted_at.eq(now),
            endpoints::url.eq(""),
            endpoints::secret.eq(Vec::<u8>::new()),
            endpoints::previous_secret.eq(None::<Vec<u8>>),
            endpoints::previous_secret_until.eq(None::<DateTime<Utc>>),
            endpoints::replay_after.eq(None::<i64>),
            endpoints::replay_until.eq(None::<i64>),
        ))
        .execute(tx.conn(WEBHOOKS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Those of `tenants` that have an endpoint which is sent anything.
pub fn with_endpoints(tx: &mut TenantTx<'_>, tenants: &[TenantId]) -> Result<HashSet<TenantId>, DbError> {
    let tenants: Vec<Uuid> = tenants.iter().map(|tenant| tenant.uuid()).collect();
    let found: Vec<Uuid> = diesel::select(schema::with_endpoints(tenants)).get_result(tx.conn(WEBHOOKS)?)?;
    Ok(found.into_iter().map(TenantId::from).collect())
}

/// The endpoints that are sent what happened at `moment`, when one of their patterns is among `patterns`.
pub fn listening(
    tx: &mut TenantTx<'_>,
    patterns: &[String],
    moment: DateTime<Utc>,
) -> Result<Vec<Uuid>, WebhooksError> {
    let tenant = tx.tenant().uuid();
    let ids = endpoints::table
        .filter(endpoints::tenant_id.eq(tenant))
        .filter(endpoints::disabled_reason.is_null())
        .filter(endpoints::deleted_at.is_null())
        .filter(endpoints::created_at.le(moment))
        .filter(endpoints::event_types.overlaps_with(patterns))
        .select(endpoints::id)
        .load(tx.conn(WEBHOOKS)?);
    Ok(ids.map_err(DbError::from)?)
}

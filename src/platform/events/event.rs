//! One event: what modules emit, the row that waits in the outbox, the row of the log, and the envelope outside.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::schema;
use crate::platform::auth::{Actor, CorrelationId, TenantId, UserId};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::id::Id;

/// A kind of event: the type of its `data`, and its names. Released kinds are never edited.
pub trait Event: Serialize + DeserializeOwned + ToSchema + 'static {
    /// The name in the catalogue and the `type` of the envelope, such as `Lead.StatusChanged`.
    const TYPE: &'static str;
    /// The subject under which NATS carries it, such as `lead.status.changed`.
    const SUBJECT: &'static str;
    /// When it is emitted, in one sentence.
    const SUMMARY: &'static str;

    /// An example for the documents.
    fn example() -> Self;
}

/// An event on its way into the outbox.
pub(in crate::platform) struct Emitted {
    id: Uuid,
    kind: &'static str,
    aggregate: Uuid,
    version: i32,
    data: Value,
    user: Option<UserId>,
    correlation: CorrelationId,
}

impl Emitted {
    pub(in crate::platform) fn of<E: Event>(aggregate: Uuid, version: i32, event: &E, actor: &Actor) -> Self {
        #[expect(clippy::expect_used, reason = "events are plain values with text keys")]
        let data = serde_json::to_value(event).expect("an event is always JSON");
        Self {
            id: Uuid::now_v7(),
            kind: E::TYPE,
            aggregate,
            version,
            data,
            user: actor.user(),
            correlation: actor.correlation().clone(),
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = schema::outbox, treat_none_as_default_value = false)]
struct OutboxRow<'a> {
    event_id: Uuid,
    tenant_id: Uuid,
    type_: &'a str,
    aggregate_id: Uuid,
    aggregate_version: i32,
    data: &'a Value,
    user_id: Option<Uuid>,
    correlation_id: &'a str,
    occurred_at: DateTime<Utc>,
}

/// Writes what a transaction emitted, in order, in as few statements as the protocol allows.
pub(in crate::platform) fn write(tx: &mut TenantTx<'_>, emitted: &[Emitted]) -> Result<(), DbError> {
    // PostgreSQL takes at most 65,535 parameters in a statement.
    const ROWS_AT_ONCE: usize = 5_000;
    let tenant_id = tx.tenant().uuid();
    let occurred_at = tx.now();
    for part in emitted.chunks(ROWS_AT_ONCE) {
        let rows: Vec<OutboxRow<'_>> = part
            .iter()
            .map(|event| OutboxRow {
                event_id: event.id,
                tenant_id,
                type_: event.kind,
                aggregate_id: event.aggregate,
                aggregate_version: event.version,
                data: &event.data,
                user_id: event.user.map(Id::uuid),
                correlation_id: event.correlation.as_str(),
                occurred_at,
            })
            .collect();
        let connection = tx.current()?;
        // One row is a statement that stays prepared; several are prepared anew each time.
        match rows.as_slice() {
            [row] => diesel::insert_into(schema::outbox::table).values(row).execute(connection)?,
            rows => diesel::insert_into(schema::outbox::table).values(rows).execute(connection)?,
        };
    }
    Ok(())
}

/// An event of the log.
#[derive(Debug, Clone)]
pub struct LoggedEvent {
    /// Its place in the log: 1, 2, 3 … without gaps, in commit order.
    pub position: i64,
    /// Its identifier, the same wherever it is delivered.
    pub id: Uuid,
    /// The tenant in which it happened.
    pub tenant: TenantId,
    /// The name in the catalogue.
    pub kind: String,
    /// The record that it happened to.
    pub aggregate: Uuid,
    /// The record's version after it.
    pub version: i32,
    /// What happened.
    pub data: Value,
    /// Who caused it; none when the platform did.
    pub user: Option<UserId>,
    /// The correlation id of the cause.
    pub correlation: CorrelationId,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
}

/// A row of the log.
#[derive(Queryable, Selectable)]
#[diesel(table_name = schema::log, check_for_backend(diesel::pg::Pg))]
pub(super) struct LogRow {
    position: i64,
    event_id: Uuid,
    tenant_id: Uuid,
    type_: String,
    aggregate_id: Uuid,
    aggregate_version: i32,
    data: Value,
    user_id: Option<Uuid>,
    correlation_id: String,
    occurred_at: DateTime<Utc>,
}

impl From<LogRow> for LoggedEvent {
    fn from(row: LogRow) -> Self {
        Self {
            position: row.position,
            id: row.event_id,
            tenant: row.tenant_id.into(),
            kind: row.type_,
            aggregate: row.aggregate_id,
            version: row.aggregate_version,
            data: row.data,
            user: row.user_id.map(Id::from),
            // It was one when it was written.
            correlation: CorrelationId::parse(&row.correlation_id).unwrap_or_default(),
            occurred_at: row.occurred_at,
        }
    }
}

impl LoggedEvent {
    /// The event as CloudEvents 1.0 JSON.
    pub fn envelope(&self) -> Value {
        serde_json::to_value(Envelope::from(self)).unwrap_or_default()
    }
}

/// An event as it is told outside: CloudEvents 1.0, with the extension attributes `tenantid`, `userid`, `correlationid`
/// and `sequence`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "specversion": "1.0", "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11", "source": "/cauce/lead", "type": "Lead.ScoreUpdated",
    "subject": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c12", "time": "2026-11-22T12:00:00Z",
    "datacontenttype": "application/json", "tenantid": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c13", "correlationid": "order-17",
    "sequence": "00000000000000000042", "data": { "from": 50, "to": 60 }, "userid": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c14"
}))]
pub struct Envelope {
    /// Always `1.0`.
    #[schema(value_type = String)]
    specversion: &'static str,
    /// The event's identifier, the same wherever and whenever it is delivered.
    id: Uuid,
    /// The area that it happened in.
    source: String,
    /// The kind of event, a name of the event catalogue.
    #[serde(rename = "type")]
    kind: String,
    /// The record that it happened to.
    subject: Uuid,
    /// When it happened.
    time: DateTime<Utc>,
    /// Always `application/json`.
    #[schema(value_type = String)]
    datacontenttype: &'static str,
    /// The company in which it happened.
    tenantid: TenantId,
    /// The correlation id of the cause.
    correlationid: String,
    /// Its place among all events of the server, as twenty digits.
    sequence: String,
    /// What happened, as the event catalogue describes it.
    #[schema(value_type = Object)]
    data: Value,
    /// Who caused it; absent when the platform did.
    #[serde(skip_serializing_if = "Option::is_none")]
    userid: Option<UserId>,
}

impl From<&LoggedEvent> for Envelope {
    fn from(event: &LoggedEvent) -> Self {
        let area = event.kind.split('.').next().unwrap_or_default().to_lowercase();
        Self {
            specversion: "1.0",
            id: event.id,
            source: format!("/cauce/{area}"),
            kind: event.kind.clone(),
            subject: event.aggregate,
            time: event.occurred_at,
            datacontenttype: "application/json",
            tenantid: event.tenant,
            correlationid: event.correlation.as_str().to_owned(),
            sequence: format!("{:020}", event.position),
            data: event.data.clone(),
            userid: event.user,
        }
    }
}

//! One event: what modules emit, the row that waits in the outbox, the row of the log, and the envelope outside.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
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
#[diesel(table_name = schema::outbox)]
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
    /// The event as CloudEvents 1.0 JSON, with the extension attributes `tenantid`, `userid`, `correlationid` and
    /// `sequence`.
    pub fn envelope(&self) -> Value {
        let area = self.kind.split('.').next().unwrap_or_default().to_lowercase();
        let mut envelope = json!({
            "specversion": "1.0",
            "id": self.id,
            "source": format!("/cauce/{area}"),
            "type": self.kind,
            "subject": self.aggregate,
            "time": self.occurred_at,
            "datacontenttype": "application/json",
            "tenantid": self.tenant,
            "correlationid": self.correlation.as_str(),
            "sequence": format!("{:020}", self.position),
            "data": self.data,
        });
        if let Some(user) = self.user {
            envelope["userid"] = json!(user);
        }
        envelope
    }
}

//! Events: what happened, stored with the change that made it happen, put in order, and read by position.
//!
//! A use case calls `tx.emit(..)`; the event is written to the outbox in the same transaction. One sequencer moves
//! committed rows into the log, gapless and in commit order. Every reader is a cursor over the log: the subscribers
//! inside this program, and the publisher to NATS.

mod catalogue;
mod schema;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

pub use catalogue::{Catalogue, CatalogueEntry, CatalogueError};

use crate::platform::auth::{CorrelationId, TenantId, UserId};
use crate::platform::db::{DbError, Module, TenantTx};
use crate::platform::id::Id;

pub(in crate::platform) const EVENTS: Module = Module::named("events");

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
}

impl Emitted {
    pub(in crate::platform) fn of<E: Event>(aggregate: Uuid, version: i32, event: &E) -> Self {
        #[expect(clippy::expect_used, reason = "events are plain values with text keys")]
        let data = serde_json::to_value(event).expect("an event is always JSON");
        Self { id: Uuid::now_v7(), kind: E::TYPE, aggregate, version, data }
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
    let actor = tx.actor().clone();
    let occurred_at = tx.now();
    for part in emitted.chunks(ROWS_AT_ONCE) {
        let rows: Vec<OutboxRow<'_>> = part
            .iter()
            .map(|event| OutboxRow {
                event_id: event.id,
                tenant_id: actor.tenant().uuid(),
                type_: event.kind,
                aggregate_id: event.aggregate,
                aggregate_version: event.version,
                data: &event.data,
                user_id: actor.user().map(Id::uuid),
                correlation_id: actor.correlation().as_str(),
                occurred_at,
            })
            .collect();
        diesel::insert_into(schema::outbox::table).values(&rows).execute(tx.current()?)?;
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

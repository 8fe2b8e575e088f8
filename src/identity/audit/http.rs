//! The audit log over HTTP.

use actix_web::get;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::service;
use crate::identity::Identity;
use crate::identity::permissions::ReadAudit;
use crate::kernel::Invalid;
use crate::platform::auth::{Authorized, CorrelationId, UserId};
use crate::platform::events::{HistoryFilter, LoggedEvent};
use crate::platform::http::{Cursor, Moment, Page, PageLimit, Query, Reply, Routes};
use crate::platform::problem::{FieldError, Problem};

/// Registers the operation of this file.
pub(in crate::identity) fn routes(config: &mut Routes<'_, '_>) {
    config.service(audit_list);
}

/// Something that somebody did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c13", "type": "User.RolesChanged",
    "record_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11", "record_version": 3,
    "actor_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c10", "correlation_id": "order-17",
    "at": "2026-01-05T15:00:00Z", "data": { "from": ["SALES"], "to": ["ADMIN"] }
}))]
struct AuditView {
    /// The event's identifier, the same wherever it is delivered.
    id: Uuid,
    /// What happened: a name of the event catalogue.
    #[serde(rename = "type")]
    kind: String,
    /// The record that it happened to.
    record_id: Uuid,
    /// The record's version after it.
    record_version: i32,
    /// Who did it; null when the server did by itself.
    #[schema(required)]
    actor_id: Option<UserId>,
    /// Under which correlation id.
    correlation_id: String,
    /// When.
    at: DateTime<Utc>,
    /// What changed, as the event catalogue describes it.
    data: Value,
}

/// Which part of the audit log to show.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// Items on a page.
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200, default = 20)]
    limit: PageLimit,
    /// The `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
    /// Only what this person did.
    actor_id: Option<UserId>,
    /// Only what happened to this record.
    record_id: Option<Uuid>,
    /// Only this kind, by its name in the event catalogue.
    #[serde(rename = "type")]
    #[param(max_length = 100, example = "User.RolesChanged")]
    kind: Option<String>,
    /// Only what happened under this correlation id.
    #[param(max_length = 128)]
    correlation_id: Option<String>,
    /// Only what happened at this time or later.
    #[param(value_type = Option<DateTime<Utc>>)]
    from: Option<Moment>,
    /// Only what happened before this time.
    #[param(value_type = Option<DateTime<Utc>>)]
    to: Option<Moment>,
}

/// Show the audit log
///
/// Lists who did what to which record, when, and under which correlation id; the newest first. A page looks through 100,000
/// entries at most: where few of them are wanted it may have fewer than `limit`, or none, and a `next_cursor`.
#[utoipa::path(operation_id = "audit_list", tag = "audit",
    security(("bearer" = ["audit:read"])), params(AuditQuery),
    responses((status = 200, description = "A page of the log.", body = Page<AuditView>)))]
#[get("/api/v1/audit")]
async fn audit_list(
    who: Authorized<ReadAudit>,
    identity: Data<Identity>,
    query: Query<AuditQuery>,
) -> Result<Reply, Problem> {
    let limit = query.0.limit;
    let after = query.0.cursor.as_deref().map(Cursor::read::<i64>).transpose()?;
    let filter = HistoryFilter::try_from(query.0)?;
    let stretch = identity
        .db
        .read(who.actor(), move |tx| service::list(tx, &filter, after, limit.rows_to_read()))
        .await?;
    let page = Page::cut(stretch.events, limit, |event| Cursor::write(&event.position));
    let page = page.or_on_from(stretch.goes_on.map(|position| Cursor::write(&position)));
    Ok(Reply::ok(&page.map(AuditView::from)))
}

impl TryFrom<AuditQuery> for HistoryFilter {
    type Error = Problem;

    fn try_from(query: AuditQuery) -> Result<Self, Problem> {
        let refuse = |name: &str, reason| Problem::invalid(vec![FieldError::parameter(name, reason)]);
        if query.correlation_id.as_deref().is_some_and(|text| CorrelationId::parse(text).is_none()) {
            let reason = Invalid::new("is not a correlation id", "no es un identificador de correlación");
            return Err(refuse("correlation_id", reason));
        }
        if query.kind.as_deref().is_some_and(|kind| kind.len() > 100) {
            let reason = Invalid::new("is longer than 100 characters", "tiene más de 100 caracteres");
            return Err(refuse("type", reason));
        }
        if let (Some(from), Some(to)) = (query.from, query.to)
            && from >= to
        {
            return Err(refuse(
                "to",
                Invalid::new("must be later than `from`", "debe ser posterior a `from`"),
            ));
        }
        Ok(Self {
            aggregate: query.record_id,
            kinds: query.kind.map(|kind| vec![kind]),
            user: query.actor_id,
            correlation: query.correlation_id,
            since: query.from.map(Moment::utc),
            before: query.to.map(Moment::utc),
            behind: None,
        })
    }
}

impl From<LoggedEvent> for AuditView {
    fn from(event: LoggedEvent) -> Self {
        Self {
            id: event.id,
            kind: event.kind,
            record_id: event.aggregate,
            record_version: event.version,
            actor_id: event.user,
            correlation_id: event.correlation.to_string(),
            at: event.occurred_at,
            data: event.data,
        }
    }
}

//! The time line of a customer over HTTP.

use actix_web::get;
use actix_web::web::{Data, Path};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{PeopleData, ReadCustomers};
use crate::crm::contract::CustomerId;
use crate::crm::customers::service::{self, Happening, TimelineKind};
use crate::platform::auth::{Authorized, UserId};
use crate::platform::db::Db;
use crate::platform::http::{Cursor, Page, PageLimit, Query, Reply};
use crate::platform::problem::{FieldError, Problem};

/// Something that happened to a customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c13", "kind": "change", "type": "Customer.Updated",
    "actor_id": "0199f3a2-0001-7d40-9b1f-3f6f0a6b2c11", "actor_name": "Ana", "correlation_id": "order-17",
    "at": "2026-11-22T18:00:00Z", "data": { "changes": { "website": { "from": null, "to": "https://sastrerianajera.mx" } } }
}))]
pub struct CustomerTimelineItem {
    /// The event's identifier, the same wherever it is delivered.
    pub id: Uuid,
    /// What it is about.
    pub kind: TimelineKind,
    /// What happened: a name of the event catalogue.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Who did it; null when the server did by itself.
    #[schema(required)]
    pub actor_id: Option<UserId>,
    /// What they are called.
    #[schema(required)]
    pub actor_name: Option<String>,
    /// Under which correlation id.
    pub correlation_id: String,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What the event tells, as the event catalogue describes it; of an activity its `text` too.
    #[schema(value_type = Object)]
    pub data: Value,
}

/// Which part of the time line.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TimelineQuery {
    /// Items a page.
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200, default = 20)]
    limit: PageLimit,
    /// The `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
    /// Only these kinds: a comma list.
    #[param(
        max_length = 200,
        pattern = "^(created|change|status|assignment|activity|contact|contract|task|onboarding|health)(,(created|change|status|assignment|activity|contact|contract|task|onboarding|health))*$",
        example = "activity,contract"
    )]
    kind: Option<String>,
}

/// Show a customer's time line
///
/// Lists everything that happened to a customer, the newest first, from the event log: what was changed from what to what, by
/// whom, activities with their texts, owners, people, contracts, tasks, onboarding and health. What happened to the lead
/// that it was is told by the lead's time line.
#[utoipa::path(operation_id = "customers_timeline", tag = "customers", security(("bearer" = ["crm:read"])),
    params(("id" = CustomerId, Path, description = "The customer."), TimelineQuery),
    responses((status = 200, description = "A page of the time line.", body = Page<CustomerTimelineItem>)))]
#[get("/api/v1/customers/{id}/timeline")]
pub async fn customers_timeline(
    who: Authorized<ReadCustomers>,
    id: Path<CustomerId>,
    query: Query<TimelineQuery>,
    db: Data<Db>,
    people: PeopleData,
) -> Result<Reply, Problem> {
    let (id, query) = (id.into_inner(), query.0);
    let refused = |reason| Problem::invalid(vec![FieldError::parameter("kind", reason)]);
    let kinds = query.kind.as_deref().map(TimelineKind::parse_list).transpose().map_err(refused)?;
    let after = query.cursor.as_deref().map(Cursor::read::<i64>).transpose()?;
    let limit = query.limit;
    let happened = db
        .read(who.actor(), move |tx| {
            let happened = service::timeline(tx, &**people, id, kinds.as_deref(), after, limit)?;
            Ok::<_, Problem>(happened)
        })
        .await?;
    let page = Page::cut(happened, limit, |happened| Cursor::write(&happened.event.position));
    Ok(Reply::ok(&page.map(CustomerTimelineItem::from)))
}

impl From<Happening> for CustomerTimelineItem {
    fn from(happened: Happening) -> Self {
        let Happening { kind, event, actor_name } = happened;
        Self {
            id: event.id,
            kind,
            event_type: event.kind,
            actor_id: event.user,
            actor_name,
            correlation_id: event.correlation.to_string(),
            at: event.occurred_at,
            data: event.data,
        }
    }
}

//! A tenant's own events, page by page.

use actix_web::get;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::ReadEvents;
use crate::kernel::Invalid;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::events::patterns::kinds_of;
use crate::platform::events::{Catalogue, Envelope, HistoryFilter, HistoryOrder, PLATFORM, history};
use crate::platform::http::{Cursor, Moment, Page, PageLimit, Query, Reply};
use crate::platform::problem::{FieldError, Problem};

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EventQuery {
    /// Items on a page.
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200, default = 20)]
    limit: PageLimit,
    /// The `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
    /// `sequence`: the oldest first; `-sequence`: the newest first.
    #[serde(default)]
    #[param(inline)]
    sort: SortQuery,
    /// Only these kinds: a comma list of `Lead.Created`, `Lead.*` or `*`.
    #[serde(rename = "type")]
    #[param(example = "Lead.*")]
    kind: Option<String>,
    /// Only what happened to this record.
    record_id: Option<Uuid>,
    /// Only what happened at this time or later.
    #[param(value_type = Option<DateTime<Utc>>)]
    since: Option<Moment>,
    /// Only what comes behind this `sequence`: the last one that you handled.
    #[param(value_type = Option<i64>, minimum = 0)]
    after: Option<Sequence>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
enum SortQuery {
    #[default]
    #[serde(rename = "sequence")]
    OldestFirst,
    #[serde(rename = "-sequence")]
    NewestFirst,
}

/// List events
///
/// Lists what happened in your company, as NATS and webhooks deliver it. To follow the log, send the `sequence` of the
/// last event that you handled as `after`. A page looks through 100,000 events at most: where few of them are wanted it may
/// have fewer than `limit`, or none, and a `next_cursor`.
#[utoipa::path(operation_id = "events_list", tag = "events", security(("bearer" = ["events:read"])), params(EventQuery),
    responses((status = 200, description = "A page of events.", body = Page<Envelope>)))]
#[get("/api/v1/events")]
pub async fn events_list(
    who: Authorized<ReadEvents>,
    db: Data<Db>,
    catalogue: Data<Catalogue>,
    query: Query<EventQuery>,
) -> Result<Reply, Problem> {
    let query = query.0;
    let limit = query.limit;
    let place = query.cursor.as_deref().map(Cursor::read::<i64>).transpose()?;
    let filter = HistoryFilter {
        aggregate: query.record_id,
        kinds: kinds(query.kind.as_deref(), &catalogue)?,
        since: query.since.map(Moment::utc),
        behind: query.after.map(Sequence::position),
        ..HistoryFilter::default()
    };
    let order = match query.sort {
        SortQuery::OldestFirst => HistoryOrder::OldestFirst,
        SortQuery::NewestFirst => HistoryOrder::NewestFirst,
    };
    let stretch = db
        .read(who.actor(), move |tx| history(tx, PLATFORM, &filter, order, place, limit.rows_to_read()))
        .await?;
    let page = Page::cut(stretch.events, limit, |event| Cursor::write(&event.position));
    let page = page.or_on_from(stretch.goes_on.map(|position| Cursor::write(&position)));
    Ok(Reply::ok(&page.map(|event| Envelope::from(&event))))
}

/// The kinds in the parameter `type`.
pub(super) fn kinds(list: Option<&str>, catalogue: &Catalogue) -> Result<Option<Vec<String>>, Problem> {
    let refused = |reason: Invalid| Problem::invalid(vec![FieldError::parameter("type", reason)]);
    list.map(|list| kinds_of(list, catalogue)).transpose().map_err(refused)
}

/// A place in the log as a client names it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "i64")]
pub(super) struct Sequence(i64);

impl Sequence {
    /// The position.
    pub fn position(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Sequence {
    type Error = &'static str;

    fn try_from(position: i64) -> Result<Self, Self::Error> {
        if position >= 0 { Ok(Self(position)) } else { Err("expected a number from 0 on") }
    }
}

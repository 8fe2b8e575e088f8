//! What was done about a lead: a time line.

use actix_web::web::{Data, Path};
use actix_web::{get, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::views::ActivityView;
use super::{ReadLeads, WriteLeads};
use crate::kernel::Prose;
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::domain::ActivityKind;
use crate::leads::service::{self, NewActivity};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Command, Cursor, Fields, Moment, Page, PageLimit, Query, Reply};
use crate::platform::problem::Problem;

/// Something that was done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kind": "call", "text": "Pidió una cotización" }))]
pub struct ActivityRequest {
    /// What kind.
    kind: ActivityKind,
    /// What was said or done.
    #[schema(value_type = Prose<10_000>)]
    text: String,
    /// When; now when not said, never in the future.
    #[schema(value_type = Option<DateTime<Utc>>)]
    at: Option<Moment>,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Note an activity
///
/// Notes a call, mail, note, meeting or message.
#[utoipa::path(operation_id = "leads_log_activity", tag = "leads",
    params(("id" = LeadId, Path, description = "The lead.")), security(("bearer" = ["leads:write"])), request_body = ActivityRequest,
    responses((status = 201, description = "Noted.", body = ActivityView)))]
#[post("/api/v1/leads/{id}/activities")]
pub async fn leads_log_activity(
    who: Authorized<WriteLeads>,
    id: Path<LeadId>,
    command: Command<ActivityRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, request, once) = (id.into_inner(), command.value, command.once);
    let mut fields = Fields::default();
    let text = fields.take("/text", Prose::parse(&request.text));
    fields.finish()?;
    let text = text.ok_or_else(Problem::internal)?;
    let new = NewActivity { kind: request.kind, text, at: request.at.map(Moment::utc) };
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::log_activity(tx, id, &new)?;
            let location = format!("/api/v1/leads/{id}/activities");
            Ok::<_, LeadsError>(Reply::created(&ActivityView::from(row), location))
        })
    })
    .await
}

/// List activities
///
/// Lists what was done about a lead, newest first.
#[utoipa::path(operation_id = "leads_list_activities", tag = "leads",
    params(("id" = LeadId, Path, description = "The lead."), PageQuery), security(("bearer" = ["leads:read"])),
    responses((status = 200, description = "A page of activities.", body = Page<ActivityView>)))]
#[get("/api/v1/leads/{id}/activities")]
pub async fn leads_list_activities(
    who: Authorized<ReadLeads>,
    id: Path<LeadId>,
    query: Query<PageQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, limit) = (id.into_inner(), query.0.limit.unwrap_or_default());
    let place = query.0.cursor.as_deref().map(Cursor::read_time).transpose()?;
    db.read(who.actor(), move |tx| {
        let rows = service::activities(tx, id, place, limit)?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&(row.at, row.id)));
        Ok::<_, Problem>(Reply::ok(&page.map(ActivityView::from)))
    })
    .await
}

//! Moving leads along: owner, state, follow-up, score.

use actix_web::web::{Data, Path};
use actix_web::{get, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::PeopleData;
use super::records::reply;
use super::views::{LeadView, ScoreView};
use super::{ReadLeads, WriteLeads};
use crate::kernel::Prose;
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::domain::{RuleScorer, Status};
use crate::leads::service;
use crate::leads::store::Row;
use crate::platform::auth::{Authorized, UserId};
use crate::platform::db::{Db, TenantTx};
use crate::platform::http::{Command, Empty, Fields, IfMatch, Moment, Reply};
use crate::platform::idempotency::Once;
use crate::platform::problem::Problem;

/// Who gets the lead.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "owner_id": "0199f3a2-0001-7d40-9b1f-3f6f0a6b2c11" }))]
pub struct AssignRequest {
    /// An active user of this company.
    owner_id: UserId,
}

/// Where the lead goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "status": "contacted" }))]
pub struct StatusRequest {
    /// The state to move to.
    status: Status,
    /// Why, when it is given up.
    #[schema(value_type = Option<Prose<1000>>)]
    reason: Option<String>,
}

/// Why the lead is given up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "Cerró el negocio" }))]
pub struct DisqualifyRequest {
    /// The reason.
    #[schema(value_type = Prose<1000>)]
    reason: String,
}

/// When to call again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "at": "2030-01-15T16:00:00Z", "note": "Llamar por la tarde" }))]
pub struct FollowUpRequest {
    /// The time, from now to ten years ahead.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Moment,
    /// What about.
    #[schema(value_type = Option<Prose<1000>>)]
    note: Option<String>,
}

/// Assign a lead
///
/// Gives the lead to a user.
#[utoipa::path(operation_id = "leads_assign", tag = "leads",
    params(("id" = LeadId, Path, description = "The lead."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")), security(("bearer" = ["leads:write"])), request_body = AssignRequest,
    responses((status = 200, description = "The lead as it is now.", body = LeadView)))]
#[post("/api/v1/leads/{id}/assign")]
pub async fn leads_assign(
    who: Authorized<WriteLeads>,
    id: Path<LeadId>,
    version: IfMatch,
    command: Command<AssignRequest>,
    db: Data<Db>,
    people: PeopleData,
) -> Result<Reply, Problem> {
    let (id, owner) = (id.into_inner(), command.value.owner_id);
    act(&db, &who, command.once, move |tx| service::assign(tx, &**people, id, owner, version.0)).await
}

/// Change the state of a lead
///
/// Moves the lead to another state; what the state machine forbids is 409 and says what is allowed.
#[utoipa::path(operation_id = "leads_change_status", tag = "leads",
    params(("id" = LeadId, Path, description = "The lead."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")), security(("bearer" = ["leads:write"])), request_body = StatusRequest,
    responses((status = 200, description = "The lead as it is now.", body = LeadView)))]
#[post("/api/v1/leads/{id}/status")]
pub async fn leads_change_status(
    who: Authorized<WriteLeads>,
    id: Path<LeadId>,
    version: IfMatch,
    command: Command<StatusRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, to) = (id.into_inner(), command.value.status);
    let reason = prose("/reason", command.value.reason.as_deref())?;
    act(&db, &who, command.once, move |tx| service::change_status(tx, id, to, reason, version.0)).await
}

/// Qualify a lead
///
/// Finds the lead worth a seller's time.
#[utoipa::path(operation_id = "leads_qualify", tag = "leads",
    params(("id" = LeadId, Path, description = "The lead."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")), security(("bearer" = ["leads:write"])), request_body = Empty,
    responses((status = 200, description = "The lead as it is now.", body = LeadView)))]
#[post("/api/v1/leads/{id}/qualify")]
pub async fn leads_qualify(
    who: Authorized<WriteLeads>,
    id: Path<LeadId>,
    version: IfMatch,
    command: Command<Empty>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    act(&db, &who, command.once, move |tx| service::qualify(tx, id, version.0)).await
}

/// Disqualify a lead
///
/// Gives the lead up, for a reason.
#[utoipa::path(operation_id = "leads_disqualify", tag = "leads",
    params(("id" = LeadId, Path, description = "The lead."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")), security(("bearer" = ["leads:write"])), request_body = DisqualifyRequest,
    responses((status = 200, description = "The lead as it is now.", body = LeadView)))]
#[post("/api/v1/leads/{id}/disqualify")]
pub async fn leads_disqualify(
    who: Authorized<WriteLeads>,
    id: Path<LeadId>,
    version: IfMatch,
    command: Command<DisqualifyRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    let reason = prose("/reason", Some(&command.value.reason))?.unwrap_or_default();
    act(&db, &who, command.once, move |tx| service::disqualify(tx, id, reason, version.0)).await
}

/// Schedule a follow-up
///
/// Sets the time to call again; when it comes, `lead.follow-up.due` is emitted.
#[utoipa::path(operation_id = "leads_schedule_follow_up", tag = "leads",
    params(("id" = LeadId, Path, description = "The lead."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")), security(("bearer" = ["leads:write"])), request_body = FollowUpRequest,
    responses((status = 200, description = "The lead as it is now.", body = LeadView)))]
#[post("/api/v1/leads/{id}/follow-up")]
pub async fn leads_schedule_follow_up(
    who: Authorized<WriteLeads>,
    id: Path<LeadId>,
    version: IfMatch,
    command: Command<FollowUpRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, at) = (id.into_inner(), command.value.at.utc());
    let note = prose("/note", command.value.note.as_deref())?;
    act(&db, &who, command.once, move |tx| service::schedule_follow_up(tx, id, at, note, version.0)).await
}

/// Explain the score of a lead
///
/// Explains the lead's score: which rules gave how many points.
#[utoipa::path(operation_id = "leads_score", tag = "leads",
    params(("id" = LeadId, Path, description = "The lead.")), security(("bearer" = ["leads:read"])),
    responses((status = 200, description = "The score and its reasons.", body = ScoreView)))]
#[get("/api/v1/leads/{id}/score")]
pub async fn leads_score(
    who: Authorized<ReadLeads>,
    id: Path<LeadId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.read(who.actor(), move |tx| {
        let score = service::score(tx, &RuleScorer, id)?;
        let view = ScoreView {
            score: score.value,
            confidence: score.confidence,
            method: score.method,
            reasons: score.reasons,
        };
        Ok::<_, Problem>(Reply::ok(&view))
    })
    .await
}

async fn act(
    db: &Db,
    who: &Authorized<WriteLeads>,
    once: Once,
    work: impl FnOnce(&mut TenantTx<'_>) -> Result<Row, LeadsError> + Send + 'static,
) -> Result<Reply, Problem> {
    db.tenant(who.actor(), move |tx| once.run(tx, |tx| work(tx).map(reply))).await
}

fn prose(pointer: &str, text: Option<&str>) -> Result<Option<String>, Problem> {
    let mut fields = Fields::default();
    let prose = fields.take_optional(pointer, text, Prose::<1000>::parse);
    fields.finish()?;
    Ok(prose.map(|prose| prose.to_string()))
}

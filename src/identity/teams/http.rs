//! Teams over HTTP.

use actix_web::web::{Data, Path};
use actix_web::{delete, get, patch, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::domain::{Team, TeamName};
use super::service::{self, TeamChange};
use crate::identity::Identity;
use crate::identity::contract::TeamId;
use crate::identity::permissions::{ReadUsers, WriteUsers};
use crate::platform::auth::{Authorized, UserId};
use crate::platform::db::TenantTx;
use crate::platform::http::{Body, Command, Cursor, Fields, IfMatch, Page, PageLimit, Query, Reply, Routes};
use crate::platform::problem::Problem;

/// Registers the operations of this file.
pub(in crate::identity) fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(teams_list)
        .service(teams_create)
        .service(teams_get)
        .service(teams_update)
        .service(teams_delete);
}

/// People who work together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c71", "name": "Ventas Oaxaca",
    "member_ids": ["0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11"], "version": 1,
    "created_at": "2026-01-05T15:00:00Z", "updated_at": "2026-01-05T15:00:00Z"
}))]
struct TeamView {
    id: TeamId,
    /// Its name.
    name: String,
    /// Who is in it.
    member_ids: Vec<UserId>,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Team> for TeamView {
    fn from(team: Team) -> Self {
        Self {
            id: team.id,
            name: team.name,
            member_ids: team.members.into_iter().collect(),
            version: team.version,
            created_at: team.created_at,
            updated_at: team.updated_at,
        }
    }
}

/// A team to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Ventas Oaxaca", "member_ids": ["0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11"] }))]
struct TeamRequest {
    #[schema(value_type = TeamName)]
    name: String,
    /// Who is in it; somebody may be in several teams.
    #[serde(default)]
    #[schema(max_items = 500)]
    member_ids: Vec<UserId>,
}

/// What is to change in a team; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "member_ids": ["0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11"] }))]
struct TeamPatch {
    #[schema(value_type = Option<TeamName>)]
    name: Option<String>,
    /// All who are in it from now on.
    #[schema(max_items = 500)]
    member_ids: Option<Vec<UserId>>,
}

/// Which teams to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TeamQuery {
    /// Items on a page.
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200, default = 20)]
    limit: PageLimit,
    /// The `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// List teams
///
/// Lists the company's teams, the oldest first.
#[utoipa::path(operation_id = "teams_list", tag = "teams",
    security(("bearer" = ["users:read"])), params(TeamQuery),
    responses((status = 200, description = "A page of teams.", body = Page<TeamView>)))]
#[get("/api/v1/teams")]
async fn teams_list(
    who: Authorized<ReadUsers>,
    identity: Data<Identity>,
    query: Query<TeamQuery>,
) -> Result<Reply, Problem> {
    let TeamQuery { limit, cursor } = query.0;
    let after = cursor.as_deref().map(Cursor::read::<TeamId>).transpose()?;
    let teams = identity.db.read(who.actor(), move |tx| service::list(tx, after, limit)).await?;
    let page = Page::cut(teams, limit, |team| Cursor::write(&team.id));
    Ok(Reply::ok(&page.map(TeamView::from)))
}

/// Make a team
///
/// Makes a team. Whoever has a role whose visibility is `team` sees the records of everybody who is in a team with them.
#[utoipa::path(operation_id = "teams_create", tag = "teams",
    security(("bearer" = ["users:write"])), request_body = TeamRequest,
    responses(
        (status = 201, description = "The team.", body = TeamView,
            headers(("Location" = String, description = "Where the team is."), ("ETag" = String))),
        (status = 409, description = "Another team has the name, or there are too many.")))]
#[post("/api/v1/teams")]
async fn teams_create(
    who: Authorized<WriteUsers>,
    identity: Data<Identity>,
    command: Command<TeamRequest>,
) -> Result<Reply, Problem> {
    let Command { value, once } = command;
    let mut fields = Fields::default();
    let name = fields.take("/name", TeamName::parse(&value.name));
    fields.finish()?;
    let name = name.ok_or_else(Problem::internal)?;
    let create = move |tx: &mut TenantTx<'_>| {
        once.run(tx, |tx| {
            service::create(tx, &name, &value.member_ids).map(|team| {
                let (place, version) = (format!("/api/v1/teams/{}", team.id), team.version);
                Reply::created(&TeamView::from(team), place).version(version)
            })
        })
    };
    let created = identity.db.tenant(who.actor(), create).await;
    identity.verifier.recheck(who.actor().tenant());
    created
}

/// Show a team
///
/// Shows a team and who is in it.
#[utoipa::path(operation_id = "teams_get", tag = "teams",
    security(("bearer" = ["users:read"])), params(("id" = TeamId, Path, description = "The team.")),
    responses((status = 200, description = "The team.", body = TeamView,
        headers(("ETag" = String, description = "Its version, for `If-Match`.")))))]
#[get("/api/v1/teams/{id}")]
async fn teams_get(
    who: Authorized<ReadUsers>,
    identity: Data<Identity>,
    id: Path<TeamId>,
) -> Result<Reply, Problem> {
    Ok(reply(identity.db.read(who.actor(), move |tx| service::find(tx, *id)).await?))
}

/// Change a team
///
/// Changes a team's name or who is in it; it acts on everybody's next request.
#[utoipa::path(operation_id = "teams_update", tag = "teams",
    security(("bearer" = ["users:write"])),
    params(("id" = TeamId, Path, description = "The team."), ("If-Match" = Option<String>, Header,
        description = "The `ETag` that was read; a newer version is answered 412.")),
    request_body = TeamPatch,
    responses(
        (status = 200, description = "The team as it is now.", body = TeamView,
            headers(("ETag" = String, description = "Its version, for `If-Match`."))),
        (status = 409, description = "Another team has the name.")))]
#[patch("/api/v1/teams/{id}")]
async fn teams_update(
    who: Authorized<WriteUsers>,
    identity: Data<Identity>,
    id: Path<TeamId>,
    read: IfMatch,
    body: Body<TeamPatch>,
) -> Result<Reply, Problem> {
    let mut fields = Fields::default();
    let name = fields.take_optional("/name", body.0.name.as_deref(), TeamName::parse);
    fields.finish()?;
    let change = TeamChange { name, members: body.0.member_ids };
    let changed = identity.db.tenant(who.actor(), move |tx| service::change(tx, *id, change, read.0)).await;
    identity.verifier.recheck(who.actor().tenant());
    Ok(reply(changed?))
}

/// Dissolve a team
///
/// Dissolves a team; its people and their records stay.
#[utoipa::path(operation_id = "teams_delete", tag = "teams",
    security(("bearer" = ["users:write"])),
    params(("id" = TeamId, Path, description = "The team."), ("If-Match" = Option<String>, Header,
        description = "The `ETag` that was read; a newer version is answered 412.")),
    responses((status = 204, description = "It is dissolved.")))]
#[delete("/api/v1/teams/{id}")]
async fn teams_delete(
    who: Authorized<WriteUsers>,
    identity: Data<Identity>,
    id: Path<TeamId>,
    read: IfMatch,
) -> Result<Reply, Problem> {
    let deleted = identity.db.tenant(who.actor(), move |tx| service::delete(tx, *id, read.0)).await;
    identity.verifier.recheck(who.actor().tenant());
    deleted?;
    Ok(Reply::no_content())
}

fn reply(team: Team) -> Reply {
    let version = team.version;
    Reply::ok(&TeamView::from(team)).version(version)
}

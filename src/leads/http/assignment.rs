//! The rules by which new leads get their owners.

use actix_web::web::{Data, Path};
use actix_web::{delete, get, patch, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ConfigureLeads, PeopleData, ReadLeads};
use crate::kernel::{Invalid, Line};
use crate::leads::contract::LeadsError;
use crate::leads::domain::AssignmentMethod;
use crate::leads::service;
use crate::leads::store::RuleRow;
use crate::platform::auth::{Authorized, UserId};
use crate::platform::db::Db;
use crate::platform::http::{Body, Command, Fields, IfMatch, Page, Reply};
use crate::platform::problem::Problem;

const LIST_AT_MOST: usize = 100;

/// A rule to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Ferias del Istmo", "method": "round_robin", "sources": ["feria"], "regions": ["Salina Cruz", "Juchitán"],
    "user_ids": ["0199f3a2-0001-7d40-9b1f-3f6f0a6b2c11"]
}))]
pub struct RuleRequest {
    /// What it is called.
    #[schema(value_type = Line<100>)]
    name: String,
    /// How it chooses among its users.
    method: AssignmentMethod,
    /// Of leads from these sources; of any when there are none.
    #[schema(value_type = Option<Vec<Line<100>>>, max_items = 100)]
    sources: Option<Vec<String>>,
    /// Of leads in these industries; of any when there are none.
    #[schema(value_type = Option<Vec<Line<100>>>, max_items = 100)]
    industries: Option<Vec<String>>,
    /// Of leads in these places, by their custom field `localidad`, `ciudad`, `municipio`, `estado` …; of any when there
    /// are none.
    #[schema(value_type = Option<Vec<Line<100>>>, max_items = 100)]
    regions: Option<Vec<String>>,
    /// Who gets the leads: active users.
    #[schema(min_items = 1, max_items = 100)]
    user_ids: Vec<UserId>,
    /// Its place among the rules, the first that fits counts; behind them when not said.
    #[schema(minimum = 0, maximum = 10_000)]
    position: Option<i32>,
    /// Whether it is used; it is when not said.
    active: Option<bool>,
}

/// What changes in a rule: what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "method": "least_loaded", "active": true }))]
pub struct RulePatch {
    /// What it is called.
    #[schema(value_type = Option<Line<100>>, nullable = false)]
    #[serde(default)]
    name: Option<String>,
    /// How it chooses among its users.
    #[schema(nullable = false)]
    #[serde(default)]
    method: Option<AssignmentMethod>,
    /// Of leads from these sources.
    #[schema(value_type = Option<Vec<Line<100>>>, max_items = 100, nullable = false)]
    #[serde(default)]
    sources: Option<Vec<String>>,
    /// Of leads in these industries.
    #[schema(value_type = Option<Vec<Line<100>>>, max_items = 100, nullable = false)]
    #[serde(default)]
    industries: Option<Vec<String>>,
    /// Of leads in these places.
    #[schema(value_type = Option<Vec<Line<100>>>, max_items = 100, nullable = false)]
    #[serde(default)]
    regions: Option<Vec<String>>,
    /// Who gets the leads.
    #[schema(min_items = 1, max_items = 100, nullable = false)]
    #[serde(default)]
    user_ids: Option<Vec<UserId>>,
    /// Its place among the rules.
    #[schema(minimum = 0, maximum = 10_000, nullable = false)]
    #[serde(default)]
    position: Option<i32>,
    /// Whether it is used.
    #[schema(nullable = false)]
    #[serde(default)]
    active: Option<bool>,
}

/// A rule by which new leads get their owners.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c31", "name": "Ferias del Istmo", "method": "round_robin",
    "sources": ["feria"], "industries": [], "regions": ["Salina Cruz"],
    "user_ids": ["0199f3a2-0001-7d40-9b1f-3f6f0a6b2c11"], "position": 1, "active": true, "version": 1,
    "created_at": "2026-11-22T18:00:00Z", "updated_at": "2026-11-22T18:00:00Z"
}))]
pub struct RuleView {
    /// The rule's identifier.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// How it chooses among its users.
    #[schema(value_type = AssignmentMethod)]
    pub method: String,
    /// Of leads from these sources.
    pub sources: Vec<String>,
    /// Of leads in these industries.
    pub industries: Vec<String>,
    /// Of leads in these places.
    pub regions: Vec<String>,
    /// Who gets the leads.
    pub user_ids: Vec<Uuid>,
    /// Its place among the rules.
    pub position: i32,
    /// Whether it is used.
    pub active: bool,
    /// Counts the changes; also the `ETag`.
    pub version: i32,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// List assignment rules
///
/// Lists the rules by which new leads get their owners, by position; there are at most 50.
#[utoipa::path(operation_id = "leads_list_assignment_rules", tag = "leads", security(("bearer" = ["leads:read"])),
    responses((status = 200, description = "All rules.", body = Page<RuleView>)))]
#[get("/api/v1/leads/assignment-rules")]
pub async fn leads_list_assignment_rules(who: Authorized<ReadLeads>, db: Data<Db>) -> Result<Reply, Problem> {
    db.read(who.actor(), |tx| {
        let data = service::rules(tx)?.into_iter().map(RuleView::from).collect();
        Ok::<_, Problem>(Reply::ok(&Page::whole(data)))
    })
    .await
}

/// Add an assignment rule
///
/// Adds a rule. A lead that is created or imported without an owner gets one by the first active rule that fits it and has
/// an active user; a rule without conditions fits every lead, and is the fallback at the end.
#[utoipa::path(operation_id = "leads_add_assignment_rule", tag = "leads", security(("bearer" = ["tenant:write"])),
    request_body = RuleRequest, responses((status = 201, description = "Added.", body = RuleView)))]
#[post("/api/v1/leads/assignment-rules")]
pub async fn leads_add_assignment_rule(
    who: Authorized<ConfigureLeads>,
    command: Command<RuleRequest>,
    db: Data<Db>,
    people: PeopleData,
) -> Result<Reply, Problem> {
    let (request, once) = (command.value, command.once);
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let position = request.position;
            let row = request.row(tx.tenant().uuid(), tx.now())?;
            let row = service::add_rule(tx, &**people, row, position)?;
            let (location, version) = (format!("/api/v1/leads/assignment-rules/{}", row.id), row.version);
            Ok::<_, LeadsError>(Reply::created(&RuleView::from(row), location).version(version))
        })
    })
    .await
}

/// Get an assignment rule
///
/// Gets one rule.
#[utoipa::path(operation_id = "leads_get_assignment_rule", tag = "leads", security(("bearer" = ["leads:read"])),
    params(("id" = Uuid, Path, description = "The rule.")),
    responses((status = 200, description = "The rule.", body = RuleView)))]
#[get("/api/v1/leads/assignment-rules/{id}")]
pub async fn leads_get_assignment_rule(
    who: Authorized<ReadLeads>,
    id: Path<Uuid>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.read(who.actor(), move |tx| Ok::<_, Problem>(reply(service::rule(tx, id)?))).await
}

/// Change an assignment rule
///
/// Changes a rule; leads that it gave keep their owners.
#[utoipa::path(operation_id = "leads_change_assignment_rule", tag = "leads", security(("bearer" = ["tenant:write"])),
    params(("id" = Uuid, Path, description = "The rule."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = RulePatch, responses((status = 200, description = "The rule as it is now.", body = RuleView)))]
#[patch("/api/v1/leads/assignment-rules/{id}")]
pub async fn leads_change_assignment_rule(
    who: Authorized<ConfigureLeads>,
    id: Path<Uuid>,
    version: IfMatch,
    body: Body<RulePatch>,
    db: Data<Db>,
    people: PeopleData,
) -> Result<Reply, Problem> {
    let (id, patch) = (id.into_inner(), body.0);
    db.tenant(who.actor(), move |tx| {
        let row = service::change_rule(tx, &**people, id, version.0, |row| patch.apply(row))?;
        Ok::<_, Problem>(reply(row))
    })
    .await
}

/// Remove an assignment rule
///
/// Takes a rule away; leads that it gave keep their owners.
#[utoipa::path(operation_id = "leads_remove_assignment_rule", tag = "leads", security(("bearer" = ["tenant:write"])),
    params(("id" = Uuid, Path, description = "The rule."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    responses((status = 204, description = "Gone.")))]
#[delete("/api/v1/leads/assignment-rules/{id}")]
pub async fn leads_remove_assignment_rule(
    who: Authorized<ConfigureLeads>,
    id: Path<Uuid>,
    version: IfMatch,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.tenant(who.actor(), move |tx| {
        service::remove_rule(tx, id, version.0)?;
        Ok::<_, Problem>(Reply::no_content())
    })
    .await
}

fn reply(row: RuleRow) -> Reply {
    let version = row.version;
    Reply::ok(&RuleView::from(row)).version(version)
}

impl RuleRequest {
    fn row(self, tenant_id: Uuid, now: DateTime<Utc>) -> Result<RuleRow, Problem> {
        checked(RuleRow {
            tenant_id,
            id: Uuid::now_v7(),
            version: 1,
            name: self.name,
            position: self.position.unwrap_or_default(),
            method: self.method.as_str().to_owned(),
            sources: self.sources.unwrap_or_default(),
            industries: self.industries.unwrap_or_default(),
            regions: self.regions.unwrap_or_default(),
            user_ids: self.user_ids.iter().map(|user| user.uuid()).collect(),
            turn: 0,
            is_active: self.active.unwrap_or(true),
            created_at: now,
            updated_at: now,
        })
    }
}

impl RulePatch {
    fn apply(self, mut row: RuleRow) -> Result<RuleRow, Problem> {
        row.name = self.name.unwrap_or(row.name);
        row.method = self.method.map_or(row.method, |method| method.as_str().to_owned());
        row.sources = self.sources.unwrap_or(row.sources);
        row.industries = self.industries.unwrap_or(row.industries);
        row.regions = self.regions.unwrap_or(row.regions);
        if let Some(users) = self.user_ids {
            row.user_ids = users.iter().map(|user| user.uuid()).collect();
        }
        row.position = self.position.unwrap_or(row.position);
        row.is_active = self.active.unwrap_or(row.is_active);
        checked(row)
    }
}

fn checked(mut row: RuleRow) -> Result<RuleRow, Problem> {
    let mut fields = Fields::default();
    row.name =
        fields.take("/name", Line::<100>::parse(&row.name)).map(|line| line.to_string()).unwrap_or_default();
    for (pointer, texts) in
        [("/sources", &mut row.sources), ("/industries", &mut row.industries), ("/regions", &mut row.regions)]
    {
        if texts.len() > LIST_AT_MOST {
            fields.refuse(pointer, Invalid::new("at most 100", "como máximo 100"));
        }
        for (index, text) in texts.iter_mut().enumerate().take(LIST_AT_MOST) {
            if let Some(line) = fields.take(&format!("{pointer}/{index}"), Line::<100>::parse(text)) {
                *text = line.to_string();
            }
        }
    }
    if !(1..=LIST_AT_MOST).contains(&row.user_ids.len()) {
        fields.refuse("/user_ids", Invalid::new("must be 1 to 100 users", "deben ser de 1 a 100 usuarios"));
    }
    if !(0..=10_000).contains(&row.position) {
        fields.refuse("/position", Invalid::new("must be from 0 to 10,000", "debe ser de 0 a 10 000"));
    }
    fields.finish()?;
    Ok(row)
}

impl From<RuleRow> for RuleView {
    fn from(row: RuleRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            method: row.method,
            sources: row.sources,
            industries: row.industries,
            regions: row.regions,
            user_ids: row.user_ids,
            position: row.position,
            active: row.is_active,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

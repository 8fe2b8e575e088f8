//! Templates of checklists over HTTP.

use actix_web::web::{Data, Path};
use actix_web::{delete, get, post, put};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::crm::contract::CrmError;
use crate::crm::http::{ConfigureCustomers, ReadCustomers};
use crate::crm::onboarding::domain::{TemplateStep, parse_steps};
use crate::crm::onboarding::service::{self, NewTemplate};
use crate::crm::onboarding::store::TemplateRow;
use crate::kernel::Line;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Body, Command, Fields, IfMatch, Page, Reply};
use crate::platform::problem::Problem;

/// What is done with each new customer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Alta de cliente",
    "steps": [{ "title": "Reunión de arranque", "due_after_days": 3 }, { "title": "Capacitar al equipo", "due_after_days": 7 }]
}))]
pub struct OnboardingTemplateRequest {
    /// Its name, which no other one has.
    #[schema(value_type = Line<100>)]
    name: String,
    /// Its steps, in order.
    #[schema(min_items = 1, max_items = 100)]
    steps: Vec<TemplateStep>,
}

/// What is done with each new customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c81", "name": "Alta de cliente",
    "steps": [{ "title": "Reunión de arranque", "description": null, "due_after_days": 3 }],
    "version": 1, "created_at": "2026-11-22T18:00:00Z", "updated_at": "2026-11-22T18:00:00Z"
}))]
pub struct OnboardingTemplateView {
    /// The template's identifier.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its steps, in order.
    pub steps: Vec<TemplateStep>,
    /// Counts the changes; also the `ETag`.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<TemplateRow> for OnboardingTemplateView {
    fn from(row: TemplateRow) -> Self {
        let steps = row.steps();
        let TemplateRow { id, name, version, created_at, updated_at, .. } = row;
        Self { id, name, steps, version, created_at, updated_at }
    }
}

/// List onboarding templates
///
/// Lists the templates of checklists, by name; there are at most 50.
#[utoipa::path(operation_id = "customers_list_onboarding_templates", tag = "onboarding",
    security(("bearer" = ["crm:read"])),
    responses((status = 200, description = "All templates.", body = Page<OnboardingTemplateView>)))]
#[get("/api/v1/customers/onboarding-templates")]
pub async fn customers_list_onboarding_templates(
    who: Authorized<ReadCustomers>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    db.read(who.actor(), |tx| {
        let data = service::templates(tx)?.into_iter().map(OnboardingTemplateView::from).collect();
        Ok::<_, Problem>(Reply::ok(&Page::whole(data)))
    })
    .await
}

/// Add an onboarding template
///
/// Makes a template of checklists: what is done with each new customer, step by step.
#[utoipa::path(operation_id = "customers_add_onboarding_template", tag = "onboarding",
    security(("bearer" = ["tenant:write"])), request_body = OnboardingTemplateRequest,
    responses((status = 201, description = "Made.", body = OnboardingTemplateView),
        (status = 409, description = "There is a template with this name; `existing_id` names it.")))]
#[post("/api/v1/customers/onboarding-templates")]
pub async fn customers_add_onboarding_template(
    who: Authorized<ConfigureCustomers>,
    command: Command<OnboardingTemplateRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let once = command.once;
    let new = command.value.parse()?;
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::add_template(tx, &new)?;
            let location = format!("/api/v1/customers/onboarding-templates/{}", row.id);
            Ok::<_, CrmError>(Reply::created(&OnboardingTemplateView::from(row), location).version(1))
        })
    })
    .await
}

/// Read an onboarding template
///
/// Reads a template of checklists.
#[utoipa::path(operation_id = "customers_get_onboarding_template", tag = "onboarding",
    security(("bearer" = ["crm:read"])), params(("id" = Uuid, Path, description = "The template.")),
    responses((status = 200, description = "The template; its `ETag` is the version.", body = OnboardingTemplateView)))]
#[get("/api/v1/customers/onboarding-templates/{id}")]
pub async fn customers_get_onboarding_template(
    who: Authorized<ReadCustomers>,
    id: Path<Uuid>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.read(who.actor(), move |tx| Ok::<_, Problem>(reply(service::template(tx, id)?))).await
}

/// Replace an onboarding template
///
/// Replaces a template's name and steps. Checklists that began with it stay as they are.
#[utoipa::path(operation_id = "customers_change_onboarding_template", tag = "onboarding",
    security(("bearer" = ["tenant:write"])), params(("id" = Uuid, Path, description = "The template."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = OnboardingTemplateRequest,
    responses((status = 200, description = "The template as it is now.", body = OnboardingTemplateView),
        (status = 409, description = "Another template has this name; `existing_id` names it.")))]
#[put("/api/v1/customers/onboarding-templates/{id}")]
pub async fn customers_change_onboarding_template(
    who: Authorized<ConfigureCustomers>,
    id: Path<Uuid>,
    version: IfMatch,
    body: Body<OnboardingTemplateRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    let new = body.0.parse()?;
    db.tenant(who.actor(), move |tx| {
        Ok::<_, Problem>(reply(service::change_template(tx, id, &new, version.0)?))
    })
    .await
}

/// Remove an onboarding template
///
/// Takes a template away. Checklists that began with it stay as they are.
#[utoipa::path(operation_id = "customers_remove_onboarding_template", tag = "onboarding",
    security(("bearer" = ["tenant:write"])), params(("id" = Uuid, Path, description = "The template."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    responses((status = 204, description = "Gone.")))]
#[delete("/api/v1/customers/onboarding-templates/{id}")]
pub async fn customers_remove_onboarding_template(
    who: Authorized<ConfigureCustomers>,
    id: Path<Uuid>,
    version: IfMatch,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.tenant(who.actor(), move |tx| {
        service::remove_template(tx, id, version.0)?;
        Ok::<_, Problem>(Reply::no_content())
    })
    .await
}

fn reply(row: TemplateRow) -> Reply {
    let version = row.version;
    Reply::ok(&OnboardingTemplateView::from(row)).version(version)
}

impl OnboardingTemplateRequest {
    fn parse(self) -> Result<NewTemplate, Problem> {
        let mut fields = Fields::default();
        let name = fields.take("/name", Line::parse(&self.name));
        let steps = parse_steps(self.steps, &mut fields);
        fields.finish()?;
        Ok(NewTemplate { name: name.ok_or_else(Problem::internal)?, steps })
    }
}

//! Checklists of customers over HTTP.

use actix_web::web::{Data, Path};
use actix_web::{get, patch, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::http::{ReadCustomers, WriteCustomers};
use crate::crm::onboarding::service::{self, Checklist};
use crate::crm::onboarding::store::StepRow;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Body, Command, Page, Reply};
use crate::platform::problem::Problem;

/// A checklist to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "template_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c81" }))]
pub struct OnboardingRequest {
    /// The template.
    template_id: Uuid,
}

/// Whether a step is done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "done": true }))]
pub struct OnboardingStepPatch {
    /// Whether it is done.
    done: bool,
}

/// A checklist of a customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c82", "customer_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c51",
    "template_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c81", "name": "Alta de cliente", "done": 1, "total": 2, "progress": 50,
    "started_at": "2026-11-22T18:00:00Z", "completed_at": null, "steps": [{
        "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c83", "number": 1, "title": "Reunión de arranque", "description": null,
        "due_at": "2026-11-25T18:00:00Z", "done_at": "2026-11-23T18:00:00Z", "done_by": null
    }]
}))]
pub struct OnboardingView {
    /// The checklist's identifier.
    pub id: Uuid,
    /// The customer.
    pub customer_id: Uuid,
    /// The template that it began with.
    pub template_id: Uuid,
    /// What the template was called.
    pub name: String,
    /// Steps that are done.
    pub done: usize,
    /// All steps.
    pub total: usize,
    /// 0 to 100: how much of it is done.
    pub progress: usize,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When its last step was done; null while it is open.
    #[schema(required)]
    pub completed_at: Option<DateTime<Utc>>,
    /// Its steps, in order.
    pub steps: Vec<OnboardingStepView>,
}

/// A step of a checklist.
#[derive(Debug, Serialize, ToSchema)]
pub struct OnboardingStepView {
    /// The step's identifier.
    pub id: Uuid,
    /// Its place, from 1.
    pub number: i32,
    /// In one line.
    pub title: String,
    /// At length.
    #[schema(required)]
    pub description: Option<String>,
    /// Until when.
    #[schema(required)]
    pub due_at: Option<DateTime<Utc>>,
    /// When it was done; null while it is not.
    #[schema(required)]
    pub done_at: Option<DateTime<Utc>>,
    /// Who did it.
    #[schema(required)]
    pub done_by: Option<Uuid>,
}

impl From<StepRow> for OnboardingStepView {
    fn from(row: StepRow) -> Self {
        let StepRow { id, number, title, description, due_at, done_at, done_by, .. } = row;
        Self { id, number, title, description, due_at, done_at, done_by }
    }
}

impl From<Checklist> for OnboardingView {
    fn from(list: Checklist) -> Self {
        let (row, total) = (list.row, list.steps.len());
        let done = list.steps.iter().filter(|step| step.done_at.is_some()).count();
        Self {
            id: row.id,
            customer_id: row.customer_id,
            template_id: row.template_id,
            name: row.name,
            done,
            total,
            progress: done * 100 / total.max(1),
            started_at: row.started_at,
            completed_at: row.completed_at,
            steps: list.steps.into_iter().map(OnboardingStepView::from).collect(),
        }
    }
}

/// Begin an onboarding
///
/// Begins a checklist of a template for a customer; one of each template may be open at a time.
#[utoipa::path(operation_id = "customers_start_onboarding", tag = "onboarding", security(("bearer" = ["crm:write"])),
    params(("id" = CustomerId, Path, description = "The customer.")), request_body = OnboardingRequest,
    responses((status = 201, description = "Begun.", body = OnboardingView),
        (status = 409, description = "One of this template is open.")))]
#[post("/api/v1/customers/{id}/onboardings")]
pub async fn customers_start_onboarding(
    who: Authorized<WriteCustomers>,
    id: Path<CustomerId>,
    command: Command<OnboardingRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, once, template) = (id.into_inner(), command.once, command.value.template_id);
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let list = service::start(tx, id, template)?;
            let location = format!("/api/v1/customers/{id}/onboardings/{}", list.row.id);
            Ok::<_, CrmError>(Reply::created(&OnboardingView::from(list), location))
        })
    })
    .await
}

/// List onboardings
///
/// Lists the checklists of a customer with their steps, the newest first, at most 100.
#[utoipa::path(operation_id = "customers_list_onboardings", tag = "onboarding", security(("bearer" = ["crm:read"])),
    params(("id" = CustomerId, Path, description = "The customer.")),
    responses((status = 200, description = "The checklists.", body = Page<OnboardingView>)))]
#[get("/api/v1/customers/{id}/onboardings")]
pub async fn customers_list_onboardings(
    who: Authorized<ReadCustomers>,
    id: Path<CustomerId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.read(who.actor(), move |tx| {
        let data = service::of_customer(tx, id)?.into_iter().map(OnboardingView::from).collect();
        Ok::<_, Problem>(Reply::ok(&Page::whole(data)))
    })
    .await
}

/// Read an onboarding
///
/// Reads a checklist of a customer with its steps.
#[utoipa::path(operation_id = "customers_get_onboarding", tag = "onboarding", security(("bearer" = ["crm:read"])),
    params(("id" = CustomerId, Path, description = "The customer."),
        ("onboarding_id" = Uuid, Path, description = "The checklist.")),
    responses((status = 200, description = "The checklist.", body = OnboardingView)))]
#[get("/api/v1/customers/{id}/onboardings/{onboarding_id}")]
pub async fn customers_get_onboarding(
    who: Authorized<ReadCustomers>,
    path: Path<(CustomerId, Uuid)>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, onboarding_id) = path.into_inner();
    db.read(who.actor(), move |tx| {
        let list = service::find(tx, id, onboarding_id)?;
        Ok::<_, Problem>(Reply::ok(&OnboardingView::from(list)))
    })
    .await
}

/// Tick a step off
///
/// Says that a step is done, or not done after all. With the last step the checklist is complete, and stays so.
#[utoipa::path(operation_id = "customers_tick_onboarding_step", tag = "onboarding",
    security(("bearer" = ["crm:write"])), params(("id" = CustomerId, Path, description = "The customer."),
        ("onboarding_id" = Uuid, Path, description = "The checklist."), ("step_id" = Uuid, Path, description = "The step.")),
    request_body = OnboardingStepPatch,
    responses((status = 200, description = "The checklist as it is now.", body = OnboardingView),
        (status = 409, description = "The checklist is complete, or the customer is archived.")))]
#[patch("/api/v1/customers/{id}/onboardings/{onboarding_id}/steps/{step_id}")]
pub async fn customers_tick_onboarding_step(
    who: Authorized<WriteCustomers>,
    path: Path<(CustomerId, Uuid, Uuid)>,
    body: Body<OnboardingStepPatch>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let ((id, onboarding_id, step_id), is_done) = (path.into_inner(), body.0.done);
    db.tenant(who.actor(), move |tx| {
        let list = service::tick(tx, id, onboarding_id, step_id, is_done)?;
        Ok::<_, Problem>(Reply::ok(&OnboardingView::from(list)))
    })
    .await
}

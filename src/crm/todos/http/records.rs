//! One task over HTTP.

use actix_web::web::{Data, Path};
use actix_web::{delete, get, patch, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::http::{PeopleData, ReadCustomers, WriteCustomers};
use crate::crm::todos::service::{self, Chore};
use crate::crm::todos::store::TaskRow;
use crate::kernel::{Line, Prose};
use crate::platform::auth::{Authorized, UserId};
use crate::platform::db::Db;
use crate::platform::http::{Body, Command, Empty, Fields, IfMatch, Moment, Patch, Reply};
use crate::platform::id::Id;
use crate::platform::problem::Problem;

/// Something to be done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "title": "Llevar muestras", "due_at": "2030-01-15T16:00:00Z" }))]
pub struct CustomerTaskRequest {
    /// In one line.
    #[schema(value_type = Line<255>)]
    title: String,
    /// At length.
    #[schema(value_type = Option<Prose<10_000>>)]
    notes: Option<String>,
    /// Until when.
    #[schema(value_type = Option<DateTime<Utc>>)]
    due_at: Option<Moment>,
    /// By whom; the customer's owner, or else you, when not said.
    assignee_id: Option<UserId>,
}

/// What changes in a task: what is left out stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "due_at": "2030-01-16T16:00:00Z" }))]
pub struct CustomerTaskPatch {
    /// In one line.
    #[schema(value_type = Option<Line<255>>, nullable = false)]
    #[serde(default)]
    title: Option<String>,
    /// At length.
    #[schema(value_type = Option<Prose<10_000>>)]
    #[serde(default)]
    notes: Patch<String>,
    /// Until when.
    #[schema(value_type = Option<DateTime<Utc>>)]
    #[serde(default)]
    due_at: Patch<Moment>,
    /// By whom.
    #[schema(value_type = Option<UserId>)]
    #[serde(default)]
    assignee_id: Patch<UserId>,
}

/// Something to be done about a customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c71", "customer_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c51",
    "title": "Llevar muestras", "notes": null, "due_at": "2030-01-15T16:00:00Z", "assignee_id": null, "done_at": null,
    "done_by": null, "version": 1, "created_at": "2026-11-22T18:00:00Z", "updated_at": "2026-11-22T18:00:00Z"
}))]
pub struct CustomerTaskView {
    /// The task's identifier.
    pub id: Uuid,
    /// The customer.
    pub customer_id: Uuid,
    /// In one line.
    pub title: String,
    /// At length.
    #[schema(required)]
    pub notes: Option<String>,
    /// Until when.
    #[schema(required)]
    pub due_at: Option<DateTime<Utc>>,
    /// By whom.
    #[schema(required)]
    pub assignee_id: Option<Uuid>,
    /// When it was done; null while it is open.
    #[schema(required)]
    pub done_at: Option<DateTime<Utc>>,
    /// Who did it.
    #[schema(required)]
    pub done_by: Option<Uuid>,
    /// Counts the changes; also the `ETag`.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<TaskRow> for CustomerTaskView {
    fn from(row: TaskRow) -> Self {
        Self {
            id: row.id,
            customer_id: row.customer_id,
            title: row.title,
            notes: row.notes,
            due_at: row.due_at,
            assignee_id: row.assignee_id,
            done_at: row.done_at,
            done_by: row.done_by,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Add a task
///
/// Notes something to be done about a customer.
#[utoipa::path(operation_id = "customers_add_task", tag = "tasks", security(("bearer" = ["crm:write"])),
    params(("id" = CustomerId, Path, description = "The customer.")), request_body = CustomerTaskRequest,
    responses((status = 201, description = "Noted.", body = CustomerTaskView)))]
#[post("/api/v1/customers/{id}/tasks")]
pub async fn customers_add_task(
    who: Authorized<WriteCustomers>,
    id: Path<CustomerId>,
    command: Command<CustomerTaskRequest>,
    db: Data<Db>,
    people: PeopleData,
) -> Result<Reply, Problem> {
    let (id, once) = (id.into_inner(), command.once);
    let chore = command.value.parse()?;
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::create(tx, &**people, id, &chore)?;
            let location = format!("/api/v1/customers/{id}/tasks/{}", row.id);
            Ok::<_, CrmError>(Reply::created(&CustomerTaskView::from(row), location).version(1))
        })
    })
    .await
}

/// Read a task
///
/// Reads a task of a customer.
#[utoipa::path(operation_id = "customers_get_task", tag = "tasks", security(("bearer" = ["crm:read"])),
    params(("id" = CustomerId, Path, description = "The customer."), ("task_id" = Uuid, Path, description = "The task.")),
    responses((status = 200, description = "The task; its `ETag` is the version.", body = CustomerTaskView)))]
#[get("/api/v1/customers/{id}/tasks/{task_id}")]
pub async fn customers_get_task(
    who: Authorized<ReadCustomers>,
    path: Path<(CustomerId, Uuid)>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, task_id) = path.into_inner();
    db.read(who.actor(), move |tx| Ok::<_, Problem>(reply(service::find(tx, id, task_id)?))).await
}

/// Change a task
///
/// Changes what is to be done, until when, and by whom.
#[utoipa::path(operation_id = "customers_change_task", tag = "tasks", security(("bearer" = ["crm:write"])),
    params(("id" = CustomerId, Path, description = "The customer."), ("task_id" = Uuid, Path, description = "The task."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")), request_body = CustomerTaskPatch,
    responses((status = 200, description = "The task as it is now.", body = CustomerTaskView),
        (status = 409, description = "The customer is archived.")))]
#[patch("/api/v1/customers/{id}/tasks/{task_id}")]
pub async fn customers_change_task(
    who: Authorized<WriteCustomers>,
    path: Path<(CustomerId, Uuid)>,
    version: IfMatch,
    body: Body<CustomerTaskPatch>,
    db: Data<Db>,
    people: PeopleData,
) -> Result<Reply, Problem> {
    let (id, task_id) = path.into_inner();
    let change = body.0.parsed()?;
    db.tenant(who.actor(), move |tx| {
        let row = service::update(tx, &**people, id, task_id, version.0, |row| change.apply(row))?;
        Ok::<_, Problem>(reply(row))
    })
    .await
}

/// Complete a task
///
/// The task is done; one that is done stays as it is.
#[utoipa::path(operation_id = "customers_complete_task", tag = "tasks", security(("bearer" = ["crm:write"])),
    params(("id" = CustomerId, Path, description = "The customer."), ("task_id" = Uuid, Path, description = "The task."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")), request_body = Empty,
    responses((status = 200, description = "The task as it is now.", body = CustomerTaskView)))]
#[post("/api/v1/customers/{id}/tasks/{task_id}/complete")]
pub async fn customers_complete_task(
    who: Authorized<WriteCustomers>,
    path: Path<(CustomerId, Uuid)>,
    version: IfMatch,
    command: Command<Empty>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let ((id, task_id), once) = (path.into_inner(), command.once);
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| Ok::<_, CrmError>(reply(service::complete(tx, id, task_id, version.0)?)))
    })
    .await
}

/// Reopen a task
///
/// The task is to be done again; one that is open stays as it is.
#[utoipa::path(operation_id = "customers_reopen_task", tag = "tasks", security(("bearer" = ["crm:write"])),
    params(("id" = CustomerId, Path, description = "The customer."), ("task_id" = Uuid, Path, description = "The task."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")), request_body = Empty,
    responses((status = 200, description = "The task as it is now.", body = CustomerTaskView)))]
#[post("/api/v1/customers/{id}/tasks/{task_id}/reopen")]
pub async fn customers_reopen_task(
    who: Authorized<WriteCustomers>,
    path: Path<(CustomerId, Uuid)>,
    version: IfMatch,
    command: Command<Empty>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let ((id, task_id), once) = (path.into_inner(), command.once);
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| Ok::<_, CrmError>(reply(service::reopen(tx, id, task_id, version.0)?)))
    })
    .await
}

/// Remove a task
///
/// Takes a task away.
#[utoipa::path(operation_id = "customers_remove_task", tag = "tasks", security(("bearer" = ["crm:write"])),
    params(("id" = CustomerId, Path, description = "The customer."), ("task_id" = Uuid, Path, description = "The task."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    responses((status = 204, description = "Gone."), (status = 409, description = "The customer is archived.")))]
#[delete("/api/v1/customers/{id}/tasks/{task_id}")]
pub async fn customers_remove_task(
    who: Authorized<WriteCustomers>,
    path: Path<(CustomerId, Uuid)>,
    version: IfMatch,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, task_id) = path.into_inner();
    db.tenant(who.actor(), move |tx| {
        service::remove(tx, id, task_id, version.0)?;
        Ok::<_, Problem>(Reply::no_content())
    })
    .await
}

fn reply(row: TaskRow) -> Reply {
    let version = row.version;
    Reply::ok(&CustomerTaskView::from(row)).version(version)
}

impl CustomerTaskRequest {
    fn parse(self) -> Result<Chore, Problem> {
        let mut fields = Fields::default();
        let title = fields.take("/title", Line::parse(&self.title));
        let notes = fields.take_optional("/notes", self.notes.as_deref(), Prose::parse);
        fields.finish()?;
        let title = title.ok_or_else(Problem::internal)?;
        Ok(Chore { title, notes, due_at: self.due_at.map(Moment::utc), assignee: self.assignee_id })
    }
}

impl CustomerTaskPatch {
    /// The same with its texts as they are stored; 422 with everything that is wrong.
    fn parsed(mut self) -> Result<Self, Problem> {
        let mut fields = Fields::default();
        let title = fields.take_optional("/title", self.title.as_deref(), Line::<255>::parse);
        self.title = title.map(|title| title.to_string());
        if let Patch::Set(notes) = &mut self.notes
            && let Some(parsed) = fields.take("/notes", Prose::<10_000>::parse(notes))
        {
            *notes = parsed.to_string();
        }
        fields.finish()?;
        Ok(self)
    }

    fn apply(self, mut row: TaskRow) -> TaskRow {
        row.title = self.title.unwrap_or(row.title);
        self.notes.apply(&mut row.notes);
        match self.due_at {
            Patch::Keep => {}
            Patch::Clear => row.due_at = None,
            Patch::Set(at) => row.due_at = Some(at.utc()),
        }
        match self.assignee_id {
            Patch::Keep => {}
            Patch::Clear => row.assignee_id = None,
            Patch::Set(assignee) => row.assignee_id = Some(Id::uuid(assignee)),
        }
        row
    }
}

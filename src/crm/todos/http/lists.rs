//! Lists of tasks over HTTP.

use actix_web::get;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::records::CustomerTaskView;
use crate::crm::contract::CustomerId;
use crate::crm::http::ReadCustomers;
use crate::crm::todos::service;
use crate::crm::todos::store::{self, DueFilter};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Cursor, Moment, Page, PageLimit, Query, Reply};
use crate::platform::problem::Problem;

/// Which tasks of a customer.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TasksQuery {
    /// Only those that are `open`, or `done`.
    #[param(inline)]
    status: Option<TaskStatus>,
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Whether a task is still to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum TaskStatus {
    Open,
    Done,
}

/// Which open tasks.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DueQuery {
    /// Of this person.
    assignee_id: Option<Uuid>,
    /// Due at or after.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    due_from: Option<Moment>,
    /// Due before.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    due_to: Option<Moment>,
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List tasks by their time
///
/// Lists the open tasks of all customers that have a time, the most urgent first; those without one have no place here.
#[utoipa::path(operation_id = "customers_due_tasks", tag = "tasks", params(DueQuery),
    security(("bearer" = ["crm:read"])),
    responses((status = 200, description = "A page of tasks.", body = Page<CustomerTaskView>)))]
#[get("/api/v1/customers/tasks")]
pub async fn customers_due_tasks(
    who: Authorized<ReadCustomers>,
    query: Query<DueQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let DueQuery { assignee_id, due_from, due_to, limit, cursor } = query.0;
    let limit = limit.unwrap_or_default();
    let place = cursor.as_deref().map(Cursor::read_time).transpose()?;
    let filter =
        DueFilter { assignee: assignee_id, from: due_from.map(Moment::utc), to: due_to.map(Moment::utc) };
    db.read(who.actor(), move |tx| {
        let rows = store::due(tx, &filter, place, limit)?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&(row.due_at, row.id)));
        Ok::<_, Problem>(Reply::ok(&page.map(CustomerTaskView::from)))
    })
    .await
}

/// List tasks
///
/// Lists the tasks of a customer, the newest first.
#[utoipa::path(operation_id = "customers_list_tasks", tag = "tasks", security(("bearer" = ["crm:read"])),
    params(("id" = CustomerId, Path, description = "The customer."), TasksQuery),
    responses((status = 200, description = "A page of tasks.", body = Page<CustomerTaskView>)))]
#[get("/api/v1/customers/{id}/tasks")]
pub async fn customers_list_tasks(
    who: Authorized<ReadCustomers>,
    id: Path<CustomerId>,
    query: Query<TasksQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, TasksQuery { status, limit, cursor }) = (id.into_inner(), query.0);
    let limit = limit.unwrap_or_default();
    let is_done = status.map(|status| status == TaskStatus::Done);
    let place = cursor.as_deref().map(Cursor::read::<Uuid>).transpose()?;
    db.read(who.actor(), move |tx| {
        let rows = service::of_customer(tx, id, is_done, place, limit)?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&row.id));
        Ok::<_, Problem>(Reply::ok(&page.map(CustomerTaskView::from)))
    })
    .await
}

//! What may be done with tasks: the customer is locked first, then the task.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::store::{self, TaskRow};
use crate::crm::contract::events::{
    CustomerTaskChanged, CustomerTaskCompleted, CustomerTaskCreated, CustomerTaskDue, CustomerTaskRemoved,
};
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::customers::domain::Record;
use crate::crm::customers::service::held;
use crate::crm::customers::store as customers;
use crate::identity::People;
use crate::kernel::{Line, Prose};
use crate::platform::auth::UserId;
use crate::platform::db::TenantTx;
use crate::platform::http::PageLimit;
use crate::platform::id::Id;

/// Tasks told in one transaction.
const AT_ONCE: i64 = 200;

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Chore {
    /// In one line.
    pub title: Line<255>,
    /// At length.
    pub notes: Option<Prose<10_000>>,
    /// Until when.
    pub due_at: Option<DateTime<Utc>>,
    /// By whom.
    pub assignee: Option<UserId>,
}

/// An open task, as others may know it.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenTask {
    /// The task.
    pub id: Uuid,
    /// In one line.
    pub title: String,
    /// Until when.
    pub due_at: Option<DateTime<Utc>>,
    /// By whom.
    pub assignee: Option<UserId>,
}

/// The open tasks of a customer, the most urgent first, `at_most` so many.
pub fn open_tasks(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    at_most: i64,
) -> Result<Vec<OpenTask>, CrmError> {
    let told = |row: TaskRow| OpenTask {
        id: row.id,
        title: row.title,
        due_at: row.due_at,
        assignee: row.assignee_id.map(Id::from),
    };
    Ok(store::open(tx, customer, at_most)?.into_iter().map(told).collect())
}

/// Makes a task; nobody's is of the customer's owner, or else of who makes it.
pub fn create(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    customer: CustomerId,
    chore: &Chore,
) -> Result<TaskRow, CrmError> {
    let record = held(tx, customer, None)?;
    check_assignee(tx, people, &record, chore.assignee)?;
    let assignee = chore.assignee.or(record.owner).or(tx.actor().user());
    let row = TaskRow {
        tenant_id: tx.tenant().uuid(),
        id: Uuid::now_v7(),
        customer_id: customer.uuid(),
        version: 1,
        title: chore.title.to_string(),
        notes: chore.notes.as_ref().map(ToString::to_string),
        due_at: chore.due_at,
        assignee_id: assignee.map(Id::uuid),
        done_at: None,
        done_by: None,
        due_raised_at: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::insert(tx, &row)?;
    let created = CustomerTaskCreated {
        id: customer,
        task_id: row.id,
        title: row.title.clone(),
        due_at: row.due_at,
        assignee_id: assignee,
    };
    tx.emit(customer.uuid(), record.version, &created);
    Ok(row)
}

/// One task.
pub fn find(tx: &mut TenantTx<'_>, customer: CustomerId, id: Uuid) -> Result<TaskRow, CrmError> {
    store::find(tx, customer, id)
}

/// A page of the customer's tasks, the newest first; one more than asked for when there is a next page.
pub fn of_customer(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    is_done: Option<bool>,
    place: Option<Uuid>,
    limit: PageLimit,
) -> Result<Vec<TaskRow>, CrmError> {
    customers::find(tx, customer)?;
    store::of_customer(tx, customer, is_done, place, limit)
}

/// Changes what is to be done, by when and by whom; another time is told anew when it comes.
pub fn update(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    customer: CustomerId,
    id: Uuid,
    version: Option<i32>,
    edit: impl FnOnce(TaskRow) -> TaskRow,
) -> Result<TaskRow, CrmError> {
    let (record, before) = both(tx, customer, id, version)?;
    let mut row = edit(before.clone());
    if row == before {
        return Ok(before);
    }
    if row.assignee_id != before.assignee_id {
        check_assignee(tx, people, &record, row.assignee_id.map(Id::from))?;
    }
    if row.due_at != before.due_at {
        row.due_raised_at = None;
    }
    changed(tx, &record, &before, row)
}

/// The task is done; one that is done stays as it is.
pub fn complete(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    id: Uuid,
    version: Option<i32>,
) -> Result<TaskRow, CrmError> {
    let (record, mut row) = both(tx, customer, id, version)?;
    if row.done_at.is_some() {
        return Ok(row);
    }
    row.done_at = Some(tx.now());
    row.done_by = tx.actor().user().map(Id::uuid);
    row.version += 1;
    row.updated_at = tx.now();
    store::save(tx, &row)?;
    let completed = CustomerTaskCompleted { id: customer, task_id: id, title: row.title.clone() };
    tx.emit(customer.uuid(), record.version, &completed);
    Ok(row)
}

/// The task is to be done again; one that is open stays as it is.
pub fn reopen(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    id: Uuid,
    version: Option<i32>,
) -> Result<TaskRow, CrmError> {
    let (record, before) = both(tx, customer, id, version)?;
    if before.done_at.is_none() {
        return Ok(before);
    }
    let row = TaskRow { done_at: None, done_by: None, due_raised_at: None, ..before.clone() };
    changed(tx, &record, &before, row)
}

/// Takes a task away.
pub fn remove(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    id: Uuid,
    version: Option<i32>,
) -> Result<(), CrmError> {
    let (record, row) = both(tx, customer, id, version)?;
    store::delete(tx, id)?;
    let removed = CustomerTaskRemoved { id: customer, task_id: id, title: row.title };
    tx.emit(customer.uuid(), record.version, &removed);
    Ok(())
}

/// Tells tasks whose time has come; answers whether there may be more.
pub fn keep_up(tx: &mut TenantTx<'_>) -> Result<bool, CrmError> {
    let now = tx.now();
    let mut handled = 0;
    for (customer, id) in store::come_due(tx, AT_ONCE)? {
        let customer = CustomerId::from(customer);
        let Some(record) = customers::try_lock(tx, customer)? else { continue };
        let mut row = match store::lock(tx, customer, id) {
            Ok(row) => row,
            Err(CrmError::TaskNotFound) => continue,
            Err(error) => return Err(error),
        };
        handled += 1;
        // Somebody may have been quicker.
        let Some(due_at) = row.due_at.filter(|at| *at <= now && row.done_at.is_none()) else { continue };
        row.due_raised_at = Some(now);
        store::save(tx, &row)?;
        let due = CustomerTaskDue {
            id: customer,
            task_id: id,
            title: row.title,
            due_at,
            assignee_id: row.assignee_id.map(Id::from),
        };
        tx.emit(customer.uuid(), record.version, &due);
    }
    Ok(handled >= AT_ONCE)
}

fn both(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    id: Uuid,
    version: Option<i32>,
) -> Result<(Record, TaskRow), CrmError> {
    let record = held(tx, customer, None)?;
    let row = store::lock(tx, customer, id)?;
    match version {
        Some(version) if version != row.version => Err(CrmError::Stale(row.version)),
        _ => Ok((record, row)),
    }
}

fn changed(
    tx: &mut TenantTx<'_>,
    record: &Record,
    before: &TaskRow,
    mut row: TaskRow,
) -> Result<TaskRow, CrmError> {
    row.version += 1;
    row.updated_at = tx.now();
    store::save(tx, &row)?;
    let changed = CustomerTaskChanged { id: record.id, task_id: row.id, changes: changes(before, &row) };
    tx.emit(record.id.uuid(), record.version, &changed);
    Ok(row)
}

/// 422 for somebody who is not active, or who would not see a task of `record`.
fn check_assignee(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    record: &Record,
    assignee: Option<UserId>,
) -> Result<(), CrmError> {
    let Some(assignee) = assignee else { return Ok(()) };
    match people.person(tx, assignee)? {
        Some(person) if person.is_active() => {
            if people.sight(tx, assignee)?.covers(record.owner) {
                Ok(())
            } else {
                Err(CrmError::AssigneeOutOfSight)
            }
        }
        _ => Err(CrmError::UnknownAssignee(assignee)),
    }
}

fn changes(before: &TaskRow, after: &TaskRow) -> Map<String, Value> {
    let pairs = [
        ("title", json!(before.title), json!(after.title)),
        ("notes", json!(before.notes), json!(after.notes)),
        ("due_at", json!(before.due_at), json!(after.due_at)),
        ("assignee_id", json!(before.assignee_id), json!(after.assignee_id)),
        ("done_at", json!(before.done_at), json!(after.done_at)),
    ];
    let changed = pairs.into_iter().filter(|(_, from, to)| from != to);
    changed.map(|(field, from, to)| (field.to_owned(), json!({ "from": from, "to": to }))).collect()
}

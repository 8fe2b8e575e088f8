//! What happens to what is to be done about a customer.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::customer_events::{moment, part, user};
use super::{CustomerId, example};
use crate::platform::auth::UserId;
use crate::platform::events::Event;

/// There is something to be done about a customer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerTaskCreated {
    /// The customer.
    pub id: CustomerId,
    /// The task.
    pub task_id: Uuid,
    /// In one line.
    pub title: String,
    /// Until when.
    pub due_at: Option<DateTime<Utc>>,
    /// By whom.
    pub assignee_id: Option<UserId>,
}

/// A task is another one, or is to be done again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerTaskChanged {
    /// The customer.
    pub id: CustomerId,
    /// The task.
    pub task_id: Uuid,
    /// `{"<field>": {"from": …, "to": …}}`.
    #[schema(value_type = Object)]
    pub changes: Map<String, Value>,
}

/// A task is done.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerTaskCompleted {
    /// The customer.
    pub id: CustomerId,
    /// The task.
    pub task_id: Uuid,
    /// In one line.
    pub title: String,
}

/// A task was taken away.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerTaskRemoved {
    /// The customer.
    pub id: CustomerId,
    /// The task.
    pub task_id: Uuid,
    /// In one line.
    pub title: String,
}

/// The time of a task has come.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerTaskDue {
    /// The customer.
    pub id: CustomerId,
    /// The task.
    pub task_id: Uuid,
    /// In one line.
    pub title: String,
    /// When it was to be done.
    pub due_at: DateTime<Utc>,
    /// By whom.
    pub assignee_id: Option<UserId>,
}

const TITLE: &str = "Llevar muestras";

impl Event for CustomerTaskCreated {
    const TYPE: &'static str = "Customer.TaskCreated";
    const SUBJECT: &'static str = "customer.task.created";
    const SUMMARY: &'static str = "There is something to be done about a customer.";

    fn example() -> Self {
        let (due_at, assignee_id) = (Some(moment()), Some(user()));
        Self { id: example(), task_id: part(), title: TITLE.to_owned(), due_at, assignee_id }
    }
}

impl Event for CustomerTaskChanged {
    const TYPE: &'static str = "Customer.TaskChanged";
    const SUBJECT: &'static str = "customer.task.changed";
    const SUMMARY: &'static str = "A task of a customer is another one, or is to be done again.";

    fn example() -> Self {
        let mut changes = Map::new();
        changes.insert("title".to_owned(), json!({ "from": "Llamar", "to": TITLE }));
        Self { id: example(), task_id: part(), changes }
    }
}

impl Event for CustomerTaskCompleted {
    const TYPE: &'static str = "Customer.TaskCompleted";
    const SUBJECT: &'static str = "customer.task.completed";
    const SUMMARY: &'static str = "A task of a customer is done.";

    fn example() -> Self {
        Self { id: example(), task_id: part(), title: TITLE.to_owned() }
    }
}

impl Event for CustomerTaskRemoved {
    const TYPE: &'static str = "Customer.TaskRemoved";
    const SUBJECT: &'static str = "customer.task.removed";
    const SUMMARY: &'static str = "A task of a customer was taken away.";

    fn example() -> Self {
        Self { id: example(), task_id: part(), title: TITLE.to_owned() }
    }
}

impl Event for CustomerTaskDue {
    const TYPE: &'static str = "Customer.TaskDue";
    const SUBJECT: &'static str = "customer.task.due";
    const SUMMARY: &'static str = "The time of a task has come.";

    fn example() -> Self {
        let (due_at, assignee_id) = (moment(), Some(user()));
        Self { id: example(), task_id: part(), title: TITLE.to_owned(), due_at, assignee_id }
    }
}

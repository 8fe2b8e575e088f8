//! Everything that happened to a customer, from the event log.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::crm::CRM;
use crate::crm::contract::events::{
    CustomerActivityLogged, CustomerArchived, CustomerAssigned, CustomerChurned, CustomerContactChanged,
    CustomerContractChanged, CustomerContractCreated, CustomerContractStatusChanged, CustomerCreated,
    CustomerHealthScoreUpdated, CustomerOnboardingCompleted, CustomerOnboardingStarted,
    CustomerOnboardingStepChanged, CustomerReactivated, CustomerRenewalDue, CustomerRenewed,
    CustomerRestored, CustomerTaskChanged, CustomerTaskCompleted, CustomerTaskCreated, CustomerTaskDue,
    CustomerTaskRemoved, CustomerUpdated,
};
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::customers::store;
use crate::identity::People;
use crate::kernel::Invalid;
use crate::platform::db::TenantTx;
use crate::platform::events::{Event, HistoryFilter, HistoryOrder, LoggedEvent, history};
use crate::platform::http::PageLimit;

/// What something that happened to a customer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CustomerTimelineKind)]
pub enum TimelineKind {
    /// It was created.
    Created,
    /// Fields changed; `changes` has each before and after.
    Change,
    /// It left, came back, or went into the archive and out of it.
    Status,
    /// It got another owner.
    Assignment,
    /// A call, mail, note, meeting or message.
    Activity,
    /// A person was added, changed or removed.
    Contact,
    /// A contract was written, changed, renewed or closed, or is to be renewed.
    Contract,
    /// A task was made, changed, done or taken away, or came due.
    Task,
    /// A checklist began, went on or was completed.
    Onboarding,
    /// Its health became another.
    Health,
}

#[rustfmt::skip]
const KINDS: [(TimelineKind, &str, &[&str]); 10] = [
    (TimelineKind::Created, "created", &[CustomerCreated::TYPE]),
    (TimelineKind::Change, "change", &[CustomerUpdated::TYPE]),
    (TimelineKind::Status, "status", &[
        CustomerChurned::TYPE, CustomerReactivated::TYPE, CustomerArchived::TYPE, CustomerRestored::TYPE,
    ]),
    (TimelineKind::Assignment, "assignment", &[CustomerAssigned::TYPE]),
    (TimelineKind::Activity, "activity", &[CustomerActivityLogged::TYPE]),
    (TimelineKind::Contact, "contact", &[CustomerContactChanged::TYPE]),
    (TimelineKind::Contract, "contract", &[
        CustomerContractCreated::TYPE, CustomerContractChanged::TYPE, CustomerContractStatusChanged::TYPE,
        CustomerRenewed::TYPE, CustomerRenewalDue::TYPE,
    ]),
    (TimelineKind::Task, "task", &[
        CustomerTaskCreated::TYPE, CustomerTaskChanged::TYPE, CustomerTaskCompleted::TYPE, CustomerTaskRemoved::TYPE,
        CustomerTaskDue::TYPE,
    ]),
    (TimelineKind::Onboarding, "onboarding", &[
        CustomerOnboardingStarted::TYPE, CustomerOnboardingStepChanged::TYPE, CustomerOnboardingCompleted::TYPE,
    ]),
    (TimelineKind::Health, "health", &[CustomerHealthScoreUpdated::TYPE]),
];

impl TimelineKind {
    /// The kinds in a comma list.
    pub fn parse_list(list: &str) -> Result<Vec<Self>, Invalid> {
        let kind = |name: &str| KINDS.iter().find(|(_, known, _)| *known == name).map(|(kind, _, _)| *kind);
        list.split(',').map(|name| kind(name.trim())).collect::<Option<_>>().ok_or_else(|| {
            let names: Vec<&str> = KINDS.iter().map(|(_, name, _)| *name).collect();
            let names = names.join(", ");
            Invalid::formatted(
                format!("must be a comma list of {names}"),
                format!("debe ser una lista separada por comas de {names}"),
            )
        })
    }

    fn of(event: &LoggedEvent) -> Self {
        let of_type = KINDS.iter().find(|(_, _, types)| types.contains(&event.kind.as_str()));
        of_type.map_or(Self::Change, |(kind, _, _)| *kind)
    }
}

/// Something that happened to a customer.
#[derive(Debug)]
pub struct Happening {
    /// What it is about.
    pub kind: TimelineKind,
    /// The event; that of an activity has its text.
    pub event: LoggedEvent,
    /// What who did it is called.
    pub actor_name: Option<String>,
}

/// A page of what happened, newest first; one more than asked for when there is a next page.
pub fn timeline(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    id: CustomerId,
    kinds: Option<&[TimelineKind]>,
    after: Option<i64>,
    limit: PageLimit,
) -> Result<Vec<Happening>, CrmError> {
    store::find(tx, id)?;
    let filter =
        HistoryFilter { aggregate: Some(id.uuid()), kinds: kinds.map(types_of), ..HistoryFilter::default() };
    let stretch = history(tx, CRM, &filter, HistoryOrder::NewestFirst, after, limit.rows_to_read())?;
    described(tx, people, stretch.events)
}

fn types_of(kinds: &[TimelineKind]) -> Vec<String> {
    let of_kinds = KINDS.iter().filter(|(kind, _, _)| kinds.contains(kind));
    of_kinds.flat_map(|(_, _, types)| types.iter().map(|name| (*name).to_owned())).collect()
}

/// The events with the names of who did them and the texts of activities.
fn described(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    events: Vec<LoggedEvent>,
) -> Result<Vec<Happening>, CrmError> {
    let mut users: Vec<_> = events.iter().filter_map(|event| event.user).collect();
    users.sort_by_key(|user| user.uuid());
    users.dedup();
    let names: HashMap<_, _> =
        people.people(tx, &users)?.into_iter().map(|person| (person.id.uuid(), person.name)).collect();
    let noted = |event: &LoggedEvent| event.data["activity_id"].as_str()?.parse::<Uuid>().ok();
    let ids: Vec<Uuid> = events.iter().filter_map(noted).collect();
    let texts: HashMap<Uuid, String> = store::activity_texts(tx, &ids)?.into_iter().collect();
    let described = events.into_iter().map(|mut event| {
        let text = noted(&event).and_then(|id| texts.get(&id));
        if let (Some(text), Value::Object(data)) = (text, &mut event.data) {
            data.insert("text".to_owned(), json!(text));
        }
        let actor_name = event.user.and_then(|user| names.get(&user.uuid()).cloned());
        Happening { kind: TimelineKind::of(&event), event, actor_name }
    });
    Ok(described.collect())
}

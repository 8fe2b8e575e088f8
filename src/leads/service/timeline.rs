//! Everything that happened to a lead, and to the leads that went into it, from the event log.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::identity::People;
use crate::kernel::Invalid;
use crate::leads::LEADS;
use crate::leads::contract::events::{
    LeadActivityLogged, LeadAssigned, LeadCaptured, LeadContactChanged, LeadConverted, LeadCreated,
    LeadFollowUpDue, LeadFollowUpScheduled, LeadForgotten, LeadMergeUndone, LeadMerged, LeadQualified,
    LeadScoreUpdated, LeadStatusChanged, LeadUpdated,
};
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::store;
use crate::platform::db::TenantTx;
use crate::platform::events::{Event, HistoryFilter, HistoryOrder, LoggedEvent, history};
use crate::platform::http::PageLimit;

/// Leads whose history is one: the one that stayed, and those that went into it.
const LEADS_AT_MOST: usize = 100;

/// Merges of one lead that are looked at.
const MERGES_AT_MOST: i64 = 1_000;

/// What something that happened to a lead is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    /// It was created, by hand or by a form.
    Created,
    /// An import brought it.
    Import,
    /// Somebody answered a form.
    Capture,
    /// Fields changed; `changes` has each before and after.
    Change,
    /// It moved to another state.
    Status,
    /// It got another owner.
    Assignment,
    /// Its score became another.
    Score,
    /// A call, mail, note, meeting or message.
    Activity,
    /// A person was added, changed or removed.
    Contact,
    /// A follow-up was set, or came due.
    FollowUp,
    /// Nobody did anything for as long as the company allows.
    Forgotten,
    /// Another lead went into it, or came out of it again.
    Merge,
}

#[rustfmt::skip]
const KINDS: [(TimelineKind, &str, &[&str]); 12] = [
    (TimelineKind::Created, "created", &[LeadCreated::TYPE]),
    (TimelineKind::Import, "import", &[LeadCreated::TYPE]),
    (TimelineKind::Capture, "capture", &[LeadCaptured::TYPE]),
    (TimelineKind::Change, "change", &[LeadUpdated::TYPE]),
    (TimelineKind::Status, "status", &[LeadStatusChanged::TYPE, LeadQualified::TYPE, LeadConverted::TYPE]),
    (TimelineKind::Assignment, "assignment", &[LeadAssigned::TYPE]),
    (TimelineKind::Score, "score", &[LeadScoreUpdated::TYPE]),
    (TimelineKind::Activity, "activity", &[LeadActivityLogged::TYPE]),
    (TimelineKind::Contact, "contact", &[LeadContactChanged::TYPE]),
    (TimelineKind::FollowUp, "follow_up", &[LeadFollowUpScheduled::TYPE, LeadFollowUpDue::TYPE]),
    (TimelineKind::Forgotten, "forgotten", &[LeadForgotten::TYPE]),
    (TimelineKind::Merge, "merge", &[LeadMerged::TYPE, LeadMergeUndone::TYPE]),
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
        if event.kind == LeadCreated::TYPE && !event.data["import_id"].is_null() {
            return Self::Import;
        }
        let of_type = KINDS.iter().find(|(_, _, types)| types.contains(&event.kind.as_str()));
        of_type.map_or(Self::Change, |(kind, _, _)| *kind)
    }
}

/// Something that happened to a lead.
#[derive(Debug)]
pub struct Happening {
    /// What it is about.
    pub kind: TimelineKind,
    /// The event; that of an activity has its text.
    pub event: LoggedEvent,
    /// What who did it is called.
    pub actor_name: Option<String>,
}

/// A page of what happened, newest first; one more than asked for when there is a next page. A lead that went into this one
/// and did not come out again is part of it.
pub fn timeline(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    id: LeadId,
    kinds: Option<&[TimelineKind]>,
    after: Option<i64>,
    limit: PageLimit,
) -> Result<Vec<Happening>, LeadsError> {
    store::find(tx, id)?;
    let types = kinds.map(types_of);
    let mut events = Vec::new();
    for lead in with_those_inside(tx, id)? {
        let filter =
            HistoryFilter { aggregate: Some(lead), kinds: types.clone(), ..HistoryFilter::default() };
        // One by one, each by its index and in order; one more, because a lead's creation may be of the other kind.
        let most = limit.rows_to_read() + 1;
        events.extend(history(tx, LEADS, &filter, HistoryOrder::NewestFirst, after, most)?.events);
    }
    events.retain(|event| kinds.is_none_or(|kinds| kinds.contains(&TimelineKind::of(event))));
    events.sort_by_key(|event| std::cmp::Reverse(event.position));
    events.truncate(usize::try_from(limit.rows_to_read()).unwrap_or_default());
    described(tx, people, events)
}

fn types_of(kinds: &[TimelineKind]) -> Vec<String> {
    let of_kinds = KINDS.iter().filter(|(kind, _, _)| kinds.contains(kind));
    of_kinds.flat_map(|(_, _, types)| types.iter().map(|name| (*name).to_owned())).collect()
}

/// The lead and those that went into it. The log tells, because merges themselves are forgotten after their undo's time.
fn with_those_inside(tx: &mut TenantTx<'_>, id: LeadId) -> Result<Vec<Uuid>, LeadsError> {
    let mut all = vec![id.uuid()];
    let mut looked_at = 0;
    while looked_at < all.len() && all.len() < LEADS_AT_MOST {
        let filter = HistoryFilter {
            aggregate: Some(all[looked_at]),
            kinds: Some(types_of(&[TimelineKind::Merge])),
            ..HistoryFilter::default()
        };
        let merges = history(tx, LEADS, &filter, HistoryOrder::OldestFirst, None, MERGES_AT_MOST)?;
        let mut inside: Vec<Uuid> = Vec::new();
        for merge in merges.events {
            let Some(other) = merge.data["other_id"].as_str().and_then(|id| id.parse().ok()) else {
                continue;
            };
            inside.retain(|id| *id != other);
            if merge.kind == LeadMerged::TYPE {
                inside.push(other);
            }
        }
        inside.retain(|other| !all.contains(other));
        all.extend(inside);
        looked_at += 1;
    }
    all.truncate(LEADS_AT_MOST);
    Ok(all)
}

/// The events with the names of who did them and the texts of activities.
fn described(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    events: Vec<LoggedEvent>,
) -> Result<Vec<Happening>, LeadsError> {
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

//! What happens to leads.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::LeadId;
pub use super::conversion_events::LeadConverted;
pub use super::field_events::{LeadFieldArchived, LeadFieldChanged, LeadFieldDefined};
pub use super::form_events::{CaptureOutcome, FormChange, LeadCaptured, LeadFormChanged};
pub use super::import_events::{
    LeadExportCompleted, LeadExportRequested, LeadImportMappingChanged, LeadImportUndone,
};
pub use super::merge_events::{LeadMergeUndone, LeadMerged};
pub use super::rule_events::{LeadAssignmentRuleChanged, RuleChange};
use crate::leads::domain::{ActivityKind, ScoreReason, Status};
use crate::platform::auth::UserId;
use crate::platform::events::{Event, EventKind};
use crate::platform::id::Id;

/// A lead as its first event tells it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadCreated {
    /// The lead.
    pub id: LeadId,
    /// The company.
    pub company_name: String,
    /// The person.
    pub contact_name: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Their phone, in E.164.
    pub phone: Option<String>,
    /// Where it came from.
    pub source: String,
    /// The campaign of its first touch.
    pub campaign: Option<String>,
    /// The state.
    pub status: Status,
    /// The score, before any rule.
    pub score: i32,
    /// Who works on it.
    pub owner_id: Option<UserId>,
    /// The import that brought it.
    pub import_id: Option<uuid::Uuid>,
}

/// Which fields of a lead changed, with their values before and after.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadUpdated {
    /// The lead.
    pub id: LeadId,
    /// `{"<field>": {"from": …, "to": …}}`.
    #[schema(value_type = Object)]
    pub changes: Map<String, Value>,
}

/// A lead moved to another state.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadStatusChanged {
    /// The lead.
    pub id: LeadId,
    /// The state before.
    pub from: Status,
    /// The state now.
    pub to: Status,
    /// Why, when it was disqualified.
    pub reason: Option<String>,
}

/// A lead is worth a seller's time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadQualified {
    /// The lead.
    pub id: LeadId,
    /// Its score at that moment.
    pub score: i32,
}

/// A lead's score became another.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadScoreUpdated {
    /// The lead.
    pub id: LeadId,
    /// The score before.
    pub from: i32,
    /// The score now.
    pub to: i32,
    /// How it was found, such as `rule_based_fallback`.
    pub method: String,
    /// Which rules gave how many points.
    pub reasons: Vec<ScoreReason>,
}

/// A lead got another owner.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadAssigned {
    /// The lead.
    pub id: LeadId,
    /// The owner before.
    pub from: Option<UserId>,
    /// The owner now.
    pub to: UserId,
}

/// Somebody decided when to call again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadFollowUpScheduled {
    /// The lead.
    pub id: LeadId,
    /// When.
    pub at: DateTime<Utc>,
    /// What about.
    pub note: Option<String>,
}

/// The time to call again has come.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadFollowUpDue {
    /// The lead.
    pub id: LeadId,
    /// When it was to be.
    pub at: DateTime<Utc>,
    /// Whose it is.
    pub owner_id: Option<UserId>,
}

/// Nobody did anything about a lead for as many days as the tenant allows.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadForgotten {
    /// The lead.
    pub id: LeadId,
    /// When something was last done.
    pub since: DateTime<Utc>,
    /// Whose it is.
    pub owner_id: Option<UserId>,
}

/// Something was done about a lead.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadActivityLogged {
    /// The lead.
    pub id: LeadId,
    /// The activity.
    pub activity_id: uuid::Uuid,
    /// What kind.
    pub kind: ActivityKind,
    /// When it was done.
    pub at: DateTime<Utc>,
}

/// A person was added to, changed at, or taken from a lead.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadContactChanged {
    /// The lead.
    pub id: LeadId,
    /// The person.
    pub contact_id: uuid::Uuid,
    /// What was done: `added`, `changed` or `removed`.
    pub change: ContactChange,
}

/// What was done to a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ContactChange {
    /// They are new.
    Added,
    /// What is known of them is another.
    Changed,
    /// They are gone.
    Removed,
}

/// A lead is gone.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadDeleted {
    /// The lead.
    pub id: LeadId,
    /// The company it was of.
    pub company_name: String,
}

/// An import came to its end.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadImportCompleted {
    /// The import.
    pub import_id: uuid::Uuid,
    /// Rows in the file.
    pub total: i32,
    /// Leads made.
    pub created: i32,
    /// Leads updated.
    pub updated: i32,
    /// Duplicates passed over.
    pub skipped: i32,
    /// Rows refused.
    pub refused: i32,
}

/// The events of leads, for the catalogue.
pub fn catalogue() -> Vec<EventKind> {
    vec![
        EventKind::of::<LeadCreated>(),
        EventKind::of::<LeadUpdated>(),
        EventKind::of::<LeadStatusChanged>(),
        EventKind::of::<LeadScoreUpdated>(),
        EventKind::of::<LeadAssigned>(),
        EventKind::of::<LeadQualified>(),
        EventKind::of::<LeadConverted>(),
        EventKind::of::<LeadFollowUpScheduled>(),
        EventKind::of::<LeadFollowUpDue>(),
        EventKind::of::<LeadForgotten>(),
        EventKind::of::<LeadActivityLogged>(),
        EventKind::of::<LeadContactChanged>(),
        EventKind::of::<LeadDeleted>(),
        EventKind::of::<LeadImportCompleted>(),
        EventKind::of::<LeadImportUndone>(),
        EventKind::of::<LeadImportMappingChanged>(),
        EventKind::of::<LeadExportRequested>(),
        EventKind::of::<LeadExportCompleted>(),
        EventKind::of::<LeadFieldDefined>(),
        EventKind::of::<LeadAssignmentRuleChanged>(),
        EventKind::of::<LeadMerged>(),
        EventKind::of::<LeadMergeUndone>(),
        EventKind::of::<LeadFieldChanged>(),
        EventKind::of::<LeadFieldArchived>(),
        EventKind::of::<LeadCaptured>(),
        EventKind::of::<LeadFormChanged>(),
    ]
}

fn lead() -> LeadId {
    Id::from(uuid::Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c11))
}

fn user() -> UserId {
    Id::from(uuid::Uuid::from_u128(0x0199_f3a2_0001_7d40_9b1f_3f6f_0a6b_2c11))
}

fn moment() -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(1_796_050_800_000_000_000)
}

impl Event for LeadCreated {
    const TYPE: &'static str = "Lead.Created";
    const SUBJECT: &'static str = "lead.created";
    const SUMMARY: &'static str = "A lead was created, by hand, by an integration or by an import.";

    fn example() -> Self {
        Self {
            id: lead(),
            company_name: "Sastrería Nájera".to_owned(),
            contact_name: Some("Inés Nájera".to_owned()),
            email: Some("ines@sastrerianajera.mx".to_owned()),
            phone: Some("+529711609009".to_owned()),
            source: "website".to_owned(),
            campaign: Some("otoño-2026".to_owned()),
            status: Status::New,
            score: 50,
            owner_id: None,
            import_id: None,
        }
    }
}

impl Event for LeadUpdated {
    const TYPE: &'static str = "Lead.Updated";
    const SUBJECT: &'static str = "lead.updated";
    const SUMMARY: &'static str = "Fields of a lead changed.";

    fn example() -> Self {
        let mut changes = Map::new();
        changes.insert("industry".to_owned(), json!({ "from": null, "to": "Confección" }));
        Self { id: lead(), changes }
    }
}

impl Event for LeadStatusChanged {
    const TYPE: &'static str = "Lead.StatusChanged";
    const SUBJECT: &'static str = "lead.status.changed";
    const SUMMARY: &'static str = "A lead moved to another state.";

    fn example() -> Self {
        Self { id: lead(), from: Status::New, to: Status::Contacted, reason: None }
    }
}

impl Event for LeadQualified {
    const TYPE: &'static str = "Lead.Qualified";
    const SUBJECT: &'static str = "lead.qualified";
    const SUMMARY: &'static str = "A lead was found worth a seller's time.";

    fn example() -> Self {
        Self { id: lead(), score: 75 }
    }
}

impl Event for LeadScoreUpdated {
    const TYPE: &'static str = "Lead.ScoreUpdated";
    const SUBJECT: &'static str = "lead.score.updated";
    const SUMMARY: &'static str = "A lead's score became another.";

    fn example() -> Self {
        let reasons = vec![ScoreReason { rule: "industry".to_owned(), points: 10 }];
        Self { id: lead(), from: 50, to: 60, method: "rule_based_fallback".to_owned(), reasons }
    }
}

impl Event for LeadAssigned {
    const TYPE: &'static str = "Lead.Assigned";
    const SUBJECT: &'static str = "lead.assigned";
    const SUMMARY: &'static str = "A lead got another owner.";

    fn example() -> Self {
        Self { id: lead(), from: None, to: user() }
    }
}

impl Event for LeadFollowUpScheduled {
    const TYPE: &'static str = "Lead.FollowUpScheduled";
    const SUBJECT: &'static str = "lead.follow-up.scheduled";
    const SUMMARY: &'static str = "Somebody decided when to call again.";

    fn example() -> Self {
        Self { id: lead(), at: moment(), note: Some("Llamar por la tarde".to_owned()) }
    }
}

impl Event for LeadFollowUpDue {
    const TYPE: &'static str = "Lead.FollowUpDue";
    const SUBJECT: &'static str = "lead.follow-up.due";
    const SUMMARY: &'static str = "The time of a follow-up has come.";

    fn example() -> Self {
        Self { id: lead(), at: moment(), owner_id: Some(user()) }
    }
}

impl Event for LeadForgotten {
    const TYPE: &'static str = "Lead.Forgotten";
    const SUBJECT: &'static str = "lead.forgotten";
    const SUMMARY: &'static str = "Nobody did anything about a lead for as many days as the tenant allows.";

    fn example() -> Self {
        Self { id: lead(), since: moment(), owner_id: None }
    }
}

impl Event for LeadActivityLogged {
    const TYPE: &'static str = "Lead.ActivityLogged";
    const SUBJECT: &'static str = "lead.activity.logged";
    const SUMMARY: &'static str = "A call, mail, note, meeting or message was noted on a lead.";

    fn example() -> Self {
        Self { id: lead(), activity_id: user().uuid(), kind: ActivityKind::Call, at: moment() }
    }
}

impl Event for LeadContactChanged {
    const TYPE: &'static str = "Lead.ContactChanged";
    const SUBJECT: &'static str = "lead.contact.changed";
    const SUMMARY: &'static str = "A person was added to, changed at, or taken from a lead.";

    fn example() -> Self {
        Self { id: lead(), contact_id: user().uuid(), change: ContactChange::Added }
    }
}

impl Event for LeadDeleted {
    const TYPE: &'static str = "Lead.Deleted";
    const SUBJECT: &'static str = "lead.deleted";
    const SUMMARY: &'static str = "A lead was deleted with all that belonged to it.";

    fn example() -> Self {
        Self { id: lead(), company_name: "Sastrería Nájera".to_owned() }
    }
}

impl Event for LeadImportCompleted {
    const TYPE: &'static str = "Lead.ImportCompleted";
    const SUBJECT: &'static str = "lead.import.completed";
    const SUMMARY: &'static str = "Every row of an import was decided.";

    fn example() -> Self {
        Self { import_id: user().uuid(), total: 100, created: 90, updated: 0, skipped: 6, refused: 4 }
    }
}

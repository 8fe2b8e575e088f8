//! The rules of leads: states and the ways between them, and what may be done to a lead.

mod assignment;
mod attribution;
mod bulk;
mod details;
mod form;
mod likeness;
mod merge;
mod score;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use assignment::{AssignmentMethod, AssignmentRule};
pub use attribution::{Consent, ConsentStatus, Touch};
pub use bulk::{BulkAction, Decision};
pub use details::{Details, changes};
pub use form::Form;
pub use likeness::{LikenessKind, likenesses};
pub use merge::{Choices, left_over, merge};
pub use score::{BASE_SCORE, RuleScorer, Score, ScoreReason, Scorer};

use super::contract::{LeadId, LeadsError};
use crate::kernel::Invalid;
use crate::kernel::text::{digits, fold};
use crate::platform::auth::UserId;

/// Where a lead stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = LeadStatus)]
pub enum Status {
    /// Nobody has spoken to them.
    New,
    /// Somebody has.
    Contacted,
    /// They are worth a seller's time.
    Qualified,
    /// They became a customer; the end.
    Converted,
    /// They will not buy; may be reopened.
    Disqualified,
}

impl Status {
    /// Every state, in the order of a sale.
    pub const ALL: [Self; 5] =
        [Self::New, Self::Contacted, Self::Qualified, Self::Converted, Self::Disqualified];

    /// The name in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Contacted => "contacted",
            Self::Qualified => "qualified",
            Self::Converted => "converted",
            Self::Disqualified => "disqualified",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Where a lead may go from here. A conversation may qualify a lead at once, so `new` may skip `contacted`.
    pub fn ways(self) -> &'static [Self] {
        match self {
            Self::New => &[Self::Contacted, Self::Qualified, Self::Disqualified],
            Self::Contacted => &[Self::Qualified, Self::Disqualified],
            Self::Qualified => &[Self::Converted, Self::Disqualified],
            Self::Converted => &[],
            Self::Disqualified => &[Self::New],
        }
    }

    /// `to`, if there is a way to it.
    pub fn go(self, to: Self) -> Result<Self, LeadsError> {
        if self.ways().contains(&to) { Ok(to) } else { Err(LeadsError::WrongState { from: self, to }) }
    }
}

/// What was done about a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ActivityKind {
    /// Somebody called.
    Call,
    /// An e-mail was sent or came.
    Email,
    /// A thought to keep.
    Note,
    /// People met.
    Meeting,
    /// A chat message was sent or came.
    Message,
}

impl ActivityKind {
    /// The name in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Email => "email",
            Self::Note => "note",
            Self::Meeting => "meeting",
            Self::Message => "message",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Call, Self::Email, Self::Note, Self::Meeting, Self::Message]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// A lead: the aggregate.
#[derive(Debug, Clone)]
pub struct Lead {
    pub(in crate::leads) id: LeadId,
    pub(in crate::leads) version: i32,
    pub(in crate::leads) details: Details,
    pub(in crate::leads) status: Status,
    pub(in crate::leads) disqualify_reason: Option<String>,
    pub(in crate::leads) score: i32,
    pub(in crate::leads) owner: Option<UserId>,
    pub(in crate::leads) first_touch: Option<Touch>,
    pub(in crate::leads) last_touch: Option<Touch>,
    pub(in crate::leads) import: Option<uuid::Uuid>,
    pub(in crate::leads) created_at: DateTime<Utc>,
    pub(in crate::leads) updated_at: DateTime<Utc>,
    pub(in crate::leads) last_activity_at: Option<DateTime<Utc>>,
    pub(in crate::leads) next_follow_up_at: Option<DateTime<Utc>>,
    pub(in crate::leads) follow_up_note: Option<String>,
    pub(in crate::leads) follow_up_raised_at: Option<DateTime<Utc>>,
    pub(in crate::leads) forgotten_at: Option<DateTime<Utc>>,
}

impl Lead {
    /// A new lead.
    pub fn new(details: Details, touch: Option<Touch>, now: DateTime<Utc>) -> Self {
        Self {
            id: LeadId::new(),
            version: 1,
            details,
            status: Status::New,
            disqualify_reason: None,
            score: BASE_SCORE,
            owner: None,
            first_touch: touch.clone(),
            last_touch: touch,
            import: None,
            created_at: now,
            updated_at: now,
            last_activity_at: None,
            next_follow_up_at: None,
            follow_up_note: None,
            follow_up_raised_at: None,
            forgotten_at: None,
        }
    }

    /// Moves to another state.
    pub fn go(&mut self, to: Status, reason: Option<String>) -> Result<Status, LeadsError> {
        let from = self.status;
        self.status = from.go(to)?;
        self.disqualify_reason = if to == Status::Disqualified { reason } else { None };
        Ok(from)
    }

    /// Sets the time to call again, from now on to ten years ahead.
    pub fn follow_up(
        &mut self,
        at: DateTime<Utc>,
        note: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<(), Invalid> {
        if at < now - TimeDelta::minutes(1) || at > now + TimeDelta::days(3653) {
            return Err(Invalid::new(
                "must lie between now and ten years ahead",
                "debe estar entre ahora y dentro de diez años",
            ));
        }
        self.next_follow_up_at = Some(at);
        self.follow_up_note = note;
        self.follow_up_raised_at = None;
        Ok(())
    }

    /// Notes that somebody did something about it, so that it is not forgotten.
    pub fn touched(&mut self, now: DateTime<Utc>) {
        self.forgotten_at = None;
        self.updated_at = now;
    }

    /// What is searched.
    pub fn search_text(&self) -> String {
        let mut text = fold(self.details.company_name.as_str());
        if let Some(name) = &self.details.contact_name {
            text.push(' ');
            text.push_str(&fold(name.as_str()));
        }
        if let Some(email) = &self.details.email {
            text.push(' ');
            text.push_str(&email.normalized());
        }
        if let Some(phone) = &self.details.phone {
            text.push(' ');
            text.push_str(&digits(phone.as_str()));
        }
        text
    }

    /// The keys by which another lead would be the same person.
    pub fn identities(&self) -> Vec<(&'static str, String)> {
        self.details.identities()
    }
}

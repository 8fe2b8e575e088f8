//! What a customer is, and its rules: without input and output.

mod activity;
mod address;
mod details;
mod form;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub use activity::ActivityKind;
pub use address::Address;
pub use details::{Details, changes};
pub use form::Form;

use crate::crm::contract::{CrmError, CustomerId};
use crate::kernel::text::{digits, fold};
use crate::platform::auth::UserId;

/// Levels of accounts, from the topmost to the lowest.
pub const LEVELS_AT_MOST: usize = 5;

/// The health of a customer about whom nothing is known yet.
pub const HEALTH_AT_FIRST: i32 = 70;

/// Where a customer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = CustomerStatus)]
pub enum Status {
    /// It buys.
    Active,
    /// It left.
    Churned,
}

impl Status {
    /// The name in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Churned => "churned",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Active, Self::Churned].into_iter().find(|status| status.as_str() == name)
    }

    /// What may be done from here.
    pub fn verbs(self) -> &'static [&'static str] {
        match self {
            Self::Active => &["churn"],
            Self::Churned => &["reactivate"],
        }
    }
}

/// A customer: the aggregate.
#[derive(Debug, Clone)]
pub struct Record {
    pub id: CustomerId,
    pub version: i32,
    pub details: Details,
    pub parent: Option<CustomerId>,
    pub owner: Option<UserId>,
    /// The lead that it was.
    pub lead: Option<Uuid>,
    /// The import that brought it.
    pub import: Option<Uuid>,
    pub status: Status,
    pub churn_reason: Option<String>,
    pub churned_at: Option<DateTime<Utc>>,
    pub health: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub last_activity_at: Option<DateTime<Utc>>,
    pub archived_at: Option<DateTime<Utc>>,
}

impl Record {
    /// A new customer.
    pub fn new(details: Details, now: DateTime<Utc>) -> Self {
        Self {
            id: CustomerId::new(),
            version: 1,
            details,
            parent: None,
            owner: None,
            lead: None,
            import: None,
            status: Status::Active,
            churn_reason: None,
            churned_at: None,
            health: HEALTH_AT_FIRST,
            created_at: now,
            updated_at: now,
            last_activity_at: None,
            archived_at: None,
        }
    }

    /// Refuses whatever changes or begins something while it is archived.
    pub fn check_open(&self) -> Result<(), CrmError> {
        if self.archived_at.is_some() { Err(CrmError::Archived(self.id)) } else { Ok(()) }
    }

    /// It leaves, for a reason.
    pub fn churn(&mut self, reason: String, now: DateTime<Utc>) -> Result<(), CrmError> {
        if self.status != Status::Active {
            return Err(CrmError::WrongState(self.status));
        }
        self.status = Status::Churned;
        self.churn_reason = Some(reason);
        self.churned_at = Some(now);
        Ok(())
    }

    /// It comes back.
    pub fn reactivate(&mut self) -> Result<(), CrmError> {
        if self.status != Status::Churned {
            return Err(CrmError::WrongState(self.status));
        }
        self.status = Status::Active;
        self.churn_reason = None;
        self.churned_at = None;
        Ok(())
    }

    /// What is searched.
    pub fn search_text(&self) -> String {
        let details = &self.details;
        let mut words = vec![fold(details.trade_name.as_str())];
        words.extend(details.legal_name.as_ref().map(|name| fold(name.as_str())));
        words.extend(details.tax_id.as_ref().map(|tax_id| fold(tax_id.as_str())));
        words.extend(details.email.as_ref().map(crate::kernel::EmailAddress::normalized));
        words.extend(details.phone.as_ref().map(|phone| digits(phone.as_str())));
        words.join(" ")
    }
}

//! What others may know of customers: their identifiers, what is known of one, what happens to them, and why something is
//! refused.

mod contract_events;
mod customer_events;
pub mod events;
mod field_events;
mod file_events;
mod onboarding_events;
mod problems;
mod task_events;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::crm::contracts::domain::{BillingPeriod, ContractStatus};
use crate::crm::customers::domain::Status;
use crate::identity::IdentityError;
use crate::kernel::{Currency, EmailAddress, FiscalRegime, Locale, Message, Money, Phone, TaxId};
use crate::platform::auth::UserId;
use crate::platform::db::DbError;
use crate::platform::fields::FieldsError;
use crate::platform::id::Id;
use crate::platform::problem::{AsProblem, Problem};
use crate::platform::transfers::TransferError;

/// What a [`CustomerId`] names.
#[derive(Debug)]
pub enum CustomerMarker {}

/// A customer's identifier.
pub type CustomerId = Id<CustomerMarker>;

/// What a customer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CustomerKind {
    /// A company.
    Company,
    /// A person.
    Person,
}

/// What others may know of a customer.
#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    /// The customer.
    pub id: CustomerId,
    /// Raised by each change.
    pub version: i32,
    /// What it is.
    pub kind: CustomerKind,
    /// What it is called.
    pub trade_name: String,
    /// What its papers call it.
    pub legal_name: Option<String>,
    /// By which the tax authority knows it.
    pub tax_id: Option<TaxId>,
    /// The SAT's regime, of Mexican ones.
    pub fiscal_regime: Option<FiscalRegime>,
    /// The postal code of its fiscal address.
    pub fiscal_postal_code: Option<String>,
    /// Where to write to.
    pub email: Option<EmailAddress>,
    /// Where to call.
    pub phone: Option<Phone>,
    /// Whose it is.
    pub owner: Option<UserId>,
    /// Its language and formats; the tenant's when it has none of its own.
    pub language: Option<Locale>,
    /// The currency of its documents; the tenant's when it has none of its own.
    pub currency: Option<Currency>,
    /// Since when nothing new begins with it.
    pub archived_at: Option<DateTime<Utc>>,
}

impl Customer {
    /// The customer, refused when it is archived: for whatever begins something new with it.
    pub fn open(self) -> Result<Self, CrmError> {
        if self.archived_at.is_some() { Err(CrmError::Archived(self.id)) } else { Ok(self) }
    }
}

/// Something that was done about a customer, as others may know it.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// The activity.
    pub id: Uuid,
    /// What kind: `call`, `email`, `note`, `meeting` or `message`.
    pub kind: String,
    /// What was said or done.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub user: Option<UserId>,
}

/// What others may know of a contract.
#[derive(Debug, Clone, PartialEq)]
pub struct Contract {
    /// The contract.
    pub id: Uuid,
    /// Whose it is.
    pub customer: CustomerId,
    /// What it is about.
    pub title: String,
    /// Where it stands.
    pub status: ContractStatus,
    /// What is paid each time.
    pub value: Money,
    /// How often.
    pub period: BillingPeriod,
    /// What that makes in a year.
    pub arr: Money,
    /// Its first day.
    pub starts_on: NaiveDate,
    /// Its last day.
    pub ends_on: Option<NaiveDate>,
    /// When it is to be renewed.
    pub renews_on: Option<NaiveDate>,
}

/// Why something about a customer was refused.
#[derive(Debug, thiserror::Error)]
pub enum CrmError {
    /// Not there, or another tenant's.
    #[error("no customer {0}")]
    NotFound(CustomerId),
    /// Nothing new begins with it.
    #[error("customer {0} is archived")]
    Archived(CustomerId),
    /// Something still hangs on it.
    #[error("something hangs on customer {customer}")]
    InUse {
        /// The customer.
        customer: CustomerId,
        /// Accounts below it that the actor sees.
        children: i64,
        /// Whether there are others.
        has_hidden_children: bool,
        /// Contracts in force.
        contracts: i64,
    },
    /// The tax identifier belongs to another customer.
    #[error("a duplicate of customer {0:?}")]
    Duplicate(Option<CustomerId>),
    /// The lead became a customer before.
    #[error("the lead is customer {0:?}")]
    LeadTaken(Option<CustomerId>),
    /// The accounts above and below would make a circle, or too many levels.
    #[error("the customer cannot be below {0}")]
    Hierarchy(CustomerId),
    /// Nobody by that id is a customer, so nothing can be below it.
    #[error("no parent {0}")]
    UnknownParent(CustomerId),
    /// The state machine has no such way.
    #[error("a customer that is {0:?} cannot become that")]
    WrongState(Status),
    /// Not there, or of another customer.
    #[error("no such contact")]
    ContactNotFound,
    /// Not there, or of another customer.
    #[error("no such contract")]
    ContractNotFound,
    /// The state machine has no such way.
    #[error("a contract that is {from:?} cannot become {to:?}")]
    ContractState {
        /// The state it is in.
        from: ContractStatus,
        /// The state asked for.
        to: ContractStatus,
    },
    /// What was agreed stays.
    #[error("the terms of a contract that is {0:?} stay")]
    ContractFixed(ContractStatus),
    /// Not there, or of another customer.
    #[error("no such task")]
    TaskNotFound,
    /// Not there, or another tenant's.
    #[error("no such template")]
    TemplateNotFound,
    /// Nobody's template is by that id, so nothing can begin with it.
    #[error("no template to begin with")]
    UnknownTemplate,
    /// The tenant has a template of that name.
    #[error("the name belongs to template {0}")]
    TemplateNameTaken(Uuid),
    /// Not there, or of another customer.
    #[error("no such checklist")]
    OnboardingNotFound,
    /// Not there, or of another checklist.
    #[error("no such step")]
    StepNotFound,
    /// One checklist of a template is open at a time.
    #[error("a checklist of the template is open")]
    OnboardingOpen,
    /// What is complete stays so.
    #[error("the checklist is complete")]
    OnboardingCompleted,
    /// Nobody active by that id works in the tenant.
    #[error("no active user {0} for a task")]
    UnknownAssignee(UserId),
    /// A task is for somebody who does not see its customer.
    #[error("the assignee does not see the customer")]
    AssigneeOutOfSight,
    /// Nobody active by that id works in the tenant.
    #[error("no active user {0}")]
    UnknownOwner(UserId),
    /// Somebody changed it since it was read.
    #[error("it has version {0}")]
    Stale(i32),
    /// The value of a unique field belongs to another customer.
    #[error("the value of {key} belongs to customer {existing:?}")]
    FieldTaken {
        /// That customer, where whoever acts sees it.
        existing: Option<CustomerId>,
        /// The field's key.
        key: String,
    },
    /// Something about the fields that a tenant defines.
    #[error("{0}")]
    Fields(FieldsError),
    /// The request itself is refused.
    #[error("{0}")]
    Invalid(Problem),
    /// Identity could not answer.
    #[error("{0}")]
    Identity(#[from] IdentityError),
    /// Something about an import or an export.
    #[error("{0}")]
    Transfer(#[from] TransferError),
    /// The database.
    #[error("{0}")]
    Db(#[from] DbError),
}

impl From<CrmError> for TransferError {
    fn from(error: CrmError) -> Self {
        match error {
            CrmError::Transfer(error) => error,
            CrmError::Db(error) => Self::Db(error),
            CrmError::Stale(version) => Self::Stale(version),
            CrmError::Duplicate(_) | CrmError::FieldTaken { .. } | CrmError::NotFound(_) => {
                Self::Meanwhile(error.into())
            }
            other => Self::Refused(other.into()),
        }
    }
}

impl From<Problem> for CrmError {
    fn from(problem: Problem) -> Self {
        Self::Invalid(problem)
    }
}

impl From<FieldsError> for CrmError {
    fn from(error: FieldsError) -> Self {
        match error {
            FieldsError::ValueTaken { record, key } => {
                Self::FieldTaken { existing: record.map(CustomerId::from), key }
            }
            FieldsError::Db(error) => Self::Db(error),
            other => Self::Fields(other),
        }
    }
}

impl AsProblem for CrmError {
    fn as_problem(&self) -> Problem {
        match self {
            Self::NotFound(_) => Problem::not_found(
                "customer-not-found",
                Message::new("No such customer", "No existe ese cliente"),
            ),
            Self::ContactNotFound => Problem::not_found(
                "contact-not-found",
                Message::new("No such contact", "No existe ese contacto"),
            ),
            Self::ContractNotFound => Problem::not_found(
                "contract-not-found",
                Message::new("No such contract", "No existe ese contrato"),
            ),
            Self::TaskNotFound => {
                Problem::not_found("task-not-found", Message::new("No such task", "No existe esa tarea"))
            }
            Self::TemplateNotFound => Problem::not_found(
                "onboarding-template-not-found",
                Message::new("No such template", "No existe esa plantilla"),
            ),
            Self::OnboardingNotFound => Problem::not_found(
                "onboarding-not-found",
                Message::new("No such checklist", "No existe esa lista"),
            ),
            Self::StepNotFound => Problem::not_found(
                "onboarding-step-not-found",
                Message::new("No such step", "No existe ese paso"),
            ),
            Self::UnknownTemplate => problems::unknown_template(),
            Self::TemplateNameTaken(existing) => problems::template_name_taken(*existing),
            Self::OnboardingOpen => problems::onboarding_open(),
            Self::OnboardingCompleted => problems::onboarding_completed(),
            Self::UnknownAssignee(_) => problems::unknown_user("/assignee_id"),
            Self::AssigneeOutOfSight => problems::assignee_out_of_sight(),
            Self::ContractState { from, to } => problems::contract_state(*from, *to),
            Self::ContractFixed(status) => problems::contract_fixed(*status),
            Self::Archived(customer) => problems::archived(*customer),
            Self::InUse { customer, children, has_hidden_children, contracts } => {
                problems::in_use(*customer, *children, *has_hidden_children, *contracts)
            }
            Self::Duplicate(existing) => problems::duplicate(*existing),
            Self::LeadTaken(existing) => problems::lead_taken(*existing),
            Self::Hierarchy(_) => problems::hierarchy(),
            Self::UnknownParent(_) => problems::unknown_parent(),
            Self::WrongState(status) => problems::wrong_state(*status),
            Self::UnknownOwner(_) => problems::unknown_user("/owner_id"),
            Self::Stale(version) => Problem::stale(*version),
            Self::FieldTaken { existing, key } => problems::field_taken(*existing, key),
            Self::Fields(error) => error.as_problem(),
            Self::Invalid(problem) => problem.clone(),
            Self::Identity(error) => error.as_problem(),
            Self::Transfer(error) => error.as_problem(),
            Self::Db(error) => error.as_problem(),
        }
    }
}

/// Where a customer is found.
fn place(customer: CustomerId) -> String {
    format!("/api/v1/customers/{customer}")
}

/// The customer of examples.
fn example() -> CustomerId {
    Id::from(Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c51))
}

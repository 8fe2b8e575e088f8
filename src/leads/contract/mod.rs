//! What others may know of leads: their identifiers, what happens to them, and why something is refused.

mod conversion_events;
pub mod events;
mod field_events;
mod form_events;
mod import_events;
mod merge_events;
mod problems;
mod rule_events;

use crate::identity::IdentityError;
use crate::kernel::Message;
use crate::leads::domain::Status;
use crate::platform::auth::UserId;
use crate::platform::db::DbError;
use crate::platform::fields::FieldsError;
use crate::platform::id::Id;
use crate::platform::problem::{AsProblem, Problem};
use crate::platform::transfers::TransferError;

/// What a [`LeadId`] names.
#[derive(Debug)]
pub enum LeadMarker {}

/// A lead's identifier.
pub type LeadId = Id<LeadMarker>;

/// Why something about a lead was refused.
#[derive(Debug, thiserror::Error)]
pub enum LeadsError {
    /// Not there, or another tenant's.
    #[error("no lead {0}")]
    NotFound(LeadId),
    /// Not there, or of another lead.
    #[error("no such contact")]
    ContactNotFound,
    /// The e-mail address or phone number belongs to another lead.
    #[error("a duplicate of lead {existing:?}")]
    Duplicate {
        /// That lead, where whoever acts sees it.
        existing: Option<LeadId>,
        /// Which field is the same: `email` or `phone`.
        field: &'static str,
    },
    /// The value of a unique field belongs to another lead.
    #[error("the value of {key} belongs to lead {existing:?}")]
    FieldTaken {
        /// That lead, where whoever acts sees it.
        existing: Option<LeadId>,
        /// The field's key.
        key: String,
    },
    /// Not there, or another tenant's.
    #[error("no such assignment rule")]
    RuleNotFound,
    /// Not there, archived, or another tenant's.
    #[error("no such form")]
    FormNotFound,
    /// Not there, forgotten, or another tenant's.
    #[error("no such merge")]
    MergeNotFound,
    /// A lead and itself are one already.
    #[error("a lead cannot be merged with itself")]
    MergeWithItself,
    /// A converted lead is a customer's past.
    #[error("lead {0} is converted")]
    MergeConverted(LeadId),
    /// It was undone, is too old, or its lead is gone.
    #[error("the merge cannot be undone any more")]
    MergeOver,
    /// The state machine has no such way.
    #[error("a lead that is {from:?} cannot become {to:?}")]
    WrongState {
        /// The state it is in.
        from: Status,
        /// The state asked for.
        to: Status,
    },
    /// Somebody changed it since it was read.
    #[error("the lead has version {0}")]
    Stale(i32),
    /// Nobody active by that id works in the tenant.
    #[error("no active user {0}")]
    UnknownOwner(UserId),
    /// The request itself is refused.
    #[error("{0}")]
    Invalid(Problem),
    /// Something about the fields that a tenant defines.
    #[error("{0}")]
    Fields(FieldsError),
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

impl From<Problem> for LeadsError {
    fn from(problem: Problem) -> Self {
        Self::Invalid(problem)
    }
}

impl From<FieldsError> for LeadsError {
    fn from(error: FieldsError) -> Self {
        match error {
            FieldsError::ValueTaken { record, key } => {
                Self::FieldTaken { existing: record.map(LeadId::from), key }
            }
            FieldsError::Db(error) => Self::Db(error),
            other => Self::Fields(other),
        }
    }
}

impl From<LeadsError> for TransferError {
    fn from(error: LeadsError) -> Self {
        match error {
            LeadsError::Transfer(error) => error,
            LeadsError::Db(error) => Self::Db(error),
            LeadsError::Stale(version) => Self::Stale(version),
            LeadsError::Duplicate { .. } | LeadsError::FieldTaken { .. } | LeadsError::NotFound(_) => {
                Self::Meanwhile(error.into())
            }
            other => Self::Refused(other.into()),
        }
    }
}

impl AsProblem for LeadsError {
    fn as_problem(&self) -> Problem {
        match self {
            Self::NotFound(_) => {
                Problem::not_found("lead-not-found", Message::new("No such lead", "No existe ese prospecto"))
            }
            Self::ContactNotFound => Problem::not_found(
                "contact-not-found",
                Message::new("No such contact", "No existe ese contacto"),
            ),
            Self::Transfer(error) => error.as_problem(),
            Self::RuleNotFound => Problem::not_found(
                "assignment-rule-not-found",
                Message::new("No such assignment rule", "No existe esa regla de asignación"),
            ),
            Self::MergeNotFound => {
                Problem::not_found("merge-not-found", Message::new("No such merge", "No existe esa fusión"))
            }
            Self::FormNotFound => {
                Problem::not_found("form-not-found", Message::new("No such form", "No existe ese formulario"))
            }
            Self::MergeWithItself => problems::merge_with_itself(),
            Self::MergeConverted(lead) => problems::merge_converted(*lead),
            Self::MergeOver => problems::merge_over(),
            Self::FieldTaken { existing, key } => problems::field_taken(*existing, key),
            Self::Duplicate { existing, field } => problems::duplicate(*existing, field),
            Self::WrongState { from, to } => problems::wrong_state(*from, *to),
            Self::Stale(version) => Problem::stale(*version),
            Self::UnknownOwner(_) => problems::unknown_owner(),
            Self::Invalid(problem) => problem.clone(),
            Self::Fields(error) => error.as_problem(),
            Self::Identity(error) => error.as_problem(),
            Self::Db(error) => error.as_problem(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DbError, IdentityError, LeadsError};

    #[test]
    fn whoever_handles_an_event_can_see_that_the_database_is_away() {
        let away = || DbError::Away("refused".to_owned());
        for error in [LeadsError::from(away()), LeadsError::from(IdentityError::from(away()))] {
            let error = anyhow::Error::from(error);
            let causes = |cause: &(dyn std::error::Error + 'static)| cause.is::<DbError>();
            assert!(error.chain().any(causes), "{error:?}");
        }
    }
}

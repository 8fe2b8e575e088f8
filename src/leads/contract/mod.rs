//! What others may know of leads: their identifiers, what happens to them, and why something is refused.

pub mod events;

use serde_json::json;

use crate::identity::IdentityError;
use crate::kernel::Message;
use crate::leads::domain::Status;
use crate::platform::auth::UserId;
use crate::platform::db::DbError;
use crate::platform::id::Id;
use crate::platform::problem::{AsProblem, Problem};

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
    /// Not there, or another tenant's.
    #[error("no such import")]
    ImportNotFound,
    /// The e-mail address or phone number belongs to another lead.
    #[error("a duplicate of lead {existing}")]
    Duplicate {
        /// That lead.
        existing: LeadId,
        /// Which field is the same: `email` or `phone`.
        field: &'static str,
    },
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
    /// Identity could not answer.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<Problem> for LeadsError {
    fn from(problem: Problem) -> Self {
        Self::Invalid(problem)
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
            Self::ImportNotFound => Problem::not_found(
                "import-not-found",
                Message::new("No such import", "No existe esa importación"),
            ),
            Self::Duplicate { existing, field } => duplicate(*existing, field),
            Self::WrongState { from, to } => wrong_state(*from, *to),
            Self::Stale(version) => Problem::stale(*version),
            Self::UnknownOwner(_) => unknown_owner(),
            Self::Invalid(problem) => problem.clone(),
            Self::Identity(error) => error.as_problem(),
            Self::Db(error) => error.as_problem(),
        }
    }
}

fn duplicate(existing: LeadId, field: &str) -> Problem {
    let title = Message::new(
        "There is a lead with this e-mail or phone",
        "Ya hay un prospecto con este correo o teléfono",
    );
    let (en, es) = if field == "phone" { ("phone", "teléfono") } else { ("e-mail", "correo") };
    let detail = Message::formatted(
        format!(
            "The same {en} belongs to lead {existing}; send `?on_duplicate=update` to update it, or `allow` to keep both"
        ),
        format!(
            "El mismo {es} es del prospecto {existing}; envíe `?on_duplicate=update` para actualizarlo, o `allow` para conservar ambos"
        ),
    );
    Problem::conflict("lead-duplicate", title)
        .detail(detail)
        .member("existing_id", json!(existing))
        .member("existing", json!(format!("/api/v1/leads/{existing}")))
        .member("field", json!(field))
}

fn wrong_state(from: Status, to: Status) -> Problem {
    let (from_name, to_name) = (from.as_str(), to.as_str());
    let allowed: Vec<&str> = from.ways().iter().map(|status| status.as_str()).collect();
    let list = allowed.join(", ");
    Problem::conflict(
        "lead-wrong-state",
        Message::new("The lead is in another state", "El prospecto está en otro estado"),
    )
    .detail(Message::formatted(
        format!("A lead that is `{from_name}` cannot become `{to_name}`; from here: {list}"),
        format!("Un prospecto en `{from_name}` no puede pasar a `{to_name}`; desde aquí: {list}"),
    ))
    .member("allowed", json!(allowed))
}

fn unknown_owner() -> Problem {
    use crate::kernel::Invalid;
    use crate::platform::problem::FieldError;
    let reason = Invalid::new(
        "is not an active user of this company; `GET /api/v1/users` lists them",
        "no es un usuario activo de esta empresa; `GET /api/v1/users` los muestra",
    );
    Problem::invalid(vec![FieldError::at("/owner_id", reason)])
}

//! What others may know of webhooks: their identifiers, what happens to them, and why something is refused.

pub mod events;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use crate::kernel::Message;
use crate::platform::db::DbError;
use crate::platform::id::Id;
use crate::platform::problem::{AsProblem, Problem};
use crate::platform::seal::SealError;

/// What an [`EndpointId`] names.
#[derive(Debug)]
pub enum EndpointMarker {}

/// A webhook's identifier.
pub type EndpointId = Id<EndpointMarker>;

/// What a [`DeliveryId`] names.
#[derive(Debug)]
pub enum DeliveryMarker {}

/// A delivery's identifier; later ones are greater.
pub type DeliveryId = Id<DeliveryMarker>;

/// Why something about a webhook was refused.
#[derive(Debug, thiserror::Error)]
pub enum WebhooksError {
    /// Not there, or another tenant's.
    #[error("no webhook {0}")]
    NotFound(EndpointId),
    /// Not there, or of another webhook.
    #[error("no such delivery")]
    DeliveryNotFound,
    /// Nothing is sent to it at present.
    #[error("the webhook {0} is disabled")]
    Disabled(EndpointId),
    /// The tenant has as many as it may, which are so many.
    #[error("more than {0} webhooks")]
    TooMany(i64),
    /// A replay is under way.
    #[error("the webhook {0} is replayed already")]
    Replaying(EndpointId),
    /// The secret before the last rotation signs until then.
    #[error("the secret before signs until {0}")]
    Overlap(DateTime<Utc>),
    /// Somebody changed it since it was read.
    #[error("the webhook has version {0}")]
    Stale(i32),
    /// The request itself is refused.
    #[error("{0}")]
    Invalid(Problem),
    /// A secret could not be made or sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error("{0}")]
    Db(#[from] DbError),
}

impl From<Problem> for WebhooksError {
    fn from(problem: Problem) -> Self {
        Self::Invalid(problem)
    }
}

impl AsProblem for WebhooksError {
    fn as_problem(&self) -> Problem {
        match self {
            Self::NotFound(_) => Problem::not_found(
                "webhook-not-found",
                Message::new("No such webhook", "No existe ese webhook"),
            ),
            Self::DeliveryNotFound => Problem::not_found(
                "delivery-not-found",
                Message::new("No such delivery", "No existe esa entrega"),
            ),
            Self::Disabled(_) => Problem::conflict(
                "webhook-disabled",
                Message::new(
                    "The webhook is disabled; enable it first",
                    "El webhook está desactivado; actívelo primero",
                ),
            ),
            Self::TooMany(most) => Problem::conflict(
                "too-many-webhooks",
                Message::new(
                    "Your company has too many webhooks; delete one",
                    "Su empresa tiene demasiados webhooks; elimine uno",
                ),
            )
            .detail(Message::formatted(
                format!("At most {most}; one can take every kind of event"),
                format!("Como máximo {most}; uno puede recibir todos los tipos de evento"),
            )),
            Self::Replaying(_) => Problem::conflict(
                "webhook-replaying",
                Message::new(
                    "A replay is under way; wait until it is done",
                    "Ya hay un reenvío en curso; espere a que termine",
                ),
            ),
            Self::Overlap(until) => overlap(*until),
            Self::Stale(version) => Problem::stale(*version),
            Self::Invalid(problem) => problem.clone(),
            Self::Seal(_) => Problem::internal(),
            Self::Db(error) => error.as_problem(),
        }
    }
}

fn overlap(until: DateTime<Utc>) -> Problem {
    let moment = until.to_rfc3339_opts(SecondsFormat::Secs, true);
    Problem::conflict(
        "webhook-secret-overlap",
        Message::new(
            "The secret before the last rotation still signs; wait until it does not, or rotate without an overlap",
            "El secreto anterior a la última rotación todavía firma; espere a que deje de hacerlo, o rote sin traslape",
        ),
    )
    .detail(Message::formatted(
        format!("It signs until {moment}; `overlap_hours: 0` ends every secret before the new one at once"),
        format!("Firma hasta {moment}; `overlap_hours: 0` termina de inmediato todo secreto anterior al nuevo"),
    ))
    .member("previous_secret_until", json!(until))
}

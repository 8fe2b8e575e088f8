//! Why figures cannot be had.

use crate::identity::IdentityError;
use crate::platform::db::DbError;
use crate::platform::problem::{AsProblem, Problem};

/// Why figures cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum InsightsError {
    /// Identity could not answer.
    #[error("{0}")]
    Identity(#[from] IdentityError),
    /// The database.
    #[error("{0}")]
    Db(#[from] DbError),
}

impl AsProblem for InsightsError {
    fn as_problem(&self) -> Problem {
        match self {
            Self::Identity(error) => error.as_problem(),
            Self::Db(error) => error.as_problem(),
        }
    }
}

//! What can go wrong between us and PostgreSQL.

use diesel::result::{DatabaseErrorKind, Error};

use crate::kernel::Message;
use crate::platform::problem::{AsProblem, Problem};

/// A failure of the database, as the rest of the program sees it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Every connection is in use and none came free in time.
    #[error("no database connection came free in time")]
    Busy,
    /// PostgreSQL cannot be reached, or went away in the middle.
    #[error("the database is away: {0}")]
    Away(String),
    /// A row lock or a statement took longer than it may.
    #[error("the database took too long: {0}")]
    TimedOut(String),
    /// A rule of the database refused the statement; the constraint is named when there is one.
    #[error("a rule of the database refused the statement: {message}")]
    Refused {
        /// The violated constraint.
        constraint: Option<String>,
        /// PostgreSQL's own words.
        message: String,
        /// Whether it was a unique constraint.
        kind: Rule,
    },
    /// The record would be somebody's whose records the actor does not see.
    #[error("the record would go out of the actor's sight: {0}")]
    OutOfSight(String),
    /// No row where one was asked for.
    #[error("no such row")]
    NoRow,
    /// Any other failure: a mistake of ours.
    #[error("the statement failed: {0}")]
    Failed(String),
}

/// The kinds of rules that the database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A unique index or primary key.
    Unique,
    /// A foreign key.
    ForeignKey,
    /// A check or not-null constraint.
    Check,
}

impl DbError {
    /// Whether this is the violation of the constraint named `constraint`.
    pub fn violates(&self, constraint: &str) -> bool {
        matches!(self, Self::Refused { constraint: Some(name), .. } if name == constraint)
    }
}

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::NoRow,
            Error::DatabaseError(kind, ref info) => {
                let message = info.message().to_owned();
                let refused = |rule| Self::Refused {
                    constraint: info.constraint_name().map(str::to_owned),
                    message: message.clone(),
                    kind: rule,
                };
                match kind {
                    DatabaseErrorKind::UniqueViolation => refused(Rule::Unique),
                    DatabaseErrorKind::ForeignKeyViolation => refused(Rule::ForeignKey),
                    DatabaseErrorKind::CheckViolation | DatabaseErrorKind::NotNullViolation => {
                        refused(Rule::Check)
                    }
                    DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
                        Self::Away(message)
                    }
                    _ => Self::from_words(message),
                }
            }
            Error::BrokenTransactionManager => Self::Away("the connection broke".to_owned()),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl DbError {
    // diesel hands on PostgreSQL's words but not its SQLSTATE.
    fn from_words(message: String) -> Self {
        const AWAY: [&str; 7] = [
            "server closed the connection",
            "terminating connection",
            "could not connect",
            "connection to server",
            "no connection to the server",
            "the database system is",
            "SSL connection has been closed",
        ];
        if AWAY.iter().any(|words| message.contains(words)) {
            Self::Away(message)
        } else if message.contains("canceling statement due to") || message.contains("deadlock detected") {
            Self::TimedOut(message)
        } else if message.contains("row-level security policy \"visible\"") {
            Self::OutOfSight(message)
        } else {
            Self::Failed(message)
        }
    }
}

impl AsProblem for DbError {
    fn as_problem(&self) -> Problem {
        match self {
            Self::Busy => Problem::unavailable(
                "database-busy",
                Message::new("The service is busy; try again", "El servicio está ocupado; intente de nuevo"),
            ),
            Self::Away(_) => Problem::unavailable(
                "database-away",
                Message::new(
                    "The database is away; try again",
                    "La base de datos no responde; intente de nuevo",
                ),
            ),
            Self::TimedOut(_) => Problem::unavailable(
                "database-timeout",
                Message::new(
                    "The database took too long; try again",
                    "La base de datos tardó demasiado; intente de nuevo",
                ),
            ),
            Self::OutOfSight(_) => Problem::refused(
                "out-of-sight",
                Message::new(
                    "Records stay with people whose records you see; ask somebody who sees both to hand it over",
                    "Los registros quedan con personas cuyos registros usted ve; pida el traspaso a quien vea ambos",
                ),
            ),
            Self::Refused { .. } | Self::NoRow | Self::Failed(_) => Problem::internal(),
        }
    }
}

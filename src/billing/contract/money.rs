//! Why something about invoices, payments or subscriptions was refused.

use crate::crm::CrmError;
use crate::identity::IdentityError;
use crate::kernel::{Invalid, Message};
use crate::platform::db::DbError;
use crate::platform::problem::{AsProblem, FieldError, Problem};

/// Why something about invoices, payments or subscriptions was refused.
#[derive(Debug, thiserror::Error)]
pub enum MoneyError {
    /// Not there, or another tenant's.
    #[error("no such {0:?}")]
    NotFound(Paper),
    /// Somebody changed it since it was read.
    #[error("it has version {0}")]
    Stale(i32),
    /// A rule refuses it; the problem says which, and what to do.
    #[error("{0}")]
    Refused(Problem),
    /// Customers refuse it.
    #[error("{0}")]
    Crm(#[from] CrmError),
    /// Identity could not answer.
    #[error("{0}")]
    Identity(#[from] IdentityError),
    /// The database.
    #[error("{0}")]
    Db(#[from] DbError),
}

/// What can be looked for in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// An invoice.
    Invoice,
    /// A credit note.
    CreditNote,
    /// A payment.
    Payment,
    /// A refund.
    Refund,
    /// An account with a payment provider.
    PaymentAccount,
    /// A subscription.
    Subscription,
}

impl MoneyError {
    /// 422: the member of the body at `pointer` is refused.
    pub fn at(pointer: impl Into<String>, reason: Invalid) -> Self {
        Self::Refused(Problem::invalid(vec![FieldError::at(pointer, reason)]))
    }

    /// A row that cannot be read back: a mistake of ours.
    pub fn broken(what: &str) -> Self {
        Self::Db(DbError::Failed(format!("a stored {what} is broken")))
    }
}

impl From<Problem> for MoneyError {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl Paper {
    fn problem(self) -> Problem {
        match self {
            Self::Invoice => Problem::not_found(
                "invoice-not-found",
                Message::new("No such invoice", "No existe esa factura"),
            ),
            Self::CreditNote => Problem::not_found(
                "credit-note-not-found",
                Message::new("No such credit note", "No existe esa nota de crédito"),
            ),
            Self::Payment => {
                Problem::not_found("payment-not-found", Message::new("No such payment", "No existe ese pago"))
            }
            Self::Subscription => Problem::not_found(
                "subscription-not-found",
                Message::new("No such subscription", "No existe esa suscripción"),
            ),
            Self::PaymentAccount => Problem::not_found(
                "payment-account-not-found",
                Message::new("No such account", "No existe esa cuenta"),
            ),
            Self::Refund => Problem::not_found(
                "refund-not-found",
                Message::new("No such refund", "No existe esa devolución"),
            ),
        }
    }
}

impl AsProblem for MoneyError {
    fn as_problem(&self) -> Problem {
        match self {
            Self::NotFound(paper) => paper.problem(),
            Self::Stale(version) => Problem::stale(*version),
            Self::Refused(problem) => problem.clone(),
            Self::Crm(error) => error.as_problem(),
            Self::Identity(error) => error.as_problem(),
            Self::Db(error) => error.as_problem(),
        }
    }
}

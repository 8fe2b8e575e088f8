//! Why something about products, stock or quotations was refused.

use super::MoneyError;
use crate::crm::CrmError;
use crate::identity::IdentityError;
use crate::kernel::{Invalid, Message};
use crate::platform::db::DbError;
use crate::platform::fields::FieldsError;
use crate::platform::problem::{AsProblem, FieldError, Problem};
use crate::platform::transfers::TransferError;

/// Why something about products, stock or quotations was refused.
#[derive(Debug, thiserror::Error)]
pub enum SalesError {
    /// Not there, or another tenant's.
    #[error("no such {0:?}")]
    NotFound(Thing),
    /// Somebody changed it since it was read.
    #[error("it has version {0}")]
    Stale(i32),
    /// A rule refuses it; the problem says which, and what to do.
    #[error("{0}")]
    Refused(Problem),
    /// The customer.
    #[error("{0}")]
    Customer(#[from] CrmError),
    /// Identity could not answer.
    #[error("{0}")]
    Identity(#[from] IdentityError),
    /// A field, or a value of one.
    #[error("{0}")]
    Fields(FieldsError),
    /// Something about an import or an export.
    #[error("{0}")]
    Transfer(#[from] TransferError),
    /// The database.
    #[error("{0}")]
    Db(#[from] DbError),
}

/// What can be looked for in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A product.
    Product,
    /// A price list.
    PriceList,
    /// A product's price in a list.
    Price,
    /// A warehouse.
    Warehouse,
    /// A lot.
    Lot,
    /// A quotation.
    Quotation,
    /// A version of a quotation.
    QuotationVersion,
}

impl SalesError {
    /// 422: the member of the body at `pointer` is refused.
    pub fn at(pointer: impl Into<String>, reason: Invalid) -> Self {
        Self::Refused(Problem::invalid(vec![FieldError::at(pointer, reason)]))
    }
}

impl From<MoneyError> for SalesError {
    fn from(error: MoneyError) -> Self {
        match error {
            MoneyError::Db(error) => Self::Db(error),
            error => Self::Refused(error.as_problem()),
        }
    }
}

impl From<Problem> for SalesError {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl From<FieldsError> for SalesError {
    fn from(error: FieldsError) -> Self {
        match error {
            FieldsError::Db(error) => Self::Db(error),
            other => Self::Fields(other),
        }
    }
}

impl From<SalesError> for TransferError {
    fn from(error: SalesError) -> Self {
        match error {
            SalesError::Transfer(error) => error,
            SalesError::Db(error) => Self::Db(error),
            SalesError::Stale(version) => Self::Stale(version),
            SalesError::Fields(FieldsError::ValueTaken { .. }) | SalesError::NotFound(_) => {
                Self::Meanwhile(error.into())
            }
            other => Self::Refused(other.into()),
        }
    }
}

impl Thing {
    fn problem(self) -> Problem {
        match self {
            Self::Product => Problem::not_found(
                "product-not-found",
                Message::new("No such product", "No existe ese producto"),
            ),
            Self::PriceList => Problem::not_found(
                "price-list-not-found",
                Message::new("No such price list", "No existe esa lista de precios"),
            ),
            Self::Price => Problem::not_found(
                "price-not-found",
                Message::new(
                    "The product has no price in this list",
                    "El producto no tiene precio en esta lista",
                ),
            ),
            Self::Warehouse => Problem::not_found(
                "warehouse-not-found",
                Message::new("No such warehouse", "No existe ese almacén"),
            ),
            Self::Lot => {
                Problem::not_found("lot-not-found", Message::new("No such lot", "No existe ese lote"))
            }
            Self::Quotation => Problem::not_found(
                "quotation-not-found",
                Message::new("No such quotation", "No existe esa cotización"),
            ),
            Self::QuotationVersion => Problem::not_found(
                "quotation-version-not-found",
                Message::new("The quotation never had this version", "La cotización nunca tuvo esta versión"),
            ),
        }
    }
}

impl AsProblem for SalesError {
    fn as_problem(&self) -> Problem {
        match self {
            Self::NotFound(thing) => thing.problem(),
            Self::Stale(version) => Problem::stale(*version),
            Self::Refused(problem) => problem.clone(),
            Self::Customer(error) => error.as_problem(),
            Self::Identity(error) => error.as_problem(),
            Self::Fields(error) => error.as_problem(),
            Self::Transfer(error) => error.as_problem(),
            Self::Db(error) => error.as_problem(),
        }
    }
}

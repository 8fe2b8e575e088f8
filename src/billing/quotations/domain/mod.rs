//! Rules of quotations: their states, what sellers may offer, what a document says and proves.

mod compare;
mod document;
mod rules;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use compare::{Comparison, compare};
pub use document::{Content, ContentLine, LineInput, document_hash, highest_discount};
pub use rules::{AmountLimit, DiscountLimits, Reason, Rules};

/// Lines that a quotation may have.
pub const LINES_AT_MOST: usize = 200;

/// Where a quotation stands. `DRAFT`: it is written. `PENDING`: the customer has it. `SOLD`, `CANCELLED`, `EXPIRED`: it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schema(as = QuotationStatus)]
pub enum Status {
    /// It is written.
    Draft,
    /// The customer has it.
    Pending,
    /// It was accepted.
    Sold,
    /// It was given up.
    Cancelled,
    /// Nobody answered in time.
    Expired,
}

const STATUSES: [Status; 5] =
    [Status::Draft, Status::Pending, Status::Sold, Status::Cancelled, Status::Expired];

impl Status {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Pending => "PENDING",
            Self::Sold => "SOLD",
            Self::Cancelled => "CANCELLED",
            Self::Expired => "EXPIRED",
        }
    }

    /// The status that is stored as `name`.
    pub fn parse(name: &str) -> Option<Self> {
        STATUSES.into_iter().find(|status| status.as_str() == name)
    }

    /// What it may become.
    pub fn ways(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Pending, Self::Cancelled],
            Self::Pending => &[Self::Sold, Self::Cancelled, Self::Expired],
            Self::Sold | Self::Cancelled | Self::Expired => &[],
        }
    }
}

/// Whether a colleague lets it be offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = QuotationApproval)]
pub enum Approval {
    /// Nobody was asked.
    None,
    /// Somebody is asked.
    Requested,
    /// It may be offered.
    Approved,
    /// It may not.
    Rejected,
}

impl Approval {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{STATUSES, Status};

    #[test]
    fn there_is_no_way_but_those_of_the_documents() {
        use Status::{Cancelled, Draft, Expired, Pending, Sold};
        let ways =
            [(Draft, Pending), (Draft, Cancelled), (Pending, Sold), (Pending, Cancelled), (Pending, Expired)];
        for from in STATUSES {
            for to in STATUSES {
                assert_eq!(from.ways().contains(&to), ways.contains(&(from, to)), "{from:?} to {to:?}");
            }
            assert_eq!(Status::parse(from.as_str()), Some(from));
        }
    }
}

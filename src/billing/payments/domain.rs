//! Payments without input and output.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// How the money came. `stripe` and `paypal` are noted by their webhooks only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// In cash (SAT 01).
    Cash,
    /// By bank transfer (03).
    Transfer,
    /// By card, at a terminal (04 and 28).
    Card,
    /// Through Stripe.
    Stripe,
    /// Through PayPal.
    Paypal,
}

impl Method {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Transfer => "transfer",
            Self::Card => "card",
            Self::Stripe => "stripe",
            Self::Paypal => "paypal",
        }
    }

    /// Whether people note such payments, rather than a provider's webhook.
    pub fn is_by_hand(self) -> bool {
        matches!(self, Self::Cash | Self::Transfer | Self::Card)
    }
}

/// Where a refund stands. `pending`: the provider is asked. `succeeded`: the money is on its way back. `failed`: the provider
/// refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RefundStatus {
    /// The provider is asked.
    Pending,
    /// The money is on its way back.
    Succeeded,
    /// The provider refused.
    Failed,
}

impl RefundStatus {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// What giving back `minor` takes from which invoices: nothing while the customer's credit lasts, then the invoice that was
/// paid last, and so on. `allocations` are (invoice, amount), the last one first.
pub fn taken_back(minor: i64, credit: i64, allocations: &[(Uuid, i64)]) -> Vec<(Uuid, i64)> {
    let mut left = (minor - credit).max(0);
    let taken = allocations.iter().map(|(invoice, amount)| {
        let share = left.min(*amount);
        left -= share;
        (*invoice, share)
    });
    taken.filter(|(_, share)| *share > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refunds_take_the_credit_first_and_then_the_last_invoice() {
        let [one, two] = [Uuid::from_u128(1), Uuid::from_u128(2)];
        let paid = [(two, 300), (one, 500)];
        for (minor, credit, expected) in [
            (100, 100, vec![]),
            (150, 100, vec![(two, 50)]),
            (400, 100, vec![(two, 300)]),
            (700, 100, vec![(two, 300), (one, 300)]),
            (900, 100, vec![(two, 300), (one, 500)]),
        ] {
            assert_eq!(taken_back(minor, credit, &paid), expected, "{minor}");
        }
    }
}

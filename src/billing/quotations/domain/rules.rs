//! What sellers may offer without asking.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::billing::domain::Percent;
use crate::kernel::{Decimal6, Money, NonNegativeMoney};

/// The most percent that may be taken off a line, by role; a role that is missing has no limit.
pub type DiscountLimits = BTreeMap<String, Percent>;

/// The most that a quotation may come to, in one currency.
pub type AmountLimit = NonNegativeMoney;

/// What sellers may offer without asking. Nothing is refused where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// By role.
    pub discounts: DiscountLimits,
    /// By currency, for whoever may not approve.
    pub amounts: Vec<AmountLimit>,
}

/// Which rule asks for a colleague's approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ApprovalReason)]
pub enum Reason {
    /// More is taken off than their role lets them.
    Discount,
    /// It comes to more than the company's limit.
    Amount,
}

impl Reason {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Discount => "discount",
            Self::Amount => "amount",
        }
    }
}

impl Rules {
    /// Why somebody with `roles`, who may approve or not, must ask before they offer this; empty when they need not.
    pub fn reasons(
        &self,
        roles: &[String],
        may_approve: bool,
        highest_discount: Decimal6,
        total: Money,
    ) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if self.discount_limit(roles).is_some_and(|limit| highest_discount > limit) {
            reasons.push(Reason::Discount);
        }
        let is_above = |limit: &AmountLimit| {
            let limit = Money::from(*limit);
            limit.currency() == total.currency() && total.minor() > limit.minor()
        };
        if !may_approve && self.amounts.iter().any(is_above) {
            reasons.push(Reason::Amount);
        }
        reasons
    }

    /// The highest limit of the roles; none when one of them has none.
    fn discount_limit(&self, roles: &[String]) -> Option<Decimal6> {
        let limit = |role: &String| self.discounts.get(role).map(|percent| percent.value());
        let limits: Option<Vec<Decimal6>> = roles.iter().map(limit).collect();
        limits?.into_iter().max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Currency;

    #[test]
    fn the_highest_limit_of_all_roles_counts() {
        use Reason::{Amount, Discount};
        let percent = |text: &str| Percent::try_from(text.to_owned()).unwrap();
        let money = |minor, currency| NonNegativeMoney::try_from(Money::from_minor(minor, currency)).unwrap();
        let rules = Rules {
            discounts: [("SALES".to_owned(), percent("10")), ("BILLING".to_owned(), percent("15.5"))].into(),
            amounts: vec![money(100_000, Currency::MXN)],
        };
        let (admin, billing, sales) = ("ADMIN", "BILLING", "SALES");
        for (roles, may_approve, discount, total, expected) in [
            (&[sales][..], false, 10_000_000, 100_000, &[][..]),
            (&[sales], false, 10_000_001, 100_000, &[Discount]),
            (&[sales, billing], true, 15_500_000, 100_001, &[]),
            (&[sales, billing], true, 15_500_001, 1, &[Discount]),
            (&[sales, admin], true, 100_000_000, 900_000, &[]),
            (&[sales], false, 99_000_000, 100_001, &[Discount, Amount]),
        ] {
            let total = Money::from_minor(total, Currency::MXN);
            let held: Vec<String> = roles.iter().map(|&role| role.to_owned()).collect();
            let found = rules.reasons(&held, may_approve, Decimal6::from_millionths(discount), total);
            assert_eq!(found, expected, "{held:?} {discount} {total}");
        }
        let dollars = Money::from_minor(900_000, Currency::USD);
        assert_eq!(rules.reasons(&[sales.to_owned()], false, Decimal6::ZERO, dollars), []);
        let sold = Money::from_minor(i64::MAX, Currency::MXN);
        assert_eq!(
            Rules::default().reasons(
                &[sales.to_owned()],
                false,
                Decimal6::from_millionths(100_000_000),
                sold
            ),
            []
        );
    }
}

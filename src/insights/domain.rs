//! Figures, and what they stand under.

use std::ops::Neg;

use chrono::{NaiveDate, TimeDelta};
use uuid::Uuid;

use crate::kernel::{Currency, Invalid, Money};
use crate::platform::problem::{FieldError, Problem};

/// The most days of a dashboard.
const DAYS_AT_MOST: i64 = 366;

/// The days of a dashboard when none are said.
const USUAL_DAYS: i64 = 30;

/// What a figure stands under.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Where the lead came from; none when there was no lead.
    pub source: Option<String>,
    /// The campaign that it came by.
    pub campaign: Option<String>,
    /// Whose it is.
    pub owner: Option<Uuid>,
}

/// What happened, as it is added to the figures of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Leads that came.
    pub leads: i64,
    /// Leads that were found worth a seller's time.
    pub qualified: i64,
    /// Leads that became customers.
    pub converted: i64,
    /// Quotations that customers got.
    pub quotations: i64,
    /// Quotations that they accepted.
    pub accepted: i64,
    /// What was offered, in minor units of the currency, as are the sums below.
    pub quoted: i64,
    /// What was accepted.
    pub sold: i64,
    /// What was invoiced, less what was credited and voided.
    pub revenue: i64,
    /// What was paid, less what was given back.
    pub collected: i64,
    /// What was to be paid by then, and is not yet.
    pub overdue: i64,
}

impl Figures {
    /// One more lead.
    pub const LEAD: Self = Self { leads: 1, ..Self::NONE };
    /// One more qualified lead.
    pub const QUALIFIED: Self = Self { qualified: 1, ..Self::NONE };
    /// One more lead that is a customer.
    pub const CONVERTED: Self = Self { converted: 1, ..Self::NONE };
    /// Nothing.
    pub const NONE: Self = Self {
        leads: 0,
        qualified: 0,
        converted: 0,
        quotations: 0,
        accepted: 0,
        quoted: 0,
        sold: 0,
        revenue: 0,
        collected: 0,
        overdue: 0,
    };

    /// All of them in the order in which they stand here.
    pub const fn in_order(self) -> [i64; 10] {
        [
            self.leads,
            self.qualified,
            self.converted,
            self.quotations,
            self.accepted,
            self.quoted,
            self.sold,
            self.revenue,
            self.collected,
            self.overdue,
        ]
    }
}

impl Neg for Figures {
    type Output = Self;

    fn neg(self) -> Self {
        Self {
            leads: -self.leads,
            qualified: -self.qualified,
            converted: -self.converted,
            quotations: -self.quotations,
            accepted: -self.accepted,
            quoted: -self.quoted,
            sold: -self.sold,
            revenue: -self.revenue,
            collected: -self.collected,
            overdue: -self.overdue,
        }
    }
}

/// Figures of one key, the counts and the sums of each currency apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// The counts of all.
    pub counts: Figures,
    /// The sums by currency.
    pub sums: Vec<(Currency, Figures)>,
}

impl Tally {
    /// What is left of it without `part`.
    #[must_use]
    pub fn without(mut self, part: &Self) -> Self {
        self.take(None, -part.counts);
        for (currency, sums) in &part.sums {
            self.take(Some(*currency), -*sums);
        }
        self
    }

    /// Takes in the figures of a currency, or those that have none.
    pub fn take(&mut self, currency: Option<Currency>, figures: Figures) {
        self.counts.leads += figures.leads;
        self.counts.qualified += figures.qualified;
        self.counts.converted += figures.converted;
        self.counts.quotations += figures.quotations;
        self.counts.accepted += figures.accepted;
        let Some(currency) = currency else { return };
        let known = self.sums.iter().position(|(other, _)| *other == currency);
        let index = known.unwrap_or_else(|| {
            self.sums.push((currency, Figures::NONE));
            self.sums.len() - 1
        });
        if let Some((_, sums)) = self.sums.get_mut(index) {
            sums.quoted += figures.quoted;
            sums.sold += figures.sold;
            sums.revenue += figures.revenue;
            sums.collected += figures.collected;
            sums.overdue += figures.overdue;
        }
    }

    /// Whether nothing happened, or all of it was taken back.
    pub fn is_nothing(&self) -> bool {
        self.counts == Figures::NONE && self.sums.iter().all(|(_, sums)| *sums == Figures::NONE)
    }

    /// One of the sums in each currency in which it is not nothing.
    pub fn money(&self, sum: impl Fn(&Figures) -> i64) -> Vec<Money> {
        let amounts = self.sums.iter().map(|(currency, sums)| Money::from_minor(sum(sums), *currency));
        amounts.filter(|money| money.minor() != 0).collect()
    }
}

/// The days of a dashboard, the first and the last with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
}

impl Period {
    /// The days from `from` to `to`; up to `today` and [`USUAL_DAYS`] in all when not said.
    pub fn parse(from: Option<NaiveDate>, to: Option<NaiveDate>, today: NaiveDate) -> Result<Self, Problem> {
        let to = to.unwrap_or_else(|| from.map_or(today, |from| today.max(from)));
        let from = from.unwrap_or(to - TimeDelta::days(USUAL_DAYS - 1));
        let days = (to - from).num_days() + 1;
        let refused = |parameter, reason| Problem::invalid(vec![FieldError::parameter(parameter, reason)]);
        if days < 1 {
            let early = Invalid::new("must not lie before `from`", "no puede ser anterior a `from`");
            return Err(refused("to", early));
        }
        if days > DAYS_AT_MOST {
            let long = Invalid::formatted(
                format!("{days} days are too many: ask for {DAYS_AT_MOST} at most"),
                format!("{days} días son demasiados: pida a lo sumo {DAYS_AT_MOST}"),
            );
            return Err(refused("from", long));
        }
        Ok(Self { from, to })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_days_of_a_dashboard() {
        let today = day("2026-11-22");
        for (from, to, expected) in [
            (None, None, Some(("2026-10-24", "2026-11-22"))),
            (Some("2026-11-01"), None, Some(("2026-11-01", "2026-11-22"))),
            (None, Some("2026-01-30"), Some(("2026-01-01", "2026-01-30"))),
            (Some("2027-01-01"), None, Some(("2027-01-01", "2027-01-01"))),
            (Some("2026-11-22"), Some("2026-11-22"), Some(("2026-11-22", "2026-11-22"))),
            (Some("2024-01-01"), Some("2024-12-31"), Some(("2024-01-01", "2024-12-31"))),
            (Some("2024-01-01"), Some("2025-01-01"), None),
            (Some("2026-11-22"), Some("2026-11-21"), None),
        ] {
            let period = Period::parse(from.map(day), to.map(day), today).ok();
            let expected = expected.map(|(from, to)| Period { from: day(from), to: day(to) });
            assert_eq!(period, expected, "{from:?} {to:?}");
        }
    }

    #[test]
    fn sums_are_kept_apart_by_currency() {
        let mut tally = Tally::default();
        let sold = |sold| Figures { accepted: 1, sold, ..Figures::NONE };
        tally.take(Some(Currency::MXN), sold(100));
        tally.take(Currency::parse("USD").ok(), sold(7));
        tally.take(Some(Currency::MXN), -sold(40));
        tally.take(None, Figures::LEAD);
        assert_eq!((tally.counts.accepted, tally.counts.leads), (1, 1));
        let sums: Vec<i64> = tally.money(|sums| sums.sold).into_iter().map(Money::minor).collect();
        assert_eq!(sums, [60, 7]);
        assert_eq!(tally.money(|sums| sums.revenue), []);
    }
}

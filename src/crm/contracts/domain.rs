//! The states of a contract, and what it is worth in a year.

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::crm::contract::CrmError;
use crate::kernel::{Invalid, Money};
use crate::platform::http::Fields;

/// Where a contract stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ContractStatus {
    /// It is being written; its terms may change.
    Draft,
    /// It is in force; its terms stay.
    Active,
    /// It came to its end.
    Ended,
    /// It was given up before its end.
    Cancelled,
    /// Another one is in its place.
    Renewed,
}

impl ContractStatus {
    const ALL: [Self; 5] = [Self::Draft, Self::Active, Self::Ended, Self::Cancelled, Self::Renewed];

    /// The name in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Ended => "ended",
            Self::Cancelled => "cancelled",
            Self::Renewed => "renewed",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Where a contract may go from here. What ended may still be renewed: people agree late.
    pub fn ways(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Active, Self::Cancelled],
            Self::Active => &[Self::Renewed, Self::Ended, Self::Cancelled],
            Self::Ended => &[Self::Renewed],
            Self::Cancelled | Self::Renewed => &[],
        }
    }

    /// `to`, if there is a way to it.
    pub fn go(self, to: Self) -> Result<Self, CrmError> {
        if self.ways().contains(&to) { Ok(to) } else { Err(CrmError::ContractState { from: self, to }) }
    }
}

/// How often the value of a contract is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BillingPeriod {
    /// Once, and never again.
    Once,
    /// Each month.
    Month,
    /// Every three months.
    Quarter,
    /// Each year.
    Year,
}

impl BillingPeriod {
    /// The name in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The period of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Once, Self::Month, Self::Quarter, Self::Year]
            .into_iter()
            .find(|period| period.as_str() == name)
    }

    /// How often it comes in a year.
    fn in_a_year(self) -> i64 {
        match self {
            Self::Once => 0,
            Self::Month => 12,
            Self::Quarter => 4,
            Self::Year => 1,
        }
    }
}

/// The annual recurring revenue of `value` paid in each `period`: twelve months or four quarters of it, one year of it, and
/// nothing of what is paid once.
pub fn arr(value: Money, period: BillingPeriod) -> Result<Money, Invalid> {
    let too_large = || {
        Invalid::new("is too large to be counted for a year", "es demasiado grande para contarlo por un año")
    };
    let minor = value.minor().checked_mul(period.in_a_year()).ok_or_else(too_large)?;
    let arr = Money::from_minor(minor, value.currency());
    if arr.is_documented() { Ok(arr) } else { Err(too_large()) }
}

/// Notes what is wrong with the dates of a contract.
pub fn check_dates(
    fields: &mut Fields,
    starts_on: NaiveDate,
    ends_on: Option<NaiveDate>,
    renews_on: Option<NaiveDate>,
) {
    let early = || Invalid::new("must not lie before `starts_on`", "no puede ser anterior a `starts_on`");
    if ends_on.is_some_and(|day| day < starts_on) {
        fields.refuse("/ends_on", early());
    }
    if renews_on.is_some_and(|day| day < starts_on) {
        fields.refuse("/renews_on", early());
    }
}

/// The dates of the contract that comes after one: it starts on the day of the renewal, or on the day after the end, or
/// today, and lasts as long as the one before.
pub fn next_dates(
    starts_on: NaiveDate,
    ends_on: Option<NaiveDate>,
    renews_on: Option<NaiveDate>,
    today: NaiveDate,
) -> (NaiveDate, Option<NaiveDate>, Option<NaiveDate>) {
    let after_end = ends_on.and_then(|end| end.succ_opt());
    let start = renews_on.or(after_end).unwrap_or(today);
    let moved = |day: NaiveDate| moved(day, starts_on, start);
    (start, ends_on.and_then(moved), renews_on.and_then(moved))
}

/// `day` as far from `to` as it was from `from`: in whole months where it was, or else in days.
fn moved(day: NaiveDate, from: NaiveDate, to: NaiveDate) -> Option<NaiveDate> {
    // The last day of a year's contract is the day before it begins again.
    for spare in [0, 1] {
        let whole = day.checked_add_days(chrono::Days::new(spare))?;
        let is_whole = |months: &u32| from.checked_add_months(Months::new(*months)) == Some(whole);
        if let Some(months) = (1..=1200).find(is_whole) {
            return to.checked_add_months(Months::new(months))?.checked_sub_days(chrono::Days::new(spare));
        }
    }
    to.checked_add_signed(day - from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Currency;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_year_of_a_contract() {
        for (amount, period, arr_of_it) in [
            ("100.50", BillingPeriod::Month, Some("1206.00")),
            ("100.50", BillingPeriod::Quarter, Some("402.00")),
            ("100.50", BillingPeriod::Year, Some("100.50")),
            ("100.50", BillingPeriod::Once, Some("0.00")),
            ("99999999999999.99", BillingPeriod::Year, Some("99999999999999.99")),
            ("99999999999999.99", BillingPeriod::Month, None),
            ("92233720368547758.07", BillingPeriod::Month, None),
        ] {
            let value = Money::parse(amount, Currency::MXN).unwrap();
            assert_eq!(
                arr(value, period).ok().map(Money::amount).as_deref(),
                arr_of_it,
                "{amount} {period:?}"
            );
        }
    }

    #[test]
    fn a_renewal_lasts_as_long_as_what_it_renews() {
        let days = |text: &str| (text != "-").then(|| day(text));
        for (start, end, renewal, then) in [
            ("2026-01-01", "2026-12-31", "-", ("2027-01-01", "2027-12-31", "-")),
            ("2026-01-15", "2026-12-31", "2027-01-15", ("2027-01-15", "2027-12-31", "2028-01-15")),
            ("2026-03-01", "2026-03-31", "-", ("2026-04-01", "2026-04-30", "-")),
            ("2026-03-10", "2026-03-20", "-", ("2026-03-21", "2026-03-31", "-")),
            ("2026-03-10", "-", "-", ("2026-11-22", "-", "-")),
        ] {
            let next = next_dates(day(start), days(end), days(renewal), day("2026-11-22"));
            assert_eq!(next, (day(then.0), days(then.1), days(then.2)), "{start} {end} {renewal}");
        }
    }

    #[test]
    fn every_way_is_listed_and_no_other() {
        use ContractStatus::{Active, Cancelled, Draft, Ended, Renewed};
        let ways = [
            (Draft, Active),
            (Draft, Cancelled),
            (Active, Renewed),
            (Active, Ended),
            (Active, Cancelled),
            (Ended, Renewed),
        ];
        for from in ContractStatus::ALL {
            for to in ContractStatus::ALL {
                assert_eq!(from.go(to).is_ok(), ways.contains(&(from, to)), "{from:?} to {to:?}");
            }
        }
    }
}

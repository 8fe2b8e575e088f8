//! Subscriptions without input and output: periods, and what a part of one costs.

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::billing::domain::DocumentLine;
use crate::kernel::{Decimal6, Invalid, PositiveDecimal6};

/// Where a subscription stands. `past_due`: an invoice of it is overdue. `paused`: nothing is billed. `cancelled`: it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BillingSubscriptionStatus)]
pub enum Status {
    /// It is billed.
    Active,
    /// It is billed, although an invoice is overdue.
    PastDue,
    /// Nothing is billed.
    Paused,
    /// It is over.
    Cancelled,
}

impl Status {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state that is stored as `name`.
    pub fn stored(name: &str) -> Option<Self> {
        [Self::Active, Self::PastDue, Self::Paused, Self::Cancelled]
            .into_iter()
            .find(|status| status.as_str() == name)
    }
}

/// How often a subscription is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = BillingSubscriptionPeriod)]
pub enum Period {
    /// Every seven days.
    Week,
    /// Every month.
    Month,
    /// Every three months.
    Quarter,
    /// Every year.
    Year,
}

impl Period {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The period that is stored as `name`.
    pub fn stored(name: &str) -> Option<Self> {
        [Self::Week, Self::Month, Self::Quarter, Self::Year]
            .into_iter()
            .find(|period| period.as_str() == name)
    }

    /// The day `count` periods after `day`, or before it. The 31st becomes the last day of a shorter month, and of the next longer
    /// one again the 31st.
    pub fn shifted(self, day: NaiveDate, count: i32) -> Option<NaiveDate> {
        let many = count.unsigned_abs();
        let months = match self {
            Self::Week => {
                let days = Days::new(u64::from(many) * 7);
                return if count < 0 { day.checked_sub_days(days) } else { day.checked_add_days(days) };
            }
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        };
        let months = Months::new(many.checked_mul(months)?);
        if count < 0 { day.checked_sub_months(months) } else { day.checked_add_months(months) }
    }
}

/// Days that are billed together, the last one excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub starts_on: NaiveDate,
    /// The day after the last.
    pub ends_on: NaiveDate,
    /// The days of a whole period.
    pub whole: i64,
}

impl Span {
    /// The days of it.
    pub fn days(self) -> i64 {
        (self.ends_on - self.starts_on).num_days()
    }

    /// What is left of it from `day` on.
    #[must_use]
    pub fn from(self, day: NaiveDate) -> Self {
        Self { starts_on: day.clamp(self.starts_on, self.ends_on), ..self }
    }

    /// `amount` by the share that the days have of a whole period, rounded half-up.
    pub fn share_of(self, amount: i64) -> i64 {
        let (days, whole) = (i128::from(self.days()), i128::from(self.whole.max(1)));
        let product = i128::from(amount) * days;
        i64::try_from((product * 2 + whole) / (whole * 2)).unwrap_or(i64::MAX)
    }
}

/// The period `index` of a subscription that starts on one day, and whose first whole period does on another.
pub fn span(period: Period, starts_on: NaiveDate, anchor_on: NaiveDate, index: i32) -> Option<Span> {
    let has_part = starts_on < anchor_on;
    let whole_index = if has_part { index - 1 } else { index };
    let (first, last) =
        (period.shifted(anchor_on, whole_index)?, period.shifted(anchor_on, whole_index + 1)?);
    let whole = (last - first).num_days();
    let starts_on = if has_part && index == 0 { starts_on } else { first };
    Some(Span { starts_on, ends_on: last, whole })
}

/// The first day from `starts_on` on that is the day `billing_day` of a month.
pub fn anchor(starts_on: NaiveDate, billing_day: Option<u32>) -> Option<NaiveDate> {
    let Some(day) = billing_day else { return Some(starts_on) };
    let same = starts_on.with_day(day)?;
    if same >= starts_on { Some(same) } else { same.checked_add_months(Months::new(1)) }
}

/// `lines` for the days of `span`: of a part of a period, their quantities by its share.
pub fn lines_for(span: Span, lines: &[DocumentLine]) -> Result<Vec<DocumentLine>, Invalid> {
    let scaled = lines.iter().cloned().map(|mut line| {
        if span.days() != span.whole {
            let share = Decimal6::from_millionths(span.share_of(line.quantity().millionths()).max(1));
            line.quantity = PositiveDecimal6::try_from(share)?;
        }
        Ok(line)
    });
    scaled.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn periods_keep_their_day_where_the_month_has_it() {
        let starts = |period, anchor: &str| -> Vec<String> {
            (0..4)
                .map(|index| span(period, day(anchor), day(anchor), index).unwrap().starts_on.to_string())
                .collect()
        };
        assert_eq!(
            starts(Period::Month, "2027-01-31"),
            ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]
        );
        assert_eq!(
            starts(Period::Quarter, "2026-11-30"),
            ["2026-11-30", "2027-02-28", "2027-05-30", "2027-08-30"]
        );
        assert_eq!(
            starts(Period::Year, "2028-02-29"),
            ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28"]
        );
        assert_eq!(
            starts(Period::Week, "2026-12-28"),
            ["2026-12-28", "2027-01-04", "2027-01-11", "2027-01-18"]
        );
    }

    #[test]
    fn every_day_is_in_one_period() {
        for (starts, billing_day) in [
            ("2026-11-22", None),
            ("2026-11-22", Some(1)),
            ("2026-11-22", Some(28)),
            ("2027-01-28", Some(28)),
        ] {
            let starts = day(starts);
            let anchor = anchor(starts, billing_day).unwrap();
            let mut next = starts;
            for index in 0..30 {
                let span = span(Period::Month, starts, anchor, index).unwrap();
                assert_eq!(span.starts_on, next);
                assert!(span.days() > 0 && span.days() <= span.whole);
                next = span.ends_on;
            }
        }
    }

    #[test]
    fn a_part_of_a_period_costs_its_share() {
        let first = span(Period::Month, day("2026-11-22"), day("2026-12-01"), 0).unwrap();
        assert_eq!((first.days(), first.whole), (9, 30));
        assert_eq!(first.share_of(100_000), 30_000);
        let rest =
            span(Period::Month, day("2026-12-01"), day("2026-12-01"), 0).unwrap().from(day("2026-12-22"));
        assert_eq!((rest.days(), rest.share_of(31_000)), (10, 10_000));
        let line: DocumentLine = serde_json::from_value(
            serde_json::json!({ "description": "x", "quantity": "1", "unit_price": "1000" }),
        )
        .unwrap();
        assert_eq!(lines_for(first, &[line]).unwrap()[0].quantity().to_string(), "0.3");
    }
}

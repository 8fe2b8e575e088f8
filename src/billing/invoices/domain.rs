//! Invoices without input and output: where they stand, what they say, and when customers are reminded.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::billing::domain::{Discount, DocumentLine};
use crate::kernel::{Invalid, Prose};
use crate::platform::http::Fields;
use crate::platform::problem::Problem;

/// Lines that a document may have.
pub const MOST_LINES: usize = 200;

/// Where an invoice stands. `draft`: it can change. `issued`: it has a number and is owed. `overdue`: it should have been paid.
/// `paid`: nothing is owed any more. `void`: it counts no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It can change.
    Draft,
    /// It is owed.
    Issued,
    /// It should have been paid; kept as issued, and told by the date.
    Overdue,
    /// Nothing is owed.
    Paid,
    /// It counts no more.
    Void,
}

impl Standing {
    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Issued => "issued",
            Self::Overdue => "overdue",
            Self::Paid => "paid",
            Self::Void => "void",
        }
    }

    /// Where an invoice stands `today` that is stored as `status` and due on `due_on`.
    pub fn of(status: &str, due_on: Option<NaiveDate>, today: NaiveDate) -> Self {
        match status {
            "issued" if due_on.is_some_and(|due| due < today) => Self::Overdue,
            "issued" => Self::Issued,
            "paid" => Self::Paid,
            "void" => Self::Void,
            _ => Self::Draft,
        }
    }
}

/// What a document says, as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Its lines.
    pub lines: Vec<DocumentLine>,
    /// What is taken off the whole.
    pub discount: Option<Discount>,
    /// What else the customer is told.
    pub notes: Option<Prose<2000>>,
}

/// Who is billed, as they were when the document was issued.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BillTo {
    /// The name to show.
    pub name: String,
    /// The name for the tax authority.
    pub legal_name: Option<String>,
    /// The country of the tax identifier.
    pub tax_country: Option<String>,
    /// The tax identifier.
    pub tax_number: Option<String>,
    /// The régimen fiscal, by the SAT's key.
    pub fiscal_regime: Option<String>,
    /// The postal code of the fiscal address.
    pub fiscal_postal_code: Option<String>,
    /// Where documents are sent.
    pub email: Option<String>,
}

/// Days after the due date on which a customer is reminded; the one of 1 tells that the invoice is overdue.
pub const REMINDERS: [i64; 5] = [-3, OVERDUE, 7, 14, LAST_REMINDER];

/// Refuses a document without lines or with too many, and terms that are none.
pub fn check_shape(lines: Option<&[DocumentLine]>, terms: Option<i32>) -> Result<(), Problem> {
    let mut fields = Fields::default();
    if lines.is_some_and(|lines| lines.is_empty() || lines.len() > MOST_LINES) {
        let reason = Invalid::new("There must be 1 to 200 lines.", "Debe haber de 1 a 200 renglones.");
        fields.refuse("/lines", reason);
    }
    if terms.is_some_and(|days| !(0..=365).contains(&days)) {
        let reason = Invalid::new("must be from 0 to 365", "debe ir de 0 a 365");
        fields.refuse("/payment_terms_days", reason);
    }
    fields.finish()
}

/// What is told next of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reminder {
    /// Its place in [`REMINDERS`].
    pub index: usize,
    /// When: the day's first moment in the company's time zone.
    pub at: DateTime<Utc>,
}

/// The reminder that tells that an invoice is overdue, and the last one, in days after the due date.
pub const OVERDUE: i64 = 1;
/// See [`OVERDUE`].
pub const LAST_REMINDER: i64 = 30;

/// The first reminder from the one at `from` on that is after `now`; that an invoice is overdue is told however late.
pub fn next_reminder(due_on: NaiveDate, from: usize, now: DateTime<Utc>, zone: Tz) -> Option<Reminder> {
    let steps = REMINDERS.iter().enumerate().skip(from);
    let mut reminders = steps.filter_map(|(index, days)| {
        let day = shifted(due_on, *days)?;
        Some(Reminder { index, at: first_moment(day, zone)? })
    });
    reminders.find(|reminder| reminder.at > now || REMINDERS[reminder.index] == OVERDUE)
}

fn shifted(day: NaiveDate, days: i64) -> Option<NaiveDate> {
    let distance = Days::new(days.unsigned_abs());
    if days < 0 { day.checked_sub_days(distance) } else { day.checked_add_days(distance) }
}

/// When `day` begins in `zone`: at midnight, or an hour later where clocks skip it.
pub fn first_moment(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    (0..3).find_map(|hour| {
        let local = day.and_time(NaiveTime::from_hms_opt(hour, 0, 0)?);
        zone.from_local_datetime(&local).earliest().map(|moment| moment.with_timezone(&Utc))
    })
}

/// The day that it is at `moment` in `zone`.
pub fn day_of(moment: DateTime<Utc>, zone: Tz) -> NaiveDate {
    moment.with_timezone(&zone).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn an_invoice_is_overdue_from_the_day_after_it_was_due() {
        let due = Some(day("2026-12-01"));
        for (status, today, expected) in [
            ("issued", "2026-12-01", Standing::Issued),
            ("issued", "2026-12-02", Standing::Overdue),
            ("paid", "2026-12-02", Standing::Paid),
            ("void", "2026-12-02", Standing::Void),
        ] {
            assert_eq!(Standing::of(status, due, day(today)), expected, "{status} {today}");
        }
    }

    #[test]
    fn reminders_are_told_at_the_companys_midnight_and_none_that_is_past() {
        let zone = Tz::America__Mexico_City;
        let due = day("2026-12-10");
        let now = "2026-12-01T12:00:00Z".parse().unwrap();
        let first = next_reminder(due, 0, now, zone).unwrap();
        assert_eq!((first.index, first.at.to_rfc3339()), (0, "2026-12-07T06:00:00+00:00".to_owned()));
        let second = next_reminder(due, 1, first.at, zone).unwrap();
        assert_eq!((second.index, second.at.to_rfc3339()), (1, "2026-12-11T06:00:00+00:00".to_owned()));
        // Due at once: nobody is reminded before it is issued.
        assert_eq!(next_reminder(day("2026-12-01"), 0, now, zone).unwrap().index, 1);
        // A server that was away for a month still tells that it is overdue, and passes the rest over.
        let later = "2027-01-09T12:00:00Z".parse().unwrap();
        assert_eq!(next_reminder(due, 1, later, zone), Some(second));
        assert_eq!(next_reminder(due, 2, later, zone), None);
    }

    #[test]
    fn a_midnight_that_clocks_skip_is_an_hour_later() {
        // Santiago's clocks skipped it on this day.
        let moment = first_moment(day("2024-09-08"), Tz::America__Santiago).unwrap();
        assert_eq!(moment.to_rfc3339(), "2024-09-08T04:00:00+00:00");
    }
}

//! Instants and days as clients send them.

use chrono::{DateTime, Datelike, NaiveDate, SubsecRound, Utc};
use serde::Deserialize;

/// An RFC 3339 instant of the years 1900 to 2199, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Moment(DateTime<Utc>);

impl Moment {
    /// The instant.
    pub fn utc(self) -> DateTime<Utc> {
        self.0
    }
}

impl TryFrom<String> for Moment {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let instant = DateTime::parse_from_rfc3339(&text)
            .map_err(|_| "expected a time such as 2026-11-22T18:00:00Z")?;
        let instant = instant.with_timezone(&Utc).trunc_subsecs(6);
        if (1900..2200).contains(&instant.year()) {
            Ok(Self(instant))
        } else {
            Err("expected a year from 1900 to 2199")
        }
    }
}

/// A day of the years 1900 to 2199, as `2026-11-22`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Day(NaiveDate);

impl Day {
    /// The day.
    pub fn date(self) -> NaiveDate {
        self.0
    }
}

impl TryFrom<String> for Day {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let day = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok().filter(|_| text.len() == 10);
        let day = day.ok_or("expected a day such as 2026-11-22")?;
        if (1900..2200).contains(&day.year()) {
            Ok(Self(day))
        } else {
            Err("expected a year from 1900 to 2199")
        }
    }
}

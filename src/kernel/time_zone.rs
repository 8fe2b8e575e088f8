//! Time zones of the IANA database.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::{Invalid, schema};

/// A time zone by its IANA name, for example `America/Mexico_City`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct TimeZone(Tz);

impl TimeZone {
    /// The time of central Mexico.
    pub const MEXICO_CITY: Self = Self(Tz::America__Mexico_City);

    /// Parses an IANA name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text.trim().parse() {
            Ok(zone) => Ok(Self(zone)),
            Err(_) => Err(Invalid::new(
                "This time zone is not known: use a name like America/Mexico_City.",
                "Esta zona horaria no se conoce: use un nombre como America/Mexico_City.",
            )),
        }
    }

    /// The IANA name.
    pub fn as_str(self) -> &'static str {
        self.0.name()
    }

    /// The zone, to compute local times with.
    pub fn tz(self) -> Tz {
        self.0
    }

    /// The day that it is there at `instant`.
    pub fn day_of(self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.0).date_naive()
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl TryFrom<String> for TimeZone {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<TimeZone> for &'static str {
    fn from(zone: TimeZone) -> Self {
        zone.as_str()
    }
}

impl utoipa::PartialSchema for TimeZone {
    fn schema() -> RefOr<Schema> {
        let names = TZ_VARIANTS.iter().map(|zone| zone.name());
        schema::one_of("A time zone, by its name in the IANA database.", names, "America/Mexico_City")
    }
}

impl utoipa::ToSchema for TimeZone {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_database_are_read() {
        for name in [
            "America/Mexico_City",
            "America/Sao_Paulo",
            "America/Argentina/Buenos_Aires",
            "UTC",
            "Europe/Madrid",
        ] {
            assert_eq!(TimeZone::parse(name).map(TimeZone::as_str), Ok(name));
        }
        assert_eq!(TimeZone::parse(" America/Mexico_City "), Ok(TimeZone::MEXICO_CITY));
        for text in ["", "Mexico", "CDMX", "-06:00", "America/Mexico City", "../etc/passwd", "UTC\0"] {
            assert!(TimeZone::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn every_name_of_the_schema_is_accepted() {
        assert!(TZ_VARIANTS.iter().all(|zone| TimeZone::parse(zone.name()) == Ok(TimeZone(*zone))));
    }
}

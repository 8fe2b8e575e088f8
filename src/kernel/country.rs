//! Countries, by ISO 3166-1.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::{Invalid, schema};

/// A country or territory of ISO 3166-1, as its alpha-2 code in capitals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(into = "&'static str")]
pub struct Country(&'static str);

impl Country {
    /// Argentina.
    pub const ARGENTINA: Self = Self("AR");
    /// Bolivia.
    pub const BOLIVIA: Self = Self("BO");
    /// Brazil.
    pub const BRAZIL: Self = Self("BR");
    /// Chile.
    pub const CHILE: Self = Self("CL");
    /// Colombia.
    pub const COLOMBIA: Self = Self("CO");
    /// Costa Rica.
    pub const COSTA_RICA: Self = Self("CR");
    /// Ecuador.
    pub const ECUADOR: Self = Self("EC");
    /// Spain.
    pub const SPAIN: Self = Self("ES");
    /// Guatemala.
    pub const GUATEMALA: Self = Self("GT");
    /// Mexico.
    pub const MEXICO: Self = Self("MX");
    /// Peru.
    pub const PERU: Self = Self("PE");
    /// The United States.
    pub const UNITED_STATES: Self = Self("US");
    /// Uruguay.
    pub const URUGUAY: Self = Self("UY");

    /// Parses an alpha-2 code in either case.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let code = text.trim().to_ascii_uppercase();
        match CODES.binary_search(&code.as_str()) {
            Ok(index) => Ok(Self(CODES[index])),
            Err(_) => Err(Invalid::new(
                "This is not a country code of ISO 3166-1: use two letters, for example MX.",
                "Este no es un código de país ISO 3166-1: use dos letras, por ejemplo MX.",
            )),
        }
    }

    /// The alpha-2 code.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Every country, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        CODES.iter().copied().map(Self)
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

impl From<Country> for &'static str {
    fn from(country: Country) -> Self {
        country.0
    }
}

impl utoipa::PartialSchema for Country {
    fn schema() -> RefOr<Schema> {
        schema::one_of("A country, by its ISO 3166-1 alpha-2 code.", CODES.iter().copied(), "MX")
    }
}

impl utoipa::ToSchema for Country {}

/// The officially assigned alpha-2 codes of ISO 3166-1, sorted.
#[rustfmt::skip]
const CODES: [&str; 249] = [
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA",
    "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BV",
    "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU",
    "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES",
    "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM",
    "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY", "HK", "HM", "HN", "HR", "HT", "HU", "ID", "IE",
    "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM",
    "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY",
    "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT",
    "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU",
    "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW", "PY", "QA",
    "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM",
    "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL",
    "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE",
    "VG", "VI", "VN", "VU", "WF", "WS", "YE", "YT", "ZA", "ZM", "ZW",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_unique_so_that_the_search_finds_them_all() {
        assert!(CODES.windows(2).all(|pair| pair[0] < pair[1]));
        for country in Country::all() {
            assert_eq!(Country::parse(country.as_str()), Ok(country));
        }
    }

    #[test]
    fn constants_are_in_the_list() {
        for country in [
            Country::ARGENTINA,
            Country::BOLIVIA,
            Country::BRAZIL,
            Country::CHILE,
            Country::COLOMBIA,
            Country::COSTA_RICA,
            Country::ECUADOR,
            Country::SPAIN,
            Country::GUATEMALA,
            Country::MEXICO,
            Country::PERU,
            Country::UNITED_STATES,
            Country::URUGUAY,
        ] {
            assert_eq!(Country::parse(country.as_str()), Ok(country));
        }
    }

    #[test]
    fn either_case_is_read_and_the_rest_refused() {
        assert_eq!(Country::parse(" mx "), Ok(Country::MEXICO));
        for text in ["", "M", "MEX", "QQ", "México", "52", "m\0"] {
            assert!(Country::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn json_is_the_code() {
        assert_eq!(serde_json::to_string(&Country::MEXICO).unwrap(), "\"MX\"");
        assert_eq!(serde_json::from_str::<Country>("\"BR\"").unwrap(), Country::BRAZIL);
    }
}

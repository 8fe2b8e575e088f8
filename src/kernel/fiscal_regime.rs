//! The tax regimes of Mexico's SAT.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::{Invalid, TaxId, schema};

/// A key of the SAT's catalogue `c_RegimenFiscal`, such as `601`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "&'static str")]
pub struct FiscalRegime(&'static str);

/// Whom a regime is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Companies,
    People,
    Both,
}

/// The keys in force, with whom they are for.
#[rustfmt::skip]
const REGIMES: [(&str, For); 19] = [
    ("601", For::Companies), ("603", For::Companies), ("605", For::People), ("606", For::People), ("607", For::People),
    ("608", For::People), ("610", For::Both), ("611", For::People), ("612", For::People), ("614", For::People),
    ("615", For::People), ("616", For::People), ("620", For::Companies), ("621", For::People), ("622", For::Companies),
    ("623", For::Companies), ("624", For::Companies), ("625", For::People), ("626", For::Both),
];

impl FiscalRegime {
    /// The regime with this key.
    pub fn parse(key: &str) -> Result<Self, Invalid> {
        let found = REGIMES.iter().find(|(known, _)| *known == key.trim());
        found.map(|(known, _)| Self(known)).ok_or_else(|| {
            Invalid::new(
                "This is not a regime of the SAT's c_RegimenFiscal: use a key such as 601, 612 or 626.",
                "Este no es un régimen de c_RegimenFiscal del SAT: use una clave como 601, 612 o 626.",
            )
        })
    }

    /// The key.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Refuses a regime that whoever has the RFC `tax_id` cannot be in: those of companies have 12 characters, those of
    /// people 13.
    pub fn check(self, tax_id: &TaxId) -> Result<(), Invalid> {
        let is_company = tax_id.as_str().chars().count() == 12;
        let whom = REGIMES.iter().find(|(known, _)| *known == self.0).map(|(_, whom)| *whom);
        match (whom, is_company) {
            (Some(For::Companies), false) => Err(Invalid::new(
                "This regime is of companies, and the RFC is a person's: check one of both.",
                "Este régimen es de personas morales y el RFC es de persona física: revise uno de los dos.",
            )),
            (Some(For::People), true) => Err(Invalid::new(
                "This regime is of people, and the RFC is a company's: check one of both.",
                "Este régimen es de personas físicas y el RFC es de persona moral: revise uno de los dos.",
            )),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for FiscalRegime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl fmt::Display for FiscalRegime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl<'de> Deserialize<'de> for FiscalRegime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        Self::parse(&key).map_err(de::Error::custom)
    }
}

impl From<FiscalRegime> for &'static str {
    fn from(regime: FiscalRegime) -> Self {
        regime.0
    }
}

impl utoipa::PartialSchema for FiscalRegime {
    fn schema() -> RefOr<Schema> {
        schema::one_of("A key of the SAT's c_RegimenFiscal.", REGIMES.iter().map(|(key, _)| *key), "601")
    }
}

impl utoipa::ToSchema for FiscalRegime {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Country;

    #[test]
    fn regimes_fit_whom_they_are_for() {
        for (rfc, key, fits) in [
            ("EKU9003173C9", "601", true),
            ("EKU9003173C9", "626", true),
            ("EKU9003173C9", "612", false),
            ("MISC491214B86", "612", true),
            ("MISC491214B86", "626", true),
            ("MISC491214B86", "601", false),
            ("XAXX010101000", "616", true),
        ] {
            let tax_id = TaxId::parse(rfc, Country::MEXICO).unwrap();
            assert_eq!(FiscalRegime::parse(key).unwrap().check(&tax_id).is_ok(), fits, "{rfc} {key}");
        }
    }

    #[test]
    fn keys_that_are_not_in_force_are_refused() {
        for key in ["", "600", "609", "628", "630", "6011", "ñ"] {
            assert!(FiscalRegime::parse(key).is_err(), "{key}");
        }
    }
}

//! Languages and regional formats.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::{Invalid, Language, schema};

/// A language tag of BCP 47, `language` or `language-REGION`, from the list that the product can format for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(into = "&'static str")]
pub struct Locale(&'static str);

impl Locale {
    /// Spanish as in Mexico.
    pub const ES_MX: Self = Self("es-MX");

    /// English as in the United States.
    pub const EN_US: Self = Self("en-US");

    /// Parses a tag in any case, with `-` or `_`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let tag = text.trim().replace('_', "-");
        match TAGS.iter().find(|known| known.eq_ignore_ascii_case(&tag)) {
            Some(known) => Ok(Self(known)),
            None => Err(Invalid::new(
                "This locale is not known: use one like es-MX, en-US or pt-BR.",
                "Esta configuración regional no se conoce: use una como es-MX, en-US o pt-BR.",
            )),
        }
    }

    /// The tag.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The language in which the product speaks to this locale: Spanish, or English to those who speak neither.
    pub fn language(self) -> Language {
        if self.0.starts_with("es") { Language::Spanish } else { Language::English }
    }
}

impl fmt::Debug for Locale {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Locale {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

impl From<Locale> for &'static str {
    fn from(locale: Locale) -> Self {
        locale.0
    }
}

impl utoipa::PartialSchema for Locale {
    fn schema() -> RefOr<Schema> {
        schema::one_of("A language and its region (BCP 47).", TAGS, "es-MX")
    }
}

impl utoipa::ToSchema for Locale {}

/// Spanish of every country that speaks it, and the languages of its neighbours and customers.
#[rustfmt::skip]
const TAGS: [&str; 40] = [
    "es", "es-419", "es-AR", "es-BO", "es-CL", "es-CO", "es-CR", "es-CU", "es-DO", "es-EC", "es-ES", "es-GQ", "es-GT",
    "es-HN", "es-MX", "es-NI", "es-PA", "es-PE", "es-PR", "es-PY", "es-SV", "es-US", "es-UY", "es-VE",
    "en", "en-BZ", "en-CA", "en-GB", "en-US", "pt", "pt-BR", "pt-PT", "fr", "fr-CA", "fr-FR", "de", "de-DE", "it",
    "it-IT", "ca-ES",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_in_any_case() {
        for (text, tag) in [("es-MX", "es-MX"), ("ES_mx", "es-MX"), (" en ", "en"), ("pt-br", "pt-BR")] {
            assert_eq!(Locale::parse(text).map(Locale::as_str), Ok(tag));
        }
        for text in ["", "e", "es-", "es-XX", "xx", "es-MX-x", "español", "es\0"] {
            assert!(Locale::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn every_tag_is_its_own_and_speaks_one_of_the_two_languages() {
        for tag in TAGS {
            let locale = Locale::parse(tag).unwrap();
            assert_eq!(locale.as_str(), tag);
            assert_eq!(locale.language() == Language::Spanish, tag.starts_with("es"));
        }
        assert_eq!(Locale::parse("es-MX"), Ok(Locale::ES_MX));
    }
}

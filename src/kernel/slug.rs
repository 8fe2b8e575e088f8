//! Names for addresses.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::schema::TextSchema;
use super::{Invalid, text};

/// A name for addresses: 3 to 63 of `a-z`, `0-9` and inner hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Slug(String);

const MIN_LENGTH: usize = 3;
const MAX_LENGTH: usize = 63;

impl Slug {
    /// Parses a slug; nothing is folded or replaced.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let is_slug = (MIN_LENGTH..=MAX_LENGTH).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        if is_slug {
            return Ok(Self(text.to_owned()));
        }
        Err(Invalid::new(
            "The short name must have 3 to 63 lower-case letters without accents, digits or hyphens, and no hyphen at its ends.",
            "El nombre corto lleva de 3 a 63 letras minúsculas sin acentos, dígitos o guiones, y ningún guion en los extremos.",
        ))
    }

    /// The slug of a name: `Diseños Ary, S.A.` → `disenos-ary-s-a`. A name without enough letters gets `team-` before it.
    pub fn from_name(name: &str) -> Self {
        let folded = text::fold(name);
        let words = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let mut slug = words.collect::<Vec<_>>().join("-");
        if slug.len() < MIN_LENGTH {
            slug = format!("team-{slug}");
        }
        Self(shortened(&slug, MAX_LENGTH).to_owned())
    }

    /// The slug with `-number` behind it, cut to fit: for a name that is taken.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        let suffix = format!("-{number}");
        let stem = shortened(&self.0, MAX_LENGTH - suffix.len());
        Self(format!("{stem}{suffix}"))
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// At most `max` bytes of an ASCII slug, not ending in a hyphen.
fn shortened(slug: &str, max: usize) -> &str {
    slug.get(..max).unwrap_or(slug).trim_end_matches('-')
}

impl fmt::Display for Slug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for Slug {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

const SCHEMA: TextSchema = TextSchema {
    description: "A short name for addresses.",
    pattern: "^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$",
    max_length: MAX_LENGTH,
    example: "ferreteria-lopez",
};

impl utoipa::PartialSchema for Slug {
    fn schema() -> RefOr<Schema> {
        SCHEMA.schema()
    }
}

impl utoipa::ToSchema for Slug {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::schema::generator_of;

    #[test]
    fn names_become_slugs() {
        for (name, slug) in [
            ("Diseños Ary, S.A. de C.V.", "disenos-ary-s-a-de-c-v"),
            ("  FERRETERÍA   López  ", "ferreteria-lopez"),
            ("Ñ", "team-n"),
            ("日本", "team"),
            ("", "team"),
            ("--- 3M ---", "team-3m"),
        ] {
            assert_eq!(Slug::from_name(name).as_str(), slug);
        }
        assert_eq!(Slug::from_name(&"a".repeat(100)).as_str().len(), 63);
    }

    #[test]
    fn a_taken_slug_gets_a_number() {
        assert_eq!(Slug::parse("acme").unwrap().numbered(2).as_str(), "acme-2");
        let long = Slug::from_name(&"ab ".repeat(40)).numbered(u32::MAX);
        assert_eq!(Slug::parse(long.as_str()), Ok(long));
    }

    #[test]
    fn what_is_not_a_slug_is_refused() {
        for text in ["", "ab", "-abc", "abc-", "Abc", "a c", "año", "a_b", "abc\0", &"a".repeat(64)] {
            assert!(Slug::parse(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_name_has_a_slug(name in "\\PC*", number: u32) {
            let slug = Slug::from_name(&name);
            prop_assert_eq!(Slug::parse(slug.as_str()), Ok(slug.clone()));
            prop_assert!(Slug::parse(slug.numbered(number).as_str()).is_ok());
        }

        #[test]
        fn everything_that_the_schema_describes_is_accepted(
            text in proptest::string::string_regex(&generator_of(&SCHEMA.schema())).unwrap()
        ) {
            prop_assert!(Slug::parse(&text).is_ok());
        }
    }
}

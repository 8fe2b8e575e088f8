//! Colours of a tenant's brand.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::Invalid;
use super::schema::TextSchema;

/// A colour as `#rrggbb`, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Color(String);

impl Color {
    /// Parses `#rrggbb` in either case.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let is_color = text
            .strip_prefix('#')
            .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        if is_color {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        Err(Invalid::new(
            "The colour must be # and six hexadecimal digits, for example #0a7f5c.",
            "El color debe ser # y seis dígitos hexadecimales, por ejemplo #0a7f5c.",
        ))
    }

    /// Red, green and blue.
    pub fn rgb(&self) -> [u8; 3] {
        let part =
            |from: usize| self.0.get(from..from + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        [1, 3, 5].map(|from| part(from).unwrap_or_default())
    }

    /// The colour as `#rrggbb`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Color {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for Color {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl utoipa::PartialSchema for Color {
    fn schema() -> RefOr<Schema> {
        let description = "A colour as #rrggbb.";
        TextSchema { description, pattern: "^#[0-9a-fA-F]{6}$", max_length: 7, example: "#0a7f5c" }.schema()
    }
}

impl utoipa::ToSchema for Color {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_have_six_digits() {
        assert_eq!(Color::parse(" #0A7F5C\n").map(|color| color.0), Ok("#0a7f5c".to_owned()));
        for text in ["", "#", "0a7f5c", "#0a7", "#0a7f5c00", "#0a7f5g", "red", "#0a7f5\0", "#ááá"] {
            assert!(Color::parse(text).is_err(), "{text:?}");
        }
    }
}

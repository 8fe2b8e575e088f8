//! Telephone numbers.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::schema::TextSchema;
use super::{Country, Invalid};

mod plan;
mod spelling;
#[cfg(test)]
mod tests;

/// A telephone number in E.164: `+`, the country's code and the national number, 7 to 15 digits in all.
///
/// What is stored is what can be dialled from abroad today: Mexico's former `+52 1 …` is stored without the 1, and
/// Argentina's domestic `15` as `+54 9 …`. Extensions are cut: they belong to a contact's notes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Phone(String);

impl Phone {
    /// Parses a number as it was typed. `default` is the country of a number without a country code.
    ///
    /// E.164 text (`+` and 7 to 15 digits) is always accepted, even when its numbering plan is not known; anything else
    /// must have a length that is possible in its country.
    pub fn parse(text: &str, default: Country) -> Result<Self, Invalid> {
        let text = text.trim();
        if is_e164(text) {
            return Ok(Self(plan::canonical(text)));
        }
        let spelled = spelling::read(text)?;
        let e164 = match spelled {
            spelling::Spelled::International(digits) => format!("+{digits}"),
            spelling::Spelled::National(digits) => plan::national(&digits, default)?,
        };
        if is_e164(&e164) {
            return Ok(Self(plan::canonical(&e164)));
        }
        Err(Invalid::new(
            "This is not a telephone number: after the + it needs 7 to 15 digits, the first one not 0.",
            "Esto no es un número de teléfono: después del + lleva de 7 a 15 dígitos y el primero no es 0.",
        ))
    }

    /// The number in E.164.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key by which two spellings are one line: E.164 without Argentina's mobile 9 and with Brazil's ninth digit.
    pub fn identity(&self) -> String {
        plan::identity(&self.0)
    }
}

/// Whether `text` is `^\+[1-9][0-9]{6,14}$`.
fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

impl fmt::Display for Phone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for Phone {
    type Error = Invalid;

    /// Takes E.164 only: stored values and events know no default country.
    fn try_from(text: String) -> Result<Self, Invalid> {
        if is_e164(&text) {
            return Ok(Self(plan::canonical(&text)));
        }
        Err(Invalid::new(
            "Write the telephone number with + and the country's code, for example +529711609009.",
            "Escriba el teléfono con + y el código del país, por ejemplo +529711609009.",
        ))
    }
}

const SCHEMA: TextSchema = TextSchema {
    description: "A telephone number in E.164. Requests may also use the spelling of the tenant's country.",
    pattern: r"^\+[1-9][0-9]{6,14}$",
    max_length: 16,
    example: "+529711609009",
};

impl utoipa::PartialSchema for Phone {
    fn schema() -> RefOr<Schema> {
        SCHEMA.schema()
    }
}

impl utoipa::ToSchema for Phone {}

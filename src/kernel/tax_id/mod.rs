//! Tax identifiers of people and companies.

use std::fmt;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::schema::TextSchema;
use super::{Country, Invalid};

mod check_digits;
#[cfg(test)]
mod tests;

/// A tax identifier of a country, in capitals and without separators: RFC, NIT, RUT, RUC, CUIT, CPF, CNPJ, cédula…
///
/// Shapes are checked for Mexico, Colombia, Chile, Peru, Argentina, Brazil and Costa Rica; elsewhere it is 3 to 30 letters
/// and digits. A wrong check digit is a warning ([`TaxId::check_digit_ok`]), never a refusal: about 1.5 % of the RFCs that
/// the SAT has issued have one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "String")]
pub struct TaxId {
    country: Country,
    value: String,
}

/// What the separators are that people write into an identifier.
const SEPARATORS: [char; 6] = [' ', '-', '.', '/', '_', '\u{a0}'];

/// The RFC that invoices to the general public carry; its check digit is wrong by decree.
const GENERAL_PUBLIC: &str = "XAXX010101000";
/// The RFC that invoices to foreigners carry.
const FOREIGNERS: &str = "XEXX010101000";

impl TaxId {
    /// Parses an identifier of `country` in either case, with or without separators.
    pub fn parse(text: &str, country: Country) -> Result<Self, Invalid> {
        if text.len() > 60 {
            return Err(wrong_shape(country));
        }
        let value = text.trim().replace(SEPARATORS, "").to_uppercase();
        let has_shape = match country.as_str() {
            "MX" => is_rfc(&value),
            "CO" => is_digits(&value, 8, 16),
            "CL" => value
                .strip_suffix(|c: char| c.is_ascii_digit() || c == 'K')
                .is_some_and(|body| is_digits(body, 7, 8)),
            "PE" => is_digits(&value, 11, 11) && ["10", "15", "17", "20"].contains(&&value[..2]),
            "AR" => is_digits(&value, 11, 11),
            "BR" => is_cpf(&value) || is_cnpj(&value),
            "CR" => is_digits(&value, 9, 12),
            _ => (3..=30).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        };
        if has_shape { Ok(Self { country, value }) } else { Err(wrong_shape(country)) }
    }

    /// The country that issued it.
    pub fn country(&self) -> Country {
        self.country
    }

    /// The identifier, in capitals and without separators.
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// Whether it stands for many: Mexico's general public, and foreigners.
    pub fn is_shared(&self) -> bool {
        self.country == Country::MEXICO && [GENERAL_PUBLIC, FOREIGNERS].contains(&self.value.as_str())
    }

    /// Whether the check digit is right; `None` when the identifier has none that is known here.
    pub fn check_digit_ok(&self) -> Option<bool> {
        match self.country.as_str() {
            "MX" if self.value == GENERAL_PUBLIC => Some(true),
            "MX" => Some(check_digits::rfc(&self.value)),
            "CO" => Some(check_digits::nit(&self.value)),
            "CL" => Some(check_digits::rut(&self.value)),
            "PE" => Some(check_digits::ruc(&self.value)),
            "AR" => Some(check_digits::cuit(&self.value)),
            "BR" if self.value.len() == 11 => Some(check_digits::cpf(&self.value)),
            "BR" => Some(check_digits::cnpj(&self.value)),
            _ => None,
        }
    }
}

fn is_digits(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Three letters (company) or four (person), a date as `YYMMDD`, two letters or digits and a check digit `0-9A`.
fn is_rfc(value: &str) -> bool {
    let chars: Vec<char> = value.chars().collect();
    let letters = match chars.len() {
        12 => 3,
        13 => 4,
        _ => return false,
    };
    let (name, rest) = chars.split_at(letters);
    let (date, homoclave) = rest.split_at(6);
    name.iter().all(|c| c.is_ascii_uppercase() || matches!(c, '&' | 'Ñ'))
        && is_short_date(date)
        && homoclave[..2].iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        && (homoclave[2].is_ascii_digit() || homoclave[2] == 'A')
}

/// `YYMMDD`, a real day of either century: the identifier does not say which (29 February 1900 was none, that of 2000 was).
fn is_short_date(date: &[char]) -> bool {
    let part = |range: std::ops::Range<usize>| date[range].iter().collect::<String>().parse::<u32>().ok();
    let digits_only = date.iter().all(char::is_ascii_digit);
    match (digits_only, part(0..2), part(2..4), part(4..6)) {
        (true, Some(year), Some(month), Some(day)) => [1900, 2000].iter().any(|century| {
            i32::try_from(century + year)
                .is_ok_and(|year| NaiveDate::from_ymd_opt(year, month, day).is_some())
        }),
        _ => false,
    }
}

/// Eleven digits, not all the same.
fn is_cpf(value: &str) -> bool {
    is_digits(value, 11, 11) && value.bytes().any(|byte| byte != value.as_bytes()[0])
}

/// Twelve letters or digits (letters since July 2026) and two digits.
fn is_cnpj(value: &str) -> bool {
    value.len() == 14
        && value.bytes().take(12).all(|byte| byte.is_ascii_alphanumeric())
        && value.bytes().skip(12).all(|byte| byte.is_ascii_digit())
}

fn wrong_shape(country: Country) -> Invalid {
    let (en, es) = match country.as_str() {
        "MX" => (
            "an RFC has 12 or 13 characters: 3 or 4 letters, a date as YYMMDD and 3 more, for example EKU9003173C9",
            "un RFC lleva 12 o 13 caracteres: 3 o 4 letras, una fecha AAMMDD y 3 más, por ejemplo EKU9003173C9",
        ),
        "CO" => ("a NIT has 8 to 16 digits", "un NIT lleva de 8 a 16 dígitos"),
        "CL" => (
            "a RUT has 7 or 8 digits and a check digit, for example 76.086.428-5",
            "un RUT lleva 7 u 8 dígitos y el verificador, por ejemplo 76.086.428-5",
        ),
        "PE" => (
            "a RUC has 11 digits and starts with 10, 15, 17 or 20",
            "un RUC lleva 11 dígitos y empieza con 10, 15, 17 o 20",
        ),
        "AR" => ("a CUIT has 11 digits", "un CUIT lleva 11 dígitos"),
        "BR" => (
            "a CPF has 11 digits and a CNPJ 14 characters",
            "un CPF lleva 11 dígitos y un CNPJ 14 caracteres",
        ),
        "CR" => ("a cédula has 9 to 12 digits", "una cédula lleva de 9 a 12 dígitos"),
        _ => ("it has 3 to 30 letters and digits", "lleva de 3 a 30 letras y dígitos"),
    };
    Invalid::formatted(
        format!("This is not a tax identifier of {country}: {en}."),
        format!("Esto no es un identificador fiscal de {country}: {es}."),
    )
}

impl fmt::Display for TaxId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.value)
    }
}

impl From<TaxId> for String {
    fn from(tax_id: TaxId) -> Self {
        tax_id.value
    }
}

impl utoipa::PartialSchema for TaxId {
    fn schema() -> RefOr<Schema> {
        TextSchema {
            description: "A tax identifier (RFC, NIT, RUT, RUC, CUIT, CPF, CNPJ…); its shape depends on the country.",
            pattern: "^[0-9A-Za-zÑñ&][0-9A-Za-zÑñ& ./-]{1,40}[0-9A-Za-z]$",
            max_length: 42,
            example: "EKU9003173C9",
        }
        .schema()
    }
}

impl utoipa::ToSchema for TaxId {}

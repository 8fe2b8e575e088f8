//! The numbering plans: what a national number means, and which numbers are one line.

use phonenumber::Metadata;
use phonenumber::metadata::DATABASE;

use super::super::{Country, Invalid};

const MEXICO: &str = "+52";
const BRAZIL: &str = "+55";
const ARGENTINA: &str = "+54";

/// E.164 of a number as it is dialled in `country`.
pub(super) fn national(digits: &str, country: Country) -> Result<String, Invalid> {
    if country == Country::MEXICO
        && let Some(subscriber) = mexican(digits)
    {
        return Ok(format!("{MEXICO}{subscriber}"));
    }
    let found = by_metadata(digits, country).or_else(|| {
        // Chile and others dropped their trunk 0; old lists still have it.
        digits.strip_prefix('0').and_then(|rest| by_metadata(rest, country))
    });
    found.or_else(|| north_american(digits)).ok_or_else(|| impossible(digits, country))
}

/// The ten digits of a Mexican number written with any prefix that was ever in use: `01`, `044`, `045`, `52`, `521`, `0`.
fn mexican(digits: &str) -> Option<&str> {
    let national = match digits.strip_prefix("52") {
        Some(rest) if digits.len() > 11 => rest,
        _ => digits,
    };
    let subscriber = without_mexican_prefix(national, &["044", "045", "01", "0"]).unwrap_or(national);
    let subscriber = match (subscriber.len(), digits.len()) {
        // The mobile 1 is only written behind the country's code.
        (11, 13..) => subscriber.strip_prefix('1')?,
        _ => subscriber,
    };
    is_mexican_subscriber(subscriber).then_some(subscriber)
}

fn without_mexican_prefix<'a>(national: &'a str, prefixes: &[&str]) -> Option<&'a str> {
    prefixes
        .iter()
        .filter_map(|prefix| national.strip_prefix(prefix))
        .find(|rest| is_mexican_subscriber(rest))
}

/// Ten digits; no area code starts with 0 or 1.
fn is_mexican_subscriber(digits: &str) -> bool {
    digits.len() == 10 && !digits.starts_with(['0', '1'])
}

fn by_metadata(digits: &str, country: Country) -> Option<String> {
    let region = country.as_str().parse().ok()?;
    let number = phonenumber::parse(Some(region), digits).ok()?;
    let (code, national) = (number.code().value(), number.national().to_string());
    // `15` is how Argentina dials a mobile within an area, not an area: the area is missing.
    if country == Country::ARGENTINA && national.len() == 10 && national.starts_with("15") {
        return None;
    }
    let plans = DATABASE.by_code(&code)?;
    let is_possible = plans.iter().any(|plan| has_length(plan, national.len()));
    (is_possible || phonenumber::is_valid(&number)).then(|| format!("+{code}{national}"))
}

/// Whether fixed lines or mobiles of the plan can have `length` digits; the plan's other kinds must be valid in full.
fn has_length(plan: &Metadata, length: usize) -> bool {
    let kinds = [plan.descriptors().fixed_line(), plan.descriptors().mobile()];
    kinds
        .into_iter()
        .flatten()
        .any(|kind| kind.possible_length().iter().any(|possible| usize::from(*possible) == length))
}

/// `1 305 555 1234` in another country's list: a number of the United States, Canada or the Caribbean.
///
/// No other country code is guessed from bare digits: one digit too many would turn a customer's number into a stranger's.
fn north_american(digits: &str) -> Option<String> {
    if digits.len() != 11 || !digits.starts_with('1') {
        return None;
    }
    let e164 = format!("+{digits}");
    let number = phonenumber::parse(None, &e164).ok()?;
    phonenumber::is_valid(&number).then_some(e164)
}

fn impossible(digits: &str, country: Country) -> Invalid {
    let region = DATABASE.by_id(country.as_str());
    let is_local = region.is_some_and(|plan| {
        [plan.descriptors().fixed_line(), plan.descriptors().mobile()].into_iter().flatten().any(|kind| {
            kind.possible_local_length().iter().any(|length| usize::from(*length) == digits.len())
        })
    });
    if is_local {
        return Invalid::formatted(
            format!("A number of {} digits lacks its area code in {country}.", digits.len()),
            format!(
                "A un número de {} dígitos le falta la lada o código de área en {country}.",
                digits.len()
            ),
        );
    }
    Invalid::formatted(
        format!(
            "A number of {} digits is not possible in {country}: check it, or write + and the country's code.",
            digits.len()
        ),
        format!(
            "Un número de {} dígitos no es posible en {country}: revíselo o escriba + y el código del país.",
            digits.len()
        ),
    )
}

/// The number as it is dialled from abroad today, when `e164` has a prefix that its country dropped or uses at home only.
pub(super) fn canonical(e164: &str) -> String {
    if let Some(national) = e164.strip_prefix(MEXICO)
        && let Some(subscriber) = without_mexican_prefix(national, &["1", "044", "045", "01", "0"])
    {
        return format!("{MEXICO}{subscriber}");
    }
    if let Some(national) = e164.strip_prefix(ARGENTINA)
        && matches!(national.len(), 12 | 13)
        && national.contains("15")
        && let Ok(number) = phonenumber::parse(None, e164)
        && phonenumber::is_valid(&number)
    {
        return format!("{ARGENTINA}{}", number.national());
    }
    if let Some(national) = e164.strip_prefix(BRAZIL)
        && let Some(rest) = national.strip_prefix('0')
        && matches!(rest.len(), 10 | 11)
    {
        return format!("{BRAZIL}{rest}");
    }
    e164.to_owned()
}

/// The key of a line, from its canonical E.164.
pub(super) fn identity(e164: &str) -> String {
    if let Some(national) = e164.strip_prefix(ARGENTINA)
        && national.len() == 11
        && let Some(line) = national.strip_prefix('9')
    {
        return format!("{ARGENTINA}{line}");
    }
    // Since 2016 every Brazilian mobile has a 9 before its former eight digits, which started with 6 to 9.
    if let Some(national) = e164.strip_prefix(BRAZIL)
        && national.len() == 10
        && let (Some(area), Some(subscriber)) = (national.get(..2), national.get(2..))
        && subscriber.starts_with(['6', '7', '8', '9'])
    {
        return format!("{BRAZIL}{area}9{subscriber}");
    }
    e164.to_owned()
}

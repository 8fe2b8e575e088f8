//! From the words and numbers of a spreadsheet to values.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::kernel::{Currency, Decimal6, Invalid, Money, TimeZone, text};

#[cfg(test)]
mod tests;

/// People who work at a company, from `1,250`, `6 a 10 personas`, `251 y más personas` or `11-50`.
///
/// Of a range the lower bound counts, and at least 1: a size is never overstated (points are given for large companies).
/// At most 10,000,000.
pub fn employee_count(cell: &str) -> Result<u32, Invalid> {
    let refused = || {
        Invalid::formatted(
            format!(
                "\"{cell}\" is not a number of employees: write a number like 25 or a range like 11 a 30."
            ),
            format!(
                "\"{cell}\" no es un número de empleados: escriba un número como 25 o un rango como 11 a 30."
            ),
        )
    };
    let folded = text::fold(cell);
    if folded.starts_with(['<', '-'])
        || ["hasta", "menos de", "up to", "less than"].iter().any(|word| folded.starts_with(word))
    {
        return if folded.starts_with('-') || text::digits(&folded).is_empty() {
            Err(refused())
        } else {
            Ok(1)
        };
    }
    let start = folded.find(|c: char| c.is_ascii_digit()).ok_or_else(refused)?;
    let number = number_at(&folded[start..]);
    let before = folded[..start].trim();
    let known_before = [
        "",
        ">",
        "+",
        "mas de",
        "more than",
        "over",
        "de",
        "entre",
        "between",
        "from",
        "aprox",
        "aprox.",
        "~",
    ];
    let (whole, decimals) = split_decimals(&number);
    let count: u32 = whole.parse().map_err(|_| refused())?;
    if !known_before.contains(&before) || !decimals.trim_matches('0').is_empty() || count > 10_000_000 {
        return Err(refused());
    }
    if is_date(&folded) {
        return Err(refused());
    }
    Ok(count.max(1))
}

/// The number at the start of a text; a space before exactly three digits separates thousands.
fn number_at(text: &str) -> String {
    let mut number = String::new();
    for group in text.split(' ') {
        let length =
            group.find(|c: char| !(c.is_ascii_digit() || matches!(c, ',' | '.'))).unwrap_or(group.len());
        let is_thousands = length == 3 && number.len() <= 6 && text::digits(&group[..3]).len() == 3;
        if !number.is_empty() && !is_thousands {
            break;
        }
        number.push_str(&group[..length]);
        if length < group.len() {
            break;
        }
    }
    number.trim_end_matches([',', '.']).to_owned()
}

/// Whether the text is what Excel makes of `1-10`: `01-oct`, `1/10`.
fn is_date(folded: &str) -> bool {
    const MONTHS: [&str; 16] = [
        "ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic", "jan", "apr",
        "aug", "dec",
    ];
    folded.contains('/') || folded.split(|c: char| !c.is_alphabetic()).any(|word| MONTHS.contains(&word))
}

/// Whether [`employee_count`] would lose something of the text.
pub(super) fn is_employee_range(cell: &str) -> bool {
    !cell.trim().bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'.'))
}

/// A yearly revenue from `$1,234,567.50 MXN`, `1.234.567,50`, `USD 1.5 millones` or `3 mdp`; not below zero.
///
/// Where both marks are there, the last one is the decimal mark; a single mark with exactly three digits behind and one to
/// three before it separates thousands. Fractions of a minor unit are rounded half away from zero.
pub fn annual_revenue(cell: &str, default: Currency) -> Result<Money, Invalid> {
    let (amount, currency) = amount(cell, default)?;
    let digits = u32::from(currency.minor_digits());
    let amount = amount.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero).normalize();
    Money::parse_non_negative(&amount.to_string(), currency)
}

/// The price of one, in `currency`: as [`annual_revenue`], exact to six decimals; another currency is refused.
pub fn price(cell: &str, currency: Currency) -> Result<Decimal6, Invalid> {
    let (amount, said) = amount(cell, currency)?;
    if said != currency {
        return Err(Invalid::formatted(
            format!("\"{cell}\" is not in {currency}."),
            format!("\"{cell}\" no está en {currency}."),
        ));
    }
    Decimal6::parse_non_negative(&amount.normalize().to_string())
}

/// An exact amount and its currency.
fn amount(cell: &str, default: Currency) -> Result<(Decimal, Currency), Invalid> {
    let refused = || {
        Invalid::formatted(
            format!("\"{cell}\" is not an amount: write it like 1,234,567.50 or 1234567.5."),
            format!("\"{cell}\" no es una cantidad: escríbala como 1,234,567.50 o 1234567.5."),
        )
    };
    let folded = text::fold(cell);
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, ',' | '.' | '\'' | ' ');
    let start = folded.find(|c: char| c.is_ascii_digit()).ok_or_else(refused)?;
    let end = folded[start..].find(|c| !is_number(c)).map_or(folded.len(), |length| start + length);
    let (before, number, after) = (&folded[..start], folded[start..end].trim(), &folded[end..]);
    let (mut currency, mut factor) = (default, Decimal::ONE);
    for word in before.split_whitespace().chain(after.split_whitespace()) {
        match (currency_word(word, default), factor_word(word)) {
            (Some(found), _) => currency = found,
            (None, Some(found)) => factor = factor.checked_mul(found).ok_or_else(refused)?,
            (None, None) => return Err(refused()),
        }
    }
    let (whole, decimals) = split_decimals(&number.replace([' ', '\''], ""));
    let exact: Decimal = format!("{whole}.{decimals}0").parse().map_err(|_| refused())?;
    let amount = exact.checked_mul(factor).ok_or_else(refused)?;
    Ok((amount, currency))
}

/// The digits before and behind the decimal mark, without marks of thousands.
fn split_decimals(number: &str) -> (String, String) {
    let last = number.rfind([',', '.']);
    let marks = number.matches([',', '.']).count();
    let is_decimal = last.is_some_and(|last| {
        let same = number.matches(&number[last..=last]).count();
        let behind = number.len() - last - 1;
        if marks > same {
            same == 1
        } else {
            marks == 1 && (behind != 3 || last > 3 || number.starts_with('0'))
        }
    });
    match last {
        Some(last) if is_decimal => (text::digits(&number[..last]), text::digits(&number[last..])),
        _ => (text::digits(number), String::new()),
    }
}

fn currency_word(word: &str, default: Currency) -> Option<Currency> {
    let code = match word.trim_matches(['(', ')', '.']) {
        "$" | "pesos" | "m.n" | "mn" | "m/n" => return Some(default),
        "us$" | "u$s" | "usd$" | "dolares" | "dollars" | "dls" => "USD",
        "mx$" | "mxn$" | "mxp" => "MXN",
        "r$" | "reais" => "BRL",
        "€" | "euros" => "EUR",
        "s/" | "soles" => "PEN",
        other => other.trim_matches('$'),
    };
    Currency::parse(code).ok()
}

fn factor_word(word: &str) -> Option<Decimal> {
    match word.trim_matches(['(', ')', '.']) {
        "mil" | "miles" | "k" | "thousand" => Some(Decimal::ONE_THOUSAND),
        "m" | "mm" | "mdp" | "millon" | "millones" | "million" | "millions" | "milhao" | "milhoes" => {
            Some(Decimal::from(1_000_000))
        }
        "de" | "al" | "ano" | "anuales" | "aprox" | "~" | "por" | "per" | "year" => Some(Decimal::ONE),
        _ => None,
    }
}

/// A moment from ISO 8601 or from a date written day first, as in Spanish and Portuguese; the time may be missing.
///
/// `2024-03-31`, `2024-03-31T10:20:30Z`, `31/03/2024 10:20`, `31-03-2024 4:05 p. m.`, `31.03.24`. Without an offset it is
/// the local time of `zone`, and a date alone its midnight. Two digits of a year mean 1970 to 2069.
pub fn date_time(cell: &str, zone: TimeZone) -> Result<DateTime<Utc>, Invalid> {
    let text = cell.trim();
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(moment.to_utc());
    }
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let local = date_of(date).zip(time_of(time)).map(|(date, time)| date.and_time(time));
    // A local time that the clocks skip is read an hour later, as clocks show it.
    let moment = local.and_then(|local| {
        let after_gap = || zone.tz().from_local_datetime(&(local + TimeDelta::hours(1))).earliest();
        zone.tz().from_local_datetime(&local).earliest().or_else(after_gap)
    });
    moment.map(|moment| moment.to_utc()).ok_or_else(|| {
        Invalid::formatted(
            format!("\"{cell}\" is not a date: write it like 2024-03-31 or 31/03/2024."),
            format!("\"{cell}\" no es una fecha: escríbala como 2024-03-31 o 31/03/2024."),
        )
    })
}

fn date_of(text: &str) -> Option<NaiveDate> {
    let parts: Vec<&str> = text.split(['/', '-', '.']).collect();
    let [first, month, last] = parts[..] else { return None };
    let (year, day) = if first.len() == 4 { (first, last) } else { (last, first) };
    let is_digits =
        |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if ![year, month, day].into_iter().all(is_digits) {
        return None;
    }
    let number: i32 = year.parse().ok()?;
    let year = match (year.len(), number) {
        (4, year) => year,
        (2, 70..) => 1900 + number,
        (2, _) => 2000 + number,
        _ => return None,
    };
    NaiveDate::from_ymd_opt(year, month.parse().ok()?, day.parse().ok()?)
}

fn time_of(text: &str) -> Option<NaiveTime> {
    const FORMATS: [&str; 4] = ["%H:%M:%S%.f", "%H:%M", "%I:%M%p", "%I:%M:%S%p"];
    let mut text = text.trim().to_lowercase();
    if text.ends_with(['m', '.']) {
        // `4:05 p. m.`, as Spanish spreadsheets write it.
        text = text.replace(['.', ' ', '\u{a0}', '\u{202f}'], "");
    }
    if text.is_empty() {
        return Some(NaiveTime::MIN);
    }
    FORMATS.iter().find_map(|format| NaiveTime::parse_from_str(&text, format).ok())
}

/// The e-mails of a cell: `Ana <ana@a.mx>; luis@a.mx` are two. A cell without any is given back whole, to be refused by name.
pub fn split_emails(cell: &str) -> Vec<String> {
    let is_mark =
        |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|' | '/' | '<' | '>' | '(' | ')' | '"');
    let addresses = cell.split(is_mark).filter(|word| word.contains('@'));
    let addresses: Vec<String> =
        addresses.map(|word| word.trim_start_matches("mailto:").to_owned()).collect();
    if addresses.is_empty() { vec![cell.trim().to_owned()] } else { addresses }
}

/// The phones of a cell: `971 111 2233 / 971 222 3344` are two. What has fewer than 7 digits belongs to the one before it.
pub fn split_phones(cell: &str) -> Vec<String> {
    let words: Vec<String> = cell.split_whitespace().map(str::to_owned).collect();
    if words.len() > 1 && words.iter().all(|word| text::digits(word).len() >= 10) {
        return words;
    }
    let marked = cell
        .replace(" y ", ";")
        .replace(" o ", ";")
        .replace(" e ", ";")
        .replace(" and ", ";")
        .replace(" or ", ";");
    let mut phones: Vec<String> = Vec::new();
    let mut from = 0;
    let ends =
        marked.match_indices(['/', ';', ',', '|', '\n']).map(|(index, mark)| (index, index + mark.len()));
    for (end, next) in ends.chain([(marked.len(), marked.len())]) {
        let (piece, rest) = (&marked[from..end], &marked[next..]);
        let is_last = end == marked.len();
        if is_last || (text::digits(piece).len() >= 7 && starts_a_phone(rest)) {
            phones.push(piece.trim().to_owned());
            from = next;
        }
    }
    phones.retain(|phone| !phone.is_empty());
    phones
}

/// Whether the text up to its next mark has the digits of a whole number.
fn starts_a_phone(rest: &str) -> bool {
    text::digits(rest.split(['/', ';', ',', '|', '\n']).next().unwrap_or_default()).len() >= 7
}

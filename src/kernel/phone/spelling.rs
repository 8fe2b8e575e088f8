//! From the ways in which people write a telephone number to its digits.

use super::super::Invalid;

/// The digits of a number, and what they start with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Spelled {
    /// Country code first (the text had `+` or `00`).
    International(String),
    /// As dialled within the country.
    National(String),
}

/// The longest text that is looked at, in bytes.
const MAX_TEXT: usize = 80;

/// Words before a number, without their dots.
const LABELS: [&str; 14] = [
    "telefono",
    "teléfono",
    "tels",
    "tel",
    "phone",
    "celular",
    "cel",
    "móvil",
    "movil",
    "mobile",
    "whatsapp",
    "wa",
    "fijo",
    "oficina",
];

/// Words before an extension: Spanish, English, Portuguese, and the short forms.
const EXTENSIONS: [&str; 12] = [
    "ext",
    "extn",
    "extension",
    "extensión",
    "extensao",
    "extensão",
    "x",
    "int",
    "interno",
    "anexo",
    "ramal",
    "r",
];

/// Reads a text that is not yet E.164.
pub(super) fn read(text: &str) -> Result<Spelled, Invalid> {
    if text.is_empty() {
        return Err(Invalid::new("The telephone number is empty.", "El teléfono está vacío."));
    }
    if text.len() > MAX_TEXT {
        return Err(Invalid::new(
            "The telephone number is too long: write one number only.",
            "El teléfono es demasiado largo: escriba un solo número.",
        ));
    }
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let number = without_label(visible.trim().trim_start_matches('\''));
    let number = without_extension(number)?;
    let number = number.strip_suffix(".0").filter(|whole| is_digits(whole)).unwrap_or(number);
    let (international, rest) = match number.trim_start_matches(['(', ' ']).strip_prefix('+') {
        Some(rest) => (true, rest.replace("(0)", "")),
        None => (false, number.to_owned()),
    };
    if !rest.chars().all(|c| c.is_ascii_digit() || is_punctuation(c)) {
        return Err(letters());
    }
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    refuse_nonsense(&digits)?;
    match digits.strip_prefix("00") {
        Some(abroad) if !international => Ok(Spelled::International(abroad.to_owned())),
        _ if international => Ok(Spelled::International(digits)),
        _ => Ok(Spelled::National(digits)),
    }
}

fn refuse_nonsense(digits: &str) -> Result<(), Invalid> {
    if digits.len() < 7 {
        return Err(Invalid::new(
            "The telephone number has fewer than 7 digits.",
            "El teléfono tiene menos de 7 dígitos.",
        ));
    }
    if digits.len() > 17 {
        return Err(Invalid::new(
            "The telephone number has more than 15 digits: write one number only.",
            "El teléfono tiene más de 15 dígitos: escriba un solo número.",
        ));
    }
    if digits.bytes().all(|digit| digit == digits.as_bytes()[0]) {
        return Err(Invalid::new(
            "The telephone number is one digit repeated.",
            "El teléfono es un solo dígito repetido.",
        ));
    }
    Ok(())
}

/// Marks that phones and spreadsheets put around a copied number: zero-width and direction characters.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

fn is_punctuation(c: char) -> bool {
    matches!(c, '-' | '.' | '(' | ')' | '/' | '_' | '*' | '\u{b7}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
        || (c.is_whitespace() && !c.is_control())
        || c == '\t'
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `Tel. 971 160 9009` → `971 160 9009`; `tel:+52…` and `whatsapp:+52…` likewise.
fn without_label(text: &str) -> &str {
    let word_end = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    let (word, rest) = text.split_at(word_end);
    if LABELS.contains(&word.to_lowercase().as_str()) {
        rest.trim_start_matches(|c: char| c == '.' || c == ':' || c.is_whitespace())
    } else {
        text
    }
}

/// Cuts `ext. 12`, `x12`, `#12` or `,,12` behind a number.
fn without_extension(text: &str) -> Result<&str, Invalid> {
    let Some(start) = text.find(|c: char| c.is_alphabetic() || matches!(c, '#' | ',' | ';')) else {
        return Ok(text);
    };
    let (number, extension) = text.split_at(start);
    let extension = extension.trim_start_matches(['#', ',', ';', ' ']);
    let word_end = extension.find(|c: char| !c.is_alphabetic()).unwrap_or(extension.len());
    let (word, inner) = extension.split_at(word_end);
    let is_word = word.is_empty() || EXTENSIONS.contains(&word.to_lowercase().as_str());
    let inner = inner.trim_matches(|c: char| matches!(c, '.' | ':' | '=' | '#' | ')') || c.is_whitespace());
    if is_word && is_digits(inner) && inner.len() <= 8 {
        Ok(number.trim_end_matches(['(', ' ', '-', '/']))
    } else {
        Err(letters())
    }
}

fn letters() -> Invalid {
    Invalid::new(
        "The telephone number has letters or signs in it: write its digits, with + and the country's code if it is foreign.",
        "El teléfono tiene letras o signos: escriba sus dígitos, con + y el código del país si es extranjero.",
    )
}

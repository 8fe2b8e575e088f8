//! Texts that people write: bounded lines and paragraphs, and the forms in which they are compared.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::Invalid;
use super::schema::TextSchema;

/// A text of one line: not empty, at most `MAX` characters, no control characters; surrounding white space is dropped.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Line<const MAX: usize>(String);

/// A text of several lines: not empty, at most `MAX` characters, no control characters but line breaks (kept as `\n`) and tabs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Prose<const MAX: usize>(String);

impl<const MAX: usize> Line<MAX> {
    /// Parses a line. Line breaks at its end are dropped, inside it they are refused.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let line = text.trim_end_matches(['\r', '\n']);
        refuse_longer(line, MAX)?;
        if let Some(bad) = line.chars().find(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            return Err(control_character(bad));
        }
        trimmed(line).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Prose<MAX> {
    /// Parses a text; `\r\n` and `\r` become `\n`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        refuse_longer(text, MAX)?;
        if let Some(bad) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t' | '\r')) {
            return Err(control_character(bad));
        }
        trimmed(&text.replace("\r\n", "\n").replace('\r', "\n")).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The form in which texts are searched and compared: compatibility-decomposed, without accents, lower case, white space
/// collapsed. `Ñandú  S.A.` and `nandu s.a.` are equal.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let lower = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    // Lower case and decomposition each bring forms that the other one changes again (`İ`, `ẞ`).
    for c in lower.nfkd().filter(|c| !is_combining_mark(*c)) {
        if !c.is_whitespace() {
            folded.push(c);
        } else if !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Bytes as hexadecimal digits in lower case.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]).collect()
}

/// The ASCII digits of a text, in order.
pub fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The texts of a cell that holds several: its lines, or what commas, semicolons and bars separate in a single one.
pub fn split_list(cell: &str) -> impl Iterator<Item = &str> {
    let is_of_lines = cell.contains('\n');
    cell.split(move |c: char| if is_of_lines { c == '\n' } else { matches!(c, ',' | ';' | '|') })
}

fn refuse_longer(text: &str, max: usize) -> Result<(), Invalid> {
    // Bytes are at least characters, so that the common case is not counted.
    if text.len() <= max || text.chars().count() <= max {
        return Ok(());
    }
    Err(Invalid::formatted(
        format!("The text is longer than {max} characters."),
        format!("El texto tiene más de {max} caracteres."),
    ))
}

fn trimmed(text: &str) -> Result<String, Invalid> {
    match text.trim() {
        "" => Err(Invalid::new("The text is empty.", "El texto está vacío.")),
        text => Ok(text.to_owned()),
    }
}

fn control_character(bad: char) -> Invalid {
    if matches!(bad, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}') {
        return Invalid::new("The text must be one line.", "El texto debe ser de una sola línea.");
    }
    let code = u32::from(bad);
    Invalid::formatted(
        format!("The text has a control character (U+{code:04X}): remove it."),
        format!("El texto tiene un carácter de control (U+{code:04X}): quítelo."),
    )
}

impl<const MAX: usize> fmt::Display for Line<MAX> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<const MAX: usize> fmt::Display for Prose<MAX> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<const MAX: usize> TryFrom<String> for Line<MAX> {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl<const MAX: usize> TryFrom<String> for Prose<MAX> {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

const LINE_PATTERN: &str =
    r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f\u2028\u2029]*$";
const PROSE_PATTERN: &str = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$";

impl<const MAX: usize> utoipa::PartialSchema for Line<MAX> {
    fn schema() -> RefOr<Schema> {
        let description = "One line of text without control characters.";
        TextSchema { description, pattern: LINE_PATTERN, max_length: MAX, example: "Ferretería López" }
            .schema()
    }
}

impl<const MAX: usize> utoipa::ToSchema for Line<MAX> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("Line{MAX}"))
    }
}

impl<const MAX: usize> utoipa::PartialSchema for Prose<MAX> {
    fn schema() -> RefOr<Schema> {
        let description = "Text of several lines, without control characters but line breaks and tabs.";
        let example = "Pidió precio de 40 piezas.\nLlamar el lunes.";
        TextSchema { description, pattern: PROSE_PATTERN, max_length: MAX, example }.schema()
    }
}

impl<const MAX: usize> utoipa::ToSchema for Prose<MAX> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("Prose{MAX}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use utoipa::{PartialSchema, ToSchema};

    use super::*;
    use crate::kernel::schema::generator_of;

    #[test]
    fn lines_are_trimmed_and_bounded() {
        for (typed, kept) in
            [("  López  ", "López"), ("a", "a"), ("ñandú", "ñandú"), ("a\r\n", "a"), ("a  b", "a  b")]
        {
            assert_eq!(
                Line::<5>::parse(typed).map(|line| line.0).ok(),
                (typed.chars().count() <= 5).then(|| kept.into())
            );
        }
        for typed in ["", "  ", "\n", "a\0b", "a\nb", "a\tb", "\u{7f}", "a\u{85}b", "a\u{2028}b", "123456"] {
            assert!(Line::<5>::parse(typed).is_err(), "{typed:?}");
        }
    }

    #[test]
    fn prose_keeps_its_line_breaks() {
        assert_eq!(Prose::<20>::parse(" uno\r\ndos\rtres\t4 \n").unwrap().as_str(), "uno\ndos\ntres\t4");
        for typed in ["", " \n\t", "a\0b", "a\u{1b}b", &"x".repeat(21)] {
            assert!(Prose::<20>::parse(typed).is_err(), "{typed:?}");
        }
    }

    #[test]
    fn refusals_name_the_character_and_the_limit() {
        assert!(Line::<5>::parse("a\0").unwrap_err().0.es.contains("U+0000"));
        assert!(Line::<5>::parse("123456").unwrap_err().0.es.contains("más de 5 caracteres"));
        assert!(Line::<5>::parse("a\nb").unwrap_err().0.en.contains("one line"));
    }

    #[test]
    fn each_limit_has_its_own_schema_name() {
        assert_eq!((Line::<255>::name(), Prose::<9>::name()), ("Line255".into(), "Prose9".into()));
    }

    #[test]
    fn folding_forgets_accents_case_and_spacing() {
        for (text, folded) in [
            ("Ñandú  S.A. ", "nandu s.a."),
            ("JUCHITÁN\u{a0}de Zaragoza", "juchitan de zaragoza"),
            ("Sa\u{303}o Paulo", "sao paulo"),
            ("ﬁn Ⅳ", "fin iv"),
            ("İstanbul", "istanbul"),
            ("\t\n", ""),
            ("C++ & más", "c++ & mas"),
        ] {
            assert_eq!(fold(text), folded);
        }
        assert_eq!(digits("(971) 160-90 09 ext. x"), "9711609009");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing_more(text in "\\PC*") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn case_does_not_survive_folding(text in "[a-zA-ZáéíóúüñÁÉÍÓÚÜÑçãõ ]{0,40}") {
            prop_assert_eq!(fold(&text.to_uppercase()), fold(&text.to_lowercase()));
        }

        #[test]
        fn lines_of_the_schema_are_accepted_and_the_others_refused(text in "(?s).{0,8}") {
            let pattern = regex::Regex::new(&format!("^{}$", generator_of(&Line::<8>::schema()))).unwrap();
            prop_assert_eq!(Line::<8>::parse(&text).is_ok(), pattern.is_match(text.trim_end_matches(['\r', '\n'])));
        }

        #[test]
        fn prose_of_the_schema_is_accepted_and_the_rest_refused(text in "(?s).{0,8}") {
            let pattern = regex::Regex::new(&format!("^{}$", generator_of(&Prose::<8>::schema()))).unwrap();
            prop_assert_eq!(Prose::<8>::parse(&text).is_ok(), pattern.is_match(&text));
        }
    }
}

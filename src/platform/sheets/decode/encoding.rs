//! From bytes to text.

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Serialize};

use super::{MAX_BYTES, empty_file};
use crate::kernel::Invalid;

/// How a file writes its characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, the low byte first: Excel's "Unicode text".
    Utf16Le,
    /// UTF-16, the high byte first.
    Utf16Be,
    /// Windows-1252, of which Latin-1 is a part: what Excel saves as "CSV" in the Americas and western Europe.
    Windows1252,
}

impl Encoding {
    /// The name, as the standard of encodings writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Windows1252 => "windows-1252",
        }
    }
}

/// Decodes a file, or says why it is no text.
pub(super) fn decode(bytes: Vec<u8>) -> Result<(String, Encoding), Invalid> {
    if bytes.is_empty() {
        return Err(empty_file());
    }
    if bytes.len() > MAX_BYTES {
        return Err(Invalid::new(
            "The file is larger than 100 MB: split it into several.",
            "El archivo mide más de 100 MB: divídalo en varios.",
        ));
    }
    refuse_known_binaries(&bytes)?;
    let (encoding, mark) = detect(&bytes);
    let mut text = match encoding {
        Encoding::Utf16Le => UTF_16LE.decode_without_bom_handling(&bytes[mark..]).0.into_owned(),
        Encoding::Utf16Be => UTF_16BE.decode_without_bom_handling(&bytes[mark..]).0.into_owned(),
        Encoding::Windows1252 => WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned(),
        Encoding::Utf8 => String::from_utf8(bytes).unwrap_or_else(|error| mended(error.as_bytes())),
    };
    if encoding == Encoding::Utf8 && mark > 0 {
        text.drain(..'\u{feff}'.len_utf8());
    }
    refuse_binary_text(&text)?;
    Ok((text, encoding))
}

/// The encoding, and the length of the byte order mark.
fn detect(bytes: &[u8]) -> (Encoding, usize) {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => return (Encoding::Utf8, 3),
        [0xff, 0xfe, ..] => return (Encoding::Utf16Le, 2),
        [0xfe, 0xff, ..] => return (Encoding::Utf16Be, 2),
        _ => {}
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return (encoding, 0);
    }
    if is_mostly_utf8(bytes) { (Encoding::Utf8, 0) } else { (Encoding::Windows1252, 0) }
}

/// In UTF-16, the separators, digits and letters of a western spreadsheet have a zero for their high byte.
fn utf16_without_mark(bytes: &[u8]) -> Option<Encoding> {
    let sample = &bytes[..bytes.len().min(4096) & !1];
    let units = sample.len() / 2;
    let zeros = |first: usize| sample.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    match (even, odd) {
        _ if units == 0 || bytes.len() % 2 == 1 => None,
        (0, odd) if odd * 2 >= units => Some(Encoding::Utf16Le),
        (even, 0) if even * 2 >= units => Some(Encoding::Utf16Be),
        _ => None,
    }
}

/// Whether the bytes are UTF-8, but for a few places at most: a list that was pasted together keeps its other accents.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    if std::str::from_utf8(bytes).is_ok() {
        return true;
    }
    let (mut right, mut wrong) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        wrong += usize::from(!chunk.invalid().is_empty());
    }
    right > wrong * 4
}

/// UTF-8 whose wrong bytes are read as Windows-1252.
fn mended(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
    }
    text
}

/// First bytes, and the kind of file that starts with them.
const BINARIES: [(&[u8], &str, &str); 8] = [
    (b"PK\x03\x04", "a zip archive", "un archivo zip"),
    (b"PK\x05\x06", "an empty zip archive", "un archivo zip vacío"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)", "un libro de Excel antiguo (.xls)"),
    (b"%PDF", "a PDF document", "un documento PDF"),
    (b"\x1f\x8b", "a compressed archive (gzip)", "un archivo comprimido (gzip)"),
    (b"{\\rtf", "a rich-text document", "un documento de texto enriquecido"),
    (b"\x89PNG", "an image", "una imagen"),
    (b"\xff\xd8\xff", "an image", "una imagen"),
];

fn refuse_known_binaries(bytes: &[u8]) -> Result<(), Invalid> {
    let known = BINARIES.iter().find(|(magic, ..)| bytes.starts_with(magic));
    if let Some((_, en, es)) = known {
        return Err(not_csv(en, es));
    }
    let start = bytes[..bytes.len().min(512)].trim_ascii_start().to_ascii_lowercase();
    let is_markup =
        [&b"<html"[..], b"<!doctype", b"<?xml", b"<table"].iter().any(|tag| start.starts_with(tag));
    if is_markup { Err(not_csv("a web page or XML", "una página web o XML")) } else { Ok(()) }
}

/// No spreadsheet has a NUL; one with more than one control character in a hundred is something else.
fn refuse_binary_text(text: &str) -> Result<(), Invalid> {
    let is_odd = |c: &char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    let is_binary = text.contains('\0')
        || text.chars().take(100_000).filter(is_odd).count() * 100 > text.len().min(100_000);
    if is_binary { Err(not_csv("binary data", "datos binarios")) } else { Ok(()) }
}

fn not_csv(en: &str, es: &str) -> Invalid {
    Invalid::formatted(
        format!("The file is {en}, not CSV: open it in your spreadsheet and save it as \"CSV UTF-8\"."),
        format!("El archivo es {es}, no CSV: ábralo en su hoja de cálculo y guárdelo como «CSV UTF-8»."),
    )
}

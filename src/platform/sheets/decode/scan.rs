//! One record of separated text (RFC 4180, with the liberties that real files take).
//!
//! Liberties: any of `\r\n`, `\n`, `\r` ends a record; spaces around a quoted cell are dropped; a quotation mark inside a
//! cell that does not start with one is text. A record with a defect ends where reading can go on: behind the line in which
//! its last quotation mark was opened, so that one forgotten mark costs one row and not the rest of the file.

use std::borrow::Cow;

use super::{MAX_CELL_CHARS, MAX_ROW_BYTES};

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defect {
    /// More than [`MAX_ROW_BYTES`].
    LongRow,
    /// A cell of more than [`MAX_CELL_CHARS`].
    LongCell,
    /// A quotation mark that is not closed within a row's length.
    UnclosedQuote,
    /// Something else than a separator behind a closing mark.
    TextAfterQuote,
}

/// Reads the record at `start`, gives its cells to `cell`, and says where the next record starts.
pub(super) fn scan<'t>(
    text: &'t str,
    start: usize,
    separator: u8,
    mut cell: impl FnMut(Cow<'t, str>),
) -> (usize, Result<(), Defect>) {
    let bytes = text.as_bytes();
    let limit = bytes.len().min(start + MAX_ROW_BYTES);
    let mut outcome = Ok(());
    let mut at = start;
    loop {
        let quote = skip_spaces(bytes, at);
        let found = if bytes.get(quote) == Some(&b'"') {
            quoted(text, quote, limit, separator)
        } else {
            plain(text, at, limit, separator)
        };
        let (value, end) = match found {
            Ok(found) => found,
            Err(defect) => return (next_line(bytes, at.max(quote)), Err(defect)),
        };
        if value.len() > MAX_CELL_CHARS && value.chars().count() > MAX_CELL_CHARS {
            outcome = Err(Defect::LongCell);
        } else {
            cell(value);
        }
        match bytes.get(end) {
            Some(byte) if *byte == separator => at = end + 1,
            Some(b'\r') if bytes.get(end + 1) == Some(&b'\n') => return (end + 2, outcome),
            Some(_) => return (end + 1, outcome),
            None => return (end, outcome),
        }
    }
}

type Cell<'t> = (Cow<'t, str>, usize);

/// A cell without quotation marks around it, and where it ends.
fn plain(text: &str, start: usize, limit: usize, separator: u8) -> Result<Cell<'_>, Defect> {
    let bytes = text.as_bytes();
    let is_end = |byte: &u8| *byte == separator || matches!(byte, b'\n' | b'\r');
    let end = match bytes[start.min(limit)..limit].iter().position(is_end) {
        Some(length) => start + length,
        None if limit == bytes.len() => limit,
        None => return Err(Defect::LongRow),
    };
    Ok((Cow::Borrowed(&text[start..end]), end))
}

/// A quoted cell whose mark is at `open`, and where the separator or line end behind it is.
fn quoted(text: &str, open: usize, limit: usize, separator: u8) -> Result<Cell<'_>, Defect> {
    let bytes = text.as_bytes();
    let mut value = Cow::Borrowed("");
    let mut from = open + 1;
    loop {
        let Some(length) = bytes[from.min(limit)..limit].iter().position(|byte| *byte == b'"') else {
            return Err(Defect::UnclosedQuote);
        };
        let mark = from + length;
        let is_doubled = bytes.get(mark + 1) == Some(&b'"');
        let piece = &text[from..mark + usize::from(is_doubled)];
        if value.is_empty() {
            value = Cow::Borrowed(piece);
        } else {
            value.to_mut().push_str(piece);
        }
        if is_doubled {
            from = mark + 2;
            continue;
        }
        let end = skip_spaces(bytes, mark + 1);
        return match bytes.get(end) {
            None | Some(b'\n' | b'\r') => Ok((value, end)),
            Some(byte) if *byte == separator => Ok((value, end)),
            Some(_) => Err(Defect::TextAfterQuote),
        };
    }
}

fn skip_spaces(bytes: &[u8], from: usize) -> usize {
    from + bytes[from.min(bytes.len())..].iter().take(MAX_ROW_BYTES).take_while(|byte| **byte == b' ').count()
}

/// Behind the first line end at or after `from`.
fn next_line(bytes: &[u8], from: usize) -> usize {
    match bytes[from..].iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
        Some(length) if bytes[from + length] == b'\r' && bytes.get(from + length + 1) == Some(&b'\n') => {
            from + length + 2
        }
        Some(length) => from + length + 1,
        None => bytes.len(),
    }
}

//! Which character stands between the cells.

use super::MAX_COLUMNS;
use super::scan::scan;

/// The separators that are looked for, the commonest first.
const CANDIDATES: [u8; 4] = *b",;\t|";
/// How many records are looked at.
const SAMPLE: usize = 20;

/// The separator, and where the sheet starts: behind Excel's `sep=;` line if there is one.
pub(super) fn detect(text: &str) -> (u8, usize) {
    if let Some(declared) = declared(text) {
        return declared;
    }
    // The first best one wins, so that a sheet of one column gets the comma.
    let mut best = (b',', 0);
    for candidate in CANDIDATES {
        let score = score(text, candidate);
        if score > best.1 {
            best = (candidate, score);
        }
    }
    (best.0, 0)
}

/// Excel's own way to say it: a first line `sep=;`, which it does not show as a row.
fn declared(text: &str) -> Option<(u8, usize)> {
    let (key, rest) = text.split_at_checked(4)?;
    let separator = rest.bytes().next().filter(|byte| CANDIDATES.contains(byte))?;
    let line_end = &rest[1..];
    let length = ["\r\n", "\n", "\r"].into_iter().find(|end| line_end.starts_with(end))?.len();
    key.eq_ignore_ascii_case("sep=").then_some((separator, 5 + length))
}

/// How many cells agree with the header's columns: its width times the records that are as wide.
fn score(text: &str, separator: u8) -> usize {
    let (mut offset, mut width, mut alike) = (0, 0, 0);
    for _ in 0..SAMPLE {
        if offset >= text.len() {
            break;
        }
        let (mut cells, mut is_blank) = (0, true);
        let (end, outcome) = scan(text, offset, separator, |cell| {
            cells += 1;
            is_blank &= cell.trim().is_empty();
        });
        offset = end;
        if is_blank {
            continue;
        }
        if width == 0 {
            width = cells;
        }
        alike += usize::from(cells == width && outcome.is_ok());
    }
    alike * width.min(MAX_COLUMNS).saturating_sub(1)
}

//! Cells of the files that we write: what a spreadsheet would take for a formula is marked as text, and read back without
//! the mark.

/// The mark of UTF-8, without which Excel reads accents wrongly.
pub const MARK: &str = "\u{feff}";

/// Whether a spreadsheet might run the cell instead of showing it (CWE-1236).
pub fn is_formula(cell: &str) -> bool {
    let is_sign = |c: char| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
    cell.starts_with(['\t', '\r', '\n']) || cell.trim_start().starts_with(is_sign)
}

/// The cell as text: one that might be run gets an apostrophe before it, and so does one that has apostrophes before such.
pub fn neutral(cell: &str) -> String {
    if is_formula(cell.trim_start_matches('\'')) { format!("'{cell}") } else { cell.to_owned() }
}

/// The cell without the apostrophe that makes it text.
pub fn plain(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

/// The cell of a workbook, which knows that it is a text: only what would lose an apostrophe when it is read gets one more.
pub fn in_workbook(cell: &str) -> String {
    if plain(cell) == cell { cell.to_owned() } else { neutral(cell) }
}

/// Writes a line of CSV (RFC 4180) whose cells are neutral.
pub fn write_line<'c>(text: &mut String, cells: impl Iterator<Item = &'c str>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            text.push(',');
        }
        let cell = neutral(cell);
        // Where the decimal mark is a comma, a semicolon separates.
        if cell.contains([',', ';', '"', '\n', '\r', '\t']) || cell.starts_with(' ') || cell.ends_with(' ') {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&cell);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{in_workbook, is_formula, neutral, plain, write_line};

    #[test]
    fn formulas_are_marked_and_other_cells_are_left() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("+529711609009", "'+529711609009"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("  =1", "'  =1"),
            ("＝1", "'＝1"),
            ("'=1", "''=1"),
            ("'tis", "'tis"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(neutral(cell), written);
            assert_eq!(plain(written), cell);
        }
        let mut line = String::new();
        write_line(&mut line, ["a", "=b,\"c\"", "d\ne"].into_iter());
        assert_eq!(line, "a,\"'=b,\"\"c\"\"\",\"d\ne\"\r\n");
        line.clear();
        write_line(&mut line, ["x;=1+1", "a"].into_iter());
        assert_eq!(line, "\"x;=1+1\",a\r\n");
    }

    proptest! {
        #[test]
        fn every_cell_comes_back_and_none_is_run(cell in "[ '=+@\ta-]{0,6}|\\PC{0,12}") {
            let written = neutral(&cell);
            prop_assert!(!is_formula(&written));
            prop_assert_eq!(plain(&written), &cell);
            let shown = in_workbook(&cell);
            prop_assert_eq!(plain(&shown), cell);
        }
    }
}

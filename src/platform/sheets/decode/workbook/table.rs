//! The text of a sheet, written cell by cell in the order of its rows.

use super::broken;
use crate::kernel::Invalid;
use crate::platform::sheets::decode::{MAX_BYTES, MAX_COLUMNS, MAX_ROW_BYTES};

/// Rows of a spreadsheet, empty ones included.
const MAX_SHEET_ROWS: u32 = 1_048_576;

/// A sheet on its way to CSV. Row numbers stay: an empty row is an empty line.
#[derive(Debug)]
pub struct Table {
    text: String,
    row: u32,
    cells: Vec<String>,
    has_data: bool,
}

impl Table {
    /// An empty sheet.
    pub fn new() -> Self {
        // Says the separator, which is not to be guessed.
        Self { text: "sep=,\n".to_owned(), row: 0, cells: Vec::new(), has_data: false }
    }

    /// Writes a cell, counted from 0; rows come in order. What lies right of the last column counts as one more.
    pub fn put(&mut self, row: u32, column: u32, value: &str) -> Result<(), Invalid> {
        if value.trim().is_empty() {
            return Ok(());
        }
        if row < self.row || row >= MAX_SHEET_ROWS {
            return Err(broken());
        }
        while self.row < row {
            self.end_row()?;
        }
        self.has_data = true;
        let column = usize::try_from(column).unwrap_or(MAX_COLUMNS).min(MAX_COLUMNS);
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        let is_odd = |c: char| c.is_control() && c != '\n' && c != '\t';
        self.cells[column] = value.replace("\r\n", "\n").replace(is_odd, " ");
        Ok(())
    }

    /// The text; none when the sheet has no data.
    pub fn finish(mut self) -> Result<Option<String>, Invalid> {
        self.end_row()?;
        Ok(self.has_data.then_some(self.text))
    }

    fn end_row(&mut self) -> Result<(), Invalid> {
        let start = self.text.len();
        for (index, cell) in self.cells.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            if cell.contains([',', '"', '\n']) {
                self.text.push('"');
                self.text.push_str(&cell.replace('"', "\"\""));
                self.text.push('"');
            } else {
                self.text.push_str(cell);
            }
        }
        if self.text.len() - start > MAX_ROW_BYTES {
            // It is refused as a whole; without its marks nobody takes its end for another row.
            let plain = self.text.split_off(start).replace([',', '"', '\n'], " ");
            self.text.push_str(&plain);
        }
        self.text.push('\n');
        self.cells.clear();
        self.row += 1;
        if self.text.len() > MAX_BYTES {
            return Err(Invalid::new(
                "The sheet holds more than 100 MB of text: split it into several.",
                "La hoja contiene más de 100 MB de texto: divídala en varias.",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn rows_keep_their_numbers_and_cells_their_marks() {
        let mut table = Table::new();
        table.put(2, 0, "empresa").unwrap();
        table.put(2, 1, "notas").unwrap();
        table.put(4, 1, "uno, \"dos\"\r\ntres").unwrap();
        table.put(4, 10_000, "lejos").unwrap();
        assert!(table.put(3, 0, "zurück").is_err());
        let text = table.finish().unwrap().unwrap();
        let expected =
            format!("sep=,\n\n\nempresa,notas\n\n,\"uno, \"\"dos\"\"\ntres\"{},lejos\n", ",".repeat(198));
        assert_eq!(text, expected);
        assert_eq!(Table::new().finish(), Ok(None));
    }
}

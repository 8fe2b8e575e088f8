//! From the bytes of an uploaded file to the rows of a spreadsheet, within fixed limits.
//!
//! The whole file is decoded once (it fits in memory: uploads are bounded) and then read row by row: nothing that the
//! file contains makes a row larger than [`MAX_ROW_BYTES`] or a sheet wider than [`MAX_COLUMNS`].

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::kernel::{EmailAddress, Invalid, text};

mod encoding;
mod scan;
mod separator;
#[cfg(test)]
mod tests;
mod workbook;

pub use encoding::Encoding;
use scan::{Defect, scan};
pub use workbook::text_of;

/// The most bytes of a file.
pub const MAX_BYTES: usize = 100 * 1024 * 1024;
/// The most columns of a sheet.
pub const MAX_COLUMNS: usize = 200;
/// The most characters of a cell.
pub const MAX_CELL_CHARS: usize = 10_000;
/// The most bytes of a row, as UTF-8.
pub const MAX_ROW_BYTES: usize = 64 * 1024;
/// The most rows of a sheet, without the header.
pub const MAX_ROWS: u32 = 1_000_000;
/// The most characters of a column's name.
pub const MAX_HEADER_CHARS: usize = 255;

/// A decoded file whose first row names its columns.
#[derive(Debug)]
pub struct Sheet {
    text: String,
    encoding: Encoding,
    separator: u8,
    headers: Vec<String>,
    first: Position,
    row_count: u32,
}

/// Where a row starts: what a job stores to go on after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Bytes from the start of the decoded text.
    pub offset: usize,
    /// The spreadsheet's row number there.
    pub number: u32,
}

/// A row with data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The row number as a spreadsheet shows it: 1 is the header, blank rows count.
    pub number: u32,
    /// One cell for each header; the missing ones are empty.
    pub cells: Vec<String>,
    /// Where the next row starts.
    pub next: Position,
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowRefusal {
    /// The row number as a spreadsheet shows it.
    pub number: u32,
    /// Why, and what to do.
    pub reason: Invalid,
    /// Where the next row starts.
    pub next: Position,
}

impl Sheet {
    /// Decodes a file: finds its encoding and its separator, reads its header and counts its rows.
    pub fn open(bytes: Vec<u8>) -> Result<Self, Invalid> {
        let (text, encoding) = encoding::decode(bytes)?;
        let (separator, start) = separator::detect(&text);
        let mut position = Position { offset: start, number: 1 };
        let header = loop {
            if position.offset >= text.len() {
                return Err(empty_file());
            }
            let record = read_record(&text, position, separator, MAX_COLUMNS);
            position = record.next;
            if !record.is_blank {
                break record;
            }
        };
        let headers = header_names(header)?;
        let mut sheet = Self { text, encoding, separator, headers, first: position, row_count: 0 };
        sheet.row_count = sheet.count_rows()?;
        Ok(sheet)
    }

    /// The columns' names, each one once: a second `Teléfono` is `Teléfono (2)`, a missing name `column_3`.
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// The encoding that was found.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The separator that was found: `,`, `;`, tab or `|`.
    pub fn separator(&self) -> char {
        char::from(self.separator)
    }

    /// The rows with data, readable or not; blank rows are not counted.
    pub fn row_count(&self) -> u32 {
        self.row_count
    }

    /// All rows.
    pub fn rows(&self) -> Rows<'_> {
        Rows { sheet: self, position: self.first }
    }

    /// The rows from a stored [`Position`] of the same file on, without reading those before it.
    pub fn rows_from(&self, position: Position) -> Result<Rows<'_>, Invalid> {
        if position.offset < self.first.offset || !self.text.is_char_boundary(position.offset) {
            return Err(Invalid::new(
                "The stored position does not belong to this file: start the import again.",
                "La posición guardada no es de este archivo: inicie de nuevo la importación.",
            ));
        }
        Ok(Rows { sheet: self, position })
    }

    /// The rows behind row `number`; those before it are scanned, not copied.
    pub fn rows_after(&self, number: u32) -> Rows<'_> {
        let mut position = self.first;
        while position.number <= number && position.offset < self.text.len() {
            let (end, _) = scan(&self.text, position.offset, self.separator, |_| {});
            position = Position { offset: end, number: position.number + 1 };
        }
        Rows { sheet: self, position }
    }

    fn count_rows(&self) -> Result<u32, Invalid> {
        let mut offset = self.first.offset;
        let mut count = 0;
        while offset < self.text.len() {
            let mut is_blank = true;
            let (end, outcome) =
                scan(&self.text, offset, self.separator, |cell| is_blank &= cell.trim().is_empty());
            count += u32::from(!is_blank || outcome.is_err());
            if count > MAX_ROWS {
                return Err(Invalid::new(
                    "The file has more than 1,000,000 rows: split it into several.",
                    "El archivo tiene más de 1,000,000 de filas: divídalo en varios.",
                ));
            }
            offset = end;
        }
        if count == 0 {
            return Err(Invalid::new(
                "The file has the names of its columns but no rows.",
                "El archivo tiene los nombres de las columnas, pero ninguna fila.",
            ));
        }
        Ok(count)
    }
}

/// The rows of a sheet in order; see [`Sheet::rows`].
#[derive(Debug, Clone)]
pub struct Rows<'a> {
    sheet: &'a Sheet,
    position: Position,
}

impl Rows<'_> {
    /// Where the next row starts.
    pub fn position(&self) -> Position {
        self.position
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, RowRefusal>;

    fn next(&mut self) -> Option<Self::Item> {
        let columns = self.sheet.headers.len();
        while self.position.offset < self.sheet.text.len() {
            let number = self.position.number;
            let record = read_record(&self.sheet.text, self.position, self.sheet.separator, columns);
            let next = record.next;
            self.position = next;
            if record.is_blank {
                continue;
            }
            let mut cells = match record.outcome {
                Ok(()) => record.cells,
                Err(defect) => return Some(Err(RowRefusal { number, reason: reason(defect), next })),
            };
            if record.has_extra {
                return Some(Err(RowRefusal { number, reason: too_many_cells(columns), next }));
            }
            cells.resize(columns, String::new());
            return Some(Ok(Row { number, cells, next }));
        }
        None
    }
}

/// A record with at most `columns` cells; the further ones are only looked at.
struct Record {
    cells: Vec<String>,
    has_extra: bool,
    is_blank: bool,
    outcome: Result<(), Defect>,
    next: Position,
}

fn read_record(text: &str, position: Position, separator: u8, columns: usize) -> Record {
    let mut cells = Vec::new();
    let (mut has_extra, mut is_blank) = (false, true);
    let (end, outcome) = scan(text, position.offset, separator, |cell: Cow<'_, str>| {
        let is_empty = cell.trim().is_empty();
        is_blank &= is_empty;
        if cells.len() < columns {
            cells.push(cell.into_owned());
        } else {
            has_extra |= !is_empty;
        }
    });
    let is_blank = is_blank && outcome.is_ok();
    let next = Position { offset: end, number: position.number.saturating_add(1) };
    Record { cells, has_extra, is_blank, outcome, next }
}

/// Checks and completes the names of the columns; empty ones at the end are no columns.
fn header_names(header: Record) -> Result<Vec<String>, Invalid> {
    if let Err(defect) = header.outcome {
        let reason = reason(defect).0;
        return Err(Invalid::formatted(
            format!("The first row could not be read. {}", reason.en),
            format!("No se pudo leer la primera fila. {}", reason.es),
        ));
    }
    if header.has_extra {
        return Err(Invalid::formatted(
            format!("The file has more than {MAX_COLUMNS} columns: remove those that are not needed."),
            format!("El archivo tiene más de {MAX_COLUMNS} columnas: quite las que no se necesitan."),
        ));
    }
    let mut cells = header.cells;
    let width = cells.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1);
    cells.truncate(width);
    let mut names: Vec<String> = Vec::with_capacity(cells.len());
    for (index, cell) in cells.iter().enumerate() {
        let name = cell.split_whitespace().collect::<Vec<_>>().join(" ");
        refuse_as_header(&name)?;
        let name = if name.is_empty() { format!("column_{}", index + 1) } else { name };
        names.push(unique(&names, name));
    }
    Ok(names)
}

fn unique(taken: &[String], name: String) -> String {
    if !taken.contains(&name) {
        return name;
    }
    (2..=MAX_COLUMNS)
        .map(|number| format!("{name} ({number})"))
        .find(|numbered| !taken.contains(numbered))
        .unwrap_or(name)
}

/// A list without a header starts with somebody's address or number, which would be lost silently.
fn refuse_as_header(name: &str) -> Result<(), Invalid> {
    if name.chars().count() > MAX_HEADER_CHARS {
        return Err(Invalid::formatted(
            format!(
                "A column's name is longer than {MAX_HEADER_CHARS} characters: the first row must name the columns."
            ),
            format!(
                "El nombre de una columna tiene más de {MAX_HEADER_CHARS} caracteres: la primera fila debe nombrar las columnas."
            ),
        ));
    }
    let is_number = text::digits(name).len() >= 7 && !name.chars().any(char::is_alphabetic);
    if is_number || EmailAddress::parse(name).is_ok() {
        return Err(Invalid::new(
            "The first row holds data: put a row with the names of the columns before it.",
            "La primera fila tiene datos: ponga antes una fila con los nombres de las columnas.",
        ));
    }
    Ok(())
}

fn empty_file() -> Invalid {
    Invalid::new("The file is empty.", "El archivo está vacío.")
}

fn too_many_cells(columns: usize) -> Invalid {
    Invalid::formatted(
        format!(
            "The row has data beyond the {columns} named columns: name the column, or put quotation marks around text with separators in it."
        ),
        format!(
            "La fila tiene datos después de las {columns} columnas con nombre: nombre la columna o ponga entre comillas el texto que contiene separadores."
        ),
    )
}

fn reason(defect: Defect) -> Invalid {
    match defect {
        Defect::LongRow => Invalid::new("The row is longer than 64 kB.", "La fila mide más de 64 kB."),
        Defect::LongCell => Invalid::new(
            "A cell of the row has more than 10,000 characters.",
            "Una celda de la fila tiene más de 10,000 caracteres.",
        ),
        Defect::UnclosedQuote => Invalid::new(
            "A quotation mark is opened in the row and not closed: close it, or write it twice if it is part of the text.",
            "En la fila se abren comillas que no se cierran: ciérrelas o escríbalas dobles si son parte del texto.",
        ),
        Defect::TextAfterQuote => Invalid::new(
            "There is text behind a closed quotation mark in the row: write the marks twice if they are part of the text.",
            "En la fila hay texto después de cerrar comillas: escríbalas dobles si son parte del texto.",
        ),
    }
}

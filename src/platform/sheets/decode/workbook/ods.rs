//! Sheets of `.ods` workbooks, read element by element: repeated cells and rows are written once for as long as they matter.

use std::io::{BufReader, Cursor, Read};

use quick_xml::Reader;
use quick_xml::escape::{resolve_xml_entity, unescape};
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::{Table, broken, encrypted, no_such_sheet, number};
use crate::kernel::Invalid;
use crate::platform::sheets::decode::empty_file;

/// One more than a sheet may have: what lies further to the right is refused by it already.
const COLUMNS_THAT_MATTER: u32 = 201;

type Xml<'a> = Reader<BufReader<Box<dyn Read + 'a>>>;

/// The text of a sheet.
pub fn read(bytes: &[u8], wanted: Option<&str>) -> Result<String, Invalid> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| broken())?;
    if is_encrypted(&mut archive)? {
        return Err(encrypted());
    }
    let entry = archive.by_name("content.xml").map_err(|_| broken())?;
    let mut xml: Xml<'_> = Reader::from_reader(BufReader::new(Box::new(entry)));
    let mut names = Vec::new();
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).map_err(|_| broken())? {
            Event::Start(element) if element.name().as_ref() == "table:table" => {
                let name = attribute(&element, "table:name").unwrap_or_default();
                let is_wanted = wanted.is_none_or(|wanted| wanted.trim() == name.trim());
                names.push(name);
                let text = Sheet::default().read(&mut xml)?;
                if let (true, Some(text)) = (is_wanted, text) {
                    return Ok(text);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    match wanted {
        Some(wanted) if !names.iter().any(|name| name.trim() == wanted.trim()) => {
            Err(no_such_sheet(wanted, &names))
        }
        _ => Err(empty_file()),
    }
}

fn is_encrypted(archive: &mut ZipArchive<Cursor<&[u8]>>) -> Result<bool, Invalid> {
    let mut manifest = String::new();
    let mut entry = archive.by_name("META-INF/manifest.xml").map_err(|_| broken())?;
    entry.read_to_string(&mut manifest).map_err(|_| broken())?;
    Ok(manifest.contains("encryption-data"))
}

/// A cell that is being read.
#[derive(Default)]
struct Cell {
    /// What its attributes say; otherwise its paragraphs count.
    value: Option<String>,
    text: String,
    paragraphs: u32,
    repeated: u32,
}

/// Where reading stands in a sheet.
#[derive(Default)]
struct Sheet {
    row: u32,
    column: u32,
    /// The cells of the row that is being read.
    cells: Vec<(u32, String)>,
    cell: Option<Cell>,
    /// Elements inside a note, whose text is none of the cell's.
    note: u32,
    /// Tables inside the table.
    inner: u32,
}

impl Sheet {
    fn read(mut self, xml: &mut Xml<'_>) -> Result<Option<String>, Invalid> {
        let mut table = Table::new();
        let mut repeated = 1;
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            match xml.read_event_into(&mut buffer).map_err(|_| broken())? {
                Event::Start(element) => {
                    if element.name().as_ref() == "table:table-row" {
                        repeated = count(&element, "table:number-rows-repeated");
                    }
                    self.open(&element);
                }
                Event::Empty(element) => {
                    self.open(&element);
                    if element.name().as_ref() == "table:table-row" {
                        repeated = count(&element, "table:number-rows-repeated");
                    }
                    if self.close(element.name().as_ref(), &mut table, repeated)? {
                        return Err(broken());
                    }
                }
                Event::Text(text) => self.say(&text.xml10_content()),
                Event::CData(text) => self.say(&text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let known = resolve_xml_entity(reference.as_ref()).map(str::to_owned);
                    let character = reference.resolve_char_ref().ok().flatten();
                    self.say(&known.or_else(|| character.map(String::from)).ok_or_else(broken)?);
                }
                Event::End(element) if self.close(element.name().as_ref(), &mut table, repeated)? => {
                    return table.finish();
                }
                Event::Eof => return Err(broken()),
                _ => {}
            }
        }
    }

    fn open(&mut self, element: &BytesStart<'_>) {
        match element.name().as_ref() {
            "table:table" => self.inner += 1,
            "office:annotation" => self.note += 1,
            _ if self.note > 0 || self.inner > 0 => {}
            "table:table-cell" | "table:covered-table-cell" => {
                let repeated = count(element, "table:number-columns-repeated");
                self.cell = Some(Cell { value: value(element), repeated, ..Cell::default() });
            }
            "text:p" => {
                if let Some(cell) = &mut self.cell {
                    cell.paragraphs += 1;
                    if cell.paragraphs > 1 {
                        cell.text.push('\n');
                    }
                }
            }
            "text:s" => self.say(&" ".repeat(count(element, "text:c").min(100) as usize)),
            "text:tab" => self.say("\t"),
            "text:line-break" => self.say("\n"),
            _ => {}
        }
    }

    fn say(&mut self, text: &str) {
        if let (Some(cell), 0, 0) = (&mut self.cell, self.note, self.inner)
            && cell.paragraphs > 0
        {
            cell.text.push_str(text);
        }
    }

    /// Ends an element; answers whether it was the sheet.
    fn close(&mut self, name: &str, table: &mut Table, repeated: u32) -> Result<bool, Invalid> {
        match name {
            "table:table" if self.inner == 0 => return Ok(true),
            "table:table" => self.inner -= 1,
            "office:annotation" => self.note = self.note.saturating_sub(1),
            _ if self.note > 0 || self.inner > 0 => {}
            "table:table-cell" | "table:covered-table-cell" => {
                let Some(cell) = self.cell.take() else { return Ok(false) };
                let text = cell.value.unwrap_or(cell.text);
                if !text.trim().is_empty() {
                    // What repeats itself beyond the last column is one more column, however often.
                    let last = self.column.saturating_add(cell.repeated).min(COLUMNS_THAT_MATTER);
                    self.cells.extend(
                        (self.column..last.max(self.column + 1)).map(|column| (column, text.clone())),
                    );
                }
                self.column = self.column.saturating_add(cell.repeated);
            }
            "table:table-row" => {
                let cells = std::mem::take(&mut self.cells);
                let rows = if cells.is_empty() { 0 } else { repeated };
                for row in 0..rows {
                    for (column, text) in &cells {
                        table.put(self.row.saturating_add(row), *column, text)?;
                    }
                }
                self.row = self.row.saturating_add(repeated);
                self.column = 0;
            }
            _ => {}
        }
        Ok(false)
    }
}

/// What a cell holds by its attributes; of texts none, because their paragraphs do.
fn value(element: &BytesStart<'_>) -> Option<String> {
    match attribute(element, "office:value-type")?.as_str() {
        "float" | "percentage" | "currency" => attribute(element, "office:value")?.parse().ok().map(number),
        "date" => attribute(element, "office:date-value"),
        "time" => attribute(element, "office:time-value"),
        "boolean" => attribute(element, "office:boolean-value"),
        _ => attribute(element, "office:string-value"),
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.attributes().flatten().find(|attribute| attribute.key.as_ref() == name)?;
    unescape(&found.value).ok().map(std::borrow::Cow::into_owned)
}

fn count(element: &BytesStart<'_>, name: &str) -> u32 {
    attribute(element, name).and_then(|text| text.parse().ok()).unwrap_or(1)
}

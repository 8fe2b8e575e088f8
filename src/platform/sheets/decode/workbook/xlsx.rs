//! Sheets of `.xlsx` workbooks. Of formulas the value counts that was there when the workbook was saved.

use std::io::Cursor;

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, Xlsx, XlsxError};

use super::{Table, broken, encrypted, no_such_sheet, number};
use crate::kernel::Invalid;
use crate::platform::sheets::decode::empty_file;

/// The text of a sheet.
pub fn read(bytes: &[u8], wanted: Option<&str>) -> Result<String, Invalid> {
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|error| refused(&error))?;
    let sheets = workbook.sheets_metadata().iter();
    let names: Vec<String> = sheets
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| sheet.name.clone())
        .filter(|name| wanted.is_none_or(|wanted| wanted.trim() == name.trim()))
        .collect();
    if let (true, Some(wanted)) = (names.is_empty(), wanted) {
        return Err(no_such_sheet(wanted, &workbook.sheet_names()));
    }
    for name in names {
        if let Some(text) = sheet(&mut workbook, &name)? {
            return Ok(text);
        }
    }
    Err(empty_file())
}

fn sheet(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Option<String>, Invalid> {
    let mut cells = workbook.worksheet_cells_reader(name).map_err(|error| refused(&error))?;
    let mut table = Table::new();
    while let Some(cell) = cells.next_cell().map_err(|error| refused(&error))? {
        let (row, column) = cell.get_position();
        match cell.get_value() {
            DataRef::SharedString(text) => table.put(row, column, text)?,
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
                table.put(row, column, text)?;
            }
            #[expect(clippy::cast_precision_loss, reason = "a spreadsheet has 15 digits")]
            DataRef::Int(value) => table.put(row, column, &number(*value as f64))?,
            DataRef::Float(value) => table.put(row, column, &number(*value))?,
            DataRef::Bool(truth) => table.put(row, column, if *truth { "true" } else { "false" })?,
            DataRef::DateTime(moment) => table.put(row, column, &moment_text(moment))?,
            DataRef::Error(_) | DataRef::Empty => {}
        }
    }
    table.finish()
}

/// A date, a time, or both, as they are read from CSV.
fn moment_text(moment: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let fraction = if milli == 0 { String::new() } else { format!(".{milli:03}") };
    let time = format!("{hour:02}:{minute:02}:{second:02}{fraction}");
    let value = moment.as_f64();
    match () {
        () if moment.is_duration() => {
            let seconds = (value * 86_400.0).round();
            let (hours, rest) = ((seconds / 3600.0).floor(), seconds.rem_euclid(3600.0));
            format!("{hours}:{:02}:{:02}", (rest / 60.0).floor(), rest % 60.0)
        }
        () if (0.0..1.0).contains(&value) => time,
        () if value.fract() == 0.0 => format!("{year:04}-{month:02}-{day:02}"),
        () => format!("{year:04}-{month:02}-{day:02} {time}"),
    }
}

fn refused(error: &XlsxError) -> Invalid {
    if matches!(error, XlsxError::Password) { encrypted() } else { broken() }
}

#[cfg(test)]
mod tests {
    use calamine::{ExcelDateTime, ExcelDateTimeType};

    use super::moment_text;

    #[test]
    fn dates_are_read_as_dates() {
        for (value, kind, text) in [
            (45_382.0, ExcelDateTimeType::DateTime, "2024-03-31"),
            (45_382.430_555_555_56, ExcelDateTimeType::DateTime, "2024-03-31 10:20:00"),
            (0.5, ExcelDateTimeType::DateTime, "12:00:00"),
            (1.5, ExcelDateTimeType::TimeDelta, "36:00:00"),
        ] {
            assert_eq!(moment_text(&ExcelDateTime::new(value, kind, false)), text);
        }
    }
}

//! Workbooks: one sheet of an `.xlsx` or `.ods` file as the text that the same sheet has when it is saved as CSV.
//!
//! From there on it is CSV: the same rows are read by the same rules, and an import is taken up again at a place in a text.
//! Nothing in a file decides how much memory it takes: the archive is measured before it is opened, sheets are read cell by
//! cell, and the text is bounded. One workbook is read at a time.

mod archive;
mod ods;
mod table;
mod xlsx;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use archive::Kind;
use table::Table;

use crate::kernel::Invalid;

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// How archives and the containers of encrypted workbooks begin.
const ARCHIVE: &[u8] = b"PK\x03\x04";
const CONTAINER: &[u8] = b"\xd0\xcf\x11\xe0";

/// A sheet of a workbook as CSV in UTF-8, and how the workbook is written; none when the file is no workbook. `sheet` is the
/// name of the one that is wanted, otherwise it is the first with data.
pub fn text_of(bytes: &[u8], sheet: Option<&str>) -> Result<Option<(String, &'static str)>, Invalid> {
    if bytes.starts_with(CONTAINER) {
        let marker: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let is_encrypted = bytes.windows(marker.len()).any(|part| part == marker);
        return if is_encrypted { Err(encrypted()) } else { Ok(None) };
    }
    if !bytes.starts_with(ARCHIVE) {
        return Ok(None);
    }
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    // A file that makes a reader panic is one bad file.
    let read = catch_unwind(AssertUnwindSafe(|| {
        Ok(match archive::inspect(bytes)? {
            Kind::Xlsx => (xlsx::read(bytes, sheet)?, "xlsx"),
            Kind::Ods => (ods::read(bytes, sheet)?, "ods"),
        })
    }));
    read.unwrap_or_else(|_| Err(broken())).map(Some)
}

/// A number as people read it: whole ones without a point, and no more digits than a spreadsheet shows.
fn number(value: f64) -> String {
    // 15 digits are what a spreadsheet keeps; the others are noise of its arithmetic.
    let shown: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    if shown.is_finite() { format!("{shown}") } else { String::new() }
}

fn broken() -> Invalid {
    Invalid::new(
        "The workbook cannot be read: open it in your spreadsheet, save it again as .xlsx or as \"CSV UTF-8\".",
        "No se puede leer el libro: ábralo en su hoja de cálculo y guárdelo de nuevo como .xlsx o como «CSV UTF-8».",
    )
}

fn encrypted() -> Invalid {
    Invalid::new(
        "The workbook is protected by a password: save it without one.",
        "El libro está protegido con contraseña: guárdelo sin ella.",
    )
}

fn no_such_sheet(wanted: &str, names: &[String]) -> Invalid {
    let names: Vec<String> = names.iter().take(30).map(|name| format!("\"{name}\"")).collect();
    let names = names.join(", ");
    Invalid::formatted(
        format!("The workbook has no sheet \"{wanted}\". Its sheets are: {names}."),
        format!("El libro no tiene la hoja \"{wanted}\". Sus hojas son: {names}."),
    )
}

#[cfg(test)]
mod tests {
    use super::{number, text_of};

    #[test]
    fn numbers_are_written_as_they_are_shown() {
        for (value, shown) in [
            (9_711_609_009.0, "9711609009"),
            (525_517_037_908.0, "525517037908"),
            (0.1 + 0.2, "0.3"),
            (1_234_567.5, "1234567.5"),
            (-0.5, "-0.5"),
            (1e15, "1000000000000000"),
            (0.0, "0"),
            (f64::NAN, ""),
        ] {
            assert_eq!(number(value), shown);
        }
    }

    #[test]
    fn only_workbooks_are_read_as_such() {
        for bytes in [&b"empresa,telefono\n"[..], b"", b"PK", b"\xd0\xcf\x11\xe0 old"] {
            assert_eq!(text_of(bytes, None), Ok(None));
        }
        for bytes in [&b"PK\x03\x04"[..], b"PK\x03\x04\x14\x00\x06\x00\x08\x00", b"PK\x03\x04 nothing"] {
            assert!(text_of(bytes, None).is_err());
        }
    }
}

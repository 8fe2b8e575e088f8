//! Whether an archive is small enough to be opened: said sizes first, then the real ones, counted while nothing is kept.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::broken;
use crate::kernel::Invalid;

/// The most files of an archive.
const MAX_ENTRIES: usize = 4_000;
/// The most bytes of all files together, unpacked.
const MAX_UNPACKED: u64 = 300 * 1024 * 1024;
/// The most bytes of the list of shared texts, which is kept whole.
const MAX_SHARED: u64 = 150 * 1024 * 1024;
/// The most bytes of any other part in XML that is no sheet.
const MAX_PART: u64 = 32 * 1024 * 1024;
/// How many times larger than the archive its files may be; sheets of equal rows come to 50.
const MAX_RATIO: u64 = 200;
/// What is no bomb, however well it is packed.
const SMALL: u64 = 4 * 1024 * 1024;
/// How far behind its name the value of an attribute is looked for.
const LOOK_AHEAD: usize = 32;

/// What kind of workbook an archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Of Excel.
    Xlsx,
    /// Of `LibreOffice`.
    Ods,
}

/// Says what the archive is, after everything in it was measured.
pub fn inspect(bytes: &[u8]) -> Result<Kind, Invalid> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| broken())?;
    if archive.len() > MAX_ENTRIES {
        return Err(bomb());
    }
    let mut names = Vec::with_capacity(archive.len());
    let most = MAX_UNPACKED.min((bytes.len() as u64).saturating_mul(MAX_RATIO)).max(SMALL);
    let mut said = 0_u64;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|_| broken())?;
        said = said.saturating_add(entry.size());
        names.push(entry.name().map_err(|_| broken())?.into_owned());
    }
    if said > most {
        return Err(bomb());
    }
    let kind = kind(&names)?;
    let mut unpacked = 0;
    for (index, name) in names.iter().enumerate() {
        let part = limit(name).min(most - unpacked);
        let mut entry = archive.by_index(index).map_err(|_| broken())?;
        unpacked += measure(&mut entry, name, part)?;
    }
    Ok(kind)
}

fn kind(names: &[String]) -> Result<Kind, Invalid> {
    let has = |name: &str| names.iter().any(|other| other.eq_ignore_ascii_case(name));
    if has("content.xml") && has("META-INF/manifest.xml") {
        return Ok(Kind::Ods);
    }
    if has("xl/workbook.bin") {
        return Err(Invalid::new(
            "The file is a binary Excel workbook (.xlsb): save it as .xlsx or as \"CSV UTF-8\".",
            "El archivo es un libro binario de Excel (.xlsb): guárdelo como .xlsx o como «CSV UTF-8».",
        ));
    }
    if has("[Content_Types].xml") && names.iter().any(|name| name.to_ascii_lowercase().starts_with("xl/")) {
        return Ok(Kind::Xlsx);
    }
    Err(Invalid::new(
        "The file is a zip archive without a workbook in it: upload the .xlsx, .ods or CSV file itself.",
        "El archivo es un zip que no contiene un libro: suba el archivo .xlsx, .ods o CSV directamente.",
    ))
}

fn limit(name: &str) -> u64 {
    let name = name.to_ascii_lowercase();
    match () {
        () if name.ends_with("sharedstrings.xml") => MAX_SHARED,
        () if name.contains("worksheets/") || name == "content.xml" => MAX_UNPACKED,
        () if is_xml(&name) => MAX_PART,
        () => MAX_UNPACKED,
    }
}

fn is_xml(name: &str) -> bool {
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    ending == "xml" || ending == "rels"
}

/// The unpacked size of an entry; more than `most` bytes are refused as soon as they come.
fn measure(entry: &mut impl Read, name: &str, most: u64) -> Result<u64, Invalid> {
    let (is_xml, is_shared) = (is_xml(name), name.to_ascii_lowercase().ends_with("sharedstrings.xml"));
    let mut window = vec![0; 64 * 1024];
    let (mut kept, mut size) = (0, 0_u64);
    loop {
        let read = entry.read(&mut window[kept..]).map_err(|_| broken())?;
        size += read as u64;
        if size > most {
            return Err(bomb());
        }
        let end = kept + read;
        // XML in UTF-16 would hide what is looked for.
        if is_xml && window[kept..end].contains(&0) {
            return Err(broken());
        }
        if is_shared {
            kept = look_for_count(&window[..end], read == 0, most)?;
            window.copy_within(end - kept..end, 0);
        }
        if read == 0 {
            return Ok(size);
        }
    }
}

/// Refuses a said count of shared texts for which nobody has the memory; answers how much of the end must be looked at again.
fn look_for_count(window: &[u8], is_end: bool, most: u64) -> Result<usize, Invalid> {
    const NAME: &[u8] = b"uniqueCount";
    let mut from = 0;
    while let Some(found) = window[from..].windows(NAME.len()).position(|part| part == NAME) {
        let behind = from + found + NAME.len();
        if window.len() - behind < LOOK_AHEAD && !is_end {
            return Ok(window.len() - from - found);
        }
        let value = window[behind..window.len().min(behind + LOOK_AHEAD)].trim_ascii_start();
        let is_attribute = value.is_empty() || value.starts_with(b"=");
        let digits = value.get(1..).unwrap_or_default().trim_ascii_start().get(1..).unwrap_or_default();
        let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let count: Option<u64> =
            std::str::from_utf8(&digits[..length]).ok().and_then(|digits| digits.parse().ok());
        // A text takes no less than ten bytes of XML.
        if is_attribute && count.is_none_or(|count| count > most / 10) {
            return Err(bomb());
        }
        from = behind;
    }
    Ok(NAME.len().min(window.len() - from))
}

fn bomb() -> Invalid {
    Invalid::new(
        "The workbook unpacks to far more than a list of leads needs: save the sheet as \"CSV UTF-8\" and upload that.",
        "El libro se descomprime a mucho más de lo que ocupa una lista de prospectos: guarde la hoja como «CSV UTF-8» y súbala.",
    )
}

//! Files as people and programs save them, and files that mean harm.

use proptest::prelude::*;

use super::*;

fn open(text: &str) -> Result<Sheet, Invalid> {
    Sheet::open(text.as_bytes().to_vec())
}

/// Row numbers with their cells, or with the English reason.
fn read(sheet: &Sheet) -> Vec<(u32, Result<Vec<String>, String>)> {
    let row = |row| match row {
        Ok(Row { number, cells, .. }) => (number, Ok(cells)),
        Err(RowRefusal { number, reason, .. }) => (number, Err(reason.to_string())),
    };
    sheet.rows().map(row).collect()
}

fn cells(sheet: &Sheet) -> Vec<Vec<String>> {
    sheet.rows().map(|row| row.unwrap().cells).collect()
}

fn refusal(result: Result<Sheet, Invalid>) -> String {
    result.unwrap_err().0.en.into_owned()
}

#[test]
fn separators_are_found() {
    for (text, separator, width) in [
        ("a,b,c\n1,2,3\n", ',', 3),
        ("a;b;c\n1,5;2,5;3,5\n", ';', 3),
        ("a\tb\n1\t2\n", '\t', 2),
        ("a|b|c\n1|2|3\n", '|', 3),
        ("nombre\nAna\nLuis\n", ',', 1),
        ("\"a;b\",c\n\"1;2;3\",4\n", ',', 2),
        ("\"Nombre, apellido\";tel\n\"López, Ana\";9711609009\n", ';', 2),
        ("a,b;c,d\n1;2\n3;4\n5;6\n", ';', 2),
        ("sep=;\na;b\n1;2\n", ';', 2),
        ("sep=|\r\na|b,c\r\n1|2\r\n", '|', 2),
        ("SEP=,\n\"a\",b\n1,2\n", ',', 2),
        ("a;b;c\n1;2;3\n4;5\n6;7;8\n", ';', 3),
    ] {
        let sheet = open(text).unwrap();
        assert_eq!((sheet.separator(), sheet.headers().len()), (separator, width), "{text:?}");
    }
}

#[test]
fn encodings_are_found() {
    let utf16 =
        |text: &str, order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let text = "nombre;año\r\nPeña & Ñandú;2024\r\n";
    let with_mark = format!("\u{feff}{text}");
    let latin = encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    for (bytes, encoding) in [
        (text.as_bytes().to_vec(), Encoding::Utf8),
        (with_mark.as_bytes().to_vec(), Encoding::Utf8),
        (latin, Encoding::Windows1252),
        (utf16(text, u16::to_le_bytes), Encoding::Utf16Le),
        (utf16(&with_mark, u16::to_le_bytes), Encoding::Utf16Le),
        (utf16(text, u16::to_be_bytes), Encoding::Utf16Be),
        (utf16(&with_mark, u16::to_be_bytes), Encoding::Utf16Be),
    ] {
        let sheet = Sheet::open(bytes).unwrap();
        assert_eq!(sheet.encoding(), encoding);
        assert_eq!(sheet.headers(), ["nombre", "año"], "{encoding:?}");
        assert_eq!(cells(&sheet), [["Peña & Ñandú", "2024"]], "{encoding:?}");
    }
}

#[test]
fn one_wrong_byte_does_not_spoil_the_other_accents() {
    let mut bytes = "nombre\nPeña\nÑandú\nJosé\nAvión\nMartín\n".as_bytes().to_vec();
    bytes.extend(b"Mu\xf1oz\n");
    let sheet = Sheet::open(bytes).unwrap();
    assert_eq!(sheet.encoding(), Encoding::Utf8);
    assert_eq!(cells(&sheet).concat(), ["Peña", "Ñandú", "José", "Avión", "Martín", "Muñoz"]);
}

#[test]
fn windows_signs_beyond_latin_1_survive() {
    let sheet = Sheet::open(b"nombre\n\x80 \x93caf\xe9\x94 \x96\n".to_vec()).unwrap();
    assert_eq!(cells(&sheet).concat(), ["€ “café” –"]);
}

#[test]
fn quotes_and_line_ends_are_read_as_spreadsheets_write_them() {
    let text =
        "a,b\r\n\"x, y\",\"dice \"\"sí\"\"\"\r\n\"uno\ndos\", \"z\" \r5\" tubo,\"\"\n\"\"\"q\"\"\",' \n";
    let expected = [["x, y", "dice \"sí\""], ["uno\ndos", "z"], ["5\" tubo", ""], ["\"q\"", "' "]];
    assert_eq!(cells(&open(text).unwrap()), expected);
    assert_eq!(cells(&open("a\nsin salto").unwrap()), [["sin salto"]]);
}

#[test]
fn rows_have_the_numbers_that_a_spreadsheet_shows() {
    let text = "a,b\n1,2\n\n,\n\"x\ny\",3\n4,5\n";
    let sheet = open(text).unwrap();
    let numbers: Vec<u32> = sheet.rows().map(|row| row.unwrap().number).collect();
    assert_eq!(numbers, [2, 5, 6]);
    assert_eq!(sheet.row_count(), 3);
    assert_eq!(open("\n\na\nb\n").unwrap().rows().next().unwrap().unwrap().number, 4);
}

#[test]
fn ragged_rows_lose_nothing_silently() {
    let sheet = open("a,b,c\n1\n1,2,3,,\n1,2,3,4\n1,2,3\n").unwrap();
    let rows = read(&sheet);
    assert_eq!(rows[0], (2, Ok(vec!["1".into(), String::new(), String::new()])));
    assert_eq!(rows[1], (3, Ok(vec!["1".into(), "2".into(), "3".into()])));
    assert!(rows[2].1.as_ref().unwrap_err().contains("beyond the 3 named columns"));
    assert!(rows[3].1.is_ok());
}

#[test]
fn headers_are_unique_and_named() {
    let sheet = open("Teléfono, Teléfono ,,Nombre\n comercial,,\n1,2,3,4\n").unwrap();
    assert_eq!(sheet.headers(), ["Teléfono", "Teléfono (2)", "column_3", "Nombre"]);
    let sheet = open("\"Nombre\n comercial\",b,,,\n1,2\n").unwrap();
    assert_eq!(sheet.headers(), ["Nombre comercial", "b"]);
}

#[test]
fn an_unclosed_quote_costs_one_row() {
    let sheet = open("a,b\n1,2\n\"ACME,3\n4,5\n\"B\",6\n7,\"8\n9,10\n").unwrap();
    let rows = read(&sheet);
    let numbers: Vec<u32> = rows.iter().map(|row| row.0).collect();
    assert_eq!(numbers, [2, 3, 4, 5, 6, 7]);
    let refused: Vec<u32> = rows.iter().filter(|row| row.1.is_err()).map(|row| row.0).collect();
    assert_eq!(refused, [3, 6]);
    assert_eq!(sheet.row_count(), 6);
}

#[test]
fn text_behind_a_quote_is_refused_instead_of_shifting_columns() {
    let rows = read(&open("a,b\n\"ACME\" S.A.,5\n\"x\",6\n").unwrap());
    assert!(rows[0].1.as_ref().unwrap_err().contains("behind a closed quotation mark"));
    assert_eq!(rows[1].1, Ok(vec!["x".into(), "6".into()]));
}

#[test]
fn long_cells_and_rows_are_refused_by_row() {
    let cell = "ñ".repeat(MAX_CELL_CHARS);
    let text = format!(
        "a,b\n{cell},1\n{cell}x,2\n\"{cell}x\",3\nok,4\n{},5\nok,6\n",
        "y".repeat(MAX_ROW_BYTES + 10)
    );
    let rows = read(&open(&text).unwrap());
    let refused: Vec<u32> = rows.iter().filter(|row| row.1.is_err()).map(|row| row.0).collect();
    assert_eq!(refused, [3, 4, 6]);
    assert!(rows[1].1.as_ref().unwrap_err().contains("10,000 characters"));
    assert!(rows[4].1.as_ref().unwrap_err().contains("64 kB"));
    assert_eq!(rows.last().unwrap().0, 7);
}

#[test]
fn reading_goes_on_from_a_stored_place() {
    let rows: Vec<String> =
        (0..50).map(|n| format!("{n},\"x\n{n}\"\n{}", if n % 7 == 0 { "\n" } else { "" })).collect();
    let text = rows.concat();
    let sheet = open(&format!("a,b\n{text}")).unwrap();
    let all: Vec<Row> = sheet.rows().map(Result::unwrap).collect();
    for (index, row) in all.iter().enumerate() {
        let rest = &all[index + 1..];
        assert_eq!(sheet.rows_from(row.next).unwrap().map(Result::unwrap).collect::<Vec<_>>(), rest);
        assert_eq!(sheet.rows_after(row.number).map(Result::unwrap).collect::<Vec<_>>(), rest);
    }
    assert!(sheet.rows_from(Position { offset: 0, number: 1 }).is_err());
    assert!(sheet.rows_from(Position { offset: usize::MAX, number: 1 }).is_err());
    assert_eq!(sheet.rows_after(u32::MAX).count(), 0);
}

#[test]
fn files_that_are_no_spreadsheet_are_refused_with_the_way_out() {
    for (bytes, says) in [
        (&b""[..], "empty"),
        (b"\n\n \r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"a,b,c\n", "no rows"),
        (b"a,b\n\n,\n", "no rows"),
        (b"PK\x03\x04\x14\x00\x06\x00", "zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", ".xls"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"<html><table><tr><td>a</td></tr></table>", "web page"),
        (b"\xef\xbb\xbfa,b\n1,\x002\n", "binary"),
        (b"a,b\n\x00\x00\x00,1\n", "binary"),
        (b"a\x01\x02\x03,b\x04\n1\x05,2\n", "binary"),
        (b"ana@empresa.mx,Ana\nluis@empresa.mx,Luis\n", "holds data"),
        (b"Ana,971 160 9009\n", "holds data"),
        (b"\"a,b\n1,2\n", "first row could not be read"),
    ] {
        let reason = refusal(Sheet::open(bytes.to_vec()));
        assert!(reason.contains(says), "{says}: {reason}");
    }
}

#[test]
fn hostile_sizes_are_refused_and_harmless() {
    let wide = "a,".repeat(10_000);
    assert!(refusal(open(&format!("{wide}\n{wide}\n"))).contains("more than 200 columns"));
    let empty_columns = format!("a,b{}\n1,2{}\n", ",".repeat(10_000), ",".repeat(10_000));
    assert_eq!(cells(&open(&empty_columns).unwrap()), [["1", "2"]]);
    let endless = "x".repeat(5_000_000);
    assert!(refusal(open(&endless)).contains("64 kB"));
    let rows = read(&open(&format!("a\n{endless}\nb\n")).unwrap());
    assert!(rows[0].1.is_err() && rows[1] == (3, Ok(vec!["b".into()])));
    let unclosed = format!("a,b\n\"{endless}");
    assert_eq!(read(&open(&unclosed).unwrap()).len(), 1);
    let quotes = format!("a,b\n{}", "\"x\n".repeat(500_000));
    assert_eq!(open(&quotes).unwrap().row_count(), 500_000);
    let many = format!("a\n{}", "1\n".repeat(1_000_001));
    assert!(refusal(open(&many)).contains("1,000,000 rows"));
}

/// Writes a table as spreadsheets do: quotes where they are needed.
fn write(table: &[Vec<String>], separator: char) -> String {
    let cell = |cell: &String| {
        if cell.contains([',', ';', '\t', '|', '"', '\n', '\r']) || cell.starts_with(' ') {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    };
    let row =
        |row: &Vec<String>| row.iter().map(cell).collect::<Vec<_>>().join(&separator.to_string()) + "\r\n";
    table.iter().map(row).collect()
}

fn encode(text: &str, how: usize) -> Vec<u8> {
    let utf16 = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    match how {
        0 => text.as_bytes().to_vec(),
        1 => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        2 => encoding_rs::WINDOWS_1252.encode(text).0.into_owned(),
        3 => [vec![0xff, 0xfe], utf16(u16::to_le_bytes)].concat(),
        4 => [vec![0xfe, 0xff], utf16(u16::to_be_bytes)].concat(),
        5 => utf16(u16::to_le_bytes),
        _ => utf16(u16::to_be_bytes),
    }
}

fn table() -> impl Strategy<Value = Vec<Vec<String>>> {
    (1_usize..8, 1_usize..12).prop_flat_map(|(width, height)| {
        // The first cell is never empty, so that no row is blank; no accents that are UTF-8 by chance in Windows-1252.
        let first = "[a-zA-ZáéíóúñÑü0-9&.;,|\"'\n-]{0,12}[a-zñ]";
        let other = "[a-zA-ZáéíóúñÑü0-9&.;,|\"'\n\t -]{0,12}";
        let row = (first, proptest::collection::vec(other, width - 1))
            .prop_map(|(first, others)| [vec![first], others].concat());
        let header = (0..width).map(|column| format!("columna {column}")).collect::<Vec<_>>();
        proptest::collection::vec(row, height).prop_map(move |rows| [vec![header.clone()], rows].concat())
    })
}

proptest! {
    #[test]
    fn every_table_reads_back_from_every_encoding_and_separator(
        table in table(),
        separator in proptest::sample::select(vec![',', ';', '\t', '|']),
        how in 0_usize..7,
    ) {
        let sheet = Sheet::open(encode(&write(&table, separator), how)).unwrap();
        if table[0].len() > 1 {
            prop_assert_eq!(sheet.separator(), separator);
        }
        prop_assert_eq!(sheet.headers(), &table[0][..]);
        prop_assert_eq!(cells(&sheet), &table[1..]);
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..400), text in "[a,;\"\n\r ñ]{0,200}") {
        for bytes in [bytes, text.into_bytes()] {
            if let Ok(sheet) = Sheet::open(bytes) {
                prop_assert_eq!(sheet.rows().count(), sheet.row_count() as usize);
            }
        }
    }
}

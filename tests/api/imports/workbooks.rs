//! Sheets of Excel and `LibreOffice` come to what the same sheet comes to as CSV, and hostile ones to nothing.

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use serde_json::json;

use super::books::{archive, bare_xlsx, ods, rows_of, xlsx};
use super::hostile::assert_untouched;
use super::real::{WHOLE, whole};
use super::{PATH, all_leads, counts, finished, import, leads, plain};
use crate::support::TestApp;

#[tokio::test]
async fn the_business_directory_comes_to_the_same_from_any_kind_of_file() {
    let text: String = whole().into_iter().map(char::from).collect();
    let rows = rows_of(&text);
    let utf16 = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (kind, bytes, encoding, separator) in [
        ("all cells as texts", xlsx(&rows, &[]), "xlsx", ""),
        ("phones as numbers", xlsx(&rows, &["telefono"]), "xlsx", ""),
        ("UTF-16", utf16, "UTF-16LE", ","),
    ] {
        let tenant = TestApp::shared().tenant().await;
        let done = import(&tenant.owner, bytes.clone(), plain()).await;
        assert_eq!(counts(&done), WHOLE, "{kind}: {}", done["reasons"]);
        assert_eq!((&done["encoding"], &done["separator"]), (&json!(encoding), &json!(separator)), "{kind}");
        assert_eq!(done["reasons"][1]["rows"][0], 1295, "{kind}: rows have the numbers of the sheet");
        let again = import(&tenant.owner, bytes, plain()).await;
        assert_eq!(counts(&again), [3_561, 0, 0, 1_208, 2_353], "{kind}");
    }
}

#[tokio::test]
async fn cells_of_every_kind_are_read_as_they_are_shown() {
    let tenant = TestApp::shared().tenant().await;
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("Portada").unwrap();
    let sheet = workbook.add_worksheet().set_name("Datos").unwrap();
    // Two empty rows and an empty column before the header.
    for (column, name) in (1..).zip(["Empresa", "Teléfono", "Fecha de alta", "Empleados", "Notas", "Activo"])
    {
        sheet.write_string(2, column, name).unwrap();
    }
    sheet.merge_range(3, 1, 4, 1, "Nájera e hijos", &Format::new()).unwrap();
    let date = Format::new().set_num_format("dd/mm/yyyy hh:mm");
    let moment = ExcelDateTime::from_ymd(2024, 3, 31).unwrap().and_hms(10, 20, 0).unwrap();
    sheet.write_number(3, 2, 9_711_609_009_f64).unwrap();
    sheet.write_with_format(3, 3, &moment, &date).unwrap();
    sheet.write_formula(3, 4, Formula::new("=5*5").set_result("25")).unwrap();
    sheet.write_string(3, 5, "=cmd|' /C calc'!A1\nsegunda línea").unwrap();
    sheet.write_boolean(3, 6, true).unwrap();
    sheet.write_string(9, 1, "Peña").unwrap();
    sheet.write_number(9, 2, 5_517_037_908_f64).unwrap();
    workbook.add_worksheet().set_name("Otra").unwrap().write_string(0, 0, "Correo").unwrap();
    let bytes = workbook.save_to_buffer().unwrap();

    // What a file is called does not make it one.
    let answer = tenant.owner.upload(PATH, "lista.csv", bytes.clone(), None).await.expect(202);
    let done = finished(&tenant.owner, answer.header("location").unwrap()).await;

    assert_eq!(counts(&done), [2, 2, 0, 0, 0], "the second half of a merged cell is empty: {done}");
    let leads = all_leads(&tenant.owner).await;
    let lead = leads.iter().find(|lead| lead["company_name"] == "Nájera e hijos").unwrap();
    assert_eq!(lead["phone"], "+529711609009");
    assert_eq!(lead["created_at"], "2024-03-31T16:20:00Z");
    assert_eq!(lead["employee_count"], 25);
    assert_eq!(lead["notes"], "=cmd|' /C calc'!A1\nsegunda línea");
    assert_eq!(lead["custom_fields"]["activo"], "true");

    let spanish = tenant.owner.with_header("Accept-Language", "es");
    let missing =
        spanish.upload(PATH, "x.xlsx", bytes.clone(), Some(json!({ "sheet": "Ventas" }))).await.expect(422);
    assert!(missing.text.contains(r#"\"Portada\", \"Datos\", \"Otra\""#), "{}", missing.text);
    let other = spanish.upload(PATH, "x.xlsx", bytes, Some(json!({ "sheet": "Otra" }))).await.expect(422);
    assert!(other.text.contains("ninguna fila"), "{}", other.text);
}

#[tokio::test]
async fn sheets_of_libreoffice_are_read_with_their_repetitions() {
    let tenant = TestApp::shared().tenant().await;
    let text = |text: &str| {
        format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>")
    };
    let header: String = ["Empresa", "Teléfono", "Notas", "Fecha de alta"].map(text).concat();
    let tables = format!(
        "<table:table table:name=\"Vacía\"><table:table-row table:number-rows-repeated=\"1048576\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row></table:table>\
         <table:table table:name=\"Datos\">\
         <table:table-row table:number-rows-repeated=\"3\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>\
         <table:table-row>{header}</table:table-row>\
         <table:table-row>{}<table:table-cell office:value-type=\"float\" office:value=\"9711609009\"><text:p>971 160 9009</text:p></table:table-cell>\
         <table:table-cell office:value-type=\"string\"><office:annotation><text:p>nota al margen</text:p></office:annotation><text:p>uno &amp; dos</text:p><text:p>tres<text:s text:c=\"2\"/>cuatro</text:p></table:table-cell>\
         <table:table-cell office:value-type=\"date\" office:date-value=\"2024-03-31T10:20:00\"><text:p>31/03/24</text:p></table:table-cell>\
         <table:table-cell table:number-columns-repeated=\"16380\"/></table:table-row>\
         <table:table-row table:number-rows-repeated=\"2\">{}<table:covered-table-cell/></table:table-row>\
         <table:table-row table:number-rows-repeated=\"1048568\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>\
         </table:table>",
        text("Nájera"),
        text("Sin teléfono")
    );
    let done = import(&tenant.owner, ods(&tables), plain()).await;
    assert_eq!((counts(&done), &done["encoding"]), ([3, 1, 0, 0, 2], &json!("ods")), "{done}");
    assert_eq!(done["reasons"][0]["rows"], json!([6, 7]));
    let lead = &all_leads(&tenant.owner).await[0];
    assert_eq!(
        (&lead["phone"], &lead["created_at"]),
        (&json!("+529711609009"), &json!("2024-03-31T16:20:00Z"))
    );
    assert_eq!(lead["notes"], "uno & dos\ntres  cuatro");
}

#[tokio::test]
async fn hostile_workbooks_are_refused_and_change_nothing() {
    let tenant = TestApp::shared().tenant().await;
    let spanish = tenant.owner.with_header("Accept-Language", "es");
    let header = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>empresa</t></is></c><c r="B1" t="inlineStr"><is><t>telefono</t></is></c></row>"#;
    let shared = r#"<sst xmlns="x" count="1" uniqueCount="1"><si><t>a</t></si></sst>"#;
    let zeros = vec![b' '; 60_000_000];
    let wide: Vec<String> = (0..10_000).map(|number| format!("c{number}")).collect();
    let backwards =
        format!(r#"{header}<row r="9"><c r="A9"><v>1</v></c></row><row r="3"><c r="A3"><v>1</v></c></row>"#);
    let wide_ods = "<table:table table:name=\"a\"><table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell office:value-type=\"string\" table:number-columns-repeated=\"16384\"><text:p>c</text:p></table:table-cell></table:table-row></table:table>";
    let encrypted: Vec<u8> = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        .iter()
        .copied()
        .chain("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let entries: Vec<(String, Vec<u8>)> =
        (0..5_000).map(|number| (format!("xl/{number}.xml"), Vec::new())).collect();
    let entries: Vec<(&str, &[u8])> =
        entries.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    let whole = bare_xlsx(header, shared);
    for (what, content, reason) in [
        ("a bomb", bare_xlsx(header, &String::from_utf8(zeros).unwrap()), "se descomprime a mucho más"),
        ("5,000 entries", archive(&entries), "se descomprime a mucho más"),
        (
            "a count for which nobody has the memory",
            bare_xlsx(header, r#"<sst xmlns="x" uniqueCount = '99999999999'><si/></sst>"#),
            "se descomprime a mucho más",
        ),
        ("10,000 columns", xlsx(&[wide.clone(), wide], &[]), "más de 200 columnas"),
        ("10,000 columns of LibreOffice", ods(wide_ods), "más de"),
        (
            "a zip that is no workbook",
            archive(&[("lista.csv", b"empresa,telefono\nN,9711609009\n")]),
            "no contiene un libro",
        ),
        ("an encrypted workbook", encrypted, "contraseña"),
        ("an old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 Workbook".to_vec(), ".xls"),
        ("a binary workbook", archive(&[("xl/workbook.bin", b"x"), ("[Content_Types].xml", b"x")]), ".xlsb"),
        (
            "no XML in it",
            archive(&[("xl/workbook.xml", b"<"), ("[Content_Types].xml", b"x")]),
            "No se puede leer el libro",
        ),
        ("XML in UTF-16", bare_xlsx(header, "<\0s\0s\0t\0"), "No se puede leer el libro"),
        ("a half of one", whole[..whole.len() / 2].to_vec(), "No se puede leer el libro"),
        ("rows in no order", bare_xlsx(&backwards, shared), "No se puede leer el libro"),
        ("only a header", bare_xlsx(header, shared), "ninguna fila"),
        ("nothing", bare_xlsx("", shared), "vacío"),
    ] {
        let answer = spanish.upload(PATH, "x.xlsx", content, None).await;
        assert_eq!(answer.status, 422, "{what}: {}", answer.text);
        assert!(answer.text_at("/errors/0/detail").contains(reason), "{what}: {}", answer.text);
        assert_untouched(&tenant.owner, what).await;
    }
}

#[tokio::test]
async fn an_archive_that_lies_about_its_sizes_is_measured() {
    let tenant = TestApp::shared().tenant().await;
    let mut bytes =
        archive(&[("[Content_Types].xml", b"x"), ("xl/sharedStrings.xml", &vec![b' '; 60_000_000])]);
    // The said size of an entry is 20 bytes before its name in the directory, and 24 into it.
    let name = b"xl/sharedStrings.xml";
    let places: Vec<usize> =
        (0..bytes.len() - name.len()).filter(|at| bytes[*at..].starts_with(name)).collect();
    let directory = places.last().unwrap() - 46;
    bytes[directory + 24..directory + 28].copy_from_slice(&100_u32.to_le_bytes());
    let answer = tenant.owner.upload(PATH, "x.xlsx", bytes, None).await;
    assert_eq!(answer.status, 422, "{}", answer.text);
    assert_untouched(&tenant.owner, "lies").await;
    assert_eq!(leads(&tenant.owner).await, 0);
}

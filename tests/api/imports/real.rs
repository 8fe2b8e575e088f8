//! The business directory of Mexico as it is published: names without contacts, most of them without e-mail or phone.

use serde_json::{Value, json};

use super::{all_leads, counts, excerpt, excerpt_text, import, leads, plain};
use crate::support::TestApp;

/// What the excerpt comes to: counted apart from this program, by a script over its phones and e-mails.
const EXCERPT: [i64; 5] = [57, 38, 0, 0, 19];
/// The same of the whole file.
pub const WHOLE: [i64; 5] = [3_561, 1_177, 0, 31, 2_353];

#[tokio::test]
async fn an_excerpt_of_the_business_directory_becomes_leads() {
    let tenant = TestApp::shared().tenant().await;

    let done = import(&tenant.owner, excerpt(), plain()).await;

    assert_eq!(counts(&done), EXCERPT);
    assert_eq!(
        (&done["status"], &done["encoding"], &done["separator"], &done["dry_run"], &done["file_name"]),
        (&json!("completed"), &json!("windows-1252"), &json!(","), &json!(false), &json!("talleres.csv"))
    );
    let mapping: Vec<&String> = done["mapping"].as_object().unwrap().keys().collect();
    assert_eq!(mapping[..3], ["id", "nom_estab", "raz_social"], "the order of the file");
    assert_eq!(done["mapping"]["telefono"], "phone");
    let leads = all_leads(&tenant.owner).await;
    assert_eq!(leads.len(), 38);
    let company = |name: &str| leads.iter().find(|lead| lead["company_name"] == name).unwrap();
    let designs = company("DISEÑOS ARY");
    assert_eq!(designs["phone"], "+525517037908");
    assert_eq!(designs["industry"], "Confección de prendas de vestir sobre medida");
    assert_eq!(designs["custom_fields"]["municipio"], "Salina Cruz");
    assert_eq!(designs["custom_fields"]["per_ocu"], "0 a 5 personas");
    assert_eq!((&designs["source"], &designs["import_id"]), (&json!("import"), &done["id"]));
    let of_import =
        tenant.owner.get(&format!("/api/v1/leads?import_id={}", done["id"].as_str().unwrap())).await;
    assert_eq!(of_import.expect(200).body["data"].as_array().unwrap().len(), 20);
    let found = tenant.owner.get("/api/v1/leads?q=disenos%20ary").await.expect(200);
    assert_eq!(found.body["data"][0]["company_name"], "DISEÑOS ARY");
}

/// The whole file, in Latin-1.
pub fn whole() -> Vec<u8> {
    std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/denue-istmo-latin1.csv")).unwrap()
}

#[tokio::test]
async fn the_whole_business_directory_becomes_leads() {
    let bytes = whole();
    let tenant = TestApp::shared().tenant().await;
    let spanish = tenant.owner.with_header("Accept-Language", "es-MX");

    let done = import(&spanish, bytes.clone(), plain()).await;

    assert_eq!(counts(&done), WHOLE);
    let reasons: Vec<(&str, i64)> = done["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| (reason["reason"].as_str().unwrap(), reason["count"].as_i64().unwrap()))
        .collect();
    assert_eq!(
        reasons[..2],
        [
            ("La fila no tiene correo ni teléfono.", 2_335),
            ("Una fila anterior del archivo tiene el mismo correo o teléfono.", 31)
        ]
    );
    assert!(reasons[2..].iter().all(|(reason, _)| reason.starts_with("No se puede leer ningún correo")));
    assert_eq!(done["reasons"][1]["rows"][0], 1295);
    assert_eq!(done["reasons"][0]["rows"].as_array().unwrap().len(), 20);
    let leads = all_leads(&tenant.owner).await;
    assert_eq!(leads.len(), 1_177);
    let text: String = leads.iter().map(Value::to_string).collect();
    assert!(text.contains("Confección") && text.contains('Ñ') && text.contains('á'));
    assert!(!text.contains('\u{fffd}') && !text.contains("Ã"));

    let again = import(&spanish, bytes, plain()).await;

    assert_eq!(counts(&again), [3_561, 0, 0, 1_208, 2_353]);
    assert_eq!(again["reasons"][1]["reason"], "Ya existe un prospecto con este correo o teléfono.");
}

#[tokio::test]
async fn encodings_and_separators_make_no_difference() {
    let app = TestApp::shared();
    let text = excerpt_text();
    // The excerpt has no cell in quotation marks with a separator in it.
    let semicolons = text.replace(',', ";").replace('\n', "\r\n");
    let utf16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(order).collect()
    };
    for (name, bytes, encoding, separator) in [
        ("UTF-8", text.clone().into_bytes(), "UTF-8", ","),
        ("UTF-8 with a mark", format!("\u{feff}{text}").into_bytes(), "UTF-8", ","),
        ("UTF-16, low byte first", utf16(u16::to_le_bytes), "UTF-16LE", ","),
        ("UTF-16, high byte first", utf16(u16::to_be_bytes), "UTF-16BE", ","),
        ("semicolons", semicolons.chars().map(|c| u8::try_from(c).unwrap()).collect(), "windows-1252", ";"),
        ("tabs", text.replace(',', "\t").into_bytes(), "UTF-8", "\t"),
    ] {
        let tenant = app.tenant().await;
        let done = import(&tenant.owner, bytes, plain()).await;
        assert_eq!(counts(&done), EXCERPT, "{name}");
        assert_eq!((&done["encoding"], &done["separator"]), (&json!(encoding), &json!(separator)), "{name}");
        let found = tenant.owner.get("/api/v1/leads?q=disenos%20ary").await.expect(200);
        assert_eq!(found.body["data"][0]["company_name"], "DISEÑOS ARY", "{name}");
        assert_eq!(leads(&tenant.owner).await, 38, "{name}");
    }
}

//! Refused rows are told with their reasons, mended, and imported again.

use serde_json::json;

use super::books::rows_of;
use super::{PATH, counts, excerpt, import, leads, plain};
use crate::support::{TestApp, unique};

#[tokio::test]
async fn refused_rows_come_back_as_a_file_that_can_be_mended() {
    let tenant = TestApp::shared().tenant().await;
    let spanish = tenant.owner.with_header("Accept-Language", "es");
    let csv = "Empresa,Teléfono,Notas\nNájera,9711609009,\n=cmd|' /C calc'!A1,,\"uno, \"\"dos\"\"\ntres\"\n-Peña,12,\nA,9711609010,,de más\n";
    let done = import(&spanish, csv, plain()).await;
    assert_eq!(counts(&done), [4, 1, 0, 0, 3]);

    let path = format!("{PATH}/{}/refused.csv", done["id"].as_str().unwrap());
    let file = spanish.get(&path).await.expect(200);

    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    let disposition = file.header("content-disposition").unwrap();
    assert!(disposition.starts_with("attachment") && disposition.contains(".csv"), "{disposition}");
    let rows = rows_of(file.text.trim_start_matches('\u{feff}'));
    assert_eq!(rows[0], ["Empresa", "Teléfono", "Notas", "cauce_row", "cauce_reason"]);
    assert_eq!(rows[1][..4], ["'=cmd|' /C calc'!A1", "", "uno, \"dos\"\ntres", "3"]);
    assert_eq!(rows[1][4], "La fila no tiene correo ni teléfono.");
    assert_eq!(rows[2][..2], ["'-Peña", "12"]);
    assert_eq!(rows[3][..3], ["", "", ""], "what cannot be taken apart is only told");
    assert!(rows[3][4].contains("después de las 3 columnas"), "{:?}", rows[3]);
    let english = tenant.owner.get(&path).await.expect(200);
    assert!(english.text.contains("neither an e-mail nor a phone"), "{}", english.text);

    let mended =
        file.text.replacen("!A1,,", "!A1,9711609011,", 1).replacen("'-Peña,12", "'-Peña,9711609012", 1);
    let again = import(&spanish, mended, plain()).await;
    assert_eq!(counts(&again), [3, 2, 0, 0, 1]);
    assert_eq!(
        (&again["mapping"]["cauce_row"], &again["mapping"]["cauce_reason"]),
        (&json!("ignore"), &json!("ignore"))
    );
    for name in ["=cmd|' /C calc'!A1", "-Peña"] {
        let word = if name.starts_with('-') { "pe%C3%B1a" } else { "calc" };
        let found = spanish.get(&format!("/api/v1/leads?q={word}")).await.expect(200);
        assert_eq!(found.body["data"][0]["company_name"], name);
        assert_eq!(found.body["data"][0]["custom_fields"], json!({}));
    }
}

#[tokio::test]
async fn refused_rows_of_a_real_file_are_those_that_were_counted() {
    let tenant = TestApp::shared().tenant().await;
    for options in [plain(), json!({ "dry_run": true })] {
        let done = import(&tenant.owner, excerpt(), options).await;
        let path = format!("{PATH}/{}/refused.csv", done["id"].as_str().unwrap());
        let file = tenant.owner.get(&path).await.expect(200);
        let rows = rows_of(file.text.trim_start_matches('\u{feff}'));
        assert_eq!(rows.len() - 1, 19);
        assert!(file.text.contains('Ñ'), "{}", file.text);
    }
    let nothing = format!("empresa,correo\nA,{}@a.mx\n", unique("a"));
    let done = import(&tenant.owner, nothing, plain()).await;
    let path = format!("{PATH}/{}/refused.csv", done["id"].as_str().unwrap());
    let file = tenant.owner.get(&path).await.expect(200);
    assert_eq!(file.text, "\u{feff}empresa,correo,cauce_row,cauce_reason\r\n");
    assert_eq!(leads(&tenant.owner).await, 39);
    tenant.owner.get(&format!("{PATH}/{}/refused.csv", uuid::Uuid::now_v7())).await.expect(404);
}

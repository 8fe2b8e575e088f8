//! Uploads that nobody means well with.

use serde_json::{Value, json};

use super::{PATH, counts, import, leads, plain};
use crate::support::{Client, TestApp};

const GOOD: &str = "empresa,telefono\nNájera,9711609009\n";

/// Nothing was stored for the tenant.
pub async fn assert_untouched(client: &Client, what: &str) {
    assert_eq!(client.get(PATH).await.expect(200).body["data"], json!([]), "{what}");
    assert_eq!(leads(client).await, 0, "{what}");
}

#[tokio::test]
async fn files_that_are_no_spreadsheets_are_refused_with_a_reason() {
    let tenant = TestApp::shared().tenant().await;
    let columns: Vec<String> = (0..10_000).map(|number| format!("c{number}")).collect();
    let files: [(&str, Vec<u8>, &str); 10] = [
        ("empty", Vec::new(), "vacío"),
        ("blank", b"\n\n  \n".to_vec(), "vacío"),
        ("only a header", b"empresa,telefono\n".to_vec(), "ninguna fila"),
        ("10,000 columns", columns.join(",").into_bytes(), "más de 200 columnas"),
        ("NUL", b"empresa,telefono\nN\0jera,9711609009\n".to_vec(), "no CSV"),
        ("xlsx", b"PK\x03\x04\x14\x00\x06\x00\x08\x00".to_vec(), "libro"),
        ("pdf", b"%PDF-1.7 \xe2\xe3".to_vec(), "PDF"),
        ("web page", b"<!DOCTYPE html><html><table>".to_vec(), "página web"),
        ("data first", b"Juan,9711609009\nAna,9711609010\n".to_vec(), "primera fila tiene datos"),
        ("no contacts", b"empresa,giro\nX,Y\n".to_vec(), "correos o teléfonos"),
    ];
    let spanish = tenant.owner.with_header("Accept-Language", "es");
    for (what, content, reason) in files {
        let answer = spanish.upload(PATH, "x.csv", content, None).await;
        assert_eq!(answer.status, 422, "{what}: {}", answer.text);
        assert!(answer.text_at("/errors/0/detail").contains(reason), "{what}: {}", answer.text);
        assert_untouched(&tenant.owner, what).await;
    }
}

#[tokio::test]
async fn odd_rows_are_refused_and_the_good_ones_imported() {
    let tenant = TestApp::shared().tenant().await;
    let endless = "x".repeat(200_000);
    let csv = format!(
        "empresa,telefono\nNájera,9711609009\n{endless},9711609010\nA,9711609011,{}\n\"B\"x,9711609012\nPeña,9711609013\n\"C,9711609014\n",
        "y,".repeat(10_000)
    );

    let done = import(&tenant.owner, csv, plain()).await;

    assert_eq!(counts(&done), [6, 2, 0, 0, 4]);
    assert_eq!(done["reasons"].as_array().unwrap().len(), 4);
    assert_eq!(leads(&tenant.owner).await, 2);
}

#[tokio::test]
async fn formulas_and_markup_stay_texts() {
    let tenant = TestApp::shared().tenant().await;
    let csv = "empresa,telefono,notas\n\"=HYPERLINK(\"\"http://x\"\")\",9711609009,<script>\n'; DROP TABLE leads.leads; --,9711609010,\u{202e}\n";
    let done = import(&tenant.owner, csv, plain()).await;
    assert_eq!(counts(&done)[1], 2);
    let found = tenant.owner.get("/api/v1/leads?q=drop%20table").await.expect(200);
    assert_eq!(found.body["data"][0]["company_name"], "'; DROP TABLE leads.leads; --");
}

#[tokio::test]
async fn wrong_options_are_refused_by_name() {
    let tenant = TestApp::shared().tenant().await;
    for (options, pointer) in [
        (json!({ "on_duplicate": "replace" }), "/options/on_duplicate"),
        (json!({ "dry_run": "yes" }), "/options/dry_run"),
        (json!({ "dryrun": true }), "/options/dryrun"),
        (json!({ "source": "" }), "/options/source"),
        (json!({ "source": "x".repeat(101) }), "/options/source"),
        (json!({ "source": "a\0" }), "/options/source"),
        (json!({ "country": "XX" }), "/options/country"),
        (json!({ "mapping": { "telefono": "phon" } }), "/options/mapping"),
        (json!({ "mapping": { "fax": "phone" } }), "/options/mapping"),
        (json!({ "mapping": { "telefono": 7 } }), "/options/mapping/telefono"),
        (json!({ "mapping": { "telefono": "ignore" } }), "/options/mapping"),
        (json!([]), "/options"),
    ] {
        let answer = tenant.owner.upload(PATH, "x.csv", GOOD.into(), Some(options.clone())).await;
        assert_eq!(answer.status, 422, "{options}: {}", answer.text);
        assert_eq!(answer.text_at("/errors/0/pointer"), pointer, "{options}: {}", answer.text);
    }
    tenant.owner.upload(PATH, "x.csv", GOOD.into(), Some(Value::Null)).await.expect(422);
    assert_untouched(&tenant.owner, "options").await;
}

#[tokio::test]
async fn hostile_file_names_are_refused() {
    let tenant = TestApp::shared().tenant().await;
    let long = format!("{}.csv", "x".repeat(300));
    for name in [
        "../../etc/passwd",
        "/etc/passwd",
        "..",
        "C:\\\\Windows\\\\x.csv",
        "a\u{1}b.csv",
        "a\u{1b}[2J.csv",
        "x\u{202e}vsc.exe",
        &long,
    ] {
        let answer = tenant.owner.upload(PATH, name, GOOD.into(), None).await;
        assert!((400..500).contains(&answer.status), "{name:?}: {}", answer.text);
        assert!(answer.body["title"].is_string(), "{name:?}: {}", answer.text);
    }
    assert_untouched(&tenant.owner, "names").await;
    let answer = tenant.owner.upload(PATH, "Prospectos de otoño.csv", GOOD.into(), None).await.expect(202);
    assert_eq!(answer.text_at("/file_name"), "Prospectos de otoño.csv");
}

/// Sends `parts` as a form.
async fn form(client: &Client, parts: &str) -> crate::support::Answer {
    let body = parts.replace('\n', "\r\n").into_bytes();
    client.send_raw(PATH, "multipart/form-data; boundary=b", body).await
}

#[tokio::test]
async fn broken_forms_are_refused() {
    let tenant = TestApp::shared().tenant().await;
    let file = "--b\nContent-Disposition: form-data; name=\"file\"; filename=\"x.csv\"\n\nempresa,telefono\nN,9711609009\n";
    for (what, parts, status, pointer) in [
        ("no part", "--b--\n".to_owned(), 422, "/file"),
        (
            "no file",
            "--b\nContent-Disposition: form-data; name=\"options\"\n\n{}\n--b--\n".to_owned(),
            422,
            "/file",
        ),
        ("two files", format!("{file}{file}--b--\n"), 422, "/file"),
        (
            "unknown part",
            format!("{file}--b\nContent-Disposition: form-data; name=\"extra\"\n\n1\n--b--\n"),
            422,
            "/extra",
        ),
        ("cut off", file.to_owned(), 400, ""),
        ("no boundary in it", "hello".to_owned(), 400, ""),
        ("nameless", "--b\nContent-Disposition: form-data\n\n1\n--b--\n".to_owned(), 400, ""),
        (
            "options that are no JSON",
            format!("{file}--b\nContent-Disposition: form-data; name=\"options\"\n\n{{nope\n--b--\n"),
            400,
            "",
        ),
    ] {
        let answer = form(&tenant.owner, &parts).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
        if !pointer.is_empty() {
            assert_eq!(answer.text_at("/errors/0/pointer"), pointer, "{what}: {}", answer.text);
        }
    }
    tenant.owner.send_raw(PATH, "text/csv", GOOD.into()).await.expect(415);
    let empty = tenant.owner.post(PATH, json!({})).await.expect(422);
    assert_eq!(empty.text_at("/errors/0/pointer"), "/upload_id");
    tenant.owner.send_raw(PATH, "multipart/form-data", b"--b--".to_vec()).await.expect(400);
    assert_untouched(&tenant.owner, "forms").await;
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_with_an_answer() {
    let app = TestApp::with_settings("small_imports", &[("IMPORT_MAX_BYTES", "2000")]);
    let tenant = app.tenant().await;
    for size in [2_001, 100_000, 300_000, 3_000_000] {
        let content = format!("{GOOD}{}", "x".repeat(size)).into_bytes();
        let answer = tenant.owner.upload(PATH, "x.csv", content, None).await.expect(413);
        assert!(answer.text.contains("2000"), "{}", answer.text);
    }
    assert_untouched(&tenant.owner, "too large").await;
    let done = import(&tenant.owner, GOOD, plain()).await;
    assert_eq!(counts(&done)[1], 1);
}

//! Exports: any list as a file, and back.

mod fields;
mod others;
mod round_trip;

use calamine::{Data, Reader, Xlsx};
use serde_json::{Value, json};

use crate::support::{Client, Database, Tenant, TestApp, until};

const PATH: &str = "/api/v1/leads/exports";

/// Asks for an export, waits for its end, and answers it.
async fn export(client: &Client, body: Value) -> Value {
    export_of(client, PATH, body).await
}

/// The same of another kind of record.
async fn export_of(client: &Client, path: &str, body: Value) -> Value {
    let asked = client.post(path, body).await.expect(202);
    let location = asked.header("location").unwrap().to_owned();
    assert_eq!(location, format!("{path}/{}", asked.text_at("/id")));
    end_of(client, &location).await
}

/// Waits for the end of an export, and answers it.
async fn end_of(client: &Client, location: &str) -> Value {
    let status = async || client.get(location).await.expect(200).body;
    until("the export ends", async || {
        !["pending", "running"].contains(&status().await["status"].as_str().unwrap())
    })
    .await;
    status().await
}

/// The file of an export as bytes.
async fn file(client: &Client, export: &Value) -> Vec<u8> {
    client.download(export["file"].as_str().unwrap()).await
}

/// The rows of a file.
fn rows(format: &str, bytes: Vec<u8>) -> Vec<Vec<String>> {
    rows_of("Leads", format, bytes)
}

/// The rows of a file whose sheet has that name.
fn rows_of(sheet: &str, format: &str, bytes: Vec<u8>) -> Vec<Vec<String>> {
    if format == "csv" {
        let text = String::from_utf8(bytes).unwrap();
        let text = text.strip_prefix('\u{feff}').unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        return reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    }
    let mut book = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let range = book.worksheet_range(sheet).unwrap();
    let cell = |cell: &Data| cell.to_string();
    range.rows().map(|row| row.iter().map(cell).collect()).collect()
}

async fn some_leads(tenant: &Tenant) {
    let field = json!({ "key": "piezas", "label": "Piezas", "type": "number" });
    tenant.owner.post("/api/v1/leads/fields", field).await.expect(201);
    for (name, phone, pieces) in
        [("=1+1", "9711609009", 40), ("Sastrería Ñu", "9711609010", 5), ("@Zapata", "9711609011", -7)]
    {
        let lead = json!({
            "company_name": name, "phone": phone, "tags": ["a", "b"], "notes": "uno, \"dos\"\ntres",
            "custom_fields": { "piezas": pieces, "otro campo": true }, "annual_revenue": { "amount": "1234.50", "currency": "MXN" }
        });
        tenant.owner.post("/api/v1/leads", lead).await.expect(201);
    }
}

#[tokio::test]
async fn a_filtered_list_becomes_a_file_of_the_columns_asked_for() {
    let tenant = TestApp::shared().tenant().await;
    some_leads(&tenant).await;
    for (format, kind) in [
        ("csv", "text/csv; charset=utf-8"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ] {
        let body = json!({
            "format": format, "filter": { "fields": { "piezas.to": "41" } }, "sort": "field.piezas",
            "columns": ["company_name", "phone", "custom:piezas", "custom:otro campo", "annual_revenue", "tags", "notes"]
        });
        let done = export(&tenant.owner, body).await;
        assert_eq!((&done["status"], &done["rows"]), (&json!("completed"), &json!(3)), "{done}");
        let head = tenant.owner.get_head(done["file"].as_str().unwrap()).await;
        assert_eq!(head["content-type"], kind);
        let disposition = head["content-disposition"].to_str().unwrap();
        assert!(
            disposition.starts_with("attachment; filename=\"leads-20")
                && disposition.ends_with(&format!(".{format}\""))
        );
        let bytes = file(&tenant.owner, &done).await;
        assert_eq!(done["bytes"], json!(bytes.len()));
        // In CSV the mark is part of the cell, in a workbook it is how the cell is shown.
        let mark = if format == "csv" { "'" } else { "" };
        let rows = rows(format, bytes);
        assert_eq!(
            rows[0],
            [
                "company_name",
                "phone",
                "custom:piezas",
                "custom:otro campo",
                "annual_revenue",
                "tags",
                "notes"
            ]
        );
        let line = |name: &str, phone: &str, pieces: &str| {
            [name, phone, pieces, "true", "1234.50 MXN", "a; b", "uno, \"dos\"\ntres"]
                .map(str::to_owned)
                .to_vec()
        };
        let minus = if format == "csv" { "'-7" } else { "-7" };
        assert_eq!(rows[1], line(&format!("{mark}@Zapata"), &format!("{mark}+529711609011"), minus));
        assert_eq!(rows[2], line("Sastrería Ñu", &format!("{mark}+529711609010"), "5"));
        assert_eq!(rows[3], line(&format!("{mark}=1+1"), &format!("{mark}+529711609009"), "40"));
        assert_eq!(rows.len(), 4);
    }
    let kinds = "SELECT type || ' ' || (data ->> 'format') || ' ' || coalesce(data ->> 'rows', '-') FROM events.outbox
        WHERE tenant_id = 'T' AND type LIKE 'Lead.Export%' UNION ALL SELECT type || ' ' || (data ->> 'format') || ' '
        || coalesce(data ->> 'rows', '-') FROM events.log WHERE tenant_id = 'T' AND type LIKE 'Lead.Export%' ORDER BY 1";
    let told = Database::connect(&TestApp::shared().admin_url)
        .column(&kinds.replace("'T'", &format!("'{}'", tenant.id)));
    let expected = ["Completed csv 3", "Completed xlsx 3", "Requested csv -", "Requested xlsx -"];
    assert_eq!(told, expected.map(|what| format!("Lead.Export{what}")));
}

#[tokio::test]
async fn wrong_requests_are_refused_by_place() {
    let tenant = TestApp::shared().tenant().await;
    for (body, place) in [
        (json!({}), "/format"),
        (json!({ "format": "pdf" }), "/format"),
        (json!({ "format": "csv", "sort": "size" }), "/sort"),
        (json!({ "format": "csv", "sort": "field.nope" }), "/sort"),
        (json!({ "format": "csv", "columns": [] }), "/columns"),
        (json!({ "format": "csv", "columns": ["phone", "fax"] }), "/columns/1"),
        (json!({ "format": "csv", "columns": ["phone", "phone"] }), "/columns/1"),
        (json!({ "format": "csv", "filter": { "state": "new" } }), "/filter/state"),
        (json!({ "format": "csv", "more": 1 }), "/more"),
    ] {
        let answer = tenant.owner.post(PATH, body.clone()).await.expect(422);
        assert_eq!(answer.text_at("/errors/0/pointer"), place, "{body}: {}", answer.text);
    }
    let unknown = json!({ "format": "csv", "filter": { "fields": { "nope": "1" } } });
    let answer = tenant.owner.post(PATH, unknown).await.expect(422);
    assert_eq!(answer.text_at("/errors/0/parameter"), "field.nope");
    assert_eq!(tenant.owner.get(PATH).await.expect(200).body["data"], json!([]));
    let nobody = uuid::Uuid::now_v7();
    for path in [format!("{PATH}/{nobody}"), format!("{PATH}/{nobody}/file")] {
        tenant.owner.get(&path).await.expect(404);
    }
}

#[tokio::test]
async fn an_export_is_its_tenants_and_goes_on_after_its_server_ended() {
    let app = TestApp::alone("exports_resume");
    let (tenant, other) = (app.tenant().await, app.tenant().await);
    let lines: Vec<String> = (0..2_500).map(|n| format!("Taller {n:04},taller{n}@a.mx")).collect();
    let import = tenant.owner.upload(
        "/api/v1/leads/imports",
        "x.csv",
        format!("empresa,correo\n{}\n", lines.join("\n")).into_bytes(),
        None,
    );
    let import = import.await.expect(202).header("location").unwrap().to_owned();
    until("the leads are there", async || {
        tenant.owner.get(&import).await.expect(200).body["status"] == "completed"
    })
    .await;
    let key = tenant.owner.with_header("Idempotency-Key", "lista-1");
    let body = json!({ "format": "csv", "sort": "company_name", "columns": ["company_name"] });
    let asked = key.post(PATH, body.clone()).await.expect(202);
    assert_eq!(key.post(PATH, body).await.expect(202).text_at("/id"), asked.text_at("/id"));
    app.stop().await;

    let next = app.beside("exports_resume_again", &[]);
    let client = next.sign_in(&tenant).await.owner;
    let location = asked.header("location").unwrap();
    until("the export ends", async || client.get(location).await.expect(200).body["status"] == "completed")
        .await;
    let done = client.get(location).await.expect(200).body;

    assert_eq!(done["rows"], 2_500);
    let rows = rows("csv", file(&client, &done).await);
    let names: Vec<String> = (0..2_500).map(|n| format!("Taller {n:04}")).collect();
    assert_eq!(rows[1..].concat(), names);
    let stranger = next.sign_in(&other).await.owner;
    stranger.get(location).await.expect(404);
    stranger.get(&format!("{location}/file")).await.expect(404);
    assert_eq!(stranger.get(PATH).await.expect(200).body["data"], json!([]));
    assert_eq!(client.get(PATH).await.expect(200).body["data"][0]["id"], done["id"]);
    // After a week it is forgotten.
    next.clock.advance(chrono::TimeDelta::days(8));
    let client = next.sign_in(&tenant).await.owner;
    until("it is forgotten", async || client.get(location).await.status == 404).await;
    assert_eq!(Database::connect(&next.admin_url).column("SELECT count(*) FROM leads.export_pieces"), ["0"]);
}

#[tokio::test]
async fn a_file_is_not_there_before_its_time() {
    let tenant = TestApp::shared().tenant().await;
    let done = export(&tenant.owner, json!({ "format": "xlsx" })).await;
    assert_eq!((&done["rows"], &done["status"]), (&json!(0), &json!("completed")));
    assert_eq!(rows("xlsx", file(&tenant.owner, &done).await).len(), 1);
    let id = done["id"].as_str().unwrap();
    let mut database = Database::connect(&TestApp::shared().admin_url);
    database.run(&format!("UPDATE leads.exports SET status = 'failed' WHERE id = '{id}'"));
    let refused = tenant.owner.get(&format!("{PATH}/{id}/file")).await.expect(409);
    assert_eq!(refused.text_at("/type"), "/problems/export-not-ready");
}

#[tokio::test]
async fn a_file_that_loses_a_piece_is_never_taken_for_whole() {
    let tenant = TestApp::shared().tenant().await;
    some_leads(&tenant).await;
    let done = export(&tenant.owner, json!({ "format": "csv" })).await;
    let (id, path) = (done["id"].as_str().unwrap(), done["file"].as_str().unwrap());
    let mut database = Database::connect(&TestApp::shared().admin_url);
    database.run(&format!("DELETE FROM leads.export_pieces WHERE export_id = '{id}'"));
    assert!(tenant.owner.breaks_off(path).await);
}

#[tokio::test]
async fn only_the_newest_files_are_kept() {
    let tenant = TestApp::shared().tenant().await;
    some_leads(&tenant).await;
    let mut ids = Vec::new();
    for _ in 0..22 {
        let done = export(&tenant.owner, json!({ "format": "csv", "columns": ["phone"] })).await;
        ids.push(done["id"].as_str().unwrap().to_owned());
    }
    for (place, id) in ids.iter().enumerate() {
        tenant.owner.get(&format!("{PATH}/{id}")).await.expect(if place < 2 { 404 } else { 200 });
    }
    let pieces = format!(
        "SELECT count(DISTINCT export_id) FROM leads.export_pieces WHERE tenant_id = '{}'",
        tenant.id
    );
    assert_eq!(Database::connect(&TestApp::shared().admin_url).column(&pieces), ["20"]);
}

//! Invoices and credit notes on paper: made once for a language, and of drafts not at all.

use serde_json::json;

use super::{INVOICES, customer, draft, invoice, issued};
use crate::support::{Client, Database, TestApp};

async fn etag(client: &Client, path: &str) -> String {
    let head = client.get_head(path).await;
    assert_eq!(head["content-type"], "application/pdf");
    head["etag"].to_str().unwrap().trim_matches('"').to_owned()
}

#[tokio::test]
async fn an_issued_invoice_is_one_file_a_language() {
    let app = TestApp::shared();
    let acme = app.tenant().await;
    let customer = customer(&acme).await;
    let drafted = draft(&acme.owner, invoice(&customer, "1000")).await;
    let refused = acme.owner.get(&format!("{drafted}/pdf")).await.expect(409);
    assert_eq!(refused.body["allowed"], json!(["issued", "overdue", "paid", "void"]));

    let id = issued(&acme, &customer).await.text_at("/id");
    let file = format!("{INVOICES}/{id}/pdf");
    assert!(acme.owner.download(&file).await.starts_with(b"%PDF-"));
    let spanish = etag(&acme.owner, &format!("{file}?language=es")).await;
    let english = etag(&acme.owner, &format!("{file}?language=en")).await;
    assert_ne!(spanish, english);
    for _ in 0..3 {
        assert_eq!(etag(&acme.owner, &format!("{file}?language=es")).await, spanish);
    }
    // Void, it says so.
    acme.owner.post(&format!("{INVOICES}/{id}/void"), json!({ "reason": "x" })).await.expect(200);
    assert_ne!(etag(&acme.owner, &format!("{file}?language=es")).await, spanish);
    let mut database = Database::connect(&app.admin_url);
    let made = format!(
        "SELECT stage || ' ' || left(language, 2) FROM billing.documents WHERE invoice_id = '{id}' ORDER BY 1"
    );
    assert_eq!(database.column(&made), ["issued en", "issued es", "void es"]);

    app.tenant().await.owner.get(&file).await.expect(404);
    app.anonymous().get(&file).await.expect(401);
    acme.owner.get(&format!("{file}?language=fr")).await.expect(422);
}

#[tokio::test]
async fn a_credit_note_is_one_file_and_says_what_it_is_of() {
    let app = TestApp::shared();
    let acme = app.tenant().await;
    let customer = customer(&acme).await;
    let id = issued(&acme, &customer).await.text_at("/id");
    let line = json!({ "description": "Devolución", "quantity": "1", "unit_price": "10" });
    let note = json!({ "invoice_id": id, "reason": "Pieza rota", "lines": [line] });
    let note = acme.owner.post("/api/v1/credit-notes", note).await.expect(201);
    let file = format!("{}/pdf", note.header("location").unwrap());
    let hash = etag(&acme.owner, &file).await;
    assert_eq!(etag(&acme.owner, &file).await, hash);
    app.tenant().await.owner.get(&file).await.expect(404);
}

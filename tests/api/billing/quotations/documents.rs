//! The PDF of a quotation: made once for a version and a language, the same for the seller and the customer.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::json;

use super::{draft, lines, link, path, sent};
use crate::support::{Client, TestApp, until};

async fn etag(client: &Client, path: &str) -> String {
    let head = client.get_head(path).await;
    assert_eq!(head["content-type"], "application/pdf");
    head["etag"].to_str().unwrap().trim_matches('"').to_owned()
}

fn sha256(bytes: &[u8]) -> String {
    cauce::kernel::text::hex(digest(&SHA256, bytes).as_ref())
}

#[tokio::test]
async fn what_was_sent_is_one_file_and_its_hash_proves_the_answer() {
    let acme = TestApp::shared().tenant().await;
    let (quotation, link) = sent(&acme, json!({ "title": "Uniformes ñandú", "terms": "Contado" })).await;
    let file = format!("{}/pdf", path(&quotation));
    let bytes = acme.owner.download(&file).await;
    assert!(bytes.starts_with(b"%PDF-"), "{} bytes", bytes.len());
    let hash = sha256(&bytes);
    assert_eq!(etag(&acme.owner, &file).await, hash);

    let stranger = TestApp::shared().anonymous();
    assert_eq!(stranger.download(&format!("{link}/pdf")).await, bytes);
    let english = etag(&stranger, &format!("{link}/pdf?language=en")).await;
    assert_ne!(english, hash);
    assert_eq!(etag(&stranger, &format!("{link}/pdf?language=es")).await, hash);

    let yes = json!({ "answer": "accept", "name": "Inés Nájera" });
    stranger.post(&link, yes).await.expect(200);
    let sold = acme.owner.get(&path(&quotation)).await.expect(200);
    assert_eq!(sold.text_at("/answer/file_sha256"), hash);
    assert_eq!(etag(&acme.owner, &file).await, hash);
}

#[tokio::test]
async fn a_draft_is_printed_as_one_and_anew_for_each_version() {
    let acme = TestApp::shared().tenant().await;
    let draft = draft(&acme, json!({})).await;
    let (place, file) = (path(&draft), format!("{}/pdf", path(&draft)));
    let first = etag(&acme.owner, &file).await;
    assert_eq!(etag(&acme.owner, &file).await, first);
    acme.owner.patch(&place, json!({ "title": "Otra cosa" })).await.expect(200);
    let second = etag(&acme.owner, &file).await;
    assert_ne!(second, first);
    let sent = acme.owner.post(&format!("{place}/send"), json!({})).await.expect(200);
    assert_ne!(etag(&acme.owner, &file).await, second);
    assert_ne!(etag(&TestApp::shared().anonymous(), &format!("{}/pdf", link(&sent))).await, second);
}

#[tokio::test]
async fn what_is_sent_is_made_by_itself_and_moves_into_the_store() {
    let app = TestApp::shared();
    let acme = app.tenant().await;
    let (quotation, _) = sent(&acme, json!({ "lines": lines() })).await;
    let mut database = crate::support::Database::connect(&app.admin_url);
    let sql = format!(
        "SELECT count(*) FROM billing.documents WHERE quotation_id = '{}' AND sha256 IS NOT NULL
         AND content IS NULL AND file_key IS NOT NULL",
        quotation.text_at("/id")
    );
    until("the file is in the store", async || database.column(&sql) == ["1"]).await;
    database.run("BEGIN");
    let refused = database.attempt(&format!(
        "UPDATE billing.documents SET sha256 = decode(repeat('00', 32), 'hex') WHERE quotation_id = '{}'",
        quotation.text_at("/id")
    ));
    assert!(refused.unwrap_err().contains("stays as it is"));
}

#[tokio::test]
async fn documents_are_shown_to_their_company_and_in_two_languages() {
    let acme = TestApp::shared().tenant().await;
    let (quotation, link) = sent(&acme, json!({})).await;
    let other = TestApp::shared().tenant().await;
    other.owner.get(&format!("{}/pdf", path(&quotation))).await.expect(404);
    let stranger = TestApp::shared().anonymous();
    stranger.get(&format!("{}/pdf", path(&quotation))).await.expect(401);
    stranger.get(&format!("{link}x/pdf")).await.expect(404);
    for query in ["language=fr", "language=", "other=1"] {
        acme.owner.get(&format!("{}/pdf?{query}", path(&quotation))).await.expect(422);
    }
}

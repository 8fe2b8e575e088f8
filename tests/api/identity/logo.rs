//! The picture that a company puts on its documents.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Client, Database, TestApp, settled};

const PATH: &str = "/api/v1/tenant/logo";
const PNG: &[u8] = include_bytes!("../../data/pixel.png");
const JPEG: &[u8] = include_bytes!("../../data/pixel.jpg");

async fn set(client: &Client, media_type: &str, content: &[u8]) -> Answer {
    client.send_bytes(Method::PUT, PATH, media_type, content.to_vec()).await
}

/// The file of a new quotation.
async fn printed(client: &Client) -> Vec<u8> {
    let customer = json!({ "trade_name": "Confecciones Nájera" });
    let customer = client.post("/api/v1/customers", customer).await.expect(201).text_at("/id");
    let line = json!({ "description": "Uniforme", "quantity": "1", "unit_price": "10" });
    let quotation = json!({ "customer_id": customer, "lines": [line] });
    let made = client.post("/api/v1/quotations", quotation).await.expect(201);
    client.download(&format!("{}/pdf", made.header("location").unwrap())).await
}

fn has_picture(file: &[u8]) -> bool {
    file.windows(14).any(|part| part == b"/Subtype/Image" || part == b"/Subtype /Imag")
}

#[tokio::test]
async fn a_logo_is_on_documents_until_it_is_taken_off() {
    let acme = TestApp::shared().tenant().await;
    acme.owner.get(PATH).await.expect(404);
    assert!(!has_picture(&printed(&acme.owner).await));

    for (media_type, content) in [("image/jpeg", JPEG), ("image/png", PNG)] {
        set(&acme.owner, media_type, content).await.expect(204);
        let seen = acme.owner.get(PATH).await.expect(200);
        assert_eq!(seen.header("content-type"), Some(media_type));
        assert_eq!(acme.owner.download(PATH).await, content);
        assert!(has_picture(&printed(&acme.owner).await), "{media_type}");
    }
    let (seller, _) = acme.colleague(&["SALES"]).await;
    seller.get(PATH).await.expect(200);
    assert!(has_picture(&printed(&seller).await), "documents of everybody have it");
    let other = TestApp::shared().tenant().await;
    other.owner.get(PATH).await.expect(404);

    acme.owner.delete(PATH).await.expect(204);
    acme.owner.get(PATH).await.expect(404);
    acme.owner.delete(PATH).await.expect(404);
    assert!(!has_picture(&printed(&acme.owner).await));
}

#[tokio::test]
async fn a_change_of_the_logo_is_told_once() {
    let app = TestApp::shared();
    let acme = app.tenant().await;
    for _ in 0..2 {
        set(&acme.owner, "image/png", PNG).await.expect(204);
    }
    acme.owner.delete(PATH).await.expect(204);
    let mut database = Database::connect(&app.admin_url);
    settled(&mut database).await;
    let told = database.column(&format!(
        "SELECT data->>'changed' FROM events.log WHERE tenant_id = '{}' AND type = 'Tenant.Updated'",
        acme.id
    ));
    assert_eq!(told, ["[\"logo\"]", "[\"logo\"]"]);
    assert_eq!(acme.owner.get("/api/v1/tenant").await.expect(200).body["version"], 3);
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_changes_nothing() {
    let acme = TestApp::shared().tenant().await;
    set(&acme.owner, "image/png", PNG).await.expect(204);
    let (seller, _) = acme.colleague(&["SALES"]).await;
    set(&seller, "image/png", JPEG).await.expect(403);
    let large = vec![0; 300 * 1024];
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    for (media_type, content, status) in [
        ("image/svg+xml", &svg[..], 415),
        ("application/json", b"{}", 415),
        ("image/png", svg, 422),
        ("image/png", b"", 422),
        ("image/png", &PNG[..40], 422),
        ("image/png", &large, 413),
    ] {
        set(&acme.owner, media_type, content).await.expect(status);
    }
    // What it is decides, not what it is said to be.
    assert_eq!(acme.owner.download(PATH).await, PNG);
    set(&acme.owner, "image/png", JPEG).await.expect(204);
    assert_eq!(acme.owner.get(PATH).await.expect(200).header("content-type"), Some("image/jpeg"));
}

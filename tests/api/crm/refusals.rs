//! What is refused about customers, and what is done once.

use serde_json::json;

use super::named;
use crate::support::TestApp;

#[tokio::test]
async fn bad_input_is_refused_by_field_and_changes_nothing() {
    let acme = TestApp::shared().tenant().await;
    let long = "x".repeat(256);
    let rfc = json!({ "country": "MX", "number": "EKU9003173C9" });
    let bodies = [
        (json!({}), "/trade_name"),
        (json!({ "trade_name": " " }), "/trade_name"),
        (json!({ "trade_name": long }), "/trade_name"),
        (json!({ "trade_name": "A\u{0}" }), "/trade_name"),
        (json!({ "trade_name": "A", "kind": "robot" }), "/kind"),
        (json!({ "trade_name": "A", "email": "no" }), "/email"),
        (json!({ "trade_name": "A", "phone": "abc" }), "/phone"),
        (json!({ "trade_name": "A", "website": "javascript:alert(1)" }), "/website"),
        (
            json!({ "trade_name": "A", "tax_id": { "country": "MX", "number": "EKU900317" } }),
            "/tax_id/number",
        ),
        (
            json!({ "trade_name": "A", "tax_id": { "country": "XX", "number": "EKU9003173C9" } }),
            "/tax_id/country",
        ),
        (json!({ "trade_name": "A", "tax_id": "EKU9003173C9" }), "/tax_id"),
        (json!({ "trade_name": "A", "fiscal_regime": "601" }), "/fiscal_regime"),
        (json!({ "trade_name": "A", "tax_id": rfc, "fiscal_regime": "612" }), "/fiscal_regime"),
        (json!({ "trade_name": "A", "tax_id": rfc, "fiscal_regime": "609" }), "/fiscal_regime"),
        (
            json!({ "trade_name": "A", "tax_id": { "country": "GT", "number": "1234567" }, "fiscal_regime": "601" }),
            "/fiscal_regime",
        ),
        (
            json!({ "trade_name": "A", "fiscal_address": { "postal_code": "7000" } }),
            "/fiscal_address/postal_code",
        ),
        (json!({ "trade_name": "A", "address": { "city": "a\nb" } }), "/address/city"),
        (json!({ "trade_name": "A", "address": { "planet": "Tierra" } }), "/address/planet"),
        (json!({ "trade_name": "A", "language": "xx" }), "/language"),
        (json!({ "trade_name": "A", "currency": "XXX" }), "/currency"),
        (json!({ "trade_name": "A", "tags": ["a", ""] }), "/tags/1"),
        (json!({ "trade_name": "A", "custom_fields": { "a": { "b": 1 } } }), "/custom_fields"),
        (json!({ "trade_name": "A", "lead_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11" }), "/lead_id"),
        (json!({ "trade_name": "A", "tenant_id": "x" }), "/tenant_id"),
        (json!({ "trade_name": "A", "health_score": 100 }), "/health_score"),
        (json!({ "trade_name": "A", "owner_id": "x" }), "/owner_id"),
    ];
    for (body, pointer) in bodies {
        let answer = acme.owner.post("/api/v1/customers", body.clone()).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text);
        assert_eq!(answer.text_at("/errors/0/pointer"), pointer, "{body}: {}", answer.text);
    }
    for query in ["?sort=name", "?limit=0", "?limit=201", "?cursor=x", "?archived=1", "?q=", "?page=2"] {
        acme.owner.get(&format!("/api/v1/customers{query}")).await.expect(422);
    }
    assert_eq!(acme.owner.get("/api/v1/customers").await.body["data"], json!([]));
}

#[tokio::test]
async fn a_repeated_request_takes_effect_once() {
    let acme = TestApp::shared().tenant().await;
    let once = acme.owner.with_header("Idempotency-Key", "cliente-1");
    let first = once.post("/api/v1/customers", named("Una")).await.expect(201);
    let again = once.post("/api/v1/customers", named("Una")).await.expect(201);
    assert_eq!(first.text_at("/id"), again.text_at("/id"));
    assert_eq!(acme.owner.get("/api/v1/customers").await.body["data"].as_array().unwrap().len(), 1);
}

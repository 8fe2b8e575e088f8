//! Signing in with a password.

use serde_json::json;

use super::{PASSWORD, address, log_in, sign_up};
use crate::support::{TestApp, unique};

#[tokio::test]
async fn the_owner_signs_in_whatever_the_case_of_the_address() {
    let app = TestApp::shared();
    let client = app.anonymous();
    let tenant = app.tenant().await;

    let answer = log_in(&client, &tenant.email.to_uppercase()).await.expect(200);

    assert_eq!(answer.text_at("/tenant/id"), tenant.id);
    assert_eq!(answer.text_at("/user/id"), tenant.owner_id);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    client.with_token(&answer.text_at("/access_token")).get("/api/v1/me").await.expect(200);
}

#[tokio::test]
async fn the_unknown_and_the_known_get_one_answer() {
    let app = TestApp::shared();
    let client = app.anonymous();
    let tenant = app.tenant().await;
    let wrong = |email: &str, tenant: Option<&str>| {
        let body = match tenant {
            Some(tenant) => json!({ "email": email, "password": "wrong horse battery", "tenant": tenant }),
            None => json!({ "email": email, "password": "wrong horse battery" }),
        };
        let client = client.clone();
        async move { client.post("/api/v1/auth/login", body).await.expect(401) }
    };

    let known = wrong(&tenant.email, None).await;
    assert_eq!(known.header("www-authenticate"), Some("Bearer"));
    for other in [
        wrong(&address(), None).await,
        wrong(&tenant.email, Some(&tenant.slug)).await,
        wrong(&tenant.email, Some("no-such-company")).await,
        wrong(&address(), Some(&tenant.slug)).await,
    ] {
        let mut body = other.body.clone();
        body["instance"] = known.body["instance"].clone();
        assert_eq!(body, known.body);
    }
}

#[tokio::test]
async fn an_address_in_several_companies_asks_which() {
    let client = TestApp::shared().anonymous();
    let email = address();
    let first = sign_up(&client, &unique("empresa"), &email).await;
    let second = sign_up(&client, &unique("empresa"), &email).await;
    let slugs = [first.text_at("/tenant/slug"), second.text_at("/tenant/slug")];

    let asked = log_in(&client, &email).await.expect(409);
    assert_eq!(asked.text_at("/type"), "/problems/tenant-needed");
    assert_eq!(asked.body["tenants"], json!(slugs));
    let chosen = json!({ "email": email, "password": PASSWORD, "tenant": slugs[1] });
    let answer = client.post("/api/v1/auth/login", chosen).await.expect(200);
    assert_eq!(answer.text_at("/tenant/id"), second.text_at("/tenant/id"));
    // Whoever does not know the password learns nothing of the companies.
    let wrong = json!({ "email": email, "password": "wrong horse battery" });
    let refused = client.post("/api/v1/auth/login", wrong).await.expect(401);
    assert!(!refused.text.contains(&slugs[0]) && refused.body.get("tenants").is_none());
}

#[tokio::test]
async fn one_address_may_not_ask_too_often_whatever_it_says_of_itself() {
    let settings = [("LIMITS_ENABLED", "true"), ("LIMIT_ADDRESS_PER_MINUTE", "3")];
    let app = TestApp::with_settings("address_limit", &settings);

    for turn in 0..5 {
        let client = app.anonymous().with_header("X-Forwarded-For", &format!("192.0.2.{turn}"));
        let answer = log_in(&client, &address()).await;
        assert_eq!(answer.status, if turn < 3 { 401 } else { 429 }, "{}", answer.text);
        assert_eq!(answer.header("retry-after").is_some(), turn >= 3);
    }
}

#[tokio::test]
async fn malformed_sign_ins_are_refused_by_their_place() {
    let client = TestApp::shared().anonymous();
    for (body, status, pointer) in [
        (json!({ "email": "ana", "password": "x" }), 422, Some("/email")),
        (json!({ "email": "ana@lopez.mx" }), 422, Some("/password")),
        (json!({ "email": "ana@lopez.mx", "password": "x", "tenant": "A B" }), 422, Some("/tenant")),
        (json!({ "email": "ana@lopez.mx", "password": "x", "admin": true }), 422, Some("/admin")),
        (json!({ "email": "ana@lopez.mx", "password": "x".repeat(100_000) }), 401, None),
        (json!([]), 422, None),
    ] {
        let answer = client.post("/api/v1/auth/login", body).await.expect(status);
        if let Some(pointer) = pointer {
            assert_eq!(answer.text_at("/errors/0/pointer"), pointer);
        }
    }
}

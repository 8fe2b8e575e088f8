//! API keys.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::address;
use crate::support::{Client, TestApp};

async fn make(client: &Client, scopes: Value) -> crate::support::Answer {
    client.post("/api/v1/api-keys", json!({ "name": "Web form", "scopes": scopes })).await
}

#[tokio::test]
async fn a_key_works_within_its_scopes_until_it_is_revoked() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;

    let made = make(&tenant.owner, json!(["users:read", "tenant:*"])).await.expect(201);
    let key = app.anonymous().with_token(&made.text_at("/key"));

    let me = key.get("/api/v1/me").await.expect(200);
    assert_eq!(me.text_at("/user/id"), tenant.owner_id);
    assert_eq!(me.body["permissions"], json!(["tenant:*", "users:read"]));
    key.get("/api/v1/users").await.expect(200);
    key.patch("/api/v1/tenant", json!({ "currency": "USD" })).await.expect(200);
    key.get("/api/v1/audit").await.expect(403);
    key.post("/api/v1/users", json!({ "email": address(), "name": "X", "roles": ["VIEWER"] }))
        .await
        .expect(403);
    assert_eq!(
        key.post("/api/v1/auth/logout", json!({})).await.expect(409).text_at("/type"),
        "/problems/not-a-session"
    );
    let list = tenant.owner.get("/api/v1/api-keys").await.expect(200);
    assert_eq!(list.text_at("/data/0/id"), made.text_at("/id"));
    assert!(list.body["data"][0]["last_used_at"].is_string(), "{}", list.text);
    assert!(
        !list.text.contains(&made.text_at("/key"))
            && made.text_at("/key").starts_with(&list.text_at("/data/0/prefix"))
    );

    let path = made.header("location").unwrap().to_owned();
    tenant.owner.delete(&path).await.expect(204);
    key.get("/api/v1/users").await.expect(401);
    tenant.owner.delete(&path).await.expect(204);
    assert!(tenant.owner.get("/api/v1/api-keys").await.body["data"][0]["revoked_at"].is_string());
}

#[tokio::test]
async fn what_is_wrong_with_a_key_is_told_by_its_place() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let (admin, _) = tenant.colleague(&["ADMIN"]).await;
    for (body, pointer) in [
        (json!({ "name": "", "scopes": ["leads:read"] }), "/name"),
        (json!({ "name": "X", "scopes": [] }), "/scopes"),
        (json!({ "name": "X", "scopes": ["leads"] }), "/scopes"),
        (json!({ "name": "X", "scopes": ["everything:read"] }), "/scopes"),
        (
            json!({ "name": "X", "scopes": ["leads:read"], "expires_at": "2020-01-01T00:00:00Z" }),
            "/expires_at",
        ),
        (
            json!({ "name": "X", "scopes": ["leads:read"], "expires_at": "2199-01-01T00:00:00Z" }),
            "/expires_at",
        ),
        (json!({ "name": "X", "scopes": ["leads:read"], "expires_at": "soon" }), "/expires_at"),
        (json!({ "name": "X", "scopes": ["leads:read"], "user_id": tenant.owner_id }), "/user_id"),
        // More than an admin holds.
        (json!({ "name": "X", "scopes": ["*:*"] }), "/scopes"),
    ] {
        let answer = admin.post("/api/v1/api-keys", body.clone()).await.expect(422);
        assert_eq!(answer.text_at("/errors/0/pointer"), pointer, "{body}: {}", answer.text);
    }
    let narrow = make(&admin, json!(["api_keys:*"])).await.expect(201).text_at("/key");
    make(&admin.with_token(&narrow), json!(["leads:read"])).await.expect(422);
    make(&admin.with_token(&narrow), json!(["api_keys:read"])).await.expect(201);
}

#[tokio::test]
async fn a_key_loses_what_its_maker_loses() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let (admin, id) = tenant.colleague(&["ADMIN"]).await;
    let key = make(&admin, json!(["users:*", "audit:read"])).await.expect(201).text_at("/key");
    let key = admin.with_token(&key);
    key.get("/api/v1/audit").await.expect(200);

    tenant.owner.patch(&format!("/api/v1/users/{id}"), json!({ "roles": ["VIEWER"] })).await.expect(200);

    key.get("/api/v1/audit").await.expect(403);
    assert_eq!(key.get("/api/v1/me").await.expect(200).body["permissions"], json!(["users:read"]));
    admin.get("/api/v1/api-keys").await.expect(403);
}

#[tokio::test]
async fn keys_of_another_tenant_do_not_exist() {
    let app = TestApp::shared();
    let (acme, rival) = (app.tenant().await, app.tenant().await);
    let made = make(&acme.owner, json!(["users:read"])).await.expect(201);
    let path = format!("/api/v1/api-keys/{}", made.text_at("/id"));
    assert_eq!(rival.owner.delete(&path).await.expect(404).text_at("/type"), "/problems/api-key-not-found");
    assert_eq!(rival.owner.get("/api/v1/api-keys").await.body["data"], json!([]));
    acme.owner.with_token(&made.text_at("/key")).get("/api/v1/users").await.expect(200);
}

#[tokio::test]
async fn keys_end_with_time_and_their_use_is_noted_by_the_minute() {
    let app = TestApp::alone("identity_keys");
    let tenant = app.tenant().await;
    let end = app.clock.now() + TimeDelta::minutes(5);
    let body = json!({ "name": "Short", "scopes": ["api_keys:read"], "expires_at": end });
    let key = tenant.owner.post("/api/v1/api-keys", body).await.expect(201).text_at("/key");
    let key = tenant.owner.with_token(&key);

    let used_at = |answer: crate::support::Answer| answer.expect(200).text_at("/data/0/last_used_at");
    let first = used_at(key.get("/api/v1/api-keys").await);
    app.clock.advance(TimeDelta::seconds(30));
    assert_eq!(used_at(tenant.owner.get("/api/v1/api-keys").await), first);
    app.clock.advance(TimeDelta::minutes(5));
    key.get("/api/v1/api-keys").await.expect(401);
}

//! Making, reading, changing and deleting webhooks.

use chrono::TimeDelta;
use serde_json::json;

use super::{WEBHOOKS, deliveries, lead, webhook};
use crate::support::{Database, Tenant, TestApp, until};
use crate::webhooks::receiver::{Receiver, Told};

#[tokio::test]
async fn a_webhook_is_made_read_changed_and_deleted() {
    let tenant = TestApp::shared().tenant().await;
    let body = json!({ "url": "http://127.0.0.1:1/token-in-the-path", "event_types": ["Lead.*", "Lead.*"] });
    let once = tenant.owner.with_header("Idempotency-Key", "make-it");

    let made = once.post(WEBHOOKS, body.clone()).await.expect(201);
    let again = once.post(WEBHOOKS, body).await.expect(201);

    assert_eq!(made.body, again.body, "the secret is answered again to whoever repeats the request");
    let secret = made.text_at("/secret");
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44, "{secret}");
    assert_eq!((made.header("etag"), made.text_at("/enabled")), (Some("\"1\""), "true".to_owned()));
    assert_eq!(made.body["event_types"], json!(["Lead.*"]));
    let path = made.header("location").unwrap().to_owned();
    let shown = tenant.owner.get(&path).await.expect(200);
    let listed = tenant.owner.get(WEBHOOKS).await.expect(200);
    assert_eq!(listed.body["data"], json!([shown.body]));
    assert!(!shown.text.contains("whsec_") && !listed.text.contains("whsec_"));

    let change = json!({ "event_types": ["*"], "description": "Contabilidad", "enabled": false });
    let stale = tenant.owner.with_header("If-Match", "\"7\"");
    assert_eq!(stale.patch(&path, change.clone()).await.expect(412).body["current_version"], 1);
    let changed = tenant.owner.with_header("If-Match", "\"1\"").patch(&path, change).await.expect(200);
    assert_eq!(changed.body["disabled_reason"], "by_user");
    assert_eq!((&changed.body["description"], &changed.body["version"]), (&json!("Contabilidad"), &json!(2)));
    let enabled =
        tenant.owner.patch(&path, json!({ "enabled": true, "description": null })).await.expect(200);
    assert_eq!((&enabled.body["enabled"], &enabled.body["description"]), (&json!(true), &json!(null)));

    tenant.owner.delete(&path).await.expect(204);
    tenant.owner.get(&path).await.expect(404);
    until("the log tells it, and not the address", async || {
        let log = tenant.owner.get("/api/v1/events?type=Webhook.*").await.expect(200);
        let all = ["Webhook.Created", "Webhook.Updated", "Webhook.Deleted"];
        assert!(!log.text.contains("token-in-the-path") && !log.text.contains("whsec_"));
        all.iter().all(|kind| log.text.contains(kind))
    })
    .await;
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let tenant = TestApp::shared().tenant().await;
    for (body, pointer) in [
        (json!({ "url": "x", "event_types": ["*"] }), "/url"),
        (json!({ "url": "ftp://127.0.0.1/", "event_types": ["*"] }), "/url"),
        (json!({ "url": "http://a:b@127.0.0.1/", "event_types": ["*"] }), "/url"),
        (json!({ "url": "http://127.0.0.1/", "event_types": [] }), "/event_types"),
        (json!({ "url": "http://127.0.0.1/", "event_types": ["*", "Lead.Nothing"] }), "/event_types/1"),
        (json!({ "url": "http://127.0.0.1/", "event_types": ["L*"] }), "/event_types/0"),
        (json!({ "url": "http://127.0.0.1/" }), "/event_types"),
        (json!({ "url": "http://127.0.0.1/", "event_types": ["*"], "secret": "mine" }), "/secret"),
        (json!({ "url": "http://127.0.0.1/", "event_types": ["*"], "description": "a\nb" }), "/description"),
    ] {
        let refused = tenant.owner.post(WEBHOOKS, body.clone()).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), pointer, "{body}");
    }
    let made = json!({ "url": "http://127.0.0.1:1/", "event_types": ["*"], "enabled": false });
    let path = tenant.owner.post(WEBHOOKS, made.clone()).await.expect(201);
    let path = path.header("location").unwrap();
    for (verb, body) in [
        ("rotate-secret", json!({ "overlap_hours": 169 })),
        ("replay", json!({})),
        ("replay", json!({ "since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z" })),
        ("ping", json!({ "to": "me" })),
    ] {
        tenant.owner.post(&format!("{path}/{verb}"), body).await.expect(422);
    }
    for (verb, body) in [("ping", json!({})), ("replay", json!({ "since": "2026-01-02T00:00:00Z" }))] {
        let refused = tenant.owner.post(&format!("{path}/{verb}"), body).await.expect(409);
        assert_eq!(refused.text_at("/type"), "/problems/webhook-disabled");
    }
    for _ in 1..20 {
        tenant.owner.post(WEBHOOKS, made.clone()).await.expect(201);
    }
    let refused = tenant.owner.post(WEBHOOKS, made).await.expect(409);
    assert_eq!(refused.text_at("/type"), "/problems/too-many-webhooks");
}

#[tokio::test]
async fn reading_events_is_no_right_to_have_them_sent() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let receiver = Receiver::start(Told::status(200));
    let (path, _) = webhook(&tenant, &receiver, &["*"]).await;
    let key = json!({ "name": "Lectura", "scopes": ["events:*", "webhooks:read"] });
    let key = tenant.owner.post("/api/v1/api-keys", key).await.expect(201).text_at("/key");
    let reader = tenant.owner.with_token(&key);

    reader.get(&path).await.expect(200);
    reader.get(&format!("{path}/deliveries")).await.expect(200);
    reader.post(WEBHOOKS, json!({ "url": receiver.url, "event_types": ["*"] })).await.expect(403);
    reader.delete(&path).await.expect(403);
    let rival = app.tenant().await;
    rival.owner.get(&path).await.expect(404);
    lead(&rival).await;
    lead(&tenant).await;
    let requests = receiver.after(1).await;
    assert!(requests.iter().all(|request| request.json()["tenantid"] == tenant.id.as_str()));
}

#[tokio::test]
async fn a_deleted_webhook_is_gone_at_once_and_its_rows_little_by_little() {
    let app = TestApp::alone("webhooks_deleted");
    let mut tenant = app.tenant().await;
    let wait = Told { header: "Retry-After: 600\r\n".to_owned(), ..Told::status(429) };
    let (deleted, kept) = (Receiver::start(wait), Receiver::start(Told::status(200)));
    let (path, _) = webhook(&tenant, &deleted, &["Lead.Created"]).await;
    lead(&tenant).await;
    let waiting =
        deliveries(&tenant.owner, &path, |all| all.len() == 1 && all[0]["last_status"] == 429).await;
    let delivery = waiting[0]["id"].as_str().unwrap();
    let id = path.rsplit('/').next().unwrap();
    let (kept_path, _) = webhook(&tenant, &kept, &["Lead.Created"]).await;
    let mut database = Database::connect(&app.admin_url);
    // More than are forgotten at once.
    database.run(&format!(
        "INSERT INTO webhooks.deliveries (tenant_id, id, endpoint_id, event_id, event_type, status, attempts, next_at,
             created_at, finished_at)
         SELECT tenant_id, gen_random_uuid(), endpoint_id, gen_random_uuid(), event_type, 'delivered', 1, next_at,
             created_at, created_at FROM webhooks.deliveries, generate_series(1, 1200) WHERE endpoint_id = '{id}'"
    ));
    // Whoever deletes them now must wait for this one.
    database.run(&format!(
        "BEGIN; SELECT FROM webhooks.deliveries WHERE endpoint_id = '{id}' ORDER BY id LIMIT 1 FOR UPDATE"
    ));

    tenant.owner.delete(&path).await.expect(204);

    refused(&tenant, &path, delivery).await;
    let secrets = format!("SELECT octet_length(secret) FROM webhooks.endpoints WHERE id = '{id}'");
    assert_eq!(database.column(&secrets), ["0"], "the secret outlived the webhook");
    let listed = tenant.owner.get(WEBHOOKS).await.expect(200);
    assert_eq!(listed.body["data"].as_array().unwrap().len(), 1);
    app.clock.advance(TimeDelta::minutes(20));
    tenant = app.sign_in(&tenant).await;
    lead(&tenant).await;
    kept.after(1).await;
    database.run("COMMIT");
    let left = format!(
        "SELECT (SELECT count(*) FROM webhooks.endpoints WHERE id = '{id}')
             + (SELECT count(*) FROM webhooks.deliveries WHERE endpoint_id = '{id}')
             + (SELECT count(*) FROM webhooks.attempts WHERE delivery_id = '{delivery}') AS rows"
    );
    until("nothing is left of it", async || database.column(&left) == ["0"]).await;
    deliveries(&tenant.owner, &kept_path, |all| all.len() == 1 && all[0]["status"] == "delivered").await;
    assert_eq!(deleted.received().len(), 1, "something was sent to a deleted webhook");
}

/// No operation knows the webhook at `path`, which had `delivery`, and it takes nobody's place.
async fn refused(tenant: &Tenant, path: &str, delivery: &str) {
    for shown in [path.to_owned(), format!("{path}/deliveries"), format!("{path}/deliveries/{delivery}")] {
        tenant.owner.get(&shown).await.expect(404);
    }
    tenant.owner.patch(path, json!({ "enabled": true })).await.expect(404);
    tenant.owner.delete(path).await.expect(404);
    for (verb, body) in [
        ("ping", json!({})),
        ("rotate-secret", json!({})),
        ("replay", json!({ "since": "2026-01-02T00:00:00Z" })),
        (&*format!("deliveries/{delivery}/resend"), json!({})),
    ] {
        tenant.owner.post(&format!("{path}/{verb}"), body).await.expect(404);
    }
    let limits = tenant.owner.get("/api/v1/tenant/limits").await.expect(200);
    let limits = limits.body["data"].as_array().unwrap();
    assert!(limits.iter().any(|limit| limit["name"] == "webhooks" && limit["used"] == 1), "{limits:?}");
}

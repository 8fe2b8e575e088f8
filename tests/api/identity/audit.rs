//! The audit log.

use serde_json::json;

use super::{PASSWORD, address, log_in, refresh};
use crate::support::{Answer, Client, TestApp, until};

/// The log, once it holds `count` entries: the sequencer writes it a moment after the change.
async fn log_of(client: &Client, query: &str, count: usize) -> Answer {
    let mut log = None;
    until(&format!("the log has {count} entries for {query}"), async || {
        let answer = client.get(&format!("/api/v1/audit{query}")).await.expect(200);
        let is_there = answer.body["data"].as_array().is_some_and(|entries| entries.len() >= count);
        log = Some(answer);
        is_there
    })
    .await;
    log.unwrap()
}

fn kinds(answer: &Answer) -> Vec<&str> {
    answer.body["data"].as_array().unwrap().iter().map(|entry| entry["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_log_tells_who_did_what_to_whom() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let body = json!({ "email": address(), "name": "Beto", "roles": ["SALES"] });
    let caused = tenant.owner.with_header("X-Correlation-Id", "alta-de-beto");
    let id = caused.post("/api/v1/users", body).await.expect(201).text_at("/id");
    let path = format!("/api/v1/users/{id}");
    tenant.owner.patch(&path, json!({ "roles": ["ADMIN"], "name": "Beto Ruiz" })).await.expect(200);
    tenant.owner.post(&format!("{path}/suspend"), json!({})).await.expect(200);
    tenant.owner.post(&format!("{path}/reactivate"), json!({})).await.expect(200);
    let key = json!({ "name": "Form", "scopes": ["leads:write"] });
    let key = tenant.owner.post("/api/v1/api-keys", key).await.expect(201);
    tenant.owner.delete(key.header("location").unwrap()).await.expect(204);
    tenant.owner.patch("/api/v1/tenant", json!({ "currency": "USD" })).await.expect(200);
    let first = tenant.tokens["refresh_token"].as_str().unwrap();
    let second = refresh(&app.anonymous(), first).await.expect(200).text_at("/refresh_token");
    refresh(&app.anonymous(), &second).await.expect(200);
    refresh(&app.anonymous(), first).await.expect(401);
    let owner = log_in(&app.anonymous(), &tenant.email).await.expect(200);
    let owner = app.anonymous().with_token(&owner.text_at("/access_token"));

    let log = log_of(&owner, "?limit=200", 13).await;

    let mut expected = vec![
        "Tenant.Created",
        "User.Joined",
        "Session.Started",
        "User.Invited",
        "User.Renamed",
        "User.RolesChanged",
        "User.Suspended",
        "User.Reactivated",
        "ApiKey.Created",
        "ApiKey.Revoked",
        "Tenant.Updated",
        "Session.Ended",
        "Session.Started",
    ];
    expected.reverse();
    assert_eq!(kinds(&log), expected);
    assert!(
        log.body["data"]
            .as_array()
            .unwrap()
            .iter()
            .all(|entry| entry["actor_id"] == tenant.owner_id.as_str())
    );
    for secret in ["argon2", PASSWORD, "cauce_refresh_", "cauce_invite_", &key.text_at("/key")] {
        assert!(!log.text.contains(secret), "{secret}");
    }
    let invited = log_of(&owner, "?correlation_id=alta-de-beto", 1).await;
    assert_eq!((kinds(&invited), invited.text_at("/data/0/record_id")), (vec!["User.Invited"], id.clone()));
    assert_eq!(
        log_of(&owner, &format!("?record_id={id}"), 5).await.body["data"].as_array().unwrap().len(),
        5
    );
    assert_eq!(kinds(&log_of(&owner, "?type=Session.Ended", 1).await), ["Session.Ended"]);
    assert_eq!(log_of(&owner, &format!("?actor_id={id}"), 0).await.body["data"], json!([]));
    assert_eq!(log_of(&owner, "?to=2020-01-01T00:00:00Z", 0).await.body["data"], json!([]));
    assert_eq!(log_of(&owner, "?limit=200&from=2020-01-01T00:00:00Z", 13).await.body, log.body);
}

#[tokio::test]
async fn the_log_is_read_page_by_page_and_is_the_tenants_own() {
    let app = TestApp::shared();
    let (acme, rival) = (app.tenant().await, app.tenant().await);
    let whole = log_of(&acme.owner, "", 3).await;

    let first = acme.owner.get("/api/v1/audit?limit=2").await.expect(200);
    let rest =
        acme.owner.get(&format!("/api/v1/audit?limit=2&cursor={}", first.text_at("/next_cursor"))).await;
    assert_eq!([kinds(&first), kinds(&rest)].concat(), kinds(&whole));
    assert!(rest.body["next_cursor"].is_null());

    let rivals = log_of(&rival.owner, "", 3).await;
    assert!(!rivals.text.contains(&acme.id) && !rivals.text.contains(&acme.owner_id));
    let foreign = rival.owner.get(&format!("/api/v1/audit?record_id={}", acme.owner_id)).await.expect(200);
    assert_eq!(foreign.body["data"], json!([]));
    for query in [
        "cursor=x",
        "actor_id=x",
        "from=x",
        "limit=0",
        "q=x",
        "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
    ] {
        acme.owner.get(&format!("/api/v1/audit?{query}")).await.expect(422);
    }
}

//! Users: invitations, roles, suspension.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;

use super::{PASSWORD, address, log_in, refresh};
use crate::support::{Client, TestApp};

async fn accept(client: &Client, token: &str) -> crate::support::Answer {
    client.post("/api/v1/auth/accept-invitation", json!({ "token": token, "password": PASSWORD })).await
}

#[tokio::test]
async fn somebody_is_invited_joins_and_works_within_their_roles() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let email = address();

    let body = json!({ "email": email, "name": "Beto Ruiz", "roles": ["SALES", "SALES"] });
    let invited = tenant.owner.post("/api/v1/users", body).await.expect(201);
    let token = invited.text_at("/invitation_token");
    assert!(invited.text_at("/invitation_link").ends_with(&format!("/#invitation={token}")));
    assert_eq!((&invited.body["status"], &invited.body["roles"]), (&json!("invited"), &json!(["SALES"])));
    log_in(&app.anonymous(), &email).await.expect(401);
    let weak = json!({ "token": token, "password": "12345678" });
    app.anonymous().post("/api/v1/auth/accept-invitation", weak).await.expect(422);

    let joined = accept(&app.anonymous(), &token).await.expect(200);

    assert_eq!(joined.text_at("/user/id"), invited.text_at("/id"));
    assert_eq!(joined.text_at("/tenant/id"), tenant.id);
    let beto = app.anonymous().with_token(&joined.text_at("/access_token"));
    beto.get("/api/v1/users").await.expect(200);
    for path in ["/api/v1/audit", "/api/v1/api-keys"] {
        let refused = beto.get(path).await.expect(403);
        assert_eq!(refused.text_at("/type"), "/problems/forbidden");
    }
    beto.post("/api/v1/users", json!({ "email": address(), "name": "X", "roles": ["VIEWER"] }))
        .await
        .expect(403);
    beto.patch("/api/v1/tenant", json!({ "name": "Mine" })).await.expect(403);
    accept(&app.anonymous(), &token).await.expect(401);
    log_in(&app.anonymous(), &email).await.expect(200);
}

#[tokio::test]
async fn an_invitation_is_answered_once_for_its_key_and_replaced_by_a_new_one() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let body = json!({ "email": address(), "name": "Beto", "roles": ["VIEWER"] });
    let keyed = tenant.owner.with_header("Idempotency-Key", "invite-1");

    let first = keyed.post("/api/v1/users", body.clone()).await.expect(201);
    let repeated = keyed.post("/api/v1/users", body.clone()).await.expect(201);
    assert_eq!(first.body, repeated.body);
    let taken = tenant.owner.post("/api/v1/users", body).await.expect(409);
    assert_eq!(taken.text_at("/user_id"), first.text_at("/id"));

    let path = format!("/api/v1/users/{}/invitation", first.text_at("/id"));
    let second = tenant.owner.post(&path, json!({})).await.expect(201);
    accept(&app.anonymous(), &first.text_at("/invitation_token")).await.expect(401);
    let keyed = app.anonymous().with_header("Idempotency-Key", "accept-1");
    let joined = accept(&keyed, &second.text_at("/invitation_token")).await.expect(200);
    let again = accept(&keyed, &second.text_at("/invitation_token")).await.expect(200);
    assert_eq!(joined.body, again.body);
    tenant.owner.post(&path, json!({})).await.expect(409);
}

#[tokio::test]
async fn invitations_end_after_a_week() {
    let app = TestApp::alone("identity_invitations");
    let tenant = app.tenant().await;
    let body = json!({ "email": address(), "name": "Beto", "roles": ["VIEWER"] });
    let token = tenant.owner.post("/api/v1/users", body).await.expect(201).text_at("/invitation_token");
    app.clock.advance(TimeDelta::days(7));
    accept(&app.anonymous(), &token).await.expect(401);
}

#[tokio::test]
async fn suspending_acts_on_the_next_request() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let (admin, id) = tenant.colleague(&["ADMIN"]).await;
    let email = admin.get("/api/v1/me").await.expect(200).text_at("/user/email");
    let session = log_in(&app.anonymous(), &email).await.expect(200);
    let key = json!({ "name": "Form", "scopes": ["users:read"] });
    let key = admin.post("/api/v1/api-keys", key).await.expect(201).text_at("/key");
    admin.with_token(&key).get("/api/v1/users").await.expect(200);

    let path = format!("/api/v1/users/{id}/suspend");
    let suspended = tenant.owner.post(&path, json!({})).await.expect(200);

    assert_eq!(suspended.text_at("/status"), "suspended");
    admin.get("/api/v1/me").await.expect(401);
    admin.with_token(&key).get("/api/v1/users").await.expect(401);
    refresh(&app.anonymous(), &session.text_at("/refresh_token")).await.expect(401);
    log_in(&app.anonymous(), &email).await.expect(401);
    tenant.owner.post(&path, json!({})).await.expect(409);

    tenant.owner.post(&format!("/api/v1/users/{id}/reactivate"), json!({})).await.expect(200);
    log_in(&app.anonymous(), &email).await.expect(200);
    admin.with_token(&key).get("/api/v1/users").await.expect(200);
    admin.get("/api/v1/me").await.expect(401);
}

#[tokio::test]
async fn other_roles_act_on_the_next_request() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let (beto, id) = tenant.colleague(&["VIEWER"]).await;
    let path = format!("/api/v1/users/{id}");
    // Others of the tenant keep asking meanwhile, so that what is remembered is always being read anew.
    let asking = AtomicBool::new(true);
    let ask = async || {
        while asking.load(Ordering::Relaxed) {
            beto.get("/api/v1/me").await.expect(200);
        }
    };
    let change = async || {
        for turn in 0..10 {
            tenant.owner.patch(&path, json!({ "roles": ["ADMIN"] })).await.expect(200);
            beto.get("/api/v1/audit").await.expect(200);
            let changed = tenant.owner.patch(&path, json!({ "roles": ["VIEWER"] })).await.expect(200);
            assert_eq!(changed.body["version"], 2 + 2 * (turn + 1));
            beto.get("/api/v1/audit").await.expect(403);
        }
        asking.store(false, Ordering::Relaxed);
    };
    tokio::join!(ask(), ask(), ask(), change());
}

#[tokio::test]
async fn nobody_touches_rights_beyond_their_own() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let (admin, admin_id) = tenant.colleague(&["ADMIN"]).await;
    let owner_path = format!("/api/v1/users/{}", tenant.owner_id);
    let invite = |role: &str| json!({ "email": address(), "name": "X", "roles": [role] });

    for answer in [
        admin.post("/api/v1/users", invite("OWNER")).await,
        admin.patch(&format!("/api/v1/users/{admin_id}"), json!({ "roles": ["OWNER"] })).await,
        admin.patch(&owner_path, json!({ "roles": ["VIEWER"] })).await,
        admin.patch(&owner_path, json!({ "name": "Nobody" })).await,
        admin.post(&format!("{owner_path}/suspend"), json!({})).await,
    ] {
        assert_eq!(answer.expect(403).text_at("/type"), "/problems/above-own-rights");
    }
    admin.post("/api/v1/users", invite("ADMIN")).await.expect(201);
    // A key that only writes users cannot make anybody mightier than itself.
    let key = json!({ "name": "Onboarding", "scopes": ["users:*"] });
    let key = tenant.owner.post("/api/v1/api-keys", key).await.expect(201).text_at("/key");
    admin.with_token(&key).post("/api/v1/users", invite("VIEWER")).await.expect(403);
}

#[tokio::test]
async fn an_active_owner_always_remains() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let path = format!("/api/v1/users/{}", tenant.owner_id);
    for answer in [
        tenant.owner.patch(&path, json!({ "roles": ["ADMIN"] })).await,
        tenant.owner.post(&format!("{path}/suspend"), json!({})).await,
    ] {
        assert_eq!(answer.expect(409).text_at("/type"), "/problems/last-owner");
    }
    // Of two owners who suspend each other at once, one remains.
    let (second, second_id) = tenant.colleague(&["OWNER"]).await;
    let (one, other) = (format!("{path}/suspend"), format!("/api/v1/users/{second_id}/suspend"));
    let answers = join_all([second.post(&one, json!({})), tenant.owner.post(&other, json!({}))]).await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(done, 1, "{answers:?}");
    let left = join_all([tenant.owner.get("/api/v1/me"), second.get("/api/v1/me")]).await;
    assert_eq!(left.iter().filter(|answer| answer.status == 200).count(), 1);
}

#[tokio::test]
async fn a_stale_change_is_refused_and_changes_nothing() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let (_, id) = tenant.colleague(&["VIEWER"]).await;
    let path = format!("/api/v1/users/{id}");
    let read = tenant.owner.get(&path).await.expect(200);
    let current = tenant.owner.with_header("If-Match", read.header("etag").unwrap());

    let changed = current.patch(&path, json!({ "name": "Beto Nuevo" })).await.expect(200);
    assert_ne!(changed.header("etag"), read.header("etag"));
    let stale = current.patch(&path, json!({ "name": "Beto Viejo" })).await.expect(412);
    assert_eq!(stale.body["current_version"], changed.body["version"]);
    current.post(&format!("{path}/suspend"), json!({})).await.expect(412);
    assert_eq!(tenant.owner.get(&path).await.text_at("/name"), "Beto Nuevo");
    tenant.owner.with_header("If-Match", "x").patch(&path, json!({})).await.expect(422);
    let same = tenant.owner.patch(&path, json!({ "name": "Beto Nuevo" })).await.expect(200);
    assert_eq!(same.body["version"], changed.body["version"]);
}

#[tokio::test]
async fn users_of_another_tenant_do_not_exist() {
    let app = TestApp::shared();
    let (acme, rival) = (app.tenant().await, app.tenant().await);
    let nobody = "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11";
    for id in [acme.owner_id.as_str(), nobody] {
        let path = format!("/api/v1/users/{id}");
        for answer in [
            rival.owner.get(&path).await,
            rival.owner.patch(&path, json!({ "name": "Mine" })).await,
            rival.owner.post(&format!("{path}/suspend"), json!({})).await,
            rival.owner.post(&format!("{path}/reactivate"), json!({})).await,
            rival.owner.post(&format!("{path}/invitation"), json!({})).await,
        ] {
            assert_eq!(answer.expect(404).text_at("/type"), "/problems/user-not-found");
        }
    }
    let list = rival.owner.get("/api/v1/users").await.expect(200);
    assert!(!list.text.contains(&acme.owner_id));
    acme.owner.get("/api/v1/me").await.expect(200);
    rival.owner.get("/api/v1/users/x").await.expect(422);
}

#[tokio::test]
async fn users_are_listed_page_by_page() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let mut ids = vec![tenant.owner_id.clone()];
    for role in ["SALES", "VIEWER", "SALES"] {
        let body = json!({ "email": address(), "name": "Beto", "roles": [role] });
        ids.push(tenant.owner.post("/api/v1/users", body).await.expect(201).text_at("/id"));
    }
    let seen = |answer: &crate::support::Answer| -> Vec<String> {
        answer.body["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["id"].as_str().unwrap().to_owned())
            .collect()
    };

    let first = tenant.owner.get("/api/v1/users?limit=3&sort=created_at").await.expect(200);
    let cursor = first.text_at("/next_cursor");
    let last =
        tenant.owner.get(&format!("/api/v1/users?limit=3&sort=created_at&cursor={cursor}")).await.expect(200);
    assert_eq!([seen(&first), seen(&last)].concat(), ids);
    assert!(last.body["next_cursor"].is_null());
    ids.reverse();
    assert_eq!(seen(&tenant.owner.get("/api/v1/users").await), ids);
    assert_eq!(seen(&tenant.owner.get("/api/v1/users?role=SALES").await).len(), 2);
    assert_eq!(
        seen(&tenant.owner.get("/api/v1/users?status=active").await),
        std::slice::from_ref(&tenant.owner_id)
    );

    for query in [
        "limit=0",
        "limit=201",
        "limit=x",
        "sort=name",
        "role=KING",
        "status=gone",
        "x=1",
        "cursor=x",
        "role=SALES&role=SALES",
    ] {
        let answer = tenant.owner.get(&format!("/api/v1/users?{query}")).await.expect(422);
        assert!(answer.body["errors"][0]["parameter"].is_string(), "{query}: {}", answer.text);
    }
    tenant.owner.get(&format!("/api/v1/users?cursor={cursor}")).await.expect(422);
}

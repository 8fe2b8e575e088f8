//! Sessions as their user and administrators see and end them.

use chrono::TimeDelta;
use serde_json::json;

use super::{PASSWORD, log_in, refresh};
use crate::support::TestApp;

#[tokio::test]
async fn people_know_their_sessions_and_end_them() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let phone = app.anonymous().with_header("User-Agent", "Cauce-Phone/3");
    let signed_in = log_in(&phone, &tenant.email).await.expect(200);
    let phone = phone.with_token(&signed_in.text_at("/access_token"));
    let (colleague, _) = tenant.colleague(&["SALES"]).await;

    let list = phone.get("/api/v1/me/sessions").await.expect(200);
    assert_eq!(list.body["data"].as_array().map(Vec::len), Some(2), "{}", list.text);
    assert_eq!(list.text_at("/data/0/user_agent"), "Cauce-Phone/3");
    assert_eq!(
        (list.text_at("/data/0/ip").as_str(), &list.body["data"][0]["current"]),
        ("127.0.0.1", &json!(true))
    );
    assert_eq!(list.body["data"][1]["current"], json!(false));
    assert_eq!(
        colleague.get("/api/v1/me/sessions").await.expect(200).body["data"].as_array().map(Vec::len),
        Some(1)
    );
    let first = phone.get("/api/v1/me/sessions?limit=1").await.expect(200);
    let rest =
        phone.get(&format!("/api/v1/me/sessions?cursor={}", first.text_at("/next_cursor"))).await.expect(200);
    assert_eq!(rest.body["data"][0], list.body["data"][1]);

    // Nobody ends a colleague's session, or that of another company.
    let path = format!("/api/v1/me/sessions/{}", list.text_at("/data/0/id"));
    for stranger in [colleague, app.tenant().await.owner] {
        assert_eq!(stranger.delete(&path).await.expect(404).text_at("/type"), "/problems/session-not-found");
    }
    phone.get("/api/v1/me").await.expect(200);

    tenant.owner.delete(&path).await.expect(204);
    phone.get("/api/v1/me").await.expect(401);
    refresh(&app.anonymous(), &signed_in.text_at("/refresh_token")).await.expect(401);
    tenant.owner.delete(&path).await.expect(204);
    tenant.owner.get("/api/v1/me").await.expect(200);
}

#[tokio::test]
async fn all_other_sessions_end_at_once() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let mut others = Vec::new();
    for _ in 0..3 {
        let token = log_in(&app.anonymous(), &tenant.email).await.expect(200).text_at("/access_token");
        others.push(app.anonymous().with_token(&token));
        others.last().unwrap().get("/api/v1/me").await.expect(200);
    }
    tenant.owner.delete("/api/v1/me/sessions").await.expect(204);
    for other in others {
        other.get("/api/v1/me").await.expect(401);
    }
    tenant.owner.get("/api/v1/me").await.expect(200);
}

#[tokio::test]
async fn administrators_end_sessions_of_those_who_do_not_stand_above_them() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let (admin, _) = tenant.colleague(&["ADMIN"]).await;
    let (sales, id) = tenant.colleague(&["SALES"]).await;
    sales.get("/api/v1/me").await.expect(200);
    sales.delete(&format!("/api/v1/users/{id}/sessions")).await.expect(403);
    let above = admin.delete(&format!("/api/v1/users/{}/sessions", tenant.owner_id)).await.expect(403);
    assert_eq!(above.text_at("/type"), "/problems/above-own-rights");

    admin.delete(&format!("/api/v1/users/{id}/sessions")).await.expect(204);

    sales.get("/api/v1/me").await.expect(401);
    tenant.owner.get("/api/v1/me").await.expect(200);
    app.tenant().await.owner.delete(&format!("/api/v1/users/{id}/sessions")).await.expect(404);
}

#[tokio::test]
async fn another_server_learns_of_an_ended_session_within_a_second() {
    let app = TestApp::alone("identity_two");
    let tenant = app.tenant().await;
    let secret = std::fs::read_to_string(
        crate::support::Cluster::shared().directory().join("identity_two").join("jwt.secret"),
    );
    let other = app.beside("identity_two_b", &[("JWT_SECRET", secret.unwrap().trim())]);
    let there = other.anonymous().with_token(tenant.tokens["access_token"].as_str().unwrap());
    there.get("/api/v1/me").await.expect(200);
    let signed_in = log_in(&app.anonymous(), &tenant.email).await.expect(200);
    let here = app.anonymous().with_token(&signed_in.text_at("/access_token"));

    here.delete("/api/v1/me/sessions").await.expect(204);

    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    there.get("/api/v1/me").await.expect(401);
}

#[tokio::test]
async fn the_last_use_is_noted_by_the_minute() {
    let app = TestApp::alone("identity_last_use");
    let tenant = app.tenant().await;
    let used_at =
        async || tenant.owner.get("/api/v1/me/sessions").await.expect(200).text_at("/data/0/last_used_at");
    let first = used_at().await;
    app.clock.advance(TimeDelta::seconds(30));
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(used_at().await, first);
    app.clock.advance(TimeDelta::minutes(1));
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_ne!(used_at().await, first);
    let body = json!({ "email": tenant.email, "password": PASSWORD });
    app.anonymous().post("/api/v1/auth/login", body).await.expect(200);
}

//! Staying signed in and signing out.

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;

use super::{log_in, refresh};
use crate::support::{Answer, TestApp};

fn tokens(answer: &Answer) -> (String, String) {
    (answer.text_at("/access_token"), answer.text_at("/refresh_token"))
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_its_reuse_ends_the_session() {
    let app = TestApp::shared();
    let client = app.anonymous();
    let tenant = app.tenant().await;
    let first = tenant.tokens["refresh_token"].as_str().unwrap();

    let second = refresh(&client, first).await.expect(200);
    assert_eq!(second.text_at("/user/id"), tenant.owner_id);
    let (access, third_token) =
        tokens(&refresh(&client, &second.text_at("/refresh_token")).await.expect(200));
    client.with_token(&access).get("/api/v1/me").await.expect(200);

    // A thief comes with the first token, whose successor is spent too.
    refresh(&client, first).await.expect(401);
    client.with_token(&access).get("/api/v1/me").await.expect(401);
    refresh(&client, &third_token).await.expect(401);
    tenant.owner.get("/api/v1/me").await.expect(401);
    log_in(&client, &tenant.email).await.expect(200);
}

#[tokio::test]
async fn refreshes_at_once_come_to_one_new_state() {
    let app = TestApp::shared();
    let client = app.anonymous();
    let tenant = app.tenant().await;
    let first = tenant.tokens["refresh_token"].as_str().unwrap();

    let answers = join_all((0..20).map(|_| refresh(&client, first))).await;

    let mut successors: Vec<String> =
        answers.into_iter().map(|answer| answer.expect(200).text_at("/refresh_token")).collect();
    successors.dedup();
    assert_eq!(successors.len(), 1, "everybody gets the same successor");
    refresh(&client, &successors[0]).await.expect(200);
    refresh(&client, &successors[0]).await.expect(200);
    tenant.owner.get("/api/v1/me").await.expect(200);
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused() {
    let app = TestApp::shared();
    let client = app.anonymous();
    let access = app.tenant().await.tokens["access_token"].as_str().unwrap().to_owned();
    for token in ["", "x", "cauce_refresh_", &format!("cauce_refresh_{}", "A".repeat(43)), &access] {
        let answer = refresh(&client, token).await.expect(401);
        assert_eq!(answer.text_at("/type"), "/problems/unauthorized");
    }
    client.post("/api/v1/auth/refresh", json!({})).await.expect(422);
}

#[tokio::test]
async fn signing_out_ends_the_session_at_once() {
    let app = TestApp::shared();
    let client = app.anonymous();
    let tenant = app.tenant().await;
    let (access, refresh_token) = tokens(&log_in(&client, &tenant.email).await.expect(200));
    let session = client.with_token(&access);
    session.get("/api/v1/me").await.expect(200);

    session.post("/api/v1/auth/logout", json!({})).await.expect(204);

    session.get("/api/v1/me").await.expect(401);
    session.post("/api/v1/auth/logout", json!({})).await.expect(401);
    refresh(&client, &refresh_token).await.expect(401);
    tenant.owner.get("/api/v1/me").await.expect(200);
    client.post("/api/v1/auth/logout", json!({})).await.expect(401);
}

#[tokio::test]
async fn tokens_and_sessions_end_with_time() {
    let app = TestApp::alone("identity_time");
    app.clock.stop();
    let client = app.anonymous();
    let tenant = app.tenant().await;
    let first = tenant.tokens["refresh_token"].as_str().unwrap();
    let again = log_in(&client, &tenant.email).await.expect(200);

    app.clock.advance(TimeDelta::seconds(599));
    tenant.owner.get("/api/v1/me").await.expect(200);
    app.clock.advance(TimeDelta::seconds(2));
    tenant.owner.get("/api/v1/me").await.expect(401);

    // A spent token repeats its successor for ten seconds, and is theft after.
    let second = refresh(&client, first).await.expect(200);
    app.clock.advance(TimeDelta::seconds(9));
    let repeated = refresh(&client, first).await.expect(200);
    assert_eq!(second.text_at("/refresh_token"), repeated.text_at("/refresh_token"));
    app.clock.advance(TimeDelta::seconds(2));
    refresh(&client, first).await.expect(401);
    refresh(&client, &second.text_at("/refresh_token")).await.expect(401);

    // Seven days without a refresh, and thirty in all.
    let mut token = again.text_at("/refresh_token");
    for _ in 0..4 {
        app.clock.advance(TimeDelta::days(6));
        token = refresh(&client, &token).await.expect(200).text_at("/refresh_token");
    }
    app.clock.advance(TimeDelta::days(5));
    token = refresh(&client, &token).await.expect(200).text_at("/refresh_token");
    app.clock.advance(TimeDelta::days(1));
    refresh(&client, &token).await.expect(401);
    let token = log_in(&client, &tenant.email).await.expect(200).text_at("/refresh_token");
    app.clock.advance(TimeDelta::days(7));
    refresh(&client, &token).await.expect(401);
}

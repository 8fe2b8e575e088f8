//! Changing a password, and setting another when it is forgotten.

use serde_json::json;

use super::{PASSWORD, log_in, refresh};
use crate::support::TestApp;

const OTHER: &str = "another horse battery";

#[tokio::test]
async fn a_password_is_changed_with_the_present_one_and_other_sessions_end() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let elsewhere = log_in(&app.anonymous(), &tenant.email).await.expect(200);
    let path = "/api/v1/me/password";
    let wrong = json!({ "current_password": "wrong horse battery", "new_password": OTHER });
    assert_eq!(tenant.owner.post(path, wrong).await.expect(403).text_at("/type"), "/problems/not-proven");
    let weak = json!({ "current_password": PASSWORD, "new_password": "password123" });
    let weak = tenant.owner.post(path, weak).await.expect(422);
    assert_eq!(weak.text_at("/errors/0/pointer"), "/new_password");

    let body = json!({ "current_password": PASSWORD, "new_password": OTHER });
    let once = tenant.owner.with_header("Idempotency-Key", "change-1");
    once.post(path, body.clone()).await.expect(204);
    assert_eq!(once.post(path, body).await.expect(204).header("idempotency-replayed"), Some("true"));

    tenant.owner.get("/api/v1/me").await.expect(200);
    app.anonymous().with_token(&elsewhere.text_at("/access_token")).get("/api/v1/me").await.expect(401);
    refresh(&app.anonymous(), &elsewhere.text_at("/refresh_token")).await.expect(401);
    log_in(&app.anonymous(), &tenant.email).await.expect(401);
    let body = json!({ "email": tenant.email, "password": OTHER });
    app.anonymous().post("/api/v1/auth/login", body).await.expect(200);
}

#[tokio::test]
async fn the_present_password_is_not_guessed_at_with_a_stolen_token() {
    let app = TestApp::alone("identity_passwords");
    // The wait after the fifth guess lasts a second.
    app.clock.stop();
    let tenant = app.tenant().await;
    let body = json!({ "current_password": "wrong horse battery", "new_password": OTHER });
    for _ in 0..5 {
        tenant.owner.post("/api/v1/me/password", body.clone()).await.expect(403);
    }
    let refused = tenant.owner.post("/api/v1/me/password", body).await.expect(429);
    assert_eq!(refused.text_at("/type"), "/problems/too-many-guesses");
}

//! Who may answer: pages of the form's origins, at a human pace, in bodies of a human size.

use reqwest::Method;
use serde_json::{Value, json};

use super::{FORMS, PAGE, answer, form, leads, path, totals, visitor};
use crate::support::TestApp;

#[tokio::test]
async fn only_pages_of_the_forms_origins_may_answer() {
    let acme = TestApp::shared().tenant().await;
    let made = form(&acme, json!({ "origins": [PAGE, "http://localhost:3000"] })).await;
    let anonymous = TestApp::shared().anonymous();
    let body = json!({ "email": "a@acme.mx" });
    for origin in [
        "https://evil.example",
        "http://www.empresa.mx",
        "https://www.empresa.mx:8443",
        "https://empresa.mx",
        "https://www.empresa.mx.evil.example",
        "null",
        "",
    ] {
        let page = anonymous.with_header("Origin", origin);
        let refused = page.post(&path(&made), body.clone()).await.expect(403);
        assert_eq!(refused.body["type"], "/problems/form-origin-refused", "{origin}");
        assert_eq!(refused.header("access-control-allow-origin"), None, "{origin}");
        let preflight = page.with_header("Access-Control-Request-Method", "POST");
        let refused = preflight.send(Method::OPTIONS, &path(&made), None).await.expect(403);
        assert_eq!(refused.header("access-control-allow-origin"), None, "{origin}");
    }
    assert_eq!(leads(&acme).await.len(), 0);

    for origin in [PAGE, "http://localhost:3000"] {
        let page = anonymous.with_header("Origin", origin);
        let asked = page
            .with_header("Access-Control-Request-Method", "POST")
            .with_header("Access-Control-Request-Headers", "content-type,idempotency-key")
            .send(Method::OPTIONS, &path(&made), None)
            .await
            .expect(204);
        assert_eq!(asked.header("access-control-allow-origin"), Some(origin));
        assert_eq!(asked.header("access-control-allow-methods"), Some("POST"));
        assert!(asked.header("access-control-allow-headers").unwrap().contains("Idempotency-Key"));
        assert_eq!(asked.header("access-control-allow-credentials"), None);
        let vary = asked.headers.get_all("vary").iter().any(|value| value == "Origin");
        assert!(vary, "{:?}", asked.headers);
        let taken = page.post(&path(&made), json!({ "email": format!("{}@acme.mx", origin.len()) })).await;
        assert_eq!(taken.expect(202).header("access-control-allow-origin"), Some(origin));
        // Refusals can be read too.
        let refused = page.post(&path(&made), json!({})).await.expect(422);
        assert_eq!(refused.header("access-control-allow-origin"), Some(origin));
    }
    // What is no page has no origin.
    anonymous.post(&path(&made), body).await.expect(202);
    assert_eq!(leads(&acme).await.len(), 3);
    assert_eq!(totals(&acme, &made).await["refused"], 9);
}

#[tokio::test]
async fn programs_are_answered_and_nothing_is_written() {
    let acme = TestApp::shared().tenant().await;
    let made = form(&acme, json!({ "thanks_url": "https://www.empresa.mx/gracias" })).await;
    let human = answer(&made, json!({ "email": "a@acme.mx", "confirm_url": "", "elapsed_ms": 5000 }))
        .await
        .expect(202);
    for body in [
        json!({ "email": "b@acme.mx", "confirm_url": "https://spam.example" }),
        json!({ "email": "c@acme.mx", "elapsed_ms": 12 }),
        json!({ "confirm_url": "x" }),
    ] {
        let program = answer(&made, body).await.expect(202);
        assert_eq!(program.body, human.body);
    }
    assert_eq!(leads(&acme).await.len(), 1);
    let expected = json!({ "submissions": 4, "created": 1, "duplicates": 0, "refused": 0, "spam": 3 });
    assert_eq!(totals(&acme, &made).await, expected);
}

#[tokio::test]
async fn bodies_have_a_human_size_and_a_known_shape() {
    let acme = TestApp::shared().tenant().await;
    let made = form(&acme, json!({})).await;
    let huge = "x".repeat(1024 * 1024);
    let too_large = answer(&made, json!({ "email": "a@acme.mx", "notes": huge })).await.expect(413);
    assert_eq!(too_large.header("access-control-allow-origin"), Some(PAGE));
    let urlencoded = format!("email=a%40acme.mx&notes={huge}").into_bytes();
    visitor().send_raw(&path(&made), "application/x-www-form-urlencoded", urlencoded).await.expect(413);
    let many = (0..300).map(|number| format!("n{number}=x")).collect::<Vec<_>>().join("&");
    let form_type = "application/x-www-form-urlencoded";
    visitor().send_raw(&path(&made), form_type, many.into_bytes()).await.expect(413);
    visitor().send_raw(&path(&made), "text/plain", b"email=a@acme.mx".to_vec()).await.expect(415);
    visitor().send_raw(&path(&made), "application/json", b"{".to_vec()).await.expect(400);
    visitor().send_raw(&path(&made), "application/json", b"[]".to_vec()).await.expect(422);
    visitor()
        .send_raw(&path(&made), "application/json", br#"{"email":"a\u0000"}"#.to_vec())
        .await
        .expect(422);
    visitor()
        .send_raw(&path(&made), "multipart/form-data; boundary=x", b"nonsense".to_vec())
        .await
        .expect(400);
    visitor().send_raw(&path(&made), "multipart/form-data", b"nonsense".to_vec()).await.expect(400);
    assert_eq!(leads(&acme).await.len(), 0);
}

#[tokio::test]
async fn a_paused_form_and_an_unknown_key_take_nothing() {
    let acme = TestApp::shared().tenant().await;
    let made = form(&acme, json!({ "active": false })).await;
    let gone = answer(&made, json!({ "email": "a@acme.mx" })).await.expect(410);
    assert_eq!(gone.body["type"], "/problems/form-paused");
    let location = made.header("location").unwrap();
    acme.owner.patch(location, json!({ "active": true })).await.expect(200);
    answer(&made, json!({ "email": "a@acme.mx" })).await.expect(202);
    for key in ["nowhere", "AAAAAAAAAAAAAAAAAAAAAA", "%00", "x%0d%0ay"] {
        visitor().post(&format!("/api/v1/capture/{key}"), json!({})).await.expect(404);
        visitor().send(Method::OPTIONS, &format!("/api/v1/capture/{key}"), None).await.expect(404);
    }
    let stranger = TestApp::shared().tenant().await;
    stranger.owner.get(location).await.expect(404);
    assert_eq!(stranger.owner.get(FORMS).await.body["data"], json!([]));
}

#[tokio::test]
async fn addresses_and_forms_have_limits() {
    // So few a minute that what is taken does not come back meanwhile.
    let settings = [
        ("LIMITS_ENABLED", "true"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("LIMIT_CAPTURE_ADDRESS_PER_MINUTE", "2"),
        ("LIMIT_CAPTURE_FORM_PER_MINUTE", "2"),
    ];
    let app = TestApp::with_settings("capture_limits", &settings);
    let acme = app.tenant().await;
    let (made, other) = (form(&acme, json!({})).await, form(&acme, json!({})).await);
    let from = |place: &str| app.anonymous().with_header("X-Forwarded-For", place);
    let page = |place: &str| from(place).with_header("Origin", PAGE);
    for number in 0..2 {
        let answer = json!({ "email": format!("{number}@acme.mx") });
        page("192.0.2.1").post(&path(&made), answer).await.expect(202);
    }
    // The form has had enough, from wherever they come.
    let refused = page("192.0.2.2").post(&path(&made), json!({ "email": "2@acme.mx" })).await.expect(429);
    assert!(refused.header("retry-after").is_some());
    assert_eq!(refused.header("access-control-allow-origin"), Some(PAGE), "the form's page can tell");
    let browser = page("192.0.2.2").with_header("Accept", "text/html");
    let form_type = "application/x-www-form-urlencoded";
    let refused = browser.send_raw(&path(&made), form_type, b"email=2%40acme.mx".to_vec()).await.expect(429);
    assert_eq!(refused.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(refused.header("retry-after").is_some(), "a page that is refused says when to come again");
    // The address has, whatever the form.
    page("192.0.2.1").post(&path(&other), json!({ "email": "3@acme.mx" })).await.expect(429);
    page("192.0.2.3").post(&path(&other), json!({ "email": "4@acme.mx" })).await.expect(202);
    // Who signs in from there is not held up.
    let sign_in = json!({ "email": acme.email, "password": acme.password, "tenant": acme.slug });
    from("192.0.2.1").post("/api/v1/auth/login", sign_in).await.expect(200);
    assert_eq!(leads(&acme).await.len(), 3);
    assert_eq!(totals(&acme, &made).await["submissions"], Value::from(2));
}

#[tokio::test]
async fn an_answer_has_no_more_choices_than_a_field_may_have() {
    let acme = TestApp::shared().tenant().await;
    let field =
        json!({ "key": "tallas", "label": "Tallas", "type": "multi_choice", "choices": ["Chica", "Grande"] });
    acme.owner.post("/api/v1/leads/fields", field).await.expect(201);
    let made = form(&acme, json!({ "fields": [{ "name": "email" }, { "name": "field.tallas" }] })).await;
    let many = vec!["grande"; 5_000];
    for choices in [json!(many), json!(many.join(","))] {
        let refused =
            answer(&made, json!({ "email": "a@acme.mx", "field.tallas": choices })).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), "/field.tallas");
    }
    let twice = json!({ "email": "a@acme.mx", "field.tallas": ["grande", "GRANDE", "Chica"] });
    answer(&made, twice).await.expect(202);
    assert_eq!(leads(&acme).await[0]["custom_fields"]["tallas"], json!(["Grande", "Chica"]));
}

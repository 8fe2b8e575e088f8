//! Leads: what is refused, what is done once, whose they are, and what time does to them.

#![expect(clippy::too_many_lines, reason = "a table of bad input")]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{TimeDelta, Utc};
use reqwest::Method;
use serde_json::json;

use super::{create, lead};
use crate::support::{TestApp, until};

#[tokio::test]
async fn bad_input_is_refused_by_field_and_changes_nothing() {
    let acme = TestApp::shared().tenant().await;
    let long = "x".repeat(256);
    let bodies = [
        (json!({}), "/company_name"),
        (json!({ "company_name": "A" }), "/email"),
        (json!({ "company_name": "", "email": "a@b.mx" }), "/company_name"),
        (json!({ "company_name": long, "email": "a@b.mx" }), "/company_name"),
        (json!({ "company_name": "A", "email": "no" }), "/email"),
        (json!({ "company_name": "A", "phone": "abc" }), "/phone"),
        (json!({ "company_name": "A", "email": "a@b.mx", "employee_count": -1 }), "/employee_count"),
        (json!({ "company_name": "A", "email": "a@b.mx", "employee_count": 1.5 }), "/employee_count"),
        (json!({ "company_name": "A", "email": "a@b.mx", "employee_count": "5" }), "/employee_count"),
        (json!({ "company_name": "A", "email": "a@b.mx", "website": "javascript:alert(1)" }), "/website"),
        (
            json!({ "company_name": "A", "email": "a@b.mx", "annual_revenue": { "amount": "1.234", "currency": "MXN" } }),
            "/annual_revenue",
        ),
        (json!({ "company_name": "A", "email": "a@b.mx", "tags": ["a", ""] }), "/tags/1"),
        (
            json!({ "company_name": "A", "email": "a@b.mx", "custom_fields": { "a": { "b": 1 } } }),
            "/custom_fields",
        ),
        (json!({ "company_name": "A\u{0}", "email": "a@b.mx" }), "/company_name"),
        (json!({ "company_name": "A", "email": "a@b.mx", "tenant_id": "x" }), "/tenant_id"),
        (json!({ "company_name": "A", "email": "a@b.mx", "score": 100 }), "/score"),
        (json!({ "company_name": "A", "email": "a@b.mx", "version": 7 }), "/version"),
        (json!({ "company_name": "A", "email": "a@b.mx", "owner_id": "x" }), "/owner_id"),
        (json!({ "company_name": "A", "email": "a@b.mx", "consent": { "status": 5 } }), "/consent/status"),
    ];
    for (body, pointer) in bodies {
        let answer = acme.owner.post("/api/v1/leads", body.clone()).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text);
        assert_eq!(answer.text_at("/errors/0/pointer"), pointer, "{body}: {}", answer.text);
    }
    for (body, status) in [
        ("{", 400),
        ("[]", 422),
        ("null", 422),
        ("\"x\"", 422),
        ("{\"company_name\":\"A\",\"email\":\"a@b.mx\"}{}", 400),
        ("{\"company_name\":\"\u{1}\"}", 400),
    ] {
        let answer = acme.owner.send(Method::POST, "/api/v1/leads", Some(body.to_owned())).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
    }
    let huge = format!("{{\"company_name\":\"{}\"}}", "x".repeat(300_000));
    assert_eq!(acme.owner.send(Method::POST, "/api/v1/leads", Some(huge)).await.status, 413);
    for query in [
        "?limit=0",
        "?limit=201",
        "?limit=x",
        "?cursor=zzz",
        "?cursor=e30",
        "?sort=name;drop",
        "?status=gone",
        "?nope=1",
        "?limit=1&limit=2",
        "?created_from=yesterday",
        "?created_from=9999999-01-01T00:00:00Z",
        "?q=%00",
        "?owner_id=7",
    ] {
        let answer = acme.owner.get(&format!("/api/v1/leads{query}")).await;
        assert_eq!(answer.status, 422, "{query}: {}", answer.text);
        assert!(answer.body["errors"][0]["parameter"].is_string(), "{query}: {}", answer.text);
    }
    acme.owner.get("/api/v1/leads/not-a-uuid").await.expect(422);
    let spanish = acme
        .owner
        .with_header("Accept-Language", "es")
        .post("/api/v1/leads", json!({ "nombre": "x" }))
        .await
        .expect(422);
    assert!(spanish.text_at("/errors/0/detail").starts_with("campo desconocido"), "{}", spanish.text);
    assert_eq!(acme.owner.get("/api/v1/leads/summary").await.text_at("/total"), "0");
}

#[tokio::test]
async fn an_idempotency_key_makes_one_lead() {
    let acme = TestApp::shared().tenant().await;
    let once = acme.owner.with_header("Idempotency-Key", "pedido-1");
    let first = once.post("/api/v1/leads", lead("Acme", "a@acme.mx")).await.expect(201);
    let again = once.post("/api/v1/leads", lead("Acme", "a@acme.mx")).await.expect(201);
    assert_eq!(
        (again.text.as_str(), again.header("idempotency-replayed")),
        (first.text.as_str(), Some("true"))
    );
    assert_eq!(again.header("location"), first.header("location"));
    once.post("/api/v1/leads", lead("Otra", "o@acme.mx")).await.expect(422);

    // A refusal is not kept: the same key may be used when the request was mended.
    let mended = acme.owner.with_header("Idempotency-Key", "pedido-2");
    mended.post("/api/v1/leads", lead("Acme", "a@acme.mx")).await.expect(409);
    mended.post("/api/v1/leads", lead("Acme", "b@acme.mx")).await.expect(201);

    let parallel: Vec<_> = (0..10)
        .map(|_| {
            let client = acme.owner.with_header("Idempotency-Key", "pedido-3");
            tokio::spawn(async move { client.post("/api/v1/leads", lead("C", "c@acme.mx")).await })
        })
        .collect();
    let mut ids = std::collections::BTreeSet::new();
    for attempt in parallel {
        let answer = attempt.await.unwrap();
        if answer.status == 201 {
            ids.insert(answer.text_at("/id"));
        } else {
            assert_eq!(answer.text_at("/type"), "/problems/idempotency-key-in-use");
        }
    }
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn another_tenants_lead_does_not_exist() {
    let (acme, rival) = (TestApp::shared().tenant().await, TestApp::shared().tenant().await);
    let id = create(&acme, lead("Initech", "a@initech.mx")).await;
    let foreign = rival.owner.get(&format!("/api/v1/leads/{id}")).await.expect(404);
    let random = rival.owner.get(&format!("/api/v1/leads/{}", uuid::Uuid::now_v7())).await.expect(404);
    assert_eq!(foreign.text_at("/type"), random.text_at("/type"));
    rival.owner.patch(&format!("/api/v1/leads/{id}"), json!({ "notes": "x" })).await.expect(404);
    rival.owner.delete(&format!("/api/v1/leads/{id}")).await.expect(404);
    // The same address is no duplicate in another company.
    create(&rival, lead("Initech", "a@initech.mx")).await;
}

#[tokio::test]
async fn follow_ups_come_due_and_leads_are_forgotten_as_time_goes_by() {
    let app = TestApp::alone("time");
    let acme = app.tenant().await;
    let idle = create(&acme, lead("Olvidada", "o@a.mx")).await;
    let busy = create(&acme, lead("Pendiente", "p@a.mx")).await;
    let at = Utc::now() + TimeDelta::days(20);
    acme.owner.post(&format!("/api/v1/leads/{busy}/follow-up"), json!({ "at": at })).await.expect(200);

    app.clock.advance(TimeDelta::days(15));
    let acme = app.sign_in(&acme).await;
    until("the idle lead is forgotten", async || {
        acme.owner.get("/api/v1/leads?forgotten=true").await.text_at("/data").contains(&idle)
    })
    .await;
    assert!(!acme.owner.get("/api/v1/leads?forgotten=true").await.text.contains(&busy));
    acme.owner
        .post(&format!("/api/v1/leads/{idle}/activities"), json!({ "kind": "call", "text": "Hola" }))
        .await
        .expect(201);
    assert_eq!(acme.owner.get("/api/v1/leads?forgotten=true").await.body["data"], json!([]));

    app.clock.advance(TimeDelta::days(6));
    let acme = app.sign_in(&acme).await;
    until("the follow-up is due", async || {
        acme.owner.get(&format!("/api/v1/audit?record_id={busy}")).await.text.contains("Lead.FollowUpDue")
    })
    .await;
    assert_eq!(acme.owner.get("/api/v1/leads/summary").await.text_at("/follow_ups_due"), "1");
}

#[tokio::test]
async fn idempotency_keys_are_forgotten_after_a_day() {
    let app = TestApp::alone("keys");
    let acme = app.tenant().await;
    let once = acme.owner.with_header("Idempotency-Key", "pedido-1");
    once.post("/api/v1/leads", lead("Primera", "uno@a.mx")).await.expect(201);
    once.post("/api/v1/leads", lead("Segunda", "dos@a.mx")).await.expect(422);

    app.clock.advance(TimeDelta::hours(25));
    let acme = app.sign_in(&acme).await;
    let once = acme.owner.with_header("Idempotency-Key", "pedido-1");
    until("the key is free again", async || {
        once.post("/api/v1/leads", lead("Segunda", "dos@a.mx")).await.status == 201
    })
    .await;
}

#[tokio::test]
async fn cursors_that_nobody_was_given_are_refused() {
    let acme = TestApp::shared().tenant().await;
    let one = create(&acme, lead("Uno", "uno@a.mx")).await;
    create(&acme, lead("Dos", "dos@a.mx")).await;
    let first = acme.owner.get("/api/v1/leads?limit=1").await.expect(200).text_at("/next_cursor");
    let first = String::from_utf8(URL_SAFE_NO_PAD.decode(first).unwrap()).unwrap();
    let year = Utc::now().format("\"%Y-").to_string();
    let nobody = uuid::Uuid::nil();
    let early = format!("[\"-9999-01-01T00:00:00Z\",\"{nobody}\"]");
    let with_nul = format!("{{\"kind\":1,\"key\":\"a\\u0000\",\"lead\":\"{nobody}\"}}");
    assert!(first.contains(&year), "{first}");
    for (path, keys) in [
        ("/api/v1/leads", first.replace(&year, "\"-9999-")),
        ("/api/v1/leads/imports", early.clone()),
        ("/api/v1/leads/exports", early.clone()),
        ("/api/v1/leads/merges", early.clone()),
        (format!("/api/v1/leads/{one}/activities").as_str(), early),
        ("/api/v1/leads/duplicates", with_nul),
    ] {
        let answer = acme.owner.get(&format!("{path}?cursor={}", URL_SAFE_NO_PAD.encode(keys))).await;
        assert_eq!(answer.status, 422, "{path}: {}", answer.text);
        assert_eq!(answer.text_at("/errors/0/parameter"), "cursor", "{path}");
    }
}

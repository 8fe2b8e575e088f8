//! Leads: records, duplicates, states, follow-ups, lists.

#![expect(clippy::disallowed_methods, reason = "clients at once, and real time beside the server's clock")]

mod assignment;
mod bulk;
mod merges;
mod refusals;
mod shapes;
mod timeline;

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::{Tenant, TestApp, until};

pub fn lead(company: &str, email: &str) -> Value {
    json!({ "company_name": company, "email": email })
}

pub async fn create(tenant: &Tenant, body: Value) -> String {
    tenant.owner.post("/api/v1/leads", body).await.expect(201).text_at("/id")
}

#[tokio::test]
async fn a_lead_is_created_read_changed_and_deleted() {
    let acme = TestApp::shared().tenant().await;
    let created = acme
        .owner
        .post(
            "/api/v1/leads",
            json!({
                "company_name": "  Sastrería Ñandú ", "phone": "971 160 9009", "website": "www.nandu.mx",
                "annual_revenue": { "amount": "1234.5", "currency": "MXN" }, "tags": ["istmo", "istmo"],
                "custom_fields": { "localidad": "Salina Cruz" }, "utm": { "source": "facebook", "fbclid": "x" }
            }),
        )
        .await
        .expect(201);
    assert_eq!(created.text_at("/company_name"), "Sastrería Ñandú");
    assert_eq!(created.text_at("/phone"), "+529711609009");
    assert_eq!(created.text_at("/status"), "new");
    assert_eq!(created.text_at("/score"), "50");
    assert_eq!(created.text_at("/annual_revenue/amount"), "1234.50");
    assert_eq!(created.body["tags"], json!(["istmo"]));
    assert_eq!(created.body["first_touch"], created.body["utm"]);
    assert_eq!(created.header("etag"), Some("\"1\""));
    let path = created.header("location").unwrap().to_owned();
    assert_eq!(path, format!("/api/v1/leads/{}", created.text_at("/id")));

    let changed = acme
        .owner
        .with_header("If-Match", "\"1\"")
        .patch(&path, json!({ "notes": "Llamar", "phone": null, "email": "ana@nandu.mx" }))
        .await
        .expect(200);
    assert_eq!(changed.text_at("/version"), "2");
    assert_eq!(changed.body["phone"], Value::Null);
    let stale =
        acme.owner.with_header("If-Match", "\"1\"").patch(&path, json!({ "notes": "x" })).await.expect(412);
    assert_eq!(stale.text_at("/current_version"), "2");
    let without = acme.owner.patch(&path, json!({ "email": null })).await.expect(422);
    assert_eq!(without.text_at("/errors/0/pointer"), "/email");

    acme.owner.delete(&path).await.expect(204);
    acme.owner.get(&path).await.expect(404);
}

#[tokio::test]
async fn a_lead_may_go_while_its_events_are_worked_off() {
    let acme = TestApp::shared().tenant().await;
    let goings: Vec<_> = (0..6)
        .map(|n| {
            let owner = acme.owner.clone();
            tokio::spawn(async move {
                for round in 0..25 {
                    let one = lead("Acme", &format!("a{n}.{round}@acme.mx"));
                    let path = owner
                        .post("/api/v1/leads", one)
                        .await
                        .expect(201)
                        .header("location")
                        .unwrap()
                        .to_owned();
                    owner.patch(&path, json!({ "company_name": "Otra" })).await.expect(200);
                    owner.delete(&path).await.expect(204);
                }
            })
        })
        .collect();
    for going in goings {
        going.await.unwrap();
    }
}

#[tokio::test]
async fn a_patch_that_changes_nothing_leaves_the_version() {
    let acme = TestApp::shared().tenant().await;
    let id = create(&acme, lead("Acme", "a@acme.mx")).await;
    let same =
        acme.owner.patch(&format!("/api/v1/leads/{id}"), json!({ "company_name": "Acme" })).await.expect(200);
    assert_eq!(same.text_at("/version"), "1");
}

#[tokio::test]
async fn one_person_is_one_lead_however_the_phone_is_written() {
    let acme = TestApp::shared().tenant().await;
    for (first, second) in [
        ("971 160 9009", "+52 1 971 160 9009"),
        ("+5511987654321", "+55 11 8765-4321"),
        ("+54 9 11 2345 6789", "+54 11 2345 6789"),
    ] {
        let existing = create(&acme, json!({ "company_name": "Una", "phone": first })).await;
        let duplicate = acme
            .owner
            .post("/api/v1/leads", json!({ "company_name": "Otra", "phone": second }))
            .await
            .expect(409);
        assert_eq!(duplicate.text_at("/type"), "/problems/lead-duplicate");
        assert_eq!(duplicate.text_at("/existing_id"), existing, "{second}");
        assert_eq!(duplicate.text_at("/field"), "phone");
    }
}

#[tokio::test]
async fn a_duplicate_is_refused_updated_or_allowed_as_asked() {
    let acme = TestApp::shared().tenant().await;
    let id = create(&acme, lead("Acme", "Ventas@Acme.mx")).await;
    let again =
        json!({ "company_name": "Acme SA", "email": "ventas@acme.mx", "industry": "Moda", "tags": ["x"] });

    acme.owner.post("/api/v1/leads", again.clone()).await.expect(409);
    let updated = acme.owner.post("/api/v1/leads?on_duplicate=update", again.clone()).await.expect(200);
    assert_eq!((updated.text_at("/id"), updated.text_at("/industry")), (id.clone(), "Moda".to_owned()));
    let allowed = acme.owner.post("/api/v1/leads?on_duplicate=allow", again).await.expect(201);
    assert_ne!(allowed.text_at("/id"), id);
    acme.owner.post("/api/v1/leads?on_duplicate=merge", lead("B", "b@b.mx")).await.expect(422);

    // Changing a lead into another one's duplicate is refused too, and a freed address is free.
    let other = create(&acme, lead("Beta", "beta@beta.mx")).await;
    acme.owner
        .patch(&format!("/api/v1/leads/{other}"), json!({ "email": "ventas@acme.mx" }))
        .await
        .expect(409);
    acme.owner.delete(&format!("/api/v1/leads/{id}")).await.expect(204);
    acme.owner
        .patch(&format!("/api/v1/leads/{other}"), json!({ "email": "ventas@acme.mx" }))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_duplicate_brings_its_lead_what_there_is_room_for() {
    let acme = TestApp::shared().tenant().await;
    let mut tags: Vec<String> = (0..49).map(|n| format!("t{n}")).collect();
    let values: Value = (0..99).map(|n| (format!("f{n}"), json!(n))).collect();
    let known =
        json!({ "company_name": "Acme", "email": "a@acme.mx", "tags": tags, "custom_fields": values });
    let id = create(&acme, known).await;
    let more = json!({
        "company_name": "Acme", "email": "a@acme.mx", "tags": ["t3", "uno", "dos"],
        "custom_fields": { "f3": "otro", "x": 1, "y": 2 }
    });
    let updated = acme.owner.post("/api/v1/leads?on_duplicate=update", more).await.expect(200);
    tags.push("uno".to_owned());
    assert_eq!(updated.body["tags"], json!(tags));
    let values = updated.body["custom_fields"].as_object().unwrap();
    assert_eq!(
        (values.len(), &values["f3"], &values["x"], values.get("y")),
        (100, &json!("otro"), &json!(1), None)
    );
    acme.owner.patch(&format!("/api/v1/leads/{id}"), json!({ "notes": "Llamar" })).await.expect(200);
}

#[tokio::test]
async fn parallel_creates_of_one_person_make_one_lead() {
    let acme = TestApp::shared().tenant().await;
    let attempts: Vec<_> = (0..12)
        .map(|n| {
            let owner = acme.owner.clone();
            tokio::spawn(async move {
                owner.post("/api/v1/leads", lead(&format!("C{n}"), "una@persona.mx")).await.status
            })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in attempts {
        statuses.push(attempt.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201], vec![409; 11]].concat());
}

#[tokio::test]
async fn the_state_machine_allows_its_ways_and_no_others() {
    let acme = TestApp::shared().tenant().await;
    let ways = [
        ("new", "contacted", 200),
        ("new", "qualified", 200),
        ("new", "disqualified", 200),
        ("new", "converted", 409),
        ("new", "new", 409),
        ("contacted", "qualified", 200),
        ("contacted", "new", 409),
        ("contacted", "disqualified", 200),
        ("qualified", "contacted", 409),
        ("qualified", "disqualified", 200),
        ("qualified", "converted", 409),
        ("disqualified", "new", 200),
        ("disqualified", "contacted", 409),
    ];
    for (index, (from, to, expected)) in ways.into_iter().enumerate() {
        let id = create(&acme, lead("Acme", &format!("e{index}@acme.mx"))).await;
        let path = format!("/api/v1/leads/{id}/status");
        if from != "new" {
            acme.owner.post(&path, json!({ "status": from })).await.expect(200);
        }
        let answer = acme.owner.post(&path, json!({ "status": to })).await;
        assert_eq!(answer.status, expected, "{from} to {to}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_lead_is_assigned_qualified_disqualified_and_followed_up() {
    let acme = TestApp::shared().tenant().await;
    let (seller, seller_id) = acme.colleague(&["SALES"]).await;
    let id = create(&acme, lead("Acme", "a@acme.mx")).await;
    let path = |verb: &str| format!("/api/v1/leads/{id}/{verb}");

    let assigned = acme.owner.post(&path("assign"), json!({ "owner_id": seller_id })).await.expect(200);
    assert_eq!(assigned.text_at("/owner_id"), seller_id);
    let nobody = uuid::Uuid::now_v7();
    let refused = acme.owner.post(&path("assign"), json!({ "owner_id": nobody })).await.expect(422);
    assert_eq!(refused.text_at("/errors/0/pointer"), "/owner_id");

    assert_eq!(seller.post(&path("qualify"), json!({})).await.expect(200).text_at("/status"), "qualified");
    seller.post(&path("qualify"), json!({})).await.expect(409);

    let at = Utc::now() + TimeDelta::days(2);
    let planned = seller.post(&path("follow-up"), json!({ "at": at, "note": "Llamar" })).await.expect(200);
    assert!(planned.text_at("/next_follow_up_at").starts_with(&at.format("%Y-%m-%dT%H:%M").to_string()));
    seller.post(&path("follow-up"), json!({ "at": "2020-01-01T00:00:00Z" })).await.expect(422);
    seller.post(&path("follow-up"), json!({ "at": "mañana" })).await.expect(422);

    seller.post(&path("disqualify"), json!({})).await.expect(422);
    let lost = seller.post(&path("disqualify"), json!({ "reason": "Sin presupuesto" })).await.expect(200);
    assert_eq!(lost.text_at("/disqualify_reason"), "Sin presupuesto");
}

#[tokio::test]
async fn activities_make_a_time_line_and_contacts_belong_to_their_lead() {
    let acme = TestApp::shared().tenant().await;
    let (id, other) = (create(&acme, lead("A", "a@a.mx")).await, create(&acme, lead("B", "b@b.mx")).await);
    let path = format!("/api/v1/leads/{id}");
    for (kind, at) in [
        ("call", "2026-01-01T10:00:00Z"),
        ("meeting", "2026-03-01T10:00:00Z"),
        ("note", "2026-02-01T10:00:00Z"),
    ] {
        acme.owner
            .post(&format!("{path}/activities"), json!({ "kind": kind, "text": "Línea\ndos", "at": at }))
            .await
            .expect(201);
    }
    let first = acme.owner.get(&format!("{path}/activities?limit=2")).await.expect(200);
    let kinds: Vec<_> = [0, 1].map(|index| first.text_at(&format!("/data/{index}/kind"))).into();
    assert_eq!(kinds, ["meeting", "note"]);
    let cursor = first.text_at("/next_cursor");
    let last = acme.owner.get(&format!("{path}/activities?limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!((last.text_at("/data/0/kind").as_str(), &last.body["next_cursor"]), ("call", &Value::Null));
    assert!(acme.owner.get(&path).await.text_at("/last_activity_at").starts_with("2026-03-01"));

    let contact = acme.owner.post(&format!("{path}/contacts"), json!({ "name": "Inés" })).await.expect(201);
    let contact_id = contact.text_at("/id");
    acme.owner
        .put(&format!("/api/v1/leads/{other}/contacts/{contact_id}"), json!({ "name": "X" }))
        .await
        .expect(404);
    let changed = acme
        .owner
        .put(&format!("{path}/contacts/{contact_id}"), json!({ "name": "Inés N.", "role": "Compras" }))
        .await
        .expect(200);
    assert_eq!(changed.text_at("/role"), "Compras");
    acme.owner.delete(&format!("{path}/contacts/{contact_id}")).await.expect(204);
    assert_eq!(acme.owner.get(&format!("{path}/contacts")).await.body["data"], json!([]));
}

#[tokio::test]
async fn scores_follow_events_and_explain_themselves() {
    let acme = TestApp::shared().tenant().await;
    let id = create(
        &acme,
        json!({ "company_name": "Datos", "email": "a@datos.mx", "industry": "Tecnología", "employee_count": 501,
            "custom_fields": { "email_open_rate": 0.6, "demo_requested": true } }),
    )
    .await;
    let path = format!("/api/v1/leads/{id}");

    let explained = acme.owner.get(&format!("{path}/score")).await.expect(200);
    assert_eq!(explained.body["method"], "rule_based_fallback");
    assert_eq!(explained.body["confidence"], 0.6);
    assert_eq!(
        explained.body["reasons"],
        json!([
            { "rule": "base", "points": 50 }, { "rule": "employee_count", "points": 15 },
            { "rule": "industry", "points": 10 }, { "rule": "email_open_rate", "points": 10 },
            { "rule": "demo_requested", "points": 15 }
        ])
    );
    until("the score is 100", async || acme.owner.get(&path).await.text_at("/score") == "100").await;
    acme.owner.patch(&path, json!({ "employee_count": 500 })).await.expect(200);
    until("the score is 85", async || acme.owner.get(&path).await.text_at("/score") == "85").await;
    assert_eq!(acme.owner.get(&path).await.text_at("/version"), "2", "scores do not bump the version");
}

#[tokio::test]
async fn lists_are_filtered_sorted_searched_and_paged() {
    let acme = TestApp::shared().tenant().await;
    for (index, name) in
        ["Ñandú Textil", "Árbol Azul", "Zapatería León", "Café Ocote", "nandu calzado"].iter().enumerate()
    {
        let body = json!({ "company_name": name, "phone": format!("971160900{index}"), "source": if index < 2 { "web" } else { "feria" },
            "tags": [if index % 2 == 0 { "par" } else { "impar" }] });
        create(&acme, body).await;
    }
    let names = async |query: &str| -> Vec<String> {
        let answer = acme.owner.get(&format!("/api/v1/leads{query}")).await.expect(200);
        let data = answer.body["data"].as_array().unwrap().clone();
        data.iter().map(|lead| lead["company_name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("?q=NANDU&sort=created_at").await, ["Ñandú Textil", "nandu calzado"]);
    assert_eq!(names("?q=971%20160-9003").await, ["Café Ocote"]);
    assert_eq!(names("?q=100%25").await, [] as [&str; 0]);
    assert_eq!(names("?tag=par&source=feria&sort=company_name").await, ["Zapatería León", "nandu calzado"]);
    assert_eq!(names("?status=qualified").await, [] as [&str; 0]);
    assert_eq!(names("?score_min=51").await, [] as [&str; 0]);

    for sort in ["created_at", "-created_at", "updated_at", "-score", "company_name", "-company_name"] {
        let whole = names(&format!("?sort={sort}")).await;
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        loop {
            let page =
                acme.owner.get(&format!("/api/v1/leads?limit=2&sort={sort}{cursor}")).await.expect(200);
            paged.extend(
                page.body["data"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|lead| lead["company_name"].as_str().unwrap().to_owned()),
            );
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(paged, whole, "{sort}");
    }
    let summary = acme.owner.get("/api/v1/leads/summary").await.expect(200);
    assert_eq!(
        (summary.text_at("/total"), summary.text_at("/by_status/new")),
        ("5".to_owned(), "5".to_owned())
    );
}

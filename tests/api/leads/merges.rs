//! Duplicates suggested, merged, and unmerged.

use serde_json::{Value, json};

use super::{create, lead};
use crate::support::{Database, Tenant, TestApp, until};

async fn pairs(tenant: &Tenant) -> Vec<(String, String, Vec<String>)> {
    let page = tenant.owner.get("/api/v1/leads/duplicates").await.expect(200);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let pairs = page.body["data"].as_array().unwrap().iter().map(|pair| {
        let reasons =
            pair["reasons"].as_array().unwrap().iter().map(|reason| text(&reason["kind"])).collect();
        (text(&pair["lead"]["company_name"]), text(&pair["other"]["company_name"]), reasons)
    });
    pairs.collect()
}

/// The lead without what every change changes.
async fn state(tenant: &Tenant, id: &str) -> Value {
    let mut state = tenant.owner.get(&format!("/api/v1/leads/{id}")).await.expect(200).body;
    for name in ["version", "updated_at"] {
        state.as_object_mut().unwrap().remove(name);
    }
    for part in ["contacts", "activities"] {
        state[part] =
            tenant.owner.get(&format!("/api/v1/leads/{id}/{part}")).await.expect(200).body["data"].clone();
    }
    state
}

#[tokio::test]
async fn likely_duplicates_are_suggested_with_their_reasons() {
    let acme = TestApp::shared().tenant().await;
    let in_place = |name: &str, email: &str, place: &str| json!({ "company_name": name, "email": email, "custom_fields": { "localidad": place } });
    create(&acme, in_place("Sastrería Nájera", "ines@najera.mx", "Salina Cruz")).await;
    create(&acme, in_place("NAJERA SASTRERIA, S.A. de C.V.", "ventas@otra.mx", "salina cruz")).await;
    create(&acme, in_place("Nájera Sastrería", "n@puebla.mx", "Puebla")).await;
    create(&acme, lead("Correo", "a.b+web@gmail.com")).await;
    create(&acme, lead("Mismo correo", "ab@googlemail.com")).await;
    let id = create(&acme, json!({ "company_name": "Con contacto", "phone": "971 160 9009" })).await;
    let other = create(&acme, lead("Otra", "x@x.mx")).await;
    let contact = json!({ "name": "Inés", "phone": "+52 1 971 160 9009", "email": "x+y@x.mx" });
    acme.owner.post(&format!("/api/v1/leads/{other}/contacts"), contact).await.expect(201);

    let expected = [
        ("Correo", "Mismo correo", "email"),
        ("Con contacto", "Otra", "phone"),
        ("Sastrería Nájera", "NAJERA SASTRERIA, S.A. de C.V.", "company_and_place"),
    ];
    let expected: Vec<_> =
        expected.map(|(one, two, kind)| (one.to_owned(), two.to_owned(), vec![kind.to_owned()])).into();
    until("three pairs are suggested", async || pairs(&acme).await == expected).await;

    let (mut paged, mut cursor) = (0, String::new());
    loop {
        let page = acme.owner.get(&format!("/api/v1/leads/duplicates?limit=1{cursor}")).await.expect(200);
        paged += page.body["data"].as_array().unwrap().len();
        let Some(next) = page.body["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, 3);
    acme.owner.get("/api/v1/leads/duplicates?cursor=nada").await.expect(422);

    acme.owner.delete(&format!("/api/v1/leads/{id}")).await.expect(204);
    assert_eq!(pairs(&acme).await.len(), 2);
    assert_eq!(pairs(&TestApp::shared().tenant().await).await, []);
}

#[tokio::test]
async fn a_converted_lead_hides_no_pair() {
    let acme = TestApp::shared().tenant().await;
    create(&acme, lead("Antes", "a.b+uno@gmail.com")).await;
    let between = create(&acme, lead("Entre", "ab@googlemail.com")).await;
    create(&acme, lead("Después", "a.b+dos@gmail.com")).await;
    let names = async || pairs(&acme).await.into_iter().map(|(one, two, _)| [one, two]).collect::<Vec<_>>();
    until("neighbours are pairs", async || names().await == [["Antes", "Entre"], ["Entre", "Después"]]).await;

    let path = format!("/api/v1/leads/{between}");
    acme.owner.post(&format!("{path}/qualify"), json!({})).await.expect(200);
    acme.owner.post(&format!("{path}/convert"), json!({})).await.expect(201);

    assert_eq!(names().await, [["Antes", "Después"]]);
}

async fn two(acme: &Tenant) -> (String, String) {
    let (_, seller) = acme.colleague(&["SALES"]).await;
    let this = json!({
        "company_name": "Sastrería Nájera", "contact_name": "Inés", "email": "ines@najera.mx", "tags": ["istmo"],
        "custom_fields": { "giro": "textil" }, "utm": { "source": "facebook" }
    });
    let other = json!({
        "company_name": "NAJERA SA", "contact_name": "Beto", "email": "beto@najera.mx", "phone": "9711609009", "industry": "Moda",
        "annual_revenue": { "amount": "10.50", "currency": "MXN" }, "tags": ["istmo", "feria"], "owner_id": seller,
        "custom_fields": { "giro": "moda", "piezas": 5 }, "notes": "Dos notas", "utm": { "source": "google" }
    });
    let (this, other) = (create(acme, this).await, create(acme, other).await);
    acme.owner.post(&format!("/api/v1/leads/{other}/contacts"), json!({ "name": "Ana" })).await.expect(201);
    for id in [&this, &other] {
        let activity = json!({ "kind": "call", "text": id, "at": "2026-01-01T10:00:00Z" });
        acme.owner.post(&format!("/api/v1/leads/{id}/activities"), activity).await.expect(201);
    }
    (this, other)
}

#[tokio::test]
async fn two_leads_become_one_and_two_again() {
    let acme = TestApp::shared().tenant().await;
    let (this, other) = two(&acme).await;
    let (before, gone) = (state(&acme, &this).await, state(&acme, &other).await);
    let path = format!("/api/v1/leads/{this}/merge");
    let choices = json!({ "company_name": "other", "custom_fields.giro": "other", "contact_name": "this" });

    let merged = acme.owner.post(&path, json!({ "other_id": other, "choices": choices })).await.expect(200);
    let lead = &merged.body["lead"];
    for (field, expected) in [
        ("company_name", json!("NAJERA SA")),
        ("contact_name", json!("Inés")),
        ("email", json!("ines@najera.mx")),
        ("phone", json!("+529711609009")),
        ("industry", json!("Moda")),
        ("notes", json!("Dos notas")),
        ("tags", json!(["istmo", "feria"])),
        ("custom_fields", json!({ "giro": "moda", "piezas": 5 })),
        ("owner_id", gone["owner_id"].clone()),
        ("first_touch", json!({ "source": "facebook" })),
        ("utm", json!({ "source": "google" })),
    ] {
        assert_eq!(lead[field], expected, "{field}");
    }
    acme.owner.get(&format!("/api/v1/leads/{other}")).await.expect(404);
    let now = state(&acme, &this).await;
    let names: Vec<_> = now["contacts"].as_array().unwrap().iter().map(|contact| &contact["name"]).collect();
    assert_eq!(names, ["Ana", "Beto"]);
    assert_eq!(now["activities"].as_array().unwrap().len(), 2);
    until("the merge is in the history", async || {
        acme.owner.get(&format!("/api/v1/audit?record_id={this}")).await.text.contains("Lead.Merged")
    })
    .await;
    // The address of the other one is no lead's now.
    let free = acme.owner.post("/api/v1/leads", super::lead("Libre", "beto@najera.mx")).await.expect(201);
    acme.owner.delete(&format!("/api/v1/leads/{}", free.text_at("/id"))).await.expect(204);

    let list = acme.owner.get("/api/v1/leads/merges").await.expect(200);
    assert_eq!(list.text_at("/data/0/other_id"), other);
    let undo = format!("/api/v1/leads/merges/{}/undo", merged.text_at("/merge/id"));
    acme.owner.post(&undo, json!({})).await.expect(200);
    let score = |mut state: Value| {
        state.as_object_mut().unwrap().remove("score");
        state
    };
    assert_eq!(score(state(&acme, &this).await), score(before));
    assert_eq!(score(state(&acme, &other).await), score(gone));
    acme.owner.post(&undo, json!({})).await.expect(409);
    acme.owner.post("/api/v1/leads", super::lead("Otra vez", "beto@najera.mx")).await.expect(409);
}

#[tokio::test]
async fn what_was_changed_after_a_merge_stays_when_it_is_undone() {
    let acme = TestApp::shared().tenant().await;
    let (this, other) = two(&acme).await;
    let merged = acme
        .owner
        .post(&format!("/api/v1/leads/{this}/merge"), json!({ "other_id": other }))
        .await
        .expect(200);
    let path = format!("/api/v1/leads/{this}");
    let change = json!({ "industry": "Calzado", "custom_fields": { "piezas": 9 } });
    acme.owner.patch(&path, change).await.expect(200);
    acme.owner
        .post(&format!("{path}/activities"), json!({ "kind": "note", "text": "Después" }))
        .await
        .expect(201);

    let undo = format!("/api/v1/leads/merges/{}/undo", merged.text_at("/merge/id"));
    let undone = acme.owner.post(&undo, json!({})).await.expect(200);
    assert_eq!(undone.body["lead"]["industry"], "Calzado");
    assert_eq!(undone.body["lead"]["custom_fields"], json!({ "giro": "textil", "piezas": 9 }));
    assert_eq!(
        (&undone.body["lead"]["phone"], &undone.body["other"]["industry"]),
        (&Value::Null, &json!("Moda"))
    );
    assert_eq!(state(&acme, &this).await["activities"].as_array().unwrap().len(), 2);
    assert_eq!(state(&acme, &other).await["activities"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_one_value_is_not_mixed_when_a_merge_is_undone() {
    let acme = TestApp::shared().tenant().await;
    let mut ids = Vec::new();
    for (name, amount, currency, at) in [
        ("uno", "100000.00", "MXN", "2030-01-01T10:00:00Z"),
        ("dos", "200000.00", "USD", "2030-02-02T10:00:00Z"),
    ] {
        let body = json!({
            "company_name": name, "email": format!("{name}@a.mx"), "annual_revenue": { "amount": amount, "currency": currency },
            "consent": { "status": "granted", "text": name, "version": name, "at": at }, "utm": { "source": name, "campaign": name }
        });
        let id = create(&acme, body).await;
        let follow_up = json!({ "at": at, "note": name });
        acme.owner.post(&format!("/api/v1/leads/{id}/follow-up"), follow_up).await.expect(200);
        ids.push(id);
    }
    let path = format!("/api/v1/leads/{}", ids[0]);
    let choices = json!({ "annual_revenue": "other", "consent": "other", "next_follow_up_at": "other" });
    let merge = json!({ "other_id": ids[1], "choices": choices });
    let merged = acme.owner.post(&format!("{path}/merge"), merge).await.expect(200);
    // Of each value one part is changed, and the rest is as the merge left it.
    let follow_up = json!({ "at": "2030-02-02T10:00:00Z", "note": "Otra nota" });
    acme.owner.post(&format!("{path}/follow-up"), follow_up).await.expect(200);
    let change = json!({
        "annual_revenue": { "amount": "300000.00", "currency": "USD" }, "utm": { "source": "dos", "campaign": "tres" },
        "consent": { "status": "withdrawn", "text": "dos", "version": "dos", "at": "2030-03-03T10:00:00Z" }
    });
    let changed = acme.owner.patch(&path, change).await.expect(200).body;

    let undo = format!("/api/v1/leads/merges/{}/undo", merged.text_at("/merge/id"));
    let undone = acme.owner.post(&undo, json!({})).await.expect(200);

    for field in ["annual_revenue", "utm", "consent", "next_follow_up_at", "follow_up_note"] {
        assert_eq!(undone.body["lead"][field], changed[field], "{field}");
    }
    assert_eq!(undone.body["other"]["annual_revenue"], json!({ "amount": "200000.00", "currency": "USD" }));
}

#[tokio::test]
async fn a_contact_that_a_merge_added_and_somebody_changed_stays() {
    let acme = TestApp::shared().tenant().await;
    let (this, other) = two(&acme).await;
    let path = format!("/api/v1/leads/{this}");
    let merge = json!({ "other_id": other });
    let merged = acme.owner.post(&format!("{path}/merge"), merge).await.expect(200);
    let contacts = acme.owner.get(&format!("{path}/contacts")).await.expect(200).body;
    let added =
        contacts["data"].as_array().unwrap().iter().find(|contact| contact["name"] == "Beto").unwrap();
    let person = format!("{path}/contacts/{}", added["id"].as_str().unwrap());
    let change = json!({ "name": "Beto", "role": "Compras", "email": "beto@najera.mx" });
    acme.owner.put(&person, change).await.expect(200);

    let undo = format!("/api/v1/leads/merges/{}/undo", merged.text_at("/merge/id"));
    acme.owner.post(&undo, json!({})).await.expect(200);

    let names = async |id: &str| {
        let contacts = state(&acme, id).await["contacts"].clone();
        contacts.as_array().unwrap().iter().map(|contact| contact["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((names(&this).await, names(&other).await), (vec![json!("Beto")], vec![json!("Ana")]));
}

#[tokio::test]
async fn a_merge_that_makes_no_sense_is_refused() {
    let acme = TestApp::shared().tenant().await;
    let (this, other) = two(&acme).await;
    let path = format!("/api/v1/leads/{this}/merge");
    let before = (state(&acme, &this).await, state(&acme, &other).await);
    let stranger = create(&TestApp::shared().tenant().await, lead("Ajena", "a@ajena.mx")).await;
    let stale = acme.owner.with_header("If-Match", "\"9\"");
    stale.post(&path, json!({ "other_id": other })).await.expect(412);
    for (body, status, place) in [
        (json!({ "other_id": this }), 422, "/other_id"),
        (json!({ "other_id": stranger }), 404, ""),
        (json!({ "other_id": other, "other_version": 9 }), 412, ""),
        (json!({ "other_id": other, "choices": { "status": "other" } }), 422, "/choices/status"),
        (json!({ "other_id": other, "choices": { "email": "both" } }), 422, "/choices/email"),
    ] {
        let refused = acme.owner.post(&path, body.clone()).await.expect(status);
        let told = refused.body.pointer("/errors/0/pointer").and_then(Value::as_str).unwrap_or_default();
        assert_eq!(told, place, "{body}");
    }
    assert_eq!((state(&acme, &this).await, state(&acme, &other).await), before);
}

#[tokio::test]
async fn two_merges_at_once_make_one() {
    let acme = TestApp::shared().tenant().await;
    let (this, other) = two(&acme).await;
    let both = [(&this, &other), (&other, &this)].map(|(id, other)| {
        let (owner, path) = (acme.owner.clone(), format!("/api/v1/leads/{id}/merge"));
        async move { owner.post(&path, json!({ "other_id": other })).await.status }
    });
    let mut statuses = futures_util::future::join_all(both).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404]);
}

#[tokio::test]
async fn whoever_changes_a_lead_keeps_nobody_from_suggesting_it() {
    let app = TestApp::alone("likeness_held");
    let acme = app.tenant().await;
    let mut reader = Database::connect(&app.admin_url);
    let mut writer = Database::connect(&app.admin_url);
    // What reads the log for likenesses stands still until both leads are there, and one of them is being changed.
    reader.run("BEGIN; SELECT FROM events.subscriptions WHERE name = 'leads-likeness' FOR UPDATE");
    create(&acme, lead("Correo", "a.b+web@gmail.com")).await;
    let id = create(&acme, lead("Mismo correo", "ab@googlemail.com")).await;
    writer.run(&format!("BEGIN; SELECT FROM leads.leads WHERE id = '{id}' FOR NO KEY UPDATE"));
    reader.run("ROLLBACK");
    until("the pair is suggested", async || pairs(&acme).await.len() == 1).await;
    writer.run("ROLLBACK");
}

/// A lead with 30 tags and 60 custom fields, all of which begin with `letter`.
fn laden(letter: char) -> Value {
    let tags: Vec<String> = (0..30).map(|n| format!("{letter}{n}")).collect();
    let values: Value = (0..60).map(|n| (format!("{letter}{n}"), json!(n))).collect();
    let email = format!("{letter}@laden.mx");
    json!({ "company_name": "Cargada", "email": email, "tags": tags, "custom_fields": values })
}

#[tokio::test]
async fn a_merge_asks_what_stays_where_a_lead_cannot_hold_it_all() {
    let acme = TestApp::shared().tenant().await;
    let (this, other) = (create(&acme, laden('a')).await, create(&acme, laden('b')).await);
    let path = format!("/api/v1/leads/{this}");
    let merge = format!("{path}/merge");
    let before = (state(&acme, &this).await, state(&acme, &other).await);
    let refused = acme.owner.post(&merge, json!({ "other_id": other })).await.expect(422);
    let errors = refused.body["errors"].as_array().unwrap();
    let places: Vec<&Value> = errors.iter().map(|error| &error["pointer"]).collect();
    assert_eq!(json!(places), json!(["/choices/tags", "/choices"]), "{}", refused.text);
    assert_eq!((state(&acme, &this).await, state(&acme, &other).await), before);

    let mut choices: Value = (0..20).map(|n| (format!("custom_fields.b{n}"), json!("this"))).collect();
    choices["tags"] = json!("other");
    let chosen = json!({ "other_id": other, "choices": choices });
    let merged = acme.owner.post(&merge, chosen).await.expect(200);
    let lead = &merged.body["lead"];
    let values = lead["custom_fields"].as_object().unwrap();
    assert_eq!(lead["tags"], before.1["tags"]);
    assert_eq!((values.len(), values.get("b19"), &values["b20"]), (100, None, &json!(20)));
    // Whoever changes anything else of it changes nothing about these.
    acme.owner.patch(&path, json!({ "notes": "Llamar" })).await.expect(200);

    let undo = format!("/api/v1/leads/merges/{}/undo", merged.text_at("/merge/id"));
    acme.owner.post(&undo, json!({})).await.expect(200);
    assert_eq!(state(&acme, &other).await, before.1);
    let now = state(&acme, &this).await;
    assert_eq!(
        (&now["tags"], &now["custom_fields"], &now["notes"]),
        (&before.0["tags"], &before.0["custom_fields"], &json!("Llamar"))
    );
}

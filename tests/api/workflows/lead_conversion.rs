//! A lead becomes a customer: all of it or nothing, once.

use serde_json::{Map, Value, json};

use crate::support::{Tenant, TestApp};

/// A qualified lead; answers its path.
async fn qualified(tenant: &Tenant, body: Value) -> String {
    let created = tenant.owner.post("/api/v1/leads", body).await.expect(201);
    let path = created.header("location").unwrap().to_owned();
    tenant.owner.post(&format!("{path}/qualify"), json!({})).await.expect(200);
    path
}

fn najera() -> Value {
    json!({
        "company_name": "Sastrería Nájera", "contact_name": "Inés Nájera", "email": "ines@najera.mx",
        "phone": "971 160 9009", "website": "najera.mx", "tags": ["istmo"], "notes": "Prefiere la tarde",
        "custom_fields": { "localidad": "Salina Cruz" }, "source": "facebook", "utm": { "campaign": "buen-fin" }
    })
}

async fn customers(tenant: &Tenant) -> usize {
    let page = tenant.owner.get("/api/v1/customers").await.expect(200);
    page.body["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_qualified_lead_becomes_a_customer_with_its_person_and_a_contract() {
    let acme = TestApp::shared().tenant().await;
    let path = qualified(&acme, najera()).await;
    let request = json!({
        "legal_name": "Confecciones Nájera SA de CV", "tax_id": { "number": "EKU9003173C9" },
        "contract": {
            "title": "Mantenimiento", "value": { "amount": "1500.00", "currency": "MXN" }, "billing_period": "month",
            "starts_on": "2027-01-01", "active": true
        }
    });
    let converted = acme.owner.post(&format!("{path}/convert"), request).await.expect(201);
    let place = converted.header("location").unwrap().to_owned();
    assert_eq!(place, format!("/api/v1/customers/{}", converted.text_at("/customer_id")));

    let customer = acme.owner.get(&place).await.expect(200);
    for (pointer, expected) in [
        ("/trade_name", "Sastrería Nájera"),
        ("/legal_name", "Confecciones Nájera SA de CV"),
        ("/tax_id/number", "EKU9003173C9"),
        ("/email", "ines@najera.mx"),
        ("/phone", "+529711609009"),
        ("/notes", "Prefiere la tarde"),
        ("/custom_fields/localidad", "Salina Cruz"),
    ] {
        assert_eq!(customer.text_at(pointer), expected, "{pointer}");
    }
    assert_eq!(customer.body["lead_id"], converted.body["lead_id"]);
    let people = acme.owner.get(&format!("{place}/contacts")).await.expect(200);
    assert_eq!(people.text_at("/data/0/name"), "Inés Nájera");
    assert_eq!(people.body["data"][0]["is_primary"], json!(true));
    let contract = format!("{place}/contracts/{}", converted.text_at("/contract_id"));
    assert_eq!(acme.owner.get(&contract).await.expect(200).text_at("/status"), "active");

    assert_eq!(acme.owner.get(&path).await.expect(200).text_at("/status"), "converted");
    let told = acme.owner.get("/api/v1/events?type=Lead.Converted").await.expect(200);
    assert_eq!(told.body["data"][0]["data"]["customer_id"], converted.body["customer_id"]);
    assert_eq!(told.text_at("/data/0/data/campaign"), "buen-fin");
}

#[tokio::test]
async fn whoever_comes_second_is_told_who_the_customer_is() {
    let acme = TestApp::shared().tenant().await;
    let path = format!("{}/convert", qualified(&acme, najera()).await);
    let converted = acme.owner.post(&path, json!({})).await.expect(201);
    let again = acme.owner.post(&path, json!({})).await.expect(409);
    assert_eq!(again.text_at("/type"), "/problems/lead-already-converted");
    assert_eq!(again.body["customer_id"], converted.body["customer_id"]);
    assert_eq!(again.text_at("/customer"), converted.header("location").unwrap());
    assert_eq!(customers(&acme).await, 1);
}

#[tokio::test]
async fn of_many_at_once_one_converts_the_lead() {
    let acme = TestApp::shared().tenant().await;
    let path = format!("{}/convert", qualified(&acme, najera()).await);
    let attempts: Vec<_> = (0..20)
        .map(|_| {
            let (owner, path) = (acme.owner.clone(), path.clone());
            tokio::spawn(async move { owner.post(&path, json!({})).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in attempts {
        statuses.push(attempt.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 201 | 409)), "{statuses:?}");
    assert_eq!(customers(&acme).await, 1);
}

#[tokio::test]
async fn what_is_refused_leaves_everything_as_it_was() {
    let acme = TestApp::shared().tenant().await;
    let taken = json!({ "trade_name": "Otra", "tax_id": { "country": "MX", "number": "EKU9003173C9" } });
    let existing = acme.owner.post("/api/v1/customers", taken).await.expect(201);
    let path = qualified(&acme, najera()).await;
    let convert = format!("{path}/convert");
    let contract = |value: &str, starts: &str| {
        json!({ "contract": {
            "title": "x", "value": { "amount": value, "currency": "MXN" }, "billing_period": "month", "starts_on": starts,
            "ends_on": "2027-01-01"
        } })
    };
    let hundred: Map<String, Value> =
        (0..100).map(|number| (format!("campo_{number}"), json!(number))).collect();
    for (body, status, place) in [
        (json!({ "tax_id": { "number": "EKU9003173C9" } }), 409, ""),
        // The lead has one itself.
        (json!({ "custom_fields": hundred }), 422, "/custom_fields"),
        (json!({ "custom_fields": { "a": { "b": 1 } } }), 422, "/custom_fields"),
        (json!({ "tax_id": { "number": "nonsense" } }), 422, "/tax_id/number"),
        (json!({ "legal_name": "" }), 422, "/legal_name"),
        (contract("-1.00", "2026-01-01"), 422, "/contract/value"),
        (contract("1.001", "2026-01-01"), 422, "/contract/value"),
        (contract("1.00", "2028-01-01"), 422, "/contract/ends_on"),
        (json!({ "contract": { "title": "x" } }), 422, "/contract"),
        (json!({ "surprise": 1 }), 422, "/surprise"),
    ] {
        let refused = acme.owner.post(&convert, body.clone()).await.expect(status);
        if status == 422 {
            let named = refused.text_at("/errors/0/pointer");
            assert!(named.starts_with(place), "{body}: {named}");
        } else {
            assert_eq!(refused.body["existing_id"], existing.body["id"]);
        }
    }
    assert_eq!(customers(&acme).await, 1);
    assert_eq!(acme.owner.get(&path).await.expect(200).text_at("/status"), "qualified");

    let raw = acme
        .owner
        .post("/api/v1/leads", json!({ "company_name": "Nueva", "email": "n@n.mx" }))
        .await
        .expect(201);
    let early = format!("{}/convert", raw.header("location").unwrap());
    assert_eq!(
        acme.owner.post(&early, json!({})).await.expect(409).text_at("/type"),
        "/problems/lead-wrong-state"
    );
    acme.owner.with_header("If-Match", "\"99\"").post(&convert, json!({})).await.expect(412);
    let stranger = TestApp::shared().tenant().await;
    stranger.owner.post(&convert, json!({})).await.expect(404);
    acme.owner.post(&convert, json!({})).await.expect(201);
}

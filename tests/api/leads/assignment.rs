//! Rules by which new leads get their owners.

use serde_json::{Value, json};

use crate::support::{Tenant, TestApp, until};

const PATH: &str = "/api/v1/leads/assignment-rules";

async fn owner_of(tenant: &Tenant, name: &str, more: Value) -> Value {
    let mut body = json!({ "company_name": name, "email": format!("{}@reglas.mx", name.to_lowercase()) });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    tenant.owner.post("/api/v1/leads", body).await.expect(201).body["owner_id"].clone()
}

#[tokio::test]
async fn rules_are_added_changed_and_removed() {
    let acme = TestApp::shared().tenant().await;
    let (seller, seller_id) = acme.colleague(&["SALES"]).await;
    let rule =
        json!({ "name": " Ferias ", "method": "round_robin", "sources": ["feria"], "user_ids": [seller_id] });
    let added = acme.owner.post(PATH, rule.clone()).await.expect(201);
    assert_eq!((added.text_at("/name").as_str(), added.text_at("/position").as_str()), ("Ferias", "1"));
    let path = added.header("location").unwrap().to_owned();
    let first = acme.owner.with_header("If-Match", "\"1\"");
    first.patch(&path, json!({ "active": false })).await.expect(200);
    first.patch(&path, json!({ "active": true })).await.expect(412);
    seller.get(PATH).await.expect(200);
    seller.post(PATH, rule.clone()).await.expect(403);
    let stranger = TestApp::shared().tenant().await.owner_id;
    for (change, pointer) in [
        (json!({ "user_ids": [] }), "/user_ids"),
        (json!({ "user_ids": [seller_id, stranger] }), "/user_ids/1"),
        (json!({ "name": "" }), "/name"),
        (json!({ "regions": ["a", " "] }), "/regions/1"),
        (json!({ "position": -1 }), "/position"),
        (json!({ "method": "dice" }), "/method"),
    ] {
        let refused = acme.owner.patch(&path, change.clone()).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), pointer, "{change}");
        let mut whole = rule.clone();
        whole.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        acme.owner.post(PATH, whole).await.expect(422);
    }
    acme.owner.delete(&path).await.expect(204);
    acme.owner.get(&path).await.expect(404);
    let history = format!("/api/v1/audit?record_id={}", added.text_at("/id"));
    until("its history is told", async || {
        acme.owner.get(&history).await.text.matches("Lead.AssignmentRuleChanged").count() >= 3
    })
    .await;
}

#[tokio::test]
async fn the_first_rule_that_fits_gives_new_leads_in_turn() {
    let acme = TestApp::shared().tenant().await;
    let mut sellers = Vec::new();
    for _ in 0..3 {
        sellers.push(acme.colleague(&["SALES"]).await.1);
    }
    let (one, two, three) = (&sellers[0], &sellers[1], &sellers[2]);
    let fair = json!({ "name": "Ferias", "method": "round_robin", "sources": ["Feria"], "regions": ["juchitan"], "user_ids": [one, two] });
    let rest = json!({ "name": "Resto", "method": "least_loaded", "user_ids": [three, acme.owner_id] });
    acme.owner.post(PATH, rest).await.expect(201);
    acme.owner
        .post(PATH, {
            let mut fair = fair;
            fair["position"] = json!(0);
            fair
        })
        .await
        .expect(201);
    let at_fair = json!({ "source": "feria", "custom_fields": { "localidad": "Juchitán" } });
    let mut given = Vec::new();
    for number in 0..4 {
        given.push(owner_of(&acme, &format!("F{number}"), at_fair.clone()).await);
    }
    assert_eq!(given, [one, two, one, two].map(|id| json!(id)));
    let mut others: Vec<String> = Vec::new();
    for number in 0..4 {
        let owner = owner_of(&acme, &format!("R{number}"), json!({ "source": "feria" })).await;
        others.push(owner.as_str().unwrap().to_owned());
    }
    others.sort();
    let mut expected = [three, three, &acme.owner_id, &acme.owner_id].map(Clone::clone);
    expected.sort();
    assert_eq!(others, expected);
    assert_eq!(owner_of(&acme, "Dicho", json!({ "source": "feria", "owner_id": three })).await, json!(three));

    // Who is suspended gets nothing more.
    acme.owner.post(&format!("/api/v1/users/{one}/suspend"), json!({})).await.expect(200);
    for number in 5..7 {
        assert_eq!(owner_of(&acme, &format!("F{number}"), at_fair.clone()).await, json!(two));
    }
}

#[tokio::test]
async fn imported_leads_are_given_too() {
    let acme = TestApp::shared().tenant().await;
    let (one, two) = (acme.colleague(&["SALES"]).await.1, acme.colleague(&["SALES"]).await.1);
    let rule = json!({ "name": "Todos", "method": "round_robin", "user_ids": [one, two] });
    acme.owner.post(PATH, rule).await.expect(201);
    let rows: Vec<String> = (0..10).map(|n| format!("I{n},i{n}@reglas.mx")).collect();
    let file = format!("Empresa,Correo\n{}\n", rows.join("\n"));
    let started =
        acme.owner.upload("/api/v1/leads/imports", "i.csv", file.into_bytes(), None).await.expect(202);
    let path = format!("/api/v1/leads/imports/{}", started.text_at("/id"));
    until("the import ends", async || acme.owner.get(&path).await.text_at("/status") == "completed").await;
    for seller in [one, two] {
        let theirs = acme.owner.get(&format!("/api/v1/leads?owner_id={seller}")).await.expect(200);
        assert_eq!(theirs.body["data"].as_array().unwrap().len(), 5);
        let lead = theirs.text_at("/data/0/id");
        until("the owner is told", async || {
            acme.owner.get(&format!("/api/v1/audit?record_id={lead}")).await.text.contains("Lead.Assigned")
        })
        .await;
    }
}

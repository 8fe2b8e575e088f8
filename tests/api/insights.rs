//! The dashboard: what happens is counted once, under whoever has it.

use serde_json::{Value, json};

use crate::support::{Tenant, TestApp, unique, until};

const DASHBOARD: &str = "/api/v1/dashboard";

/// A lead; answers its path.
async fn lead(tenant: &Tenant, name: &str, source: &str, campaign: &str) -> String {
    let email = format!("{}@taller.example", unique("lead"));
    let body =
        json!({ "company_name": name, "email": email, "source": source, "utm": { "campaign": campaign } });
    let created = tenant.owner.post("/api/v1/leads", body).await.expect(201);
    created.header("location").unwrap().to_owned()
}

async fn act(tenant: &Tenant, lead: &str, verb: &str, body: Value) {
    tenant.owner.post(&format!("{lead}/{verb}"), body).await.expect(200);
}

/// `[name, leads, qualified]` of each key.
async fn keys(tenant: &Tenant, list: &str) -> Vec<Value> {
    let dashboard = tenant.owner.get(DASHBOARD).await.expect(200);
    let name = if list == "by_owner" { "owner_id" } else { "name" };
    let rows = dashboard.body[list].as_array().unwrap().iter();
    let mut rows: Vec<Value> = rows.map(|row| json!([row[name], row["leads"], row["qualified"]])).collect();
    rows.sort_by_key(ToString::to_string);
    rows
}

/// Waits until the keys are `expected`, in whatever order.
async fn shows(tenant: &Tenant, list: &str, expected: Value) {
    let mut expected = expected.as_array().unwrap().clone();
    expected.sort_by_key(ToString::to_string);
    until(&format!("{list} is {expected:?}"), async || keys(tenant, list).await == expected).await;
}

#[tokio::test]
async fn leads_count_where_they_came_from_and_for_whoever_has_them() {
    let acme = TestApp::shared().tenant().await;
    let (_, beto) = acme.colleague(&["SALES"]).await;
    let first = lead(&acme, "Uno", "facebook", "buen-fin").await;
    let second = lead(&acme, "Dos", "facebook", "otoño").await;
    let third = lead(&acme, "Tres", "website", "otoño").await;
    act(&acme, &first, "qualify", json!({})).await;
    shows(&acme, "by_source", json!([["facebook", 2, 1], ["website", 1, 0]])).await;
    shows(&acme, "by_campaign", json!([["buen-fin", 1, 1], ["otoño", 2, 0]])).await;
    shows(&acme, "by_owner", json!([[null, 3, 1]])).await;

    act(&acme, &first, "assign", json!({ "owner_id": beto })).await;
    act(&acme, &second, "assign", json!({ "owner_id": beto })).await;
    shows(&acme, "by_owner", json!([[null, 1, 0], [beto, 2, 1]])).await;
    acme.owner.patch(&third, json!({ "source": "facebook" })).await.expect(200);
    shows(&acme, "by_source", json!([["facebook", 3, 1]])).await;

    // Found worth it again after it was given up: once.
    act(&acme, &first, "disqualify", json!({ "reason": "Sin dinero" })).await;
    act(&acme, &first, "status", json!({ "status": "new" })).await;
    act(&acme, &first, "qualify", json!({})).await;
    acme.owner.delete(&third).await.expect(204);
    shows(&acme, "by_source", json!([["facebook", 2, 1]])).await;

    let other = second.rsplit('/').next().unwrap();
    let merge = json!({ "other_id": other });
    let merged = acme.owner.post(&format!("{first}/merge"), merge).await.expect(200);
    shows(&acme, "by_owner", json!([[beto, 1, 1]])).await;
    let undo = format!("/api/v1/leads/merges/{}/undo", merged.text_at("/merge/id"));
    acme.owner.post(&undo, json!({})).await.expect(200);
    shows(&acme, "by_owner", json!([[beto, 2, 1]])).await;
}

#[tokio::test]
async fn a_merge_that_is_undone_gives_the_lead_back_to_its_owner_and_source() {
    let acme = TestApp::shared().tenant().await;
    let (_, ana) = acme.colleague(&["SALES"]).await;
    let (_, beto) = acme.colleague(&["SALES"]).await;
    let first = lead(&acme, "Uno", "facebook", "otoño").await;
    let second = lead(&acme, "Dos", "website", "otoño").await;
    act(&acme, &first, "assign", json!({ "owner_id": ana })).await;
    act(&acme, &second, "assign", json!({ "owner_id": beto })).await;
    shows(&acme, "by_owner", json!([[ana, 1, 0], [beto, 1, 0]])).await;
    let other = second.rsplit('/').next().unwrap();
    let merge = json!({ "other_id": other, "choices": { "owner_id": "other", "source": "other" } });
    let merged = acme.owner.post(&format!("{first}/merge"), merge).await.expect(200);
    shows(&acme, "by_owner", json!([[beto, 1, 0]])).await;
    shows(&acme, "by_source", json!([["website", 1, 0]])).await;
    let undo = format!("/api/v1/leads/merges/{}/undo", merged.text_at("/merge/id"));
    acme.owner.post(&undo, json!({})).await.expect(200);
    shows(&acme, "by_owner", json!([[ana, 1, 0], [beto, 1, 0]])).await;
    shows(&acme, "by_source", json!([["facebook", 1, 0], ["website", 1, 0]])).await;
}

#[tokio::test]
async fn days_are_those_of_the_company() {
    let app = TestApp::shared();
    let acme = app.tenant().await;
    lead(&acme, "Uno", "website", "x").await;
    shows(&acme, "by_source", json!([["website", 1, 0]])).await;
    let today = app.clock.now().with_timezone(&chrono_tz::America::Mexico_City).date_naive();
    let dashboard = acme.owner.get(DASHBOARD).await.expect(200);
    assert_eq!(dashboard.text_at("/to"), today.to_string());
    assert_eq!(dashboard.text_at("/from"), (today - chrono::TimeDelta::days(29)).to_string());
    assert_eq!(dashboard.text_at("/by_day/0/day"), today.to_string());
    let yesterday = today - chrono::TimeDelta::days(1);
    let before = acme.owner.get(&format!("{DASHBOARD}?to={yesterday}")).await.expect(200);
    assert_eq!((&before.body["totals"]["leads"], &before.body["by_day"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let acme = TestApp::shared().tenant().await;
    for query in [
        "from=2026-11-22&to=2026-11-21",
        "from=2020-01-01&to=2026-01-01",
        "from=yesterday",
        "from=2026-02-30",
        "from=1500-01-01",
        "since=2026-01-01",
    ] {
        let refused = acme.owner.get(&format!("{DASHBOARD}?{query}")).await.expect(422);
        assert!(refused.body["errors"][0]["parameter"].is_string(), "{query}: {}", refused.text);
    }
    acme.owner.get(&format!("{DASHBOARD}?from=2024-01-01&to=2024-12-31")).await.expect(200);
}

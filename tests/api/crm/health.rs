//! Health: it follows what happens, explains itself, and keeps what it was.

use chrono::{Days, Utc};
use serde_json::{Value, json};

use super::{create, named};
use crate::support::{Tenant, TestApp, until};

/// Waits until the score is `expected`; answers the rules.
async fn score(tenant: &Tenant, customer: &str, expected: i32) -> Vec<String> {
    let path = format!("{customer}/health");
    let healthy = async || {
        let health = tenant.owner.get(&path).await.expect(200);
        health.body["score"] == json!(expected) && health.body["checked_at"].is_string()
    };
    until(&format!("the health is {expected}"), healthy).await;
    let health = tenant.owner.get(&path).await.expect(200);
    let rule = |reason: &Value| reason["rule"].as_str().unwrap().to_owned();
    health.body["reasons"].as_array().unwrap().iter().map(rule).collect()
}

#[tokio::test]
async fn health_follows_what_happens_and_keeps_what_it_was() {
    let acme = TestApp::shared().tenant().await;
    let customer = create(&acme, named("Acme")).await;
    let post = async |rest: &str, body: Value| acme.owner.post(&format!("{customer}/{rest}"), body).await;
    assert_eq!(score(&acme, &customer, 70).await, ["base"]);

    post("activities", json!({ "kind": "call", "text": "x" })).await.expect(201);
    assert_eq!(score(&acme, &customer, 80).await, ["base", "activity_30_days"]);
    let today = Utc::now().date_naive();
    let contract = json!({
        "title": "Uno", "value": { "amount": "1.00", "currency": "MXN" }, "billing_period": "year", "starts_on": today,
        "ends_on": today + Days::new(365), "active": true
    });
    let contract = post("contracts", contract).await.expect(201);
    let contract = contract.header("location").unwrap().to_owned();
    assert_eq!(score(&acme, &customer, 95).await, ["base", "activity_30_days", "active_contract"]);
    acme.owner.patch(&contract, json!({ "renews_on": today + Days::new(10) })).await.expect(200);
    assert_eq!(score(&acme, &customer, 65).await, ["base", "activity_30_days", "renewal_within_30_days"]);
    acme.owner.post(&format!("{contract}/cancel"), json!({})).await.expect(200);
    assert_eq!(score(&acme, &customer, 55).await, ["base", "activity_30_days", "contract_lapsed"]);

    let version = acme.owner.get(&customer).await.text_at("/version");
    post("churn", json!({ "reason": "x" })).await.expect(200);
    assert_eq!(score(&acme, &customer, 0).await, ["churned"]);
    post("reactivate", json!({})).await.expect(200);
    score(&acme, &customer, 55).await;
    let now: i32 = acme.owner.get(&customer).await.text_at("/version").parse().unwrap();
    assert_eq!(now, version.parse::<i32>().unwrap() + 2, "health does not bump the version");

    let history = acme.owner.get(&format!("{customer}/health/history?limit=5")).await.expect(200);
    let scores: Vec<&Value> =
        history.body["data"].as_array().unwrap().iter().map(|one| &one["score"]).collect();
    assert_eq!(scores, [55, 0, 55, 65, 95].map(Value::from).iter().collect::<Vec<_>>());
    let cursor = history.text_at("/next_cursor");
    let rest = acme.owner.get(&format!("{customer}/health/history?cursor={cursor}")).await.expect(200);
    assert_eq!(rest.body["data"].as_array().unwrap().len(), 2);
    let found = acme.owner.get("/api/v1/customers?health_max=55&health_min=55").await.expect(200);
    assert_eq!(found.text_at("/data/0/trade_name"), "Acme");
}

#[tokio::test]
async fn customers_at_risk_are_counted() {
    let acme = TestApp::shared().tenant().await;
    let customer = create(&acme, named("Acme")).await;
    let body = json!({
        "title": "Uno", "value": { "amount": "1.00", "currency": "MXN" }, "billing_period": "year",
        "starts_on": "2020-01-01", "active": true
    });
    let contract = acme.owner.post(&format!("{customer}/contracts"), body).await.expect(201);
    let contract = contract.header("location").unwrap().to_owned();
    let late = json!({ "title": "Llamar", "due_at": Utc::now() - chrono::TimeDelta::days(8) });
    acme.owner.post(&format!("{customer}/tasks"), late).await.expect(201);
    acme.owner.post(&format!("{contract}/end"), json!({})).await.expect(200);
    // 70 for itself, 25 less for the contract, 5 less for the task.
    assert_eq!(score(&acme, &customer, 40).await, ["base", "contract_lapsed", "task_late_7_days"]);
    let summary =
        async || acme.owner.get("/api/v1/customers/summary").await.expect(200).body["at_risk"].clone();
    assert_eq!(summary().await, json!(0), "40 is not below 40");
    let long_ago = json!({ "kind": "note", "text": "x", "at": Utc::now() - chrono::TimeDelta::days(91) });
    acme.owner.post(&format!("{customer}/activities"), long_ago).await.expect(201);
    let rules = score(&acme, &customer, 20).await;
    assert_eq!(rules, ["base", "no_activity_90_days", "contract_lapsed", "task_late_7_days"]);
    assert_eq!(summary().await, json!(1));
}

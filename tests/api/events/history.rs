//! A tenant's own log, read page by page.

use serde_json::{Value, json};

use super::{column, key, lead};
use crate::support::{Answer, Tenant, TestApp, until};

const EVENTS: &str = "/api/v1/events";

/// The events that `query` asks for, once there are `count`.
async fn events(tenant: &Tenant, query: &str, count: usize) -> Answer {
    let mut found = None;
    until("the events are in the log", async || {
        let answer = tenant.owner.get(&format!("{EVENTS}?limit=200&{query}")).await.expect(200);
        let there = answer.body["data"].as_array().unwrap().len() >= count;
        found = Some(answer);
        there
    })
    .await;
    found.unwrap()
}

#[tokio::test]
async fn the_log_is_told_as_cloudevents_in_order() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let caused = tenant.owner.with_header("X-Correlation-Id", "alta-17");
    let body = json!({ "company_name": "Sastrería", "email": format!("{}@taller.example", tenant.slug) });
    let id = caused.post("/api/v1/leads", body).await.expect(201).text_at("/id");
    tenant.owner.post(&format!("/api/v1/leads/{id}/qualify"), json!({})).await.expect(200);

    let log = events(&tenant, &format!("record_id={id}&type=Lead.Created,Lead.Qualified"), 2).await;

    assert_eq!(column(&log.body, "/type"), ["Lead.Created", "Lead.Qualified"]);
    let created = &log.body["data"][0];
    for (name, expected) in [
        ("specversion", json!("1.0")),
        ("source", json!("/cauce/lead")),
        ("subject", json!(id)),
        ("datacontenttype", json!("application/json")),
        ("tenantid", json!(tenant.id)),
        ("userid", json!(tenant.owner_id)),
        ("correlationid", json!("alta-17")),
    ] {
        assert_eq!(created[name], expected, "{name}");
    }
    assert_eq!(created["data"]["company_name"], "Sastrería");
    let sequences = column(&events(&tenant, "", 5).await.body, "/sequence");
    assert!(sequences.is_sorted() && sequences.iter().all(|sequence| sequence.len() == 20), "{sequences:?}");
}

#[tokio::test]
async fn the_log_is_filtered_and_followed() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let (one, other) = (lead(&tenant).await, lead(&tenant).await);
    let all = events(&tenant, "type=Lead.Created", 2).await;
    assert_eq!(column(&all.body, "/subject"), [one.clone(), other.clone()]);
    let newest = events(&tenant, "type=Lead.Created&sort=-sequence", 2).await;
    assert_eq!(column(&newest.body, "/subject"), [other.clone(), one.clone()]);
    assert_eq!(events(&tenant, "type=Tenant.*", 1).await.body["data"].as_array().unwrap().len(), 1);

    let first = all.text_at("/data/0/sequence");
    let behind = events(&tenant, &format!("type=Lead.Created&after={first}"), 1).await;
    assert_eq!(column(&behind.body, "/subject"), [other]);
    let since = all.text_at("/data/1/time");
    let late = events(&tenant, &format!("type=Lead.Created&since={since}"), 1).await;
    assert!(!late.text.contains(&one));

    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = tenant.owner.get(&format!("{EVENTS}?limit=2{cursor}")).await.expect(200);
        paged.extend(column(&page.body, "/id"));
        let Value::String(next) = &page.body["next_cursor"] else { break };
        cursor = format!("&cursor={next}");
    }
    assert!(paged.starts_with(&column(&events(&tenant, "", 1).await.body, "/id")[..2]));
    for query in [
        "type=Lead.Nothing",
        "type=",
        "type=L*",
        "after=-1",
        "after=9223372036854775808",
        "sort=time",
        "record_id=x",
        "q=x",
        "limit=0",
    ] {
        tenant.owner.get(&format!("{EVENTS}?{query}")).await.expect(422);
    }
}

#[tokio::test]
async fn a_log_is_its_tenants_own_and_needs_the_permission() {
    let app = TestApp::shared();
    let (acme, rival) = (app.tenant().await, app.tenant().await);
    let id = lead(&acme).await;
    events(&acme, &format!("record_id={id}"), 1).await;

    let theirs = events(&rival, "", 3).await;
    assert!(!theirs.text.contains(&acme.id) && !theirs.text.contains(&id));
    let foreign = rival.owner.get(&format!("{EVENTS}?record_id={id}")).await.expect(200);
    assert_eq!(foreign.body["data"], json!([]));

    let (viewer, _) = acme.colleague(&["VIEWER"]).await;
    viewer.get(EVENTS).await.expect(403);
    viewer.get(&format!("{EVENTS}/stream")).await.expect(403);
    key(&acme, &["events:read"]).await.get(EVENTS).await.expect(200);
}

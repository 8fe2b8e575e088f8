//! Subscriptions and dead letters, as an operator of one tenant sees them.

use serde_json::json;

use super::{column, key, lead};
use crate::support::{Client, Database, TestApp, dead_letter, until};

const LETTERS: &str = "/api/v1/events/dead-letters";

async fn act(client: &Client, id: &str, verb: &str) -> crate::support::Answer {
    client.post(&format!("{LETTERS}/{id}/{verb}"), json!({})).await
}

#[tokio::test]
async fn every_subscription_tells_how_far_it_has_come() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let lead_id = lead(&tenant).await;
    let mut database = Database::connect(&app.admin_url);
    dead_letter(&mut database, &lead_id, "leads-scoring").await;

    let subscriptions = tenant.owner.get("/api/v1/events/subscriptions").await.expect(200);

    let all = subscriptions.body["data"].as_array().unwrap();
    let scoring = all.iter().find(|item| item["name"] == "leads-scoring").expect("it is listed");
    assert_eq!((&scoring["dead_letters"], &scoring["parked"]), (&json!(1), &json!(0)));
    assert!(scoring["position"].as_i64().unwrap() > 0 && scoring["lag"].as_i64().unwrap() >= 0);
    assert!(["current", "working"].contains(&scoring["status"].as_str().unwrap()), "{scoring}");
    let rival = app.tenant().await;
    let theirs = rival.owner.get("/api/v1/events/subscriptions").await.expect(200);
    assert!(theirs.body["data"].as_array().unwrap().iter().all(|item| item["dead_letters"] == 0));
}

#[tokio::test]
async fn a_retried_dead_letter_takes_its_effect() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let lead_id = lead(&tenant).await;
    let mut database = Database::connect(&app.admin_url);
    let score = format!("/api/v1/leads/{lead_id}");
    let id = dead_letter(&mut database, &lead_id, "leads-scoring").await;
    until("the lead is scored", async || {
        !database
            .rows(&format!(
                "SELECT FROM events.subscriptions s JOIN events.dead_letters d ON d.id = '{id}'
                 WHERE s.name = 'leads-scoring' AND s.position >= d.position"
            ))
            .is_empty()
    })
    .await;
    let scored = tenant.owner.get(&score).await.text_at("/score");
    database.run(&format!("UPDATE leads.leads SET score = 1 WHERE id = '{lead_id}'"));

    let shown = tenant.owner.get(&format!("{LETTERS}/{id}")).await.expect(200);
    let retried = act(&tenant.owner, &id, "retry").await.expect(200);

    assert_eq!(shown.text_at("/event/type"), "Lead.Created");
    assert_eq!(shown.text_at("/event/subject"), lead_id);
    assert_eq!((shown.text_at("/record_id"), shown.body["resolution"].is_null()), (lead_id.clone(), true));
    assert_eq!(retried.text_at("/resolution"), "retried");
    until("the event is handled again", async || tenant.owner.get(&score).await.text_at("/score") == scored)
        .await;
    let again = act(&tenant.owner, &id, "retry").await.expect(409);
    assert_eq!(again.text_at("/type"), "/problems/dead-letter-resolved");
    until("the audit log tells it", async || {
        let log = tenant.owner.get("/api/v1/audit?type=DeadLetter.Retried").await;
        column(&log.body, "/record_id") == [id.clone()]
    })
    .await;
}

#[tokio::test]
async fn dead_letters_are_listed_by_page_subscription_and_state() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let mut database = Database::connect(&app.admin_url);
    let mut ids = Vec::new();
    for subscription in ["probe-one", "probe-one", "probe-two"] {
        let lead_id = lead(&tenant).await;
        ids.push(dead_letter(&mut database, &lead_id, subscription).await);
    }
    act(&tenant.owner, &ids[1], "skip").await.expect(200);
    let list = async |query: &str| tenant.owner.get(&format!("{LETTERS}{query}")).await.expect(200);

    assert_eq!(column(&list("").await.body, "/id"), [ids[0].clone(), ids[2].clone()]);
    assert_eq!(column(&list("?state=any").await.body, "/id"), ids);
    assert_eq!(column(&list("?state=any&subscription=probe-one").await.body, "/id"), ids[..2]);
    let first = list("?state=any&limit=2").await;
    let rest = list(&format!("?state=any&limit=2&cursor={}", first.text_at("/next_cursor"))).await;
    assert_eq!((column(&rest.body, "/id"), rest.body["next_cursor"].is_null()), (vec![ids[2].clone()], true));
    for query in ["state=shut", "cursor=x", "limit=0", "tenant_id=x"] {
        tenant.owner.get(&format!("{LETTERS}?{query}")).await.expect(422);
    }
}

#[tokio::test]
async fn another_tenants_dead_letters_do_not_exist() {
    let app = TestApp::shared();
    let (acme, rival) = (app.tenant().await, app.tenant().await);
    let lead_id = lead(&acme).await;
    let mut database = Database::connect(&app.admin_url);
    let id = dead_letter(&mut database, &lead_id, "probe-one").await;

    assert_eq!(rival.owner.get(&format!("{LETTERS}?state=any")).await.expect(200).body["data"], json!([]));
    rival.owner.get(&format!("{LETTERS}/{id}")).await.expect(404);
    act(&rival.owner, &id, "retry").await.expect(404);
    act(&rival.owner, &id, "skip").await.expect(404);

    let reader = key(&acme, &["events:read"]).await;
    act(&reader, &id, "skip").await.expect(403);
    let once = acme.owner.with_header("Idempotency-Key", "skip-it");
    let (first, second) =
        (act(&once, &id, "skip").await.expect(200), act(&once, &id, "skip").await.expect(200));
    assert_eq!(first.body, second.body);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
}

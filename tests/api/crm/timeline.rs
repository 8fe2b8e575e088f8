//! The time line of a customer.

use serde_json::{Value, json};

use super::{create, named};
use crate::support::{TestApp, until};

#[tokio::test]
async fn everything_that_happened_is_told_with_before_and_after() {
    let acme = TestApp::shared().tenant().await;
    let (_, seller) = acme.colleague(&["SALES"]).await;
    let path = create(&acme, named("Acme")).await;
    let post = async |rest: &str, body: Value| acme.owner.post(&format!("{path}/{rest}"), body).await;
    acme.owner.patch(&path, json!({ "notes": "Llamar" })).await.expect(200);
    post("assign", json!({ "owner_id": seller })).await.expect(200);
    post("activities", json!({ "kind": "call", "text": "Quiere renovar" })).await.expect(201);
    post("activities", json!({ "kind": "call", "text": "x", "at": "2199-01-01T00:00:00Z" }))
        .await
        .expect(422);
    post("contacts", json!({ "name": "Eva" })).await.expect(201);
    let contract = json!({
        "title": "Uno", "value": { "amount": "1.00", "currency": "MXN" }, "billing_period": "year", "starts_on": "2027-01-01"
    });
    post("contracts", contract).await.expect(201);
    post("churn", json!({ "reason": "Cerró" })).await.expect(200);

    let read = async |query: &str| acme.owner.get(&format!("{path}/timeline{query}")).await;
    let kind_of = |item: &Value| item["kind"].as_str().unwrap_or_default().to_owned();
    let items = async || read("").await.expect(200).body["data"].as_array().unwrap().clone();
    let expected = ["status", "contract", "contact", "activity", "assignment", "change", "created"];
    let told = async || {
        let all = items().await.iter().map(kind_of).collect::<Vec<_>>();
        all.into_iter().filter(|kind| kind != "health").collect::<Vec<_>>() == expected
    };
    until("the time line is told", told).await;
    let activity = read("?kind=activity").await.expect(200);
    assert_eq!(
        (activity.text_at("/data/0/data/text"), activity.text_at("/data/0/actor_name")),
        ("Quiere renovar".into(), "Ana Dueña".into())
    );
    let changed = read("?kind=change,created&limit=1").await.expect(200);
    assert_eq!(
        changed.body["data"][0]["data"]["changes"],
        json!({ "notes": { "from": null, "to": "Llamar" } })
    );
    let next = changed.text_at("/next_cursor");
    let created = read(&format!("?kind=change,created&limit=1&cursor={next}")).await.expect(200);
    assert_eq!(
        (created.text_at("/data/0/kind").as_str(), &created.body["next_cursor"]),
        ("created", &Value::Null)
    );
    for query in ["?kind=calls", "?kind=", "?cursor=x", "?limit=0", "?since=x"] {
        read(query).await.expect(422);
    }
    let stranger = TestApp::shared().tenant().await;
    stranger.owner.get(&format!("{path}/timeline")).await.expect(404);
}

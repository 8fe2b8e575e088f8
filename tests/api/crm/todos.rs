//! Tasks: made, found by their time, done, told when they are due.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::{create, id_of, named};
use crate::support::{Database, TestApp, until};

#[tokio::test]
async fn a_task_is_made_changed_done_and_taken_away() {
    let acme = TestApp::shared().tenant().await;
    let (_, seller) = acme.colleague(&["SALES"]).await;
    let customer = create(&acme, json!({ "trade_name": "Acme", "owner_id": seller })).await;
    let made = acme.owner.post(&format!("{customer}/tasks"), json!({ "title": "Llamar" })).await.expect(201);
    assert_eq!((made.text_at("/assignee_id"), &made.body["due_at"]), (seller, &Value::Null));
    let path = made.header("location").unwrap().to_owned();
    let owner = acme.owner_id.clone();
    let changed = acme
        .owner
        .with_header("If-Match", "\"1\"")
        .patch(&path, json!({ "due_at": "2030-01-15T16:00:00Z", "assignee_id": owner, "notes": "Muestras" }))
        .await
        .expect(200);
    assert_eq!((changed.text_at("/version"), changed.text_at("/assignee_id")), ("2".into(), owner.clone()));
    acme.owner.with_header("If-Match", "\"1\"").patch(&path, json!({ "title": "x" })).await.expect(412);
    let same = acme.owner.patch(&path, json!({ "notes": "Muestras" })).await.expect(200);
    assert_eq!(same.text_at("/version"), "2");

    for _ in 0..2 {
        let done = acme.owner.post(&format!("{path}/complete"), json!({})).await.expect(200);
        assert_eq!((done.text_at("/done_by"), done.text_at("/version")), (owner.clone(), "3".into()));
    }
    let listed = async |query: &str| {
        let all = acme.owner.get(&format!("{customer}/tasks{query}")).await.expect(200);
        all.body["data"].as_array().unwrap().len()
    };
    assert_eq!((listed("").await, listed("?status=open").await, listed("?status=done").await), (1, 0, 1));
    let open = acme.owner.post(&format!("{path}/reopen"), json!({})).await.expect(200);
    assert_eq!(open.body["done_at"], Value::Null);
    acme.owner.delete(&path).await.expect(204);
    acme.owner.get(&path).await.expect(404);

    for (body, pointer) in [
        (json!({}), "/title"),
        (json!({ "title": "" }), "/title"),
        (json!({ "title": "A", "due_at": "mañana" }), "/due_at"),
        (json!({ "title": "A", "assignee_id": uuid::Uuid::now_v7() }), "/assignee_id"),
        (json!({ "title": "A", "done_at": "2030-01-15T16:00:00Z" }), "/done_at"),
    ] {
        let refused = acme.owner.post(&format!("{customer}/tasks"), body).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), pointer);
    }
}

#[tokio::test]
async fn open_tasks_of_all_customers_are_listed_by_their_time() {
    let acme = TestApp::shared().tenant().await;
    let (_, seller) = acme.colleague(&["SALES"]).await;
    let customers = [create(&acme, named("A")).await, create(&acme, named("B")).await];
    for (index, (title, day)) in
        [("tres", Some(17)), ("uno", Some(15)), ("nunca", None), ("dos", Some(16))].into_iter().enumerate()
    {
        let due = day.map(|day| format!("2030-01-{day}T16:00:00Z"));
        let assignee = if title == "dos" { seller.clone() } else { acme.owner_id.clone() };
        let body = json!({ "title": title, "due_at": due, "assignee_id": assignee });
        acme.owner.post(&format!("{}/tasks", customers[index % 2]), body).await.expect(201);
    }
    let titles = async |query: &str| {
        let all = acme.owner.get(&format!("/api/v1/customers/tasks{query}")).await.expect(200);
        let title = |one: &Value| one["title"].as_str().unwrap().to_owned();
        all.body["data"].as_array().unwrap().iter().map(title).collect::<Vec<_>>()
    };
    assert_eq!(titles("").await, ["uno", "dos", "tres"]);
    assert_eq!(titles(&format!("?assignee_id={seller}")).await, ["dos"]);
    assert_eq!(titles("?due_from=2030-01-16T00:00:00Z&due_to=2030-01-17T00:00:00Z").await, ["dos"]);
    let first = acme.owner.get("/api/v1/customers/tasks?limit=2").await.expect(200);
    let rest = titles(&format!("?limit=2&cursor={}", first.text_at("/next_cursor"))).await;
    assert_eq!(rest, ["tres"]);
    acme.owner.get("/api/v1/customers/tasks?cursor=x").await.expect(422);
}

#[tokio::test]
async fn a_task_is_told_once_when_its_time_comes_and_again_at_another_time() {
    let acme = TestApp::shared().tenant().await;
    let customer = create(&acme, named("Acme")).await;
    let past = |minutes: i64| Utc::now() - TimeDelta::minutes(minutes);
    let body = json!({ "title": "Llamar", "due_at": past(1) });
    let made = acme.owner.post(&format!("{customer}/tasks"), body).await.expect(201);
    let mut database = Database::connect(&TestApp::shared().admin_url);
    let told = format!(
        "SELECT count(*) FROM events.log WHERE aggregate_id = '{}' AND type = 'Customer.TaskDue'",
        id_of(&customer)
    );
    until("it is told", async || database.column(&told) == ["1"]).await;
    let path = made.header("location").unwrap();
    acme.owner.patch(path, json!({ "due_at": past(2) })).await.expect(200);
    until("it is told again", async || database.column(&told) == ["2"]).await;
}

#[tokio::test]
async fn customers_are_worked_on_while_their_events_are_handled() {
    let acme = TestApp::shared().tenant().await;
    let customers = [create(&acme, named("A")).await, create(&acme, named("B")).await];
    let at_work: Vec<_> = (0..6)
        .map(|n| {
            let (owner, customers) = (acme.owner.clone(), customers.clone());
            tokio::spawn(async move {
                for round in 0..10 {
                    let path = &customers[(n + round) % 2];
                    let due = json!({ "title": "Llamar", "due_at": Utc::now() - TimeDelta::days(8) });
                    let task = owner.post(&format!("{path}/tasks"), due).await.expect(201);
                    let note = json!({ "kind": "note", "text": "x" });
                    owner.post(&format!("{path}/activities"), note).await.expect(201);
                    let parent = json!({ "parent_id": null, "notes": format!("{n} {round}") });
                    owner.patch(path, parent).await.expect(200);
                    let task = task.header("location").unwrap().to_owned();
                    owner.post(&format!("{task}/complete"), json!({})).await.expect(200);
                }
            })
        })
        .collect();
    for one in at_work {
        one.await.unwrap();
    }
}

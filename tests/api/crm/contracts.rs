//! Contracts: their states, their dates, what they are worth in a year.

use chrono::{Days, Utc};
use serde_json::{Value, json};

use super::{create, id_of, named};
use crate::support::{Database, TestApp, until};

fn monthly(title: &str) -> Value {
    json!({
        "title": title, "value": { "amount": "1500.00", "currency": "MXN" }, "billing_period": "month",
        "starts_on": "2027-01-01", "ends_on": "2027-12-31"
    })
}

#[tokio::test]
async fn a_contract_is_written_and_put_in_force() {
    let acme = TestApp::shared().tenant().await;
    let customer = create(&acme, named("Acme")).await;
    let written =
        acme.owner.post(&format!("{customer}/contracts"), monthly("Mantenimiento")).await.expect(201);
    assert_eq!(
        (written.text_at("/status"), written.text_at("/arr/amount")),
        ("draft".into(), "18000.00".into())
    );
    let path = written.header("location").unwrap().to_owned();
    let changed = acme
        .owner
        .with_header("If-Match", "\"1\"")
        .patch(
            &path,
            json!({ "value": { "amount": "1600", "currency": "USD" }, "billing_period": "quarter" }),
        )
        .await
        .expect(200);
    assert_eq!(
        (&changed.body["arr"], changed.text_at("/version")),
        (&json!({ "amount": "6400.00", "currency": "USD" }), "2".into())
    );
    acme.owner.with_header("If-Match", "\"1\"").patch(&path, json!({ "notes": "x" })).await.expect(412);
    acme.owner
        .patch(
            &path,
            json!({ "value": { "amount": "1500.00", "currency": "MXN" }, "billing_period": "month" }),
        )
        .await
        .expect(200);

    let post = async |verb: &str, body: Value| acme.owner.post(&format!("{path}/{verb}"), body).await;
    post("activate", json!({})).await.expect(200);
    let fixed = acme.owner.patch(&path, json!({ "billing_period": "year" })).await.expect(409);
    assert_eq!(fixed.text_at("/type"), "/problems/contract-fixed");
    acme.owner
        .patch(&path, json!({ "title": "Mantenimiento 2027", "renews_on": "2027-12-01" }))
        .await
        .expect(200);
    acme.owner.delete(&customer).await.expect(409);
}

#[tokio::test]
async fn a_contract_is_renewed_and_ended() {
    let acme = TestApp::shared().tenant().await;
    let customer = create(&acme, named("Acme")).await;
    let mut body = monthly("Mantenimiento 2027");
    body["active"] = json!(true);
    body["renews_on"] = json!("2027-12-01");
    let written = acme.owner.post(&format!("{customer}/contracts"), body).await.expect(201);
    let path = written.header("location").unwrap().to_owned();
    let post = async |verb: &str, body: Value| acme.owner.post(&format!("{path}/{verb}"), body).await;
    let renewed =
        post("renew", json!({ "value": { "amount": "1800.00", "currency": "MXN" } })).await.expect(201);
    for (pointer, expected) in [
        ("/status", "active"),
        ("/title", "Mantenimiento 2027"),
        ("/starts_on", "2027-12-01"),
        ("/ends_on", "2028-11-30"),
        ("/renews_on", "2028-11-01"),
        ("/arr/amount", "21600.00"),
        ("/previous_id", id_of(&path)),
    ] {
        assert_eq!(renewed.text_at(pointer), expected, "{pointer}");
    }
    assert_eq!(acme.owner.get(&path).await.expect(200).text_at("/status"), "renewed");
    let again = post("renew", json!({})).await.expect(409);
    assert_eq!(
        (again.text_at("/type").as_str(), &again.body["allowed"]),
        ("/problems/contract-wrong-state", &json!([]))
    );

    let next = renewed.header("location").unwrap().to_owned();
    let ended = acme.owner.post(&format!("{next}/end"), json!({ "reason": "Terminó" })).await.expect(200);
    assert_eq!(
        (ended.text_at("/status"), ended.text_at("/closing_reason")),
        ("ended".into(), "Terminó".into())
    );
    let listed = acme.owner.get(&format!("{customer}/contracts?limit=1")).await.expect(200);
    assert_eq!(listed.text_at("/data/0/id"), id_of(&next));
    let cursor = listed.text_at("/next_cursor");
    let rest = acme.owner.get(&format!("{customer}/contracts?limit=1&cursor={cursor}")).await.expect(200);
    assert_eq!(
        (rest.text_at("/data/0/id").as_str(), &rest.body["next_cursor"]),
        (id_of(&path), &Value::Null)
    );
    acme.owner.delete(&customer).await.expect(204);
}

#[tokio::test]
async fn contracts_go_their_ways_and_no_others() {
    let acme = TestApp::shared().tenant().await;
    let customer = create(&acme, named("Acme")).await;
    let ways = [
        ("draft", "activate", 200),
        ("draft", "cancel", 200),
        ("draft", "end", 409),
        ("draft", "renew", 409),
        ("active", "activate", 409),
        ("active", "end", 200),
        ("active", "cancel", 200),
        ("active", "renew", 201),
        ("ended", "renew", 201),
        ("ended", "activate", 409),
        ("ended", "cancel", 409),
        ("cancelled", "renew", 409),
        ("cancelled", "activate", 409),
        ("renewed", "end", 409),
        ("renewed", "renew", 409),
    ];
    for (from, verb, expected) in ways {
        let mut body = monthly(from);
        body["active"] = json!(from != "draft");
        let written = acme.owner.post(&format!("{customer}/contracts"), body).await.expect(201);
        let path = written.header("location").unwrap();
        let first = match from {
            "ended" => Some("end"),
            "cancelled" => Some("cancel"),
            "renewed" => Some("renew"),
            _ => None,
        };
        if let Some(first) = first {
            acme.owner.post(&format!("{path}/{first}"), json!({})).await;
        }
        let answer = acme.owner.post(&format!("{path}/{verb}"), json!({})).await;
        assert_eq!(answer.status, expected, "{from} {verb}: {}", answer.text);
    }
}

#[tokio::test]
async fn bad_contracts_are_refused_by_field() {
    let acme = TestApp::shared().tenant().await;
    let customer = create(&acme, named("Acme")).await;
    let changed = |name: &str, value: Value| {
        let mut body = monthly("Uno");
        body[name] = value;
        body
    };
    let money = |amount: &str, currency: &str| json!({ "amount": amount, "currency": currency });
    for (body, pointer) in [
        (json!({}), "/title"),
        (changed("title", json!("")), "/title"),
        (changed("value", money("-1", "MXN")), "/value"),
        (changed("value", money("1.234", "MXN")), "/value"),
        (changed("value", money("1", "XXX")), "/value/currency"),
        (changed("value", money("99999999999999999999", "MXN")), "/value"),
        (changed("value", money("90000000000000000", "MXN")), "/value"),
        (changed("value", json!(5)), "/value"),
        (changed("billing_period", json!("week")), "/billing_period"),
        (changed("starts_on", json!("2027-02-30")), "/starts_on"),
        (changed("starts_on", json!("0001-01-01")), "/starts_on"),
        (changed("ends_on", json!("2026-12-31")), "/ends_on"),
        (changed("renews_on", json!("2026-12-31")), "/renews_on"),
        (changed("status", json!("active")), "/status"),
    ] {
        let answer = acme.owner.post(&format!("{customer}/contracts"), body.clone()).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text);
        assert_eq!(answer.text_at("/errors/0/pointer"), pointer, "{body}: {}", answer.text);
    }
    assert_eq!(acme.owner.get(&format!("{customer}/contracts")).await.body["data"], json!([]));
    let nobodys = format!("/api/v1/customers/{}/contracts", uuid::Uuid::now_v7());
    acme.owner.post(&nobodys, monthly("Uno")).await.expect(404);
    acme.owner.get(&nobodys).await.expect(404);
}

#[tokio::test]
async fn one_of_two_renewals_at_once_wins() {
    let acme = TestApp::shared().tenant().await;
    let customer = create(&acme, named("Acme")).await;
    let mut body = monthly("Uno");
    body["active"] = json!(true);
    let path = acme.owner.post(&format!("{customer}/contracts"), body).await.expect(201);
    let path = format!("{}/renew", path.header("location").unwrap());
    let attempts: Vec<_> = (0..8)
        .map(|_| {
            let (owner, path) = (acme.owner.clone(), path.clone());
            tokio::spawn(async move { owner.post(&path, json!({})).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in attempts {
        statuses.push(attempt.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201], vec![409; 7]].concat());
}

#[tokio::test]
async fn what_has_a_last_day_ends_and_renewals_are_told() {
    let acme = TestApp::shared().tenant().await;
    let customer = create(&acme, named("Acme")).await;
    let day = |days: i64| {
        let today = Utc::now().date_naive();
        if days < 0 { today - Days::new(days.unsigned_abs()) } else { today + Days::new(days.unsigned_abs()) }
    };
    let contract = |title: &str, ends: Option<i64>, renews: Option<i64>| {
        json!({
            "title": title, "value": { "amount": "100.00", "currency": "MXN" }, "billing_period": "year",
            "starts_on": day(-400), "ends_on": ends.map(day), "renews_on": renews.map(day), "active": true
        })
    };
    for (title, ends, renews) in
        [("Pasado", Some(-3), None), ("Por renovar", Some(20), Some(-2)), ("Lejano", Some(200), Some(100))]
    {
        acme.owner.post(&format!("{customer}/contracts"), contract(title, ends, renews)).await.expect(201);
    }
    let states = async || {
        let all = acme.owner.get(&format!("{customer}/contracts")).await.expect(200).body["data"].clone();
        let state =
            |one: &Value| format!("{} {}", one["title"].as_str().unwrap(), one["status"].as_str().unwrap());
        all.as_array().unwrap().iter().map(state).collect::<Vec<_>>()
    };
    until("the past one ends", async || {
        states().await == ["Lejano active", "Por renovar active", "Pasado ended"]
    })
    .await;
    let mut database = Database::connect(&TestApp::shared().admin_url);
    let told = format!(
        "SELECT count(*) FROM events.log WHERE aggregate_id = '{}' AND type = 'Customer.RenewalDue'",
        id_of(&customer)
    );
    until("the renewal is told", async || database.column(&told) == ["1"]).await;

    let soon = acme.owner.get(&format!("/api/v1/customers/renewals?until={}", day(30))).await.expect(200);
    assert_eq!(soon.body["data"].as_array().unwrap().len(), 1);
    assert_eq!(soon.text_at("/data/0/title"), "Por renovar");
    let later = format!("/api/v1/customers/renewals?limit=1&until={}", day(150));
    let first = acme.owner.get(&later).await.expect(200);
    let second =
        acme.owner.get(&format!("{later}&cursor={}", first.text_at("/next_cursor"))).await.expect(200);
    assert_eq!(
        (first.text_at("/data/0/title"), second.text_at("/data/0/title")),
        ("Por renovar".into(), "Lejano".into())
    );
    let default = acme.owner.get("/api/v1/customers/renewals").await.expect(200);
    assert_eq!(default.body["data"], soon.body["data"]);
    acme.owner.get("/api/v1/customers/renewals?until=mañana").await.expect(422);
}

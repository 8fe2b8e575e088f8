//! Subscriptions by the clock: periods, parts of them, what changes in the middle, and who does not pay.

use chrono::{Datelike, Days, NaiveDate, TimeDelta};
use serde_json::{Value, json};

use super::{INVOICES, PAYMENTS, customer, transfer};
use crate::support::{Database, Tenant, TestApp, until};

const SUBSCRIPTIONS: &str = "/api/v1/billing-subscriptions";

fn line(price: &str) -> Value {
    let iva = json!({ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" });
    json!({ "description": "Mantenimiento", "quantity": "1", "unit_price": price, "taxes": [iva] })
}

fn subscription(customer: &str) -> Value {
    json!({
        "customer_id": customer, "name": "Mantenimiento", "currency": "MXN", "period": "month",
        "lines": [line("3100")], "payment_terms_days": 365
    })
}

async fn made(tenant: &Tenant, body: Value) -> String {
    let made = tenant.owner.post(SUBSCRIPTIONS, body).await.expect(201);
    made.header("location").unwrap().to_owned()
}

/// Waits until so many periods of the subscription were billed.
async fn billed(tenant: &Tenant, path: &str, count: usize) -> Value {
    let mut found = Value::Null;
    until(&format!("{count} periods are billed"), async || {
        found = tenant.owner.get(path).await.expect(200).body;
        found["periods"].as_array().unwrap().len() >= count
    })
    .await;
    assert_eq!(found["periods"].as_array().unwrap().len(), count);
    found
}

/// The totals of the tenant's invoices, the first one first.
async fn totals(tenant: &Tenant) -> Vec<String> {
    let list = tenant.owner.get(&format!("{INVOICES}?sort=created_at")).await.expect(200);
    let total = |row: &Value| row["total"]["amount"].as_str().unwrap().to_owned();
    list.body["data"].as_array().unwrap().iter().map(total).collect()
}

#[tokio::test]
async fn each_period_is_billed_once_by_two_servers() {
    let app = TestApp::alone("billing_periods");
    let second = app.beside("billing_periods", &[]);
    let mut acme = app.tenant().await;
    let customer = customer(&acme).await;
    let path = made(&acme, subscription(&customer)).await;
    let first = billed(&acme, &path, 1).await;
    assert_eq!(totals(&acme).await, ["3596.00"]);
    for (months, count) in [(1, 2), (3, 5)] {
        // Nobody was there for months: every period is billed all the same.
        for clock in [&app.clock, &second.clock] {
            clock.advance(TimeDelta::days(31 * months));
        }
        acme = app.sign_in(&acme).await;
        billed(&acme, &path, count).await;
    }
    let mut database = Database::connect(&app.admin_url);
    let numbers = database.column("SELECT number FROM billing.invoices ORDER BY number");
    assert_eq!(numbers, ["1", "2", "3", "4", "5"]);
    let last = acme.owner.get(&path).await.expect(200);
    // One begins where the other ends.
    let periods = last.body["periods"].as_array().unwrap();
    assert!(periods.windows(2).all(|pair| pair[0]["starts_on"] == pair[1]["ends_on"]), "{periods:?}");
    assert_eq!(periods[4]["starts_on"], first["starts_on"]);
}

#[tokio::test]
async fn a_first_period_that_is_shorter_costs_its_share() {
    let app = TestApp::shared();
    let acme = app.tenant().await;
    let customer = customer(&acme).await;
    let mut body = subscription(&customer);
    // The day before the first of a month, wherever we are in the year.
    let mut day = app.clock.now().date_naive() + Days::new(40);
    day = NaiveDate::from_ymd_opt(day.year(), day.month(), 1).unwrap() - Days::new(1);
    body["starts_on"] = json!(day.to_string());
    body["billing_day"] = json!(1);
    let made = acme.owner.post(SUBSCRIPTIONS, body).await.expect(201);
    assert_eq!(made.text_at("/anchor_on"), (day + Days::new(1)).to_string());
    assert_eq!((made.text_at("/net/amount"), &made.body["periods"]), ("3100.00".to_owned(), &json!([])));
    assert!(made.text_at("/next_at").starts_with(&day.to_string()), "{}", made.text);
}

#[tokio::test]
async fn more_in_the_middle_is_billed_at_once_and_less_from_the_next_period_on() {
    let app = TestApp::alone("billing_changes");
    let mut acme = app.tenant().await;
    let customer = customer(&acme).await;
    let path = made(&acme, subscription(&customer)).await;
    let first = billed(&acme, &path, 1).await;
    let days = |name: &str| first["periods"][0][name].as_str().unwrap().parse::<NaiveDate>().unwrap();
    let whole = (days("ends_on") - days("starts_on")).num_days();
    app.clock.advance(TimeDelta::days(10));
    acme = app.sign_in(&acme).await;
    acme.owner.with_header("If-Match", "\"99\"").patch(&path, json!({ "name": "x" })).await.expect(412);
    acme.owner.patch(&path, json!({ "lines": [line("6200")] })).await.expect(200);
    let bills = totals(&acme).await;
    // 3,100 more a month, for what is left of it, and IVA; days are shares to six decimals.
    let left = whole - 10;
    let expected =
        3_100.0 * 1.16 * f64::from(i32::try_from(left).unwrap()) / f64::from(i32::try_from(whole).unwrap());
    let difference = bills[1].parse::<f64>().unwrap();
    assert!((difference - expected).abs() < 0.02, "{difference} {expected}");

    acme.owner.patch(&path, json!({ "lines": [line("1000")] })).await.expect(200);
    assert_eq!(totals(&acme).await.len(), 2, "nothing is given back");
    app.clock.advance(TimeDelta::days(31));
    acme = app.sign_in(&acme).await;
    billed(&acme, &path, 2).await;
    assert_eq!(totals(&acme).await[2], "1160.00");
}

#[tokio::test]
async fn pausing_resuming_and_cancelling_say_what_is_allowed() {
    let app = TestApp::alone("billing_states");
    let mut acme = app.tenant().await;
    let customer = customer(&acme).await;
    let path = made(&acme, subscription(&customer)).await;
    billed(&acme, &path, 1).await;
    let act = async |tenant: &Tenant, what: &str, body: Value| {
        tenant.owner.post(&format!("{path}/{what}"), body).await
    };
    assert_eq!(act(&acme, "resume", json!({})).await.expect(409).body["allowed"], json!(["paused"]));
    assert_eq!(act(&acme, "pause", json!({})).await.expect(200).text_at("/status"), "paused");
    act(&acme, "pause", json!({})).await.expect(409);
    app.clock.advance(TimeDelta::days(70));
    acme = app.sign_in(&acme).await;
    let resumed = act(&acme, "resume", json!({})).await.expect(200);
    assert_eq!(resumed.text_at("/status"), "active");
    // The days between cost nothing, and a new period begins.
    let now = billed(&acme, &path, 2).await;
    assert_eq!(now["periods"][0]["starts_on"], json!(resumed.text_at("/starts_on")));

    let ending = act(&acme, "cancel", json!({ "at_period_end": true })).await.expect(200);
    assert_eq!(
        (ending.text_at("/status"), ending.text_at("/ends_with_period")),
        ("active".to_owned(), "true".to_owned())
    );
    app.clock.advance(TimeDelta::days(35));
    acme = app.sign_in(&acme).await;
    until("it is over", async || acme.owner.get(&path).await.expect(200).text_at("/status") == "cancelled")
        .await;
    assert_eq!(totals(&acme).await.len(), 2);
    for what in ["pause", "resume", "cancel"] {
        act(&acme, what, json!({})).await.expect(409);
    }
    let refused = acme.owner.patch(&path, json!({ "name": "x" })).await.expect(409);
    assert_eq!(
        (refused.text_at("/subscription_status"), refused.text_at("/status")),
        ("cancelled".into(), "409".into())
    );
    let list =
        acme.owner.get(&format!("{SUBSCRIPTIONS}?status=cancelled&customer_id={customer}")).await.expect(200);
    assert_eq!(list.body["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_ends_with_its_period_does_not_come_back() {
    let app = TestApp::alone("billing_endings");
    let mut acme = app.tenant().await;
    let customer = customer(&acme).await;
    let path = made(&acme, subscription(&customer)).await;
    billed(&acme, &path, 1).await;
    acme.owner.post(&format!("{path}/cancel"), json!({ "at_period_end": true })).await.expect(200);
    acme.owner.post(&format!("{path}/pause"), json!({})).await.expect(200);
    app.clock.advance(TimeDelta::days(70));
    acme = app.sign_in(&acme).await;
    let resumed = acme.owner.post(&format!("{path}/resume"), json!({})).await.expect(200);
    assert_eq!(resumed.text_at("/status"), "cancelled");
    assert_eq!(totals(&acme).await.len(), 1);
}

#[tokio::test]
async fn who_does_not_pay_is_past_due_then_paused_and_who_pays_is_active_again() {
    let app = TestApp::alone("billing_dunning");
    let mut acme = app.tenant().await;
    let customer = customer(&acme).await;
    let mut yearly = subscription(&customer);
    yearly["period"] = json!("year");
    yearly["payment_terms_days"] = json!(5);
    let (pays, does_not) = (made(&acme, yearly.clone()).await, made(&acme, yearly).await);
    let invoice = billed(&acme, &pays, 1).await["periods"][0]["invoice_id"].as_str().unwrap().to_owned();
    billed(&acme, &does_not, 1).await;
    let status = async |tenant: &Tenant, path: &str, expected: &str| {
        until(&format!("{path} is {expected}"), async || {
            tenant.owner.get(path).await.expect(200).text_at("/status") == expected
        })
        .await;
    };
    app.clock.advance(TimeDelta::days(7));
    acme = app.sign_in(&acme).await;
    status(&acme, &pays, "past_due").await;
    status(&acme, &does_not, "past_due").await;
    acme.owner.post(PAYMENTS, transfer(&customer, "3596", &[(&invoice, "3596")])).await.expect(201);
    status(&acme, &pays, "active").await;
    let mut database = Database::connect(&app.admin_url);
    for (days, told) in [(7, 3), (7, 4), (16, 5)] {
        app.clock.advance(TimeDelta::days(days));
        // Its index in the list of reminders moves on with each that is told.
        until("its reminder is told", async || {
            database.column("SELECT reminders FROM billing.invoices WHERE status = 'issued'")
                == [told.to_string()]
        })
        .await;
    }
    acme = app.sign_in(&acme).await;
    status(&acme, &does_not, "paused").await;
    status(&acme, &pays, "active").await;
}

#[tokio::test]
async fn subscriptions_refuse_what_cannot_be() {
    let acme = TestApp::shared().tenant().await;
    let customer = customer(&acme).await;
    for (name, value, place) in [
        ("period", json!("day"), "/period"),
        ("billing_day", json!(0), "/billing_day"),
        ("billing_day", json!(29), "/billing_day"),
        ("starts_on", json!("2020-01-01"), "/starts_on"),
        ("starts_on", json!("2190-01-01"), "/starts_on"),
        ("starts_on", json!("tomorrow"), "/starts_on"),
        ("lines", json!([]), "/lines"),
        ("currency", json!("XXX"), "/currency"),
        ("discount", json!({ "amount": { "amount": "1", "currency": "USD" } }), "/discount"),
        ("customer_id", json!(uuid::Uuid::now_v7()), "/customer_id"),
        ("payment_terms_days", json!(400), "/payment_terms_days"),
        ("status", json!("cancelled"), "/status"),
    ] {
        let mut body = subscription(&customer);
        body[name] = value.clone();
        let refused = acme.owner.post(SUBSCRIPTIONS, body).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), place, "{name} {value}");
    }
    let mut weekly = subscription(&customer);
    weekly["period"] = json!("week");
    weekly["billing_day"] = json!(1);
    acme.owner.post(SUBSCRIPTIONS, weekly).await.expect(422);
    assert_eq!(acme.owner.get(SUBSCRIPTIONS).await.expect(200).body["data"], json!([]));
}

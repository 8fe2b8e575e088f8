//! Receivers that fail, are slow, or are gone; and a server that stops in between.

use std::net::TcpListener;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{becomes, deliveries, lead, webhook};
use crate::support::{Database, TestApp, until};
use crate::webhooks::receiver::{Receiver, Told};

#[tokio::test]
async fn a_failing_receiver_gets_the_event_again_under_the_same_id() {
    let app = TestApp::alone("webhooks_retries");
    let mut tenant = app.tenant().await;
    let canary = TcpListener::bind("127.0.0.1:0").unwrap();
    canary.set_nonblocking(true).unwrap();
    let elsewhere = format!("Location: http://{}/\r\n", canary.local_addr().unwrap());
    let redirect = Told { header: elsewhere, ..Told::status(307) };
    let wait = Told { header: "Retry-After: 600\r\n".to_owned(), ..Told::status(429) };
    let receiver = Receiver::start(Told::status(200)).then([wait, redirect, Told::status(500)]);
    let (path, secret) = webhook(&tenant, &receiver, &["Lead.Created"]).await;
    lead(&tenant).await;

    for (attempt, status, minutes) in [(1, 429, 11), (2, 307, 7), (3, 500, 40)] {
        receiver.after(attempt).await;
        // An attempt is counted when it begins; how it went is noted when it is over.
        let waiting = deliveries(&tenant.owner, &path, |all| {
            all.len() == 1 && all[0]["attempts"] == attempt && all[0]["last_status"] == status
        })
        .await;
        assert_eq!(waiting[0]["status"], "pending");
        if attempt == 1 {
            let moment = |name: &str| waiting[0][name].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
            let wait = moment("next_attempt_at") - moment("created_at");
            assert!(wait >= TimeDelta::minutes(10), "it asked for ten minutes: {wait}");
        }
        app.clock.advance(TimeDelta::minutes(minutes));
        tenant = app.sign_in(&tenant).await;
    }
    let requests = receiver.after(4).await;
    let delivered = deliveries(&tenant.owner, &path, |all| all[0]["status"] == "delivered").await;

    assert!(requests.iter().all(|one| one.header("webhook-id") == requests[0].header("webhook-id")));
    assert!(requests.iter().all(|one| one.signatures_of(&secret) == 1 && one.body == requests[0].body));
    let at = |index: usize| requests[index].header("webhook-timestamp").parse::<i64>().unwrap();
    assert!(at(0) < at(1) && at(1) < at(2) && at(2) < at(3));
    assert_eq!(delivered[0]["attempts"], 4);
    let shown =
        tenant.owner.get(&format!("{path}/deliveries/{}", delivered[0]["id"].as_str().unwrap())).await;
    let statuses: Vec<_> =
        shown.body["history"].as_array().unwrap().iter().map(|one| &one["response_status"]).collect();
    assert_eq!(statuses, [429, 307, 500, 200]);
    assert!(canary.accept().is_err(), "a redirect was followed");
    assert_eq!(tenant.owner.get(&path).await.body["failing_since"], json!(null));
}

#[tokio::test]
async fn a_slow_receiver_holds_up_nobody_else() {
    // No attempt at the slow one ends before this test does.
    let app = TestApp::with_settings("webhooks_slow", &[("WEBHOOK_TIMEOUT_SECONDS", "600")]);
    let tenant = app.tenant().await;
    let slow = Receiver::start(Told { after: Duration::from_mins(10), ..Told::status(200) });
    let quick = Receiver::start(Told::status(200));
    let (slow_path, _) = webhook(&tenant, &slow, &["Lead.Created"]).await;
    let (quick_path, _) = webhook(&tenant, &quick, &["Lead.Created"]).await;

    for _ in 0..12 {
        lead(&tenant).await;
    }
    quick.after(12).await;
    slow.after(1).await;

    let held = deliveries(&tenant.owner, &slow_path, |all| all.len() == 12).await;
    let passed =
        deliveries(&tenant.owner, &quick_path, |all| all.iter().all(|one| one["status"] == "delivered"))
            .await;
    println!("12 events past a receiver that hangs; {} at once to it", slow.most_at_once());
    assert!(held.iter().all(|one| one["status"] == "pending" && one["last_error"].is_null()));
    assert_eq!(passed.len(), 12);
    assert!((1..=4).contains(&slow.most_at_once()), "{}", slow.most_at_once());
    let ids: std::collections::BTreeSet<_> =
        quick.received().iter().map(|one| one.header("webhook-id").to_owned()).collect();
    assert_eq!(ids.len(), 12);
}

#[tokio::test]
async fn a_receiver_that_is_gone_or_fails_for_days_is_disabled() {
    let app = TestApp::alone("webhooks_disabled");
    let mut tenant = app.tenant().await;
    let (gone, failing) = (Receiver::start(Told::status(410)), Receiver::start(Told::status(500)));
    let (gone_path, _) = webhook(&tenant, &gone, &["Lead.Created"]).await;
    let (failing_path, _) = webhook(&tenant, &failing, &["Lead.Created"]).await;
    lead(&tenant).await;

    becomes(&tenant.owner, &gone_path, "/disabled_reason", &json!("gone")).await;
    failing.after(1).await;
    until("the failure is noted", async || {
        !tenant.owner.get(&failing_path).await.body["failing_since"].is_null()
    })
    .await;
    app.clock.advance(TimeDelta::hours(119));
    tenant = app.sign_in(&tenant).await;
    failing.after(2).await;
    assert_eq!(tenant.owner.get(&failing_path).await.body["enabled"], true);
    app.clock.advance(TimeDelta::hours(2));
    tenant = app.sign_in(&tenant).await;
    let disabled = becomes(&tenant.owner, &failing_path, "/disabled_reason", &json!("failing")).await;
    assert_eq!(disabled.body["enabled"], false);
    until("the log tells it", async || {
        let log = tenant.owner.get("/api/v1/events?type=Webhook.Disabled").await.expect(200);
        log.text.contains("\"gone\"") && log.text.contains("\"failing\"")
    })
    .await;

    let seen = failing.received().len();
    failing.answer(Told::status(200));
    tenant.owner.patch(&failing_path, json!({ "enabled": true })).await.expect(200);
    app.clock.advance(TimeDelta::hours(1));
    tenant = app.sign_in(&tenant).await;
    let again = failing.after(seen + 1).await;
    assert_eq!(again[seen].header("webhook-id"), again[0].header("webhook-id"), "what waited goes on");
    becomes(&tenant.owner, &failing_path, "/failing_since", &json!(null)).await;
}

#[tokio::test]
async fn deliveries_go_on_on_the_next_server() {
    let app = TestApp::alone("webhooks_restart");
    let tenant = app.tenant().await;
    let receiver = Receiver::start(Told::status(200)).then([Told::status(503)]);
    let hanging = Receiver::start(Told::status(200))
        .then([Told { after: Duration::from_mins(2), ..Told::status(200) }]);
    let (path, secret) = webhook(&tenant, &receiver, &["Lead.Created"]).await;
    let (hanging_path, _) = webhook(&tenant, &hanging, &["Lead.Created"]).await;
    lead(&tenant).await;
    receiver.after(1).await;
    hanging.after(1).await;
    deliveries(&tenant.owner, &path, |all| !all[0]["last_error"].is_null()).await;

    app.stop().await;
    let next = app.beside("webhooks_restart", &[]);
    next.clock.advance(TimeDelta::minutes(1));

    let requests = receiver.after(2).await;
    assert_eq!(requests[0].header("webhook-id"), requests[1].header("webhook-id"));
    assert_eq!(requests[1].signatures_of(&secret), 1, "the next server opens what the first one sealed");
    let again = hanging.after(2).await;
    assert_eq!(again[0].header("webhook-id"), again[1].header("webhook-id"));
    let owner = next.sign_in(&tenant).await.owner;
    for path in [path, hanging_path] {
        deliveries(&owner, &path, |all| all.len() == 1 && all[0]["status"] == "delivered").await;
    }
}

#[tokio::test]
async fn a_tenant_whose_receivers_hang_holds_up_no_other() {
    // No attempt ends before this test does.
    let app = TestApp::with_settings("webhooks_crowd", &[("WEBHOOK_TIMEOUT_SECONDS", "600")]);
    let (crowd, other) = (app.tenant().await, app.tenant().await);
    let hanging = Receiver::start(Told { after: Duration::from_mins(10), ..Told::status(200) });
    let quick = Receiver::start(Told::status(200));
    let mut last = String::new();
    for _ in 0..20 {
        (last, _) = webhook(&crowd, &hanging, &["Lead.Created"]).await;
    }
    // With four of each endpoint, there are more than the whole server sends at once.
    for _ in 0..8 {
        lead(&crowd).await;
    }
    deliveries(&crowd.owner, &last, |all| all.len() == 8).await;
    hanging.after(16).await;

    let (path, _) = webhook(&other, &quick, &["Lead.Created"]).await;
    lead(&other).await;

    quick.after(1).await;
    deliveries(&other.owner, &path, |all| all.len() == 1 && all[0]["status"] == "delivered").await;
    assert_eq!(hanging.received().len(), 16, "a tenant has 16 under way at most");
}

#[tokio::test]
async fn a_replay_that_fails_holds_up_no_other() {
    let app = TestApp::alone("webhooks_replays");
    let tenant = app.tenant().await;
    let (broken, fine) = (Receiver::start(Told::status(200)), Receiver::start(Told::status(200)));
    let (broken_path, _) = webhook(&tenant, &broken, &["Lead.Created"]).await;
    let (fine_path, _) = webhook(&tenant, &fine, &["Lead.Created"]).await;
    lead(&tenant).await;
    for path in [&broken_path, &fine_path] {
        deliveries(&tenant.owner, path, |all| all.len() == 1 && all[0]["status"] == "delivered").await;
    }
    let first = fine.after(1).await.remove(0);
    let id = broken_path.rsplit('/').next().unwrap();
    Database::connect(&app.admin_url).run(&format!(
        "ALTER TABLE webhooks.deliveries ADD CONSTRAINT broken CHECK (endpoint_id <> '{id}') NOT VALID"
    ));

    for path in [&broken_path, &fine_path] {
        let since = json!({ "since": first.json()["time"] });
        tenant.owner.post(&format!("{path}/replay"), since).await.expect(202);
    }

    let again = fine.after(2).await.remove(1);
    assert_eq!(again.header("webhook-id"), first.header("webhook-id"));
    becomes(&tenant.owner, &fine_path, "/replaying", &json!(false)).await;
    assert_eq!(tenant.owner.get(&broken_path).await.expect(200).body["replaying"], true);
    assert_eq!(broken.received().len(), 1);
}

//! Webhooks: addresses that must not be called, and receivers that fail while the server is killed.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::api::Tenant;
use crate::harness::{Api, Random, Server, Sql};
use crate::receivers::{Behaviour, Receiver};
use crate::report::{Counts, Report, percentile};
use crate::{ONE_AT_A_TIME, deadline, is_long, seed, server, until};

/// Every way we know to write an address that is not public: reference/reliability.md §4.3 and the URL standard's host parser.
const HOSTILE: &str = include_str!("../data/hostile-urls.txt");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_address_that_is_not_public_is_called() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let canary = TcpListener::bind("0.0.0.0:0").unwrap();
    canary.set_nonblocking(true).unwrap();
    let port = canary.local_addr().unwrap().port();
    let mut server = server("faults-addresses", &[]);
    server.start().await;
    let tenant = Api::new(&server.url, deadline()).sign_up("addresses").await;
    let (mut tried, mut refused, mut slowest) = (0, 0, Duration::ZERO);
    for url in HOSTILE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let url = url.replace("PORT", &port.to_string());
        let sent = Instant::now();
        let body = json!({ "url": url, "event_types": ["*"] });
        let (status, answer) = tenant.send(Method::POST, "/api/v1/webhooks", &[], Some(&body)).await.unwrap();
        slowest = slowest.max(sent.elapsed());
        assert_eq!((status, &answer["errors"][0]["pointer"]), (422, &json!("/url")), "{url}: {answer}");
        (tried, refused) = (tried + 1, refused + 1);
    }
    // Were one stored all the same, by an older release or by hand, the resolver would still refuse it.
    let body = json!({ "url": "https://hooks.empresa.mx/", "event_types": ["Webhook.Disabled"] });
    let made = tenant.send(Method::POST, "/api/v1/webhooks", &[], Some(&body)).await.unwrap().1;
    let id = made["id"].as_str().unwrap();
    let mut sql = Sql::connect(&server.data_dir);
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "127.1"] {
        for scheme in ["http", "https"] {
            sql.execute(&format!(
                "UPDATE webhooks.endpoints SET url = '{scheme}://{host}:{port}/' WHERE id = '{id}'"
            ));
            let ping = format!("/api/v1/webhooks/{id}/ping");
            let ping = tenant.send(Method::POST, &ping, &[], Some(&json!({}))).await.unwrap().1;
            let delivery = ping["id"].as_str().unwrap();
            let path = format!("/api/v1/webhooks/{id}/deliveries/{delivery}");
            until("the ping failed", deadline(), async || {
                let answer = tenant.send(Method::GET, &path, &[], None).await.unwrap().1;
                answer["status"] == "failed" && answer["last_error"] == "address_refused"
            })
            .await;
            tried += 1;
        }
    }
    assert!(canary.accept().is_err(), "the canary saw a connection");
    Report::new("F12 private addresses", seed())
        .with(format!("{tried} addresses"))
        .noting(format!(
            "{refused} refused at once, {} by the resolver, 0 connections to the canary",
            tried - refused
        ))
        .print_counts(&Counts { operations: tried, acked: 0, slowest, ..Counts::default() });
}

/// Of ten receivers three fail.
const RECEIVERS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_arrives_although_receivers_fail_and_the_server_is_killed() {
    let (events, kills) = if is_long() { (1_000, 5) } else { (100, 2) };
    let _alone = ONE_AT_A_TIME.lock().await;
    let seed = seed();
    let canary = TcpListener::bind("127.0.0.1:0").unwrap();
    canary.set_nonblocking(true).unwrap();
    let redirecting = Behaviour::Redirecting(canary.local_addr().unwrap().port());
    let settings = [("WEBHOOKS_DEVELOPMENT", "true"), ("WEBHOOK_TIMEOUT_SECONDS", "3")];
    let mut server = server("faults-webhooks", &settings);
    server.start().await;
    let tenant = Api::new(&server.url, deadline()).sign_up("webhooks").await;
    let bad = [Behaviour::Failing, Behaviour::Hanging, Behaviour::Resetting];
    let mut fleet = Vec::new();
    for behaviour in bad.into_iter().chain([Behaviour::Good; RECEIVERS - 3]) {
        fleet.push(endpoint(&tenant, behaviour).await);
    }
    // These never get well, and must not stand in the others' way.
    for behaviour in [redirecting, Behaviour::Slow, Behaviour::Gone] {
        endpoint(&tenant, behaviour).await;
    }
    let since = cauce::platform::clock::Clock::default().now();
    let slowest = create_all(&mut server, &tenant, events, kills, Random::new(seed)).await;
    let (failing, good) = fleet.split_at(bad.len());
    let began = Instant::now();
    until_all_have(events, good).await;
    let after_last = began.elapsed();
    let mut sql = Sql::connect(&server.data_dir);
    let beside = delays(&mut sql, good);

    for endpoint in failing {
        endpoint.receiver.behave(Behaviour::Good);
        endpoint.send_again(&tenant, since).await;
    }
    server.kill();
    server.start().await;
    until_all_have(events, &fleet).await;
    let wanted = event_ids(&mut sql);
    assert_eq!(wanted.len(), events);
    for endpoint in &fleet {
        let ids: BTreeSet<String> = endpoint.receiver.ids().into_iter().collect();
        assert_eq!(ids, wanted, "the ids are those of the log");
    }
    assert!(canary.accept().is_err(), "a redirect was followed");
    let (beside, after_last) = (beside.as_millis(), after_last.as_millis());
    Report::new("F13 webhooks", seed)
        .with(format!("30 %, {} kills", kills + 1))
        .recovered(began.elapsed())
        .noting(format!(
            "p95 to a good receiver {beside} ms, the last one {after_last} ms after the last event; {}",
            verify(&fleet)
        ))
        .print_counts(&Counts {
            operations: events * RECEIVERS,
            acked: events * RECEIVERS,
            doubled: fleet.iter().map(|endpoint| endpoint.receiver.counts().1).sum(),
            events: Some(events),
            slowest,
            ..Counts::default()
        });
}

/// Creates leads, and kills the server now and then; answers the longest wait for an answer.
async fn create_all(
    server: &mut Server,
    tenant: &Tenant,
    events: usize,
    kills: usize,
    mut random: Random,
) -> Duration {
    let (mut slowest, stretch) = (Duration::ZERO, events / (kills + 1));
    for number in 0..events {
        if number > 0 && number % stretch == 0 {
            tokio::time::sleep(Duration::from_millis(random.below(500))).await;
            server.kill();
            server.start().await;
        }
        let sent = Instant::now();
        create(tenant, number).await;
        slowest = slowest.max(sent.elapsed());
    }
    slowest
}

async fn until_all_have(events: usize, fleet: &[Endpoint]) {
    let whole = async || fleet.iter().all(|endpoint| endpoint.receiver.counts().0 == events);
    until("every receiver has every event", Duration::from_mins(5), whole).await;
}

/// A webhook and who receives it.
struct Endpoint {
    receiver: Receiver,
    id: String,
    secret: String,
}

impl Endpoint {
    /// What an owner does once the receiver is well: everything since a time once more.
    async fn send_again(&self, tenant: &Tenant, since: DateTime<Utc>) {
        let path = format!("/api/v1/webhooks/{}", self.id);
        let enable = json!({ "enabled": true });
        assert_eq!(tenant.send(Method::PATCH, &path, &[], Some(&enable)).await.unwrap().0, 200);
        let (replay, body) = (format!("{path}/replay"), json!({ "since": since }));
        let (status, answer) = tenant.send(Method::POST, &replay, &[], Some(&body)).await.unwrap();
        assert_eq!(status, 202, "{answer}");
    }
}

async fn endpoint(tenant: &Tenant, behaviour: Behaviour) -> Endpoint {
    let receiver = Receiver::start(behaviour).await;
    let body = json!({ "url": receiver.url, "event_types": ["Lead.Created"] });
    let (status, made) = tenant.send(Method::POST, "/api/v1/webhooks", &[], Some(&body)).await.unwrap();
    assert_eq!(status, 201, "{made}");
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    Endpoint { receiver, id: text("id"), secret: text("secret") }
}

async fn create(tenant: &Tenant, number: usize) {
    let body =
        json!({ "company_name": format!("Peña {number}"), "email": format!("w{number}@faults.example") });
    let key = format!("webhook-{number}");
    let began = Instant::now();
    loop {
        // The server may have been killed a moment ago.
        let answer =
            tenant.send(Method::POST, "/api/v1/leads", &[("Idempotency-Key", &key)], Some(&body)).await;
        if let Ok((201, _)) = &answer {
            return;
        }
        assert!(began.elapsed() < deadline(), "{answer:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn event_ids(sql: &mut Sql) -> BTreeSet<String> {
    let rows = sql.rows("SELECT event_id FROM events.log WHERE type = 'Lead.Created'");
    rows.iter().map(|row| row["event_id"].as_str().unwrap().to_owned()).collect()
}

/// How long 95 % of deliveries to `endpoints` took from their queueing to their first attempt's end.
fn delays(sql: &mut Sql, fleet: &[Endpoint]) -> Duration {
    let endpoints: Vec<&str> = fleet.iter().map(|endpoint| endpoint.id.as_str()).collect();
    let rows = sql.rows(&format!(
        "SELECT (extract(epoch FROM d.finished_at - d.created_at) * 1000)::bigint AS ms FROM webhooks.deliveries d
         WHERE d.status = 'delivered' AND d.endpoint_id IN ('{}')",
        endpoints.join("','")
    ));
    let mut times: Vec<Duration> =
        rows.iter().map(|row| Duration::from_millis(row["ms"].as_u64().unwrap_or_default())).collect();
    percentile(&mut times, 0.95)
}

/// Has the libraries of others verify every signature, in the long tier; they come from `PyPI` and npm.
fn verify(fleet: &[Endpoint]) -> String {
    let requests: Vec<Value> =
        fleet.iter().flat_map(|endpoint| endpoint.receiver.requests(&endpoint.secret)).collect();
    if !is_long() {
        return format!("{} signed requests not shown to others' libraries", requests.len());
    }
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/webhook-requests.jsonl");
    let mut file = std::fs::File::create(path).unwrap();
    for request in &requests {
        writeln!(file, "{request}").unwrap();
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/signatures.sh");
    let output = std::process::Command::new(script).arg(path).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said.trim().replace('\n', ", ")
}

//! What is lost, doubled or out of order when the server is killed, when NATS is away, and when everybody writes at once.
//!
//! The short tier runs with `make test`; `make faults` runs the long one. Each scenario prints its seed and one line of a
//! table; `FAULTS_SEED=<number>` repeats a run.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::needless_pass_by_value,
    reason = "a run ends where something is not as it must be"
)]

mod checker;
#[expect(dead_code, reason = "each program uses a part of it")]
#[path = "../harness/mod.rs"]
mod harness;
mod history;
mod nats;
mod report;
mod writers;

use std::path::Path;
use std::time::{Duration, Instant};

use harness::{Api, Random, Server, Sql};
use history::{Allowed, History};
use nats::{Broker, ExternalNats};
use report::Report;
use writers::Load;

/// How long one answer may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// The database and the clients are one machine: after a start, requests may be put off for this long.
const SETTLING: Duration = Duration::from_secs(2);

/// The scenarios share two cores and would excuse each other's delays.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn is_long() -> bool {
    std::env::var_os("FAULTS").is_some_and(|tier| tier == "long")
}

fn seed() -> u64 {
    let given = std::env::var_os("FAULTS_SEED").and_then(|seed| seed.to_str()?.parse().ok());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    given.unwrap_or(u64::from(now.subsec_nanos()))
}

fn server(name: &str, settings: &[(&str, &str)]) -> Server {
    Server::new(name, Path::new(env!("CARGO_BIN_EXE_cauce")), settings)
}

async fn load(server: &Server, random: Random) -> Load {
    Load::prepare(&Api::new(&server.url, DEADLINE), random).await
}

/// Waits until every reader is at the end of the log, checks everything, prints the line.
async fn conclude(report: Report, server: &Server, load: &Load, history: &History, broker: Broker) {
    let mut sql = Sql::connect(&server.data_dir);
    if let Some(import) = &history.import {
        checker::imported(&mut sql, import).await;
    }
    let drained = checker::drained(&mut sql).await;
    let stream = broker.read("LEAD_EVENTS").await;
    let findings = checker::check(&mut sql, load, history, &stream, DEADLINE);
    report.print(history, &findings, drained);
    assert!(findings.violations.is_empty(), "{} violations, told above", findings.violations.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_is_killed_again_and_again_while_everybody_writes() {
    let kills = if is_long() { 10 } else { 5 };
    let _alone = ONE_AT_A_TIME.lock().await;
    let seed = seed();
    let mut random = Random::new(seed);
    let mut server = server("faults-kill", &[]);
    server.start().await;
    let mut load = load(&server, random.clone()).await;
    load.upload(if is_long() { 20_000 } else { 4_000 }).await;
    let writing = load.start();
    let (mut allowed, mut slowest) = (Vec::new(), Duration::ZERO);
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(200 + random.below(1_800))).await;
        let killed = Instant::now();
        server.kill();
        server.start().await;
        slowest = slowest.max(killed.elapsed());
        allowed.push(Allowed { from: killed, until: Instant::now() + SETTLING });
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let history = writing.stop(allowed).await;
    let report = Report::new("F1 server killed", seed).with(format!("{kills} kills"), slowest);
    conclude(report, &server, &load, &history, Broker::embedded(&server.data_dir)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_is_away_while_everybody_writes() {
    let away = Duration::from_secs(if is_long() { 30 } else { 10 });
    let _alone = ONE_AT_A_TIME.lock().await;
    let seed = seed();
    let mut nats = ExternalNats::new();
    nats.start();
    let mut server = server("faults-nats", &[("NATS_SERVERS", &nats.url())]);
    server.start().await;
    let load = load(&server, Random::new(seed)).await;
    let writing = load.start();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(server.health("/status").await, "healthy");

    nats.stop();
    let stopped = Instant::now();
    while server.health("/status").await != "degraded" {
        assert!(stopped.elapsed() < Duration::from_secs(5), "/health does not notice that NATS is away");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(away.saturating_sub(stopped.elapsed())).await;
    // A server that is ending may take a client once more, so only what is said in the end counts.
    assert_eq!(server.health("/status").await, "degraded");
    assert_eq!(server.health("/dependencies/nats").await, "down");
    nats.start();
    let back = Instant::now();
    while server.health("/status").await != "healthy" {
        assert!(back.elapsed() < Duration::from_secs(15), "/health does not notice that NATS is back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let recovery = back.elapsed();
    let history = writing.stop(Vec::new()).await;
    let report = Report::new("F3 NATS stopped", seed).with(format!("{} s away", away.as_secs()), recovery);
    conclude(report, &server, &load, &history, nats.broker()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_in_order_when_everybody_writes_the_same_records() {
    let time = Duration::from_secs(if is_long() { 60 } else { 10 });
    let _alone = ONE_AT_A_TIME.lock().await;
    let seed = seed();
    let mut server = server("faults-order", &[]);
    server.start().await;
    let load = load(&server, Random::new(seed)).await;
    let writing = load.start_on_shared_records();
    tokio::time::sleep(time).await;
    let history = writing.stop(Vec::new()).await;
    let report = Report::new("F7 order", seed).with("hot records".to_owned(), Duration::ZERO);
    conclude(report, &server, &load, &history, Broker::embedded(&server.data_dir)).await;
}

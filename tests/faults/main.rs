//! What is lost, doubled, late or out of order when servers, PostgreSQL, NATS, receivers or the network fail, and when
//! there is more to do than can be done.
//!
//! The short tier runs with `make test`; `make faults` runs the long one. Each scenario prints its seed and one line of a
//! table; `FAULTS_SEED=<number>` repeats a run.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::needless_pass_by_value,
    reason = "a run ends where something is not as it must be"
)]

mod broker;
mod checker;
mod database;
#[expect(dead_code, reason = "each program uses a part of it")]
#[path = "../harness/mod.rs"]
mod harness;
mod history;
mod nats;
mod network;
mod order;
mod overload;
mod poison;
mod proxy;
mod receivers;
mod report;
mod sales;
mod servers;
mod webhooks;
mod writers;

use std::path::Path;
use std::time::{Duration, Instant};

use harness::{Api, Random, Server, Sql};
use history::History;
use nats::Broker;
use report::Report;
use writers::Load;

/// The database and the clients share a machine: after a start, requests may be put off for this long.
const SETTLING: Duration = Duration::from_secs(2);

/// The scenarios share two cores and would excuse each other's delays.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn is_long() -> bool {
    std::env::var_os("FAULTS").is_some_and(|tier| tier == "long")
}

/// What is allowed instead of `strict`: the machine of the short tier may be slow, and stand still for a while.
fn within(strict: Duration) -> Duration {
    if is_long() { strict } else { strict.max(Duration::from_mins(1)) }
}

/// How long one answer may take.
fn deadline() -> Duration {
    within(Duration::from_secs(10))
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
    Load::prepare(&Api::new(&server.url, deadline()), random).await
}

/// Waits until every reader is at the end of the log, checks everything, prints the line.
async fn conclude(report: Report, server: &Server, load: &Load, history: &History, broker: Broker) {
    let mut sql = Sql::connect(&server.data_dir);
    if let Some(import) = &history.import {
        checker::imported(&mut sql, import).await;
    }
    let drained = checker::drained(&mut sql).await;
    let stream = broker.read("LEAD_EVENTS").await;
    let findings = checker::check(&mut sql, load, history, &stream, deadline());
    report.print(history, &findings, drained);
    assert!(findings.violations.is_empty(), "{} violations, told above", findings.violations.len());
}

/// Asks until `holds`, and answers how long that took; in the long tier it may take no longer than `strict`.
async fn until(what: &str, strict: Duration, mut holds: impl AsyncFnMut() -> bool) -> Duration {
    let (began, patience) = (Instant::now(), within(strict));
    while !holds().await {
        assert!(began.elapsed() < patience, "not within {patience:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    began.elapsed()
}

async fn until_healthy(server: &Server) -> Duration {
    until("healthy", Duration::from_mins(1), async || server.health("/status").await == "healthy").await
}

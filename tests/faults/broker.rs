//! NATS that is away, is killed, or forgets.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::checker;
use crate::harness::{Random, Server, Sql};
use crate::nats::{Broker, ExternalNats};
use crate::report::Report;
use crate::{ONE_AT_A_TIME, conclude, is_long, load, seed, server, until, until_healthy};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_is_away_while_everybody_writes() {
    let away = Duration::from_secs(if is_long() { 30 } else { 10 });
    let _alone = ONE_AT_A_TIME.lock().await;
    let seed = seed();
    let (mut nats, server) = with_nats("faults-nats").await;
    let load = load(&server, Random::new(seed)).await;
    let writing = load.start();
    tokio::time::sleep(Duration::from_secs(1)).await;
    until_healthy(&server).await;

    nats.stop();
    let stopped = Instant::now();
    let degraded = async || server.health("/status").await == "degraded";
    until("/health notices that NATS is away", Duration::from_secs(5), degraded).await;
    tokio::time::sleep(away.saturating_sub(stopped.elapsed())).await;
    // A server that is ending may take a client once more, so only what is said in the end counts.
    let says_down = async || server.health("/dependencies/nats").await == "down";
    until("/health says that NATS is down", Duration::from_secs(1), says_down).await;
    until("/health is degraded", Duration::from_secs(1), degraded).await;
    nats.start();
    let healthy = async || server.health("/status").await == "healthy";
    let recovery = until("/health notices that NATS is back", Duration::from_secs(15), healthy).await;
    let history = writing.stop(Vec::new()).await;
    let faults = format!("{} s away", away.as_secs());
    let report = Report::new("F3 NATS stopped", seed).with(faults).recovered(recovery);
    conclude(report, &server, &load, &history, nats.broker()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_is_killed_again_and_again_while_everybody_writes() {
    let kills = if is_long() { 20 } else { 5 };
    let _alone = ONE_AT_A_TIME.lock().await;
    let seed = seed();
    let mut random = Random::new(seed);
    let (mut nats, server) = with_nats("faults-nats-kill").await;
    let load = load(&server, random.clone()).await;
    let writing = load.start();
    let mut slowest = Duration::ZERO;
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(300 + random.below(1_200))).await;
        nats.kill();
        nats.start();
        slowest = slowest.max(until_healthy(&server).await);
    }
    let history = writing.stop(Vec::new()).await;
    let report = Report::new("F4 NATS killed", seed).with(format!("{kills} kills")).recovered(slowest);
    conclude(report, &server, &load, &history, nats.broker()).await;
}

/// Nobody writes, so that only the canary can tell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_hangs_and_the_canary_tells() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let (nats, server) = with_nats("faults-nats-hangs").await;
    let load = load(&server, Random::new(1)).await;
    let mut sql = Sql::connect(&server.data_dir);
    checker::drained(&mut sql).await;
    nats.freeze();
    let degraded = async || server.health("/status").await == "degraded";
    let noticed = until("/health notices that NATS hangs", Duration::from_secs(15), degraded).await;
    let writing = load.start();
    tokio::time::sleep(Duration::from_secs(2)).await;
    nats.thaw();
    let recovery = until_healthy(&server).await;
    let history = writing.stop(Vec::new()).await;
    let report = Report::new("F6 NATS hangs", seed())
        .with("SIGSTOP")
        .recovered(recovery)
        .noting(format!("noticed after {} ms without traffic", noticed.as_millis()));
    conclude(report, &server, &load, &history, nats.broker()).await;
}

/// What a power cut does to a store that is synced seldom, without a power cut.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_forgets_what_it_acknowledged() {
    let lost = Duration::from_secs(if is_long() { 60 } else { 5 });
    let _alone = ONE_AT_A_TIME.lock().await;
    let seed = seed();
    let (mut nats, server) = with_nats("faults-nats-forgets").await;
    let load = load(&server, Random::new(seed)).await;
    let writing = load.start();
    tokio::time::sleep(Duration::from_secs(2)).await;
    nats.stop();
    nats.keep_copy();
    nats.start();
    until_healthy(&server).await;
    tokio::time::sleep(lost).await;

    nats.stop();
    nats.restore_copy();
    nats.start();
    let rolled_back = until_whole(&server, &nats.broker()).await;
    nats.stop();
    nats.wipe();
    nats.start();
    let wiped = until_whole(&server, &nats.broker()).await;
    let history = writing.stop(Vec::new()).await;
    let report = Report::new("F5 NATS forgets", seed)
        .with(format!("{} s, all", lost.as_secs()))
        .recovered(rolled_back.max(wiped))
        .noting(format!(
            "whole {} ms after the roll-back, {} ms after the wipe",
            rolled_back.as_millis(),
            wiped.as_millis()
        ));
    conclude(report, &server, &load, &history, nats.broker()).await;
}

async fn with_nats(name: &str) -> (ExternalNats, Server) {
    let mut nats = ExternalNats::new();
    nats.start();
    let mut server = server(name, &[("NATS_SERVERS", &nats.url())]);
    server.start().await;
    until_healthy(&server).await;
    (nats, server)
}

/// Waits until the stream holds every event that the log had at the beginning.
async fn until_whole(server: &Server, broker: &Broker) -> Duration {
    let mut sql = Sql::connect(&server.data_dir);
    let rows = sql.rows("SELECT event_id FROM events.log WHERE type LIKE 'Lead.%'");
    let wanted: Vec<String> = rows.iter().map(|row| row["event_id"].as_str().unwrap().to_owned()).collect();
    until("the stream is whole again", Duration::from_mins(1), async || {
        let Some(received) = broker.try_read("LEAD_EVENTS").await else { return false };
        let there: BTreeSet<&str> = received.iter().map(|message| message.id.as_str()).collect();
        wanted.iter().all(|id| there.contains(id.as_str()))
    })
    .await
}

//! Servers that are killed or stand still.

use std::time::{Duration, Instant};

use crate::harness::{Random, Server, Sql};
use crate::history::Allowed;
use crate::nats::{Broker, ExternalNats};
use crate::report::Report;
use crate::{ONE_AT_A_TIME, SETTLING, conclude, is_long, load, seed, server, until, within};

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
    let report = Report::new("F1 server killed", seed).with(format!("{kills} kills")).recovered(slowest);
    conclude(report, &server, &load, &history, Broker::embedded(&server.data_dir)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_servers_one_stands_still_and_is_killed() {
    let still = Duration::from_secs(if is_long() { 30 } else { 8 });
    let _alone = ONE_AT_A_TIME.lock().await;
    let seed = seed();
    let mut nats = ExternalNats::new();
    nats.start();
    let secret = "a secret of thirty-two bytes or more";
    // The first one owns the database; the second one is another program on it.
    let mut first = server("faults-first", &[("NATS_SERVERS", &nats.url()), ("JWT_SECRET", secret)]);
    first.start().await;
    let (login, owner) = Sql::urls(&first.data_dir);
    let second = [
        ("NATS_SERVERS", nats.url()),
        ("JWT_SECRET", secret.to_owned()),
        ("DATABASE_URL", login),
        ("DATABASE_ADMIN_URL", owner),
    ];
    let second: Vec<(&str, &str)> = second.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut second = server("faults-second", &second);
    second.start().await;
    let load = load(&second, Random::new(seed)).await;
    let writing = load.start();
    tokio::time::sleep(Duration::from_secs(2)).await;

    let mut sql = Sql::connect(&first.data_dir);
    let began = sql.number("SELECT last_position FROM events.counter");
    first.freeze();
    tokio::time::sleep(still).await;
    goes_on(&mut sql).await;
    let held_up = latest(&mut sql, began);
    first.thaw();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let began = sql.number("SELECT last_position FROM events.counter");
    first.kill();
    tokio::time::sleep(Duration::from_secs(3)).await;
    goes_on(&mut sql).await;
    let after_kill = latest(&mut sql, began);
    first.start().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let history = writing.stop(Vec::new()).await;
    let most = within(Duration::from_secs(5));
    assert!(held_up < most, "events were held up for {held_up:?} by a server that stood still");
    let most = within(Duration::from_secs(1));
    assert!(after_kill < most, "events were held up for {after_kill:?} by a killed server");
    let report = Report::new("F10 two servers", seed)
        .with("SIGSTOP, kill")
        .recovered(held_up.max(after_kill))
        .noting(format!(
            "latest event {} ms at SIGSTOP, {} ms at kill",
            held_up.as_millis(),
            after_kill.as_millis()
        ));
    conclude(report, &first, &load, &history, nats.broker()).await;
    drop::<Server>(second);
}

/// Waits until the server that is left has put events in order.
async fn goes_on(sql: &mut Sql) {
    let end = "SELECT last_position FROM events.counter";
    let now = sql.number(end);
    let moves = async || sql.number(end) > now;
    until("the other server puts events in order", Duration::from_secs(1), moves).await;
}

/// The longest time from a change to its place in the log, behind a position.
fn latest(sql: &mut Sql, behind: i64) -> Duration {
    let milliseconds = sql.number(&format!(
        "SELECT coalesce(max(extract(epoch FROM sequenced_at - occurred_at) * 1000), 0)::bigint FROM events.log
         WHERE position > {behind}"
    ));
    Duration::from_millis(milliseconds.unsigned_abs())
}

//! PostgreSQL that is killed.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::Method;

use crate::harness::{Random, Sql};
use crate::history::Allowed;
use crate::nats::Broker;
use crate::report::Report;
use crate::{ONE_AT_A_TIME, SETTLING, conclude, is_long, load, seed, server, until};

/// How soon a request must be served once PostgreSQL takes connections.
const SERVED_AGAIN: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_killed_again_and_again_while_everybody_writes() {
    let kills = if is_long() { 10 } else { 3 };
    let _alone = ONE_AT_A_TIME.lock().await;
    let seed = seed();
    let mut random = Random::new(seed);
    let mut server = server("faults-postgres", &[]);
    server.start().await;
    let load = load(&server, random.clone()).await;
    let writing = load.start();
    let (mut allowed, mut slowest, mut first_answer) = (Vec::new(), Duration::ZERO, Duration::ZERO);
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(500 + random.below(1_500))).await;
        let pid = std::fs::read_to_string(server.data_dir.join("postgres/postmaster.pid")).unwrap();
        let pid = Pid::from_raw(pid.lines().next().unwrap().parse().unwrap());
        let killed = Instant::now();
        kill(pid, Signal::SIGKILL).unwrap();
        // Ours starts it again; it has its log to recover.
        tokio::time::sleep(Duration::from_millis(50)).await;
        until("PostgreSQL takes connections", Duration::from_secs(30), async || {
            Sql::is_there(&server.data_dir)
        })
        .await;
        let tenant = &load.tenants[0];
        let is_served =
            async || matches!(tenant.send(Method::GET, "/api/v1/me", &[], None).await, Ok((200, _)));
        first_answer = first_answer.max(until("a request is served", SERVED_AGAIN, is_served).await);
        slowest = slowest.max(killed.elapsed());
        allowed.push(Allowed { from: killed, until: Instant::now() + SETTLING });
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let history = writing.stop(allowed).await;
    let report = Report::new("F2 PostgreSQL killed", seed)
        .with(format!("{kills} kills"))
        .recovered(slowest)
        .noting(format!("served {} ms after it took connections", first_answer.as_millis()));
    conclude(report, &server, &load, &history, Broker::embedded(&server.data_dir)).await;
}

//! The table of figures: lists, reads and creations of leads beside pgbench with the very statements that the server
//! sends, on the same database; memory, start, events.
//!
//! Server, database and load generators share the machine, so only ratios within one run mean anything. Rounds of the
//! server and of pgbench alternate, and medians are printed.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a run ends where something is not as it must be"
)]

mod events;
#[expect(dead_code, reason = "each program uses a part of it")]
#[path = "../harness/mod.rs"]
mod harness;
mod large;
mod memory;
mod pgbench;
mod sales;
mod seed;
mod statements;
mod table;
mod wrk;

use std::path::PathBuf;
use std::time::Duration;

use harness::{Api, Server, Sql};
use memory::Memory;
use pgbench::Pgbench;
use seed::Companies;
use statements::{Operation, Recorded};
use table::{Row, Table, median};
use wrk::Wrk;

const ROUNDS: usize = 3;
const FEW: u32 = 32;
const MANY: u32 = 256;
const LEAST_RATIO: f64 = 0.5;

/// The release build: this program stands in `target/debug/deps` or `target/release/deps`.
fn release_build() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let built = here.ancestors().map(|above| above.join("release/cauce")).find(|path| path.is_file());
    built.expect("no release build: run `make bench`, or `cargo build --release` first")
}

fn seconds() -> u64 {
    let given = std::env::var_os("BENCH_SECONDS").and_then(|seconds| seconds.to_str()?.parse().ok());
    given.unwrap_or(4)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures for some minutes; `make bench` runs it"]
async fn figures() {
    let mut server = Server::new("bench", &release_build(), &[]);
    server.start().await;
    let api = Api::new(&server.url, Duration::from_secs(10));
    let companies = Companies::sign_up(&api, 50, 400).await;
    let mut sql = Sql::connect(&server.data_dir);
    companies.seed(&mut sql);
    drop(sql);
    let recorded = Recorded::of_one_request_each(&mut server, &api, &companies).await;

    let mut table = Table::new();
    start_times(&mut table, &mut server).await;
    let idle = Memory::of(server.pid()).resident();
    let watch = Memory::of(server.pid()).watch();
    for operation in Operation::ALL {
        compare(&mut table, &server, &api, &companies, &recorded, operation).await;
    }
    let loaded = watch.most().await;
    table.add(Row::below("memory, idle (MiB)", idle, 60.0));
    table.add(Row::below("memory, most under load (MiB)", loaded, 150.0));
    events::latency(&mut table, &server, &api, &companies).await;
    events::throughput(&mut table, &mut server).await;
    table.print();
}

async fn start_times(table: &mut Table, server: &mut Server) {
    let mut times = Vec::new();
    for _ in 0..5 {
        server.stop();
        times.push(server.start().await.as_secs_f64());
    }
    table.add(Row::below("start to first 200, with its PostgreSQL and NATS (s)", median(times), 1.0));
    let mut times = Vec::new();
    for _ in 0..5 {
        server.kill();
        times.push(server.start().await.as_secs_f64());
    }
    table.add(Row::below("start to first 200, services running (s)", median(times), 1.0));
}

async fn compare(
    table: &mut Table,
    server: &Server,
    api: &Api,
    companies: &Companies,
    recorded: &Recorded,
    operation: Operation,
) {
    let tokens = companies.sign_in(api).await;
    let wrk = Wrk::new(server, companies, &tokens, operation);
    let pgbench = Pgbench::new(server, companies, recorded, operation);
    let time = seconds();
    wrk.run(FEW, 1).await;
    let (mut few, mut many, mut transactions) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        few.push(wrk.run(FEW, time).await);
        events::settled(server).await;
        transactions.push(pgbench.run(FEW, time).await);
        events::settled(server).await;
        many.push(wrk.run(MANY, time).await);
        events::settled(server).await;
    }
    let transactions = median(transactions);
    for (connections, rounds) in [(FEW, few), (MANY, many)] {
        let of = |figure: fn(&wrk::Measured) -> f64| median(rounds.iter().map(figure).collect());
        table.add(Row::load(operation.name(), connections, of, transactions));
    }
}

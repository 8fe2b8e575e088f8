//! The order of events, and how soon they are in order, whatever transactions are open.

use std::time::Duration;

use crate::harness::{Random, Sql};
use crate::nats::Broker;
use crate::report::Report;
use crate::{ONE_AT_A_TIME, conclude, is_long, load, seed, server};

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
    let report = Report::new("F7 order", seed).with("hot records");
    conclude(report, &server, &load, &history, Broker::embedded(&server.data_dir)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "its bounds are times: `make faults` runs it"]
async fn open_transactions_of_others_hold_no_event_up() {
    let time = Duration::from_secs(if is_long() { 60 } else { 8 });
    let _alone = ONE_AT_A_TIME.lock().await;
    let seed = seed();
    let mut server = server("faults-snapshot", &[]);
    server.start().await;
    let load = load(&server, Random::new(seed)).await;
    let writing = load.start();
    let mut sql = Sql::connect(&server.data_dir);
    sql.execute("CREATE TABLE public.unrelated (id int)");
    let mut phases = Vec::new();
    for (name, open) in [
        ("alone", "SELECT 1"),
        ("snapshot", "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM events.outbox"),
        ("writer", "BEGIN; INSERT INTO public.unrelated VALUES (1)"),
    ] {
        let mut other = Sql::connect(&server.data_dir);
        other.execute(open);
        let from = sql.number("SELECT last_position FROM events.counter");
        tokio::time::sleep(time).await;
        let until = sql.number("SELECT last_position FROM events.counter");
        let late = sql.number(&format!(
            "SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM sequenced_at - occurred_at) * 1000)
             FROM events.log WHERE position > {from} AND position <= {until}"
        ));
        assert!(late < 250, "events are {late} ms late while another transaction is open: {name}");
        phases.push(format!("{name} {late} ms"));
    }
    let history = writing.stop(Vec::new()).await;
    sql.execute("DROP TABLE public.unrelated");
    sql.execute("VACUUM events.outbox");
    let left = sql.number("SELECT pg_total_relation_size('events.outbox')");
    assert!(left < 20 << 20, "the outbox is left with {left} bytes");
    let report = Report::new("F8 open transactions", seed)
        .with(format!("2 x {} s", time.as_secs()))
        .noting(format!("p95 to the log: {}; outbox {} kB after", phases.join(", "), left / 1024));
    conclude(report, &server, &load, &history, Broker::embedded(&server.data_dir)).await;
}

//! Figures, on demand: `cargo nextest run --run-ignored only --no-capture events::tests::bench`.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use uuid::Uuid;

use super::servers::Nats;
use super::support::{Database, Disk, Instance, ThingChanged, change, eventually, position};
use crate::platform::auth::TenantId;
use crate::platform::events::Subscription;

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn a_second(events: i64, elapsed: Duration) -> f64 {
    (events as f64 / elapsed.as_secs_f64()).round()
}

#[expect(clippy::print_stdout, reason = "a table for people")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn figures() {
    const EVENTS: i64 = 60_000;
    let database = Database::start(Disk::Synced);
    database.execute(&format!(
        "INSERT INTO events.outbox (event_id, tenant_id, type, aggregate_id, aggregate_version, data, correlation_id, occurred_at)
         SELECT gen_random_uuid(), '{}', 'Thing.Changed', md5((n % 5000)::text)::uuid, n / 5000 + 1,
                jsonb_build_object('marker', repeat('x', 300)), gen_random_uuid()::text, now()
         FROM generate_series(0, {EVENTS} - 1) n",
        Uuid::now_v7()
    ));
    let begun = Instant::now();
    let sequencer = Instance::start(&database, Vec::new(), None);
    eventually("all in order", async || {
        (database.number("SELECT last_position FROM events.counter") == EVENTS).then_some(())
    })
    .await;
    println!("sequencer alone          {:>8} events/s", a_second(EVENTS, begun.elapsed()));
    sequencer.stop().await;

    let begun = Instant::now();
    let reader = Subscription::new("probe-reader").on::<ThingChanged>(|_, _, _| Ok(()));
    let subscriber = Instance::start(&database, vec![reader], None);
    eventually("all handled", async || (position(&database, "probe-reader") == EVENTS).then_some(())).await;
    println!("subscriber, empty handler{:>8} events/s", a_second(EVENTS, begun.elapsed()));
    subscriber.stop().await;

    let mut nats = Nats::new();
    nats.start();
    nats.context().await;
    let begun = Instant::now();
    let publisher = Instance::start(&database, Vec::new(), Some(&nats.url()));
    eventually("all published", async || (position(&database, "nats") == EVENTS).then_some(())).await;
    println!("drain to NATS            {:>8} events/s", a_second(EVENTS, begun.elapsed()));
    publisher.stop().await;
    latency(&database, &nats).await;
}

/// From commit to handler, at 500 events a second from 10 writers, with the publisher at work as well.
#[expect(clippy::print_stdout, reason = "a table for people")]
async fn latency(database: &Database, nats: &Nats) {
    const WRITERS: u32 = 10;
    const WRITES: u32 = 500;
    let begun = Instant::now();
    let delays: Arc<Mutex<Vec<Duration>>> = Arc::default();
    let in_handler = delays.clone();
    let reader = Subscription::new("probe-late").on::<ThingChanged>(move |_, data, _| {
        if let Ok(sent) = data.marker.parse::<u64>() {
            in_handler.lock().unwrap().push(begun.elapsed().saturating_sub(Duration::from_micros(sent)));
        }
        Ok(())
    });
    let instance = Instance::start(database, vec![reader], Some(&nats.url()));
    eventually("the past is handled", async || (position(database, "probe-late") >= 60_000).then_some(()))
        .await;
    let mut writers = JoinSet::new();
    let tenants: Vec<TenantId> = (0..5).map(|_| TenantId::new()).collect();
    for writer in 0..WRITERS {
        let (db, tenant) = (instance.db.clone(), tenants[writer as usize % 5]);
        writers.spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_secs(1) * WRITERS / 500);
            for _ in 0..WRITES {
                ticks.tick().await;
                // The time before the commit, so the figure includes it.
                let marker = begun.elapsed().as_micros().to_string();
                change(&db, tenant, Uuid::now_v7(), &marker).await;
            }
        });
    }
    let writing = Instant::now();
    writers.join_all().await;
    let rate = a_second(i64::from(WRITERS * WRITES), writing.elapsed());
    let wanted = (WRITERS * WRITES) as usize;
    let mut sorted = eventually("all handled", async || {
        let delays = delays.lock().unwrap();
        (delays.len() == wanted).then(|| delays.clone())
    })
    .await;
    sorted.sort();
    let at = |percent: usize| sorted[(wanted * percent / 100).min(wanted - 1)];
    println!("write -> handler at {rate}/s: p50 {:?}, p95 {:?}, p99 {:?}", at(50), at(95), at(99));
    instance.stop().await;
}

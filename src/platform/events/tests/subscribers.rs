//! Each event takes effect exactly once in each subscription, in order per record, whatever fails or stops in between.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use diesel::prelude::*;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::support::{
    Database, Disk, Instance, ThingChanged, ThingNoted, catalogue, change, eventually, nats_settings,
    note_effect, position,
};
use crate::platform::auth::TenantId;
use crate::platform::events::schema::retries;
use crate::platform::events::{EVENTS, Event, Subscription, start};
use crate::platform::tasks::Tasks;

/// Notes effects under `name`, and fails each marked event once: by an error after a write, or by a panic.
fn unreliable(name: &'static str, failed: &Arc<Mutex<HashSet<Uuid>>>) -> Subscription {
    let failed = failed.clone();
    Subscription::new(name).on::<ThingChanged>(move |tx, data, event| {
        note_effect(tx, name, event)?;
        if !matches!(data.marker.as_str(), "error" | "panic") || !failed.lock().unwrap().insert(event.id) {
            return Ok(());
        }
        assert!(data.marker != "panic", "on purpose");
        Err(anyhow::anyhow!("on purpose"))
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn effects_happen_once_through_errors_panics_and_restarts() {
    const WRITERS: usize = 6;
    const WRITES: usize = 50;
    let database = Database::start(Disk::Trusted);
    let failed: [Arc<Mutex<HashSet<Uuid>>>; 2] = Default::default();
    let subscriptions = || vec![unreliable("probe-one", &failed[0]), unreliable("probe-two", &failed[1])];
    let tenants = [TenantId::new(), TenantId::new(), TenantId::new()];
    let things: Vec<Uuid> = (0..9).map(|_| Uuid::now_v7()).collect();

    let mut writers = JoinSet::new();
    let db = database.connect();
    for writer in 0..WRITERS {
        let (db, things) = (db.clone(), things.clone());
        writers.spawn(async move {
            for write in 0..WRITES {
                let index = (writer * 7 + write) % things.len();
                let marker = match (writer + write) % 20 {
                    3 => "error",
                    7 => "panic",
                    _ => "good",
                };
                change(&db, tenants[index % 3], things[index], marker).await;
            }
        });
    }

    // Servers that come and go, two at a time, half of them without a word.
    let steady = Instance::start(&database, subscriptions(), None);
    for round in 0..6 {
        come_and_go(
            &database,
            subscriptions(),
            if round % 2 == 0 { Leaving::Stops } else { Leaving::Vanishes },
        )
        .await;
    }
    writers.join_all().await;

    let wanted = WRITERS * WRITES;
    for name in ["probe-one", "probe-two"] {
        let effects = eventually("every event took effect", async || {
            database.clock.advance(TimeDelta::minutes(1));
            steady.handle.wake();
            let effects = database.effects(name);
            (effects.len() >= wanted).then_some(effects)
        })
        .await;
        assert_eq!(effects.len(), wanted, "{name}");
        let mut last: BTreeMap<Uuid, i32> = BTreeMap::new();
        for (thing, version) in effects {
            let before = last.insert(thing, version).unwrap_or(0);
            assert_eq!(version, before + 1, "{name}: a record's events are handled once and in order");
        }
    }
    assert!(failed.iter().all(|failed| failed.lock().unwrap().len() >= 20), "the failures did happen");
    assert_eq!(database.number("SELECT count(*) FROM events.retries"), 0);
    assert_eq!(database.number("SELECT count(*) FROM events.dead_letters"), 0);
    steady.stop().await;
}

/// How a server leaves.
#[derive(PartialEq)]
enum Leaving {
    Stops,
    Vanishes,
}

/// A server that lives for a moment.
async fn come_and_go(database: &Database, subscriptions: Vec<Subscription>, leaving: Leaving) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (db, tasks) = (database.connect(), Tasks::new());
    {
        let _inside = runtime.enter();
        start(&db, &tasks, catalogue(), subscriptions, &nats_settings(None)).unwrap();
    }
    tokio::time::sleep(Duration::from_millis(150)).await;
    if leaving == Leaving::Stops {
        tasks.stop(Duration::from_secs(10)).await;
    }
    runtime.shutdown_background();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_handler_emits_is_its_tenants_and_carries_the_correlation_id_of_its_cause() {
    let database = Database::start(Disk::Trusted);
    let echo = Subscription::new("probe-echo").on::<ThingChanged>(|tx, _, event| {
        tx.emit(Uuid::now_v7(), 1, &ThingNoted { of: event.id });
        Ok(())
    });
    // Tenants take turns in the log, so that a batch is of all of them.
    let (db, tenants) = (database.connect(), [TenantId::new(), TenantId::new(), TenantId::new()]);
    for number in 0..12 {
        change(&db, tenants[number % 3], Uuid::now_v7(), "good").await;
    }
    let instance = Instance::start(&database, vec![echo], None);
    let log = eventually("twelve causes and twelve effects", async || {
        let log = database.log();
        (log.len() == 24).then_some(log)
    })
    .await;
    let noted: Vec<_> = log.iter().filter(|event| event.kind == ThingNoted::TYPE).collect();
    assert_eq!(noted.len(), 12);
    for event in noted {
        let cause: ThingNoted = serde_json::from_value(event.data.clone()).unwrap();
        let cause = log.iter().find(|candidate| candidate.id == cause.of).unwrap();
        assert_eq!(event.correlation, cause.correlation);
        assert_eq!(event.tenant, cause.tenant);
    }
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_each_attempt_is_counted_before_it_runs() {
    let database = Database::start(Disk::Trusted);
    let counted = Arc::new(AtomicU32::new(0));
    let in_handler = counted.clone();
    let wary = Subscription::new("probe-wary").on::<ThingChanged>(move |tx, _, event| {
        let attempts: Option<i32> = retries::table
            .select(retries::attempts)
            .filter(retries::position.eq(event.position))
            .first(tx.conn(EVENTS)?)
            .optional()?;
        if attempts == Some(1) {
            in_handler.fetch_add(1, Ordering::Relaxed);
        }
        Ok(note_effect(tx, "probe-wary", event)?)
    });
    // What a server leaves behind that died while it handled the first three events, and another that died eight times
    // in the fourth.
    let tenant = TenantId::new();
    let db = database.connect();
    for _ in 0..5 {
        change(&db, tenant, Uuid::now_v7(), "good").await;
    }
    let sequencer = Instance::start(&database, Vec::new(), None);
    eventually("five in the log", async || (database.log().len() == 5).then_some(())).await;
    sequencer.stop().await;
    let fourth = database.log().remove(3);
    database.execute(&format!(
        "INSERT INTO events.subscriptions (name, attempted_position, lease_owner, lease_until)
             VALUES ('probe-wary', 3, gen_random_uuid(), now());
         INSERT INTO events.retries (subscription, position, tenant_id, aggregate_id, attempts, next_at)
             VALUES ('probe-wary', 4, '{}', '{}', 8, now() - interval '1 second')",
        fourth.tenant, fourth.aggregate
    ));
    let instance = Instance::start(&database, vec![wary], None);
    eventually("all five are settled", async || (position(&database, "probe-wary") == 5).then_some(())).await;
    eventually("the killer is given up", async || {
        (database.number("SELECT count(*) FROM events.dead_letters WHERE attempts = 8 AND position = 4") == 1)
            .then_some(())
    })
    .await;
    assert_eq!(counted.load(Ordering::Relaxed), 3, "exactly the events under suspicion were counted first");
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_costs_no_attempts() {
    let database = Database::start(Disk::Trusted);
    let is_cut = Arc::new(AtomicBool::new(false));
    let in_handler = is_cut.clone();
    let reader = Subscription::new("probe-cut").on::<ThingChanged>(move |tx, _, event| {
        note_effect(tx, "probe-cut", event)?;
        if !in_handler.swap(true, Ordering::Relaxed) {
            let cut = diesel::sql_query("SELECT pg_terminate_backend(pg_backend_pid())");
            cut.execute(tx.conn(EVENTS)?).map_err(crate::platform::db::DbError::from)?;
        }
        Ok(())
    });
    let instance = Instance::start(&database, vec![reader], None);
    let thing = Uuid::now_v7();
    for _ in 0..10 {
        change(&instance.db, TenantId::from(Uuid::nil()), thing, "good").await;
    }
    let effects = eventually("all took effect", async || {
        let effects = database.effects("probe-cut");
        (effects.len() >= 10).then_some(effects)
    })
    .await;
    assert!(is_cut.load(Ordering::Relaxed));
    assert_eq!(effects.iter().map(|(_, version)| *version).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    assert_eq!(database.number("SELECT count(*) FROM events.dead_letters"), 0);
    instance.stop().await;
}

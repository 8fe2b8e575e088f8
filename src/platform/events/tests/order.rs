//! The log's order: gapless, commit order per record, nothing lost and nothing invented, whoever sequences.

use std::collections::{BTreeMap, BTreeSet};

use diesel::connection::SimpleConnection;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::support::{Database, Disk, Instance, PROBE, ThingChanged, actor, bump, eventually};
use crate::platform::auth::TenantId;
use crate::platform::db::{Db, DbError};
use crate::platform::events::{Emitted, write};

const WRITERS: u64 = 16;
const WRITES: u64 = 60;
/// Just before the end of a partition.
const FIRST_POSITION: i64 = 999_701;

/// What the dice of a writer say about one transaction.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Commits,
    /// Draws its place, then commits late.
    Sleeps,
    /// Draws its place, then leaves a hole.
    RollsBack,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_sequencers_under_concurrent_writers_make_one_gapless_ordered_log() {
    let database = Database::start(Disk::Trusted);
    database.execute(&format!("UPDATE events.counter SET last_position = {}", FIRST_POSITION - 1));
    let instances =
        [Instance::start(&database, Vec::new(), None), Instance::start(&database, Vec::new(), None)];
    let tenants: [TenantId; 2] = [TenantId::new(), TenantId::new()];
    let things: Vec<Uuid> = (0..12).map(|_| Uuid::now_v7()).collect();

    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let db = instances[usize::try_from(writer).unwrap() % 2].db.clone();
        let things = things.clone();
        writers.spawn(async move {
            let mut committed = Vec::new();
            for write in 0..WRITES {
                let dice = dice(writer * WRITES + write);
                // Half of all writes go to three hot things.
                let index = if dice.is_multiple_of(2) { dice / 2 % 3 } else { dice / 2 % 12 };
                let thing = things[usize::try_from(index).unwrap()];
                let tenant = tenants[usize::try_from(index).unwrap() % 2];
                let fate = match dice / 64 % 20 {
                    0 | 1 => Fate::Sleeps,
                    2 | 3 => Fate::RollsBack,
                    _ => Fate::Commits,
                };
                let marker = format!("{writer}/{write}");
                if let Some(version) = attempt(&db, tenant, thing, &marker, fate).await {
                    committed.push((thing, version, marker));
                }
            }
            committed
        });
    }
    let committed: BTreeSet<(Uuid, i32, String)> = writers.join_all().await.into_iter().flatten().collect();

    let wanted = i64::try_from(committed.len()).unwrap();
    eventually("all in the log", async || {
        (database.number("SELECT last_position FROM events.counter") == FIRST_POSITION - 1 + wanted)
            .then_some(())
    })
    .await;
    let log = database.log();
    let positions: Vec<i64> = log.iter().map(|event| event.position).collect();
    assert_eq!(positions, (FIRST_POSITION..FIRST_POSITION + wanted).collect::<Vec<_>>(), "gapless");
    assert!(positions.last() > Some(&1_000_000), "the log crossed into its next partition");

    let logged: BTreeSet<_> = log
        .iter()
        .map(|event| (event.aggregate, event.version, event.data["marker"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(logged.len(), log.len(), "nothing twice");
    assert_eq!(logged, committed, "nothing lost, nothing invented");
    let mut last: BTreeMap<Uuid, i32> = BTreeMap::new();
    for event in &log {
        let before = last.insert(event.aggregate, event.version).unwrap_or(0);
        assert_eq!(event.version, before + 1, "a record's events are in the order of its versions");
    }
    assert_eq!(database.number("SELECT count(*) FROM events.outbox"), 0);
    for instance in instances {
        instance.stop().await;
    }
}

async fn attempt(db: &Db, tenant: TenantId, thing: Uuid, marker: &str, fate: Fate) -> Option<i32> {
    let event = ThingChanged { marker: marker.to_owned() };
    db.tenant(actor(tenant), move |tx| {
        let version = bump(tx, thing)?;
        if fate == Fate::Commits {
            tx.emit(thing, version, &event);
            return Ok(version);
        }
        // Written now rather than at the end, so that its place is drawn long before the commit.
        let emitted = Emitted::of(thing, version, &event, tx.actor());
        write(tx, &[emitted])?;
        tx.conn(PROBE)?.batch_execute("SELECT pg_sleep(0.03)").map_err(DbError::from)?;
        if fate == Fate::Sleeps { Ok(version) } else { Err(DbError::NoRow) }
    })
    .await
    .ok()
}

/// Numbers that look random and are the same in every run (the finaliser of `SplitMix64`).
fn dice(seed: u64) -> u64 {
    let mixed = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)) >> 7
}

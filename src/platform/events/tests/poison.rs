//! Poison: an event that cannot be handled holds up its own record for a while, and nothing else.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::support::{
    Database, Disk, Instance, ThingChanged, actor, bump, change, eventually, note_effect, position,
};
use crate::platform::auth::TenantId;
use crate::platform::db::DbError;
use crate::platform::events::{
    DeadLetter, DeadLetterFilter, DeadLetterState, Event, ReplayFilter, Resolution, Subscription,
    dead_letters, replay_to_subscription, resolve_dead_letter,
};

/// Fails what is marked `poison` until `cured`.
fn squeamish(cured: &Arc<AtomicBool>) -> Subscription {
    let cured = cured.clone();
    Subscription::new("probe-squeamish").on::<ThingChanged>(move |tx, data, event| {
        note_effect(tx, "probe-squeamish", event)?;
        anyhow::ensure!(data.marker != "poison" || cured.load(Ordering::Relaxed), "this is poison");
        Ok(())
    })
}

async fn open_letters(instance: &Instance) -> Vec<DeadLetter> {
    dead_letters(&instance.db, DeadLetterFilter::default(), 10).await.unwrap()
}

/// Lets time pass until `count` dead letters are open.
async fn after_all_attempts(database: &Database, instance: &Instance, count: usize) -> Vec<DeadLetter> {
    eventually("given up", async || {
        database.clock.advance(TimeDelta::hours(2));
        instance.handle.wake();
        let letters = open_letters(instance).await;
        (letters.len() == count).then_some(letters)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_tenants_that_are_not_chosen_are_passed_over_but_for_those_that_wait() {
    let database = Database::start(Disk::Trusted);
    let (chosen, other) = (TenantId::new(), TenantId::new());
    let (cured, choice) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(HashSet::from([chosen]))));
    let asked = choice.clone();
    let picky = squeamish(&cured).only_for(move |_, tenants| {
        let asked = asked.lock().unwrap();
        Ok(tenants.iter().copied().filter(|tenant| asked.contains(tenant)).collect())
    });
    let instance = Instance::start(&database, vec![picky], None);
    let (sick, passed_over) = (Uuid::now_v7(), Uuid::now_v7());
    let read = async |position_of_last| {
        eventually("the log is read", async || {
            (position(&database, "probe-squeamish") == position_of_last).then_some(())
        })
        .await;
    };
    for (tenant, thing, marker) in [
        (other, passed_over, "good"),
        (chosen, sick, "good"),
        (other, passed_over, "good"),
        (chosen, sick, "poison"),
    ] {
        change(&instance.db, tenant, thing, marker).await;
    }
    read(4).await;
    assert_eq!(database.effects("probe-squeamish"), [(sick, 1)]);

    choice.lock().unwrap().clear();
    change(&instance.db, chosen, sick, "good").await;
    read(5).await;
    cured.store(true, Ordering::Relaxed);
    let effects = eventually("what waited is handled", async || {
        database.clock.advance(TimeDelta::hours(2));
        instance.handle.wake();
        let effects = database.effects("probe-squeamish");
        (effects.len() == 3).then_some(effects)
    })
    .await;
    assert_eq!(effects, [(sick, 1), (sick, 2), (sick, 3)]);
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_parks_its_record_only_until_it_is_a_dead_letter() {
    let database = Database::start(Disk::Trusted);
    let cured = Arc::new(AtomicBool::new(false));
    let instance = Instance::start(&database, vec![squeamish(&cured)], None);
    let (tenant, sick, sound) = (TenantId::new(), Uuid::now_v7(), Uuid::now_v7());
    for (thing, marker) in
        [(sick, "good"), (sick, "poison"), (sound, "good"), (sick, "good"), (sound, "good"), (sick, "good")]
    {
        change(&instance.db, tenant, thing, marker).await;
    }
    eventually("the log is read", async || (position(&database, "probe-squeamish") == 6).then_some(())).await;
    eventually("the later events of the sick record wait", async || {
        (database.number("SELECT count(*) FROM events.retries") == 3).then_some(())
    })
    .await;
    let mut effects = database.effects("probe-squeamish");
    effects.sort();
    let mut expected = vec![(sick, 1), (sound, 1), (sound, 2)];
    expected.sort();
    assert_eq!(effects, expected, "the sick record waits behind its poison, the sound one does not");

    let letters = after_all_attempts(&database, &instance, 1).await;
    let letter = &letters[0];
    assert_eq!((letter.attempts, letter.aggregate_id, letter.tenant_id), (8, sick, tenant.uuid()));
    assert_eq!(
        (letter.first_error.as_str(), letter.last_error.as_str()),
        ("this is poison", "this is poison")
    );
    eventually("its followers went on", async || {
        (database.effects("probe-squeamish").len() == 5).then_some(())
    })
    .await;
    assert_eq!(&database.effects("probe-squeamish")[3..], [(sick, 3), (sick, 4)]);

    // Retried while still poison, it comes back with eight more attempts; another tenant cannot touch it.
    let id = letter.id;
    let resolve = async |id, tenant, resolution| {
        resolve_dead_letter(&instance.db, id, tenant, resolution).await.unwrap()
    };
    assert!(!resolve(id, Some(TenantId::new()), Resolution::Retry).await);
    assert!(resolve(id, Some(tenant), Resolution::Retry).await);
    assert!(!resolve(id, Some(tenant), Resolution::Retry).await, "resolved once");
    let again = after_all_attempts(&database, &instance, 1).await;
    assert_ne!(again[0].id, id);
    cured.store(true, Ordering::Relaxed);
    assert!(resolve(again[0].id, None, Resolution::Retry).await);
    instance.handle.wake();
    eventually("it took effect after all", async || {
        (database.effects("probe-squeamish").last() == Some(&(sick, 2))).then_some(())
    })
    .await;
    assert_eq!(database.effects("probe-squeamish").len(), 6);
    assert!(open_letters(&instance).await.is_empty());
    let filter = DeadLetterFilter { state: DeadLetterState::Any, tenant: Some(tenant), ..Default::default() };
    assert_eq!(dead_letters(&instance.db, filter, 10).await.unwrap().len(), 2);
    instance.stop().await;
}

/// What another version of the program might have written under the same name.
#[derive(Serialize, Deserialize, ToSchema)]
struct Garbled {
    unknown: u8,
}

impl Event for Garbled {
    const TYPE: &'static str = ThingChanged::TYPE;
    const SUBJECT: &'static str = ThingChanged::SUBJECT;
    const SUMMARY: &'static str = "Unreadable.";

    fn example() -> Self {
        Self { unknown: 0 }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn data_that_cannot_be_read_is_a_dead_letter_that_can_be_skipped() {
    let database = Database::start(Disk::Trusted);
    let instance = Instance::start(&database, vec![squeamish(&Arc::default())], None);
    let (tenant, thing) = (TenantId::new(), Uuid::now_v7());
    let write_garbled = instance.db.tenant(actor(tenant), move |tx| {
        let version = bump(tx, thing)?;
        tx.emit(thing, version, &Garbled { unknown: 1 });
        Ok::<_, DbError>(())
    });
    write_garbled.await.unwrap();
    change(&instance.db, tenant, thing, "good").await;
    let letters = after_all_attempts(&database, &instance, 1).await;
    assert!(
        letters[0].last_error.starts_with("the data cannot be read: missing field"),
        "{}",
        letters[0].last_error
    );
    assert!(resolve_dead_letter(&instance.db, letters[0].id, None, Resolution::Skip).await.unwrap());
    assert!(open_letters(&instance).await.is_empty());
    eventually("the next one went on", async || {
        (database.effects("probe-squeamish") == [(thing, 2)]).then_some(())
    })
    .await;
    assert_eq!(database.number("SELECT count(*) FROM events.retries"), 0);
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_handles_events_again_in_order() {
    let database = Database::start(Disk::Trusted);
    let instance = Instance::start(&database, vec![squeamish(&Arc::default())], None);
    let (one, other) = (TenantId::new(), TenantId::new());
    let things = [Uuid::now_v7(), Uuid::now_v7()];
    for _ in 0..3 {
        change(&instance.db, one, things[0], "good").await;
        change(&instance.db, other, things[1], "good").await;
    }
    let effects = async |count: usize| {
        instance.handle.wake();
        eventually("handled again", async || {
            let effects = database.effects("probe-squeamish");
            (effects.len() >= count).then_some(effects)
        })
        .await
    };
    effects(6).await;
    let replay = async |filter: ReplayFilter| {
        replay_to_subscription(&instance.db, "probe-squeamish", &filter)
            .await
            .map_err(|error| error.to_string())
    };
    assert_eq!(replay(ReplayFilter { from: 3, ..Default::default() }).await, Ok(4));
    let all = effects(10).await;
    for thing in things {
        let of_thing: Vec<_> =
            all[6..].iter().filter(|(of, _)| *of == thing).map(|(_, version)| *version).collect();
        assert_eq!(of_thing, [2, 3], "each tenant's in their order");
    }
    let of_one_tenant = ReplayFilter { from: 1, tenant: Some(other), kind: Some("Thing.Changed".to_owned()) };
    assert_eq!(replay(of_one_tenant).await, Ok(3));
    let all = effects(13).await;
    assert_eq!(all[10..], [(things[1], 1), (things[1], 2), (things[1], 3)]);
    let unknown = replay_to_subscription(&instance.db, "nats", &ReplayFilter::default()).await;
    assert!(unknown.is_err_and(|error| error.to_string() == "there is no subscription called nats"));
    instance.stop().await;
}

//! NATS comes, goes, forgets and is filled again: every event of the log arrives, once by id, in order per record.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use async_nats::jetstream::message::StreamMessage;
use uuid::Uuid;

use super::servers::Nats;
use super::support::{Database, Disk, Instance, catalogue, change, eventually, nats_settings, position};
use crate::platform::auth::TenantId;
use crate::platform::db::Db;
use crate::platform::events::{NatsStatus, ReplayFilter, replay_to_nats};

const STREAM: &str = "THING_EVENTS";

/// Everything in the stream, oldest first.
async fn stored(nats: &Nats) -> Vec<StreamMessage> {
    let context = nats.context().await;
    let Ok(stream) = context.get_stream(STREAM).await else { return Vec::new() };
    let state = stream.cached_info().state.clone();
    let mut messages = Vec::new();
    for sequence in state.first_sequence.max(1)..=state.last_sequence {
        if let Ok(message) = stream.get_raw_message(sequence).await {
            messages.push(message);
        }
    }
    messages
}

fn message_id(message: &StreamMessage) -> String {
    message.headers.get("Nats-Msg-Id").unwrap().to_string()
}

/// Waits until the publisher is through, and checks that the stream holds the log: each id once, records in order.
async fn assert_stream_is_the_log(database: &Database, nats: &Nats) {
    eventually("all in order", async || {
        (database.number("SELECT count(*) FROM events.outbox") == 0).then_some(())
    })
    .await;
    let log = database.log();
    let wanted: BTreeSet<String> = log.iter().map(|event| event.id.to_string()).collect();
    let messages = eventually("the stream holds the log", async || {
        let end = database.number("SELECT last_position FROM events.counter");
        if position(database, "nats") < end {
            return None;
        }
        let messages = stored(nats).await;
        let ids: BTreeSet<String> = messages.iter().map(message_id).collect();
        ids.is_superset(&wanted).then_some(messages)
    })
    .await;
    assert_eq!(messages.len(), log.len(), "each id once");
    let mut last: BTreeMap<String, i32> = BTreeMap::new();
    for message in &messages {
        let envelope: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
        let event = log.iter().find(|event| event.id.to_string() == message_id(message)).unwrap();
        assert_eq!(envelope, event.envelope());
        assert_eq!(message.subject.as_str(), "thing.changed");
        assert_eq!(message.headers.get("Content-Type").unwrap().as_str(), "application/cloudevents+json");
        assert_eq!(message.headers.get("X-Correlation-Id").unwrap().as_str(), event.correlation.as_str());
        let record = envelope["subject"].as_str().unwrap().to_owned();
        let before = last.insert(record, event.version).unwrap_or(0);
        assert_eq!(event.version, before + 1, "a record's events are in order");
    }
}

/// `count` changes of a few things, one of them hot.
async fn changes(db: &Db, things: &[Uuid], count: usize) {
    for index in 0..count {
        let thing = things[if index % 2 == 0 { 0 } else { index % things.len() }];
        change(db, TenantId::from(Uuid::nil()), thing, "x").await;
    }
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").args(["-a", from.to_str().unwrap(), to.to_str().unwrap()]).status();
    assert!(status.unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn events_wait_for_nats_and_arrive_once_in_order() {
    let database = Database::start(Disk::Trusted);
    let mut nats = Nats::new();
    let instance = Instance::start(&database, Vec::new(), Some(&nats.url()));
    let things: Vec<Uuid> = (0..7).map(|_| Uuid::now_v7()).collect();
    changes(&instance.db, &things, 300).await;
    assert_eq!(instance.handle.nats_status(), NatsStatus::Away);
    assert_eq!(position(&database, "nats"), 0);

    nats.start();
    assert_stream_is_the_log(&database, &nats).await;
    eventually("NATS is said to be there", async || {
        (instance.handle.nats_status() == NatsStatus::Connected).then_some(())
    })
    .await;

    // Killed under way, twice, while changes go on.
    for _ in 0..2 {
        let writing = changes(&instance.db, &things, 80);
        let killing = async {
            tokio::time::sleep(Duration::from_millis(40)).await;
            nats.kill();
        };
        tokio::join!(writing, killing);
        eventually("the loss is noticed", async || {
            (instance.handle.nats_status() == NatsStatus::Away).then_some(())
        })
        .await;
        nats.start();
        assert_stream_is_the_log(&database, &nats).await;
    }
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_stream_lost_is_published_again() {
    let database = Database::start(Disk::Trusted);
    let mut nats = Nats::new();
    nats.start();
    let instance = Instance::start(&database, Vec::new(), Some(&nats.url()));
    let things: Vec<Uuid> = (0..7).map(|_| Uuid::now_v7()).collect();
    let store = nats.directory.join("store");
    let copied = nats.directory.join("copy");

    // Its tail: the store of a little earlier, as after a power failure.
    changes(&instance.db, &things, 60).await;
    assert_stream_is_the_log(&database, &nats).await;
    nats.kill();
    copy(&store, &copied);
    nats.start();
    changes(&instance.db, &things, 60).await;
    assert_stream_is_the_log(&database, &nats).await;
    nats.kill();
    std::fs::remove_dir_all(&store).unwrap();
    std::fs::rename(&copied, &store).unwrap();
    nats.start();
    assert_stream_is_the_log(&database, &nats).await;

    // All of it, while nobody looked.
    nats.kill();
    std::fs::remove_dir_all(&store).unwrap();
    nats.start();
    assert_stream_is_the_log(&database, &nats).await;

    // All of it, under our eyes: the next event finds no stream.
    nats.context().await.delete_stream(STREAM).await.unwrap();
    changes(&instance.db, &things, 5).await;
    assert_stream_is_the_log(&database, &nats).await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn another_server_goes_on_where_one_stopped_and_replays_are_marked() {
    let database = Database::start(Disk::Trusted);
    let mut nats = Nats::new();
    nats.start();
    let first = Instance::start(&database, Vec::new(), Some(&nats.url()));
    let second = Instance::start(&database, Vec::new(), Some(&nats.url()));
    let things: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
    changes(&first.db, &things, 40).await;
    assert_stream_is_the_log(&database, &nats).await;
    first.stop().await;
    changes(&second.db, &things, 40).await;
    assert_stream_is_the_log(&database, &nats).await;

    let settings = nats_settings(Some(&nats.url()));
    let filter = ReplayFilter { from: 71, ..Default::default() };
    assert_eq!(replay_to_nats(&second.db, &settings, &catalogue(), &filter).await.unwrap(), 10);
    let messages = stored(&nats).await;
    assert_eq!(messages.len(), 90);
    let replayed = &messages[80..];
    let replay = replayed[0].headers.get("Replay").unwrap().to_string();
    let expected: BTreeSet<String> =
        database.log()[70..].iter().map(|event| format!("{}:r{replay}", event.id)).collect();
    assert_eq!(replayed.iter().map(message_id).collect::<BTreeSet<_>>(), expected);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_nats_by_choice_nothing_waits() {
    let database = Database::start(Disk::Trusted);
    let instance = Instance::start(&database, Vec::new(), None);
    assert_eq!(instance.handle.nats_status(), NatsStatus::Off);
    changes(&instance.db, &[Uuid::now_v7()], 3).await;
    eventually("in the log all the same", async || (database.log().len() == 3).then_some(())).await;
    instance.stop().await;
}

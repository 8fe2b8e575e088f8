//! A tenant reads its own log, page by page, and nobody else's.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::support::{Database, Disk, Instance, PROBE, actor, change, eventually, log_end};
use crate::platform::auth::{Actor, CorrelationId, TenantId, UserId};
use crate::platform::db::{Db, DbError};
use crate::platform::events::HistoryOrder::{NewestFirst, OldestFirst};
use crate::platform::events::{HistoryFilter, HistoryOrder, first_of_history, history};
use crate::platform::schema;

async fn read(
    db: &Db,
    tenant: TenantId,
    filter: HistoryFilter,
    order: HistoryOrder,
    after: Option<i64>,
    limit: i64,
) -> Vec<(Uuid, i32)> {
    let events = db.tenant(actor(tenant), move |tx| history(tx, PROBE, &filter, order, after, limit)).await;
    events.unwrap().events.into_iter().map(|event| (event.aggregate, event.version)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_the_tenants_own_in_pages() {
    let database = Database::start(Disk::Trusted);
    let instance = Instance::start(&database, Vec::new(), None);
    let db = &instance.db;
    let (one, other) = (TenantId::new(), TenantId::new());
    let things = [Uuid::now_v7(), Uuid::now_v7()];
    for _ in 0..3 {
        change(db, one, things[0], "x").await;
        change(db, other, things[1], "x").await;
        change(db, one, things[1], "x").await;
    }
    let user = UserId::new();
    let by_hand = Actor::verified(one, user, CorrelationId::parse("by-hand").unwrap());
    db.tenant(by_hand, move |tx| {
        let version = super::support::bump(tx, things[0])?;
        tx.emit(things[0], version, &super::support::ThingNoted { of: things[0] });
        Ok::<_, DbError>(())
    })
    .await
    .unwrap();
    eventually("ten in the log", async || (log_end(db).await == 10).then_some(())).await;

    let all = HistoryFilter::default;
    let [a, b] = things;
    assert_eq!(read(db, other, all(), OldestFirst, None, 10).await, [(b, 1), (b, 2), (b, 3)]);
    assert_eq!(read(db, one, all(), NewestFirst, None, 3).await, [(a, 4), (b, 3), (a, 3)]);
    assert_eq!(read(db, one, all(), NewestFirst, Some(7), 3).await, [(b, 2), (a, 2), (b, 1)]);
    assert_eq!(read(db, one, all(), OldestFirst, Some(7), 9).await, [(b, 3), (a, 4)]);
    let of_thing = HistoryFilter { aggregate: Some(b), ..all() };
    assert_eq!(read(db, one, of_thing, OldestFirst, None, 10).await, [(b, 1), (b, 2), (b, 3)]);
    for filter in [
        HistoryFilter { kinds: Some(vec!["Thing.Noted".to_owned()]), ..all() },
        HistoryFilter { user: Some(user), ..all() },
        HistoryFilter { correlation: Some("by-hand".to_owned()), ..all() },
    ] {
        assert_eq!(read(db, one, filter.clone(), OldestFirst, None, 10).await, [(a, 4)], "{filter:?}");
        assert!(read(db, other, filter, OldestFirst, None, 10).await.is_empty());
    }
    let now = database.clock.now();
    let past = HistoryFilter { before: Some(now), ..all() };
    assert_eq!(read(db, one, past, OldestFirst, None, 10).await.len(), 7);
    let future = HistoryFilter { since: Some(now), ..all() };
    assert!(read(db, one, future, OldestFirst, None, 10).await.is_empty());
    instance.stop().await;
}

/// 125,000 events of `one` at the odd positions, as many of `other` at the even ones, a second between two positions; those at
/// 5 and 249,995 are of another kind, and the one at 239,001 has its time from half an hour later.
fn fill(database: &Database, one: TenantId, other: TenantId) {
    database.execute(&format!(
        "INSERT INTO events.log (position, event_id, tenant_id, type, aggregate_id, aggregate_version, data,
             correlation_id, occurred_at)
         SELECT n, gen_random_uuid(), CASE n % 2 WHEN 1 THEN '{one}'::uuid ELSE '{other}'::uuid END,
                CASE WHEN n IN (5, 249995) THEN 'Thing.Noted' ELSE 'Thing.Changed' END,
                gen_random_uuid(), n, '{{}}', 'filled',
                timestamptz '2026-01-01 00:00Z' + (n + CASE n WHEN 239001 THEN 1800 ELSE 0 END) * interval '1 second'
         FROM generate_series(1, 250000) n"
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_history_is_looked_through_in_stretches() {
    let database = Database::start(Disk::Trusted);
    let db = database.connect();
    let (one, other) = (TenantId::new(), TenantId::new());
    fill(&database, one, other);
    let look = async |filter: &HistoryFilter, order, after| {
        let filter = filter.clone();
        let stretch =
            db.tenant(actor(one), move |tx| history(tx, PROBE, &filter, order, after, 3)).await.unwrap();
        let positions: Vec<i64> = stretch.events.iter().map(|event| event.position).collect();
        (positions, stretch.goes_on)
    };
    let rare = HistoryFilter { kinds: Some(vec!["Thing.Noted".to_owned()]), ..HistoryFilter::default() };
    assert_eq!(look(&rare, OldestFirst, None).await, (vec![5], Some(199_999)));
    assert_eq!(look(&rare, OldestFirst, Some(199_999)).await, (vec![249_995], None));
    assert_eq!(look(&rare, NewestFirst, None).await, (vec![249_995], Some(50_001)));
    assert_eq!(look(&rare, NewestFirst, Some(50_001)).await, (vec![5], None));

    let at = |position: i64| {
        "2026-01-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(position)
    };
    let since = HistoryFilter { since: Some(at(240_001)), ..HistoryFilter::default() };
    assert_eq!(
        look(&since, OldestFirst, None).await,
        (vec![239_001, 240_001, 240_003], Some(240_003)),
        "one that lasted for long is not passed over"
    );
    assert_eq!(look(&since, OldestFirst, Some(249_995)).await, (vec![249_997, 249_999], None));
    let before = HistoryFilter { before: Some(at(10_001)), ..HistoryFilter::default() };
    assert_eq!(look(&before, NewestFirst, None).await, (vec![9_999, 9_997, 9_995], Some(9_995)));
    let between = HistoryFilter { since: Some(at(9_997)), ..before };
    assert_eq!(look(&between, OldestFirst, None).await, (vec![9_997, 9_999], None));
    let never = HistoryFilter { since: Some(at(1_000_000)), ..HistoryFilter::default() };
    assert_eq!(look(&never, NewestFirst, None).await, (vec![], None));

    let last_but_one = HistoryFilter { before: Some(at(249_995)), ..rare };
    let first = async |order| {
        let filter = last_but_one.clone();
        db.tenant(actor(one), move |tx| first_of_history(tx, PROBE, &filter, order))
            .await
            .unwrap()
            .unwrap()
            .position
    };
    assert_eq!((first(OldestFirst).await, first(NewestFirst).await), (5, 5), "however far away");
}

#[tokio::test(flavor = "multi_thread")]
async fn modules_may_neither_read_partitions_nor_cursors_nor_make_room() {
    let database = Database::start(Disk::Trusted);
    let db = database.connect();
    for statement in [
        "SELECT * FROM events.log_000000",
        "SELECT * FROM events.outbox",
        "SELECT * FROM events.subscriptions",
        "SELECT * FROM events.retries",
        "SELECT * FROM events.dead_letters",
        "SELECT * FROM events.nats_state",
        "SELECT * FROM events.counter",
        "SELECT events.make_room()",
        "DELETE FROM events.log",
    ] {
        let refused = db
            .tenant(actor(TenantId::new()), move |tx| {
                diesel::sql_query(statement).execute(tx.conn(PROBE)?)?;
                Ok::<_, DbError>(())
            })
            .await;
        assert!(refused.is_err_and(|error| error.to_string().contains("permission denied")), "{statement}");
    }
    // The sequencer's own role sees events and nothing else.
    let refused = db
        .system(crate::platform::events::EVENTS, |tx| {
            Ok::<i64, DbError>(schema::idempotency_keys::table.count().get_result(tx.conn())?)
        })
        .await;
    assert!(refused.is_err_and(|error| error.to_string().contains("permission denied")));
}

//! A database with a small module with one table, and ways to look at what happened.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub(super) use super::servers::Disk;
use super::servers::{Guarded, patiently, start_postgres};
use crate::platform::auth::{Actor, CorrelationId, TenantId};
use crate::platform::clock::Clock;
use crate::platform::db::migrate::{Admin, Login};
use crate::platform::db::{Db, DbError, Module, PoolSettings, TenantTx};
use crate::platform::events::{
    Catalogue, EVENTS, Event, EventKind, EventsHandle, LoggedEvent, NatsSettings, Subscription, cursor, start,
};
use crate::platform::tasks::Tasks;

/// The module of these tests.
pub(super) const PROBE: Module = Module::named("probe");

const SCHEMA: &str = "
    CREATE ROLE cauce_probe NOLOGIN;
    GRANT cauce_module TO cauce_probe;
    CREATE SCHEMA probe;
    GRANT USAGE ON SCHEMA probe TO cauce_probe;
    CREATE TABLE probe.things (
        tenant_id uuid NOT NULL, id uuid NOT NULL, version integer NOT NULL DEFAULT 0, PRIMARY KEY (tenant_id, id));
    SELECT platform.tenant_table('probe.things', 'cauce_probe');
    CREATE TABLE probe.effects (
        tenant_id uuid NOT NULL, serial bigserial, reader text NOT NULL, aggregate uuid NOT NULL,
        version integer NOT NULL, position bigint NOT NULL, PRIMARY KEY (tenant_id, serial));
    SELECT platform.tenant_table('probe.effects', 'cauce_probe');
    GRANT USAGE ON SEQUENCE probe.effects_serial_seq TO cauce_probe;";

/// A thing changed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(super) struct ThingChanged {
    pub(super) marker: String,
}

impl Event for ThingChanged {
    const TYPE: &'static str = "Thing.Changed";
    const SUBJECT: &'static str = "thing.changed";
    const SUMMARY: &'static str = "A thing changed.";

    fn example() -> Self {
        Self { marker: "one".to_owned() }
    }
}

/// Somebody noted a change.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(super) struct ThingNoted {
    pub(super) of: Uuid,
}

impl Event for ThingNoted {
    const TYPE: &'static str = "Thing.Noted";
    const SUBJECT: &'static str = "thing.noted";
    const SUMMARY: &'static str = "A change of a thing was noted.";

    fn example() -> Self {
        Self { of: Uuid::nil() }
    }
}

pub(super) fn catalogue() -> Arc<Catalogue> {
    let entries = vec![EventKind::of::<ThingChanged>(), EventKind::of::<ThingNoted>()];
    Arc::new(Catalogue::new(entries, vec![("THING_EVENTS", &["thing.>"])]).unwrap())
}

/// A database with the schema, and a server process's worth of connections to it.
pub(super) struct Database {
    url: String,
    owner_url: String,
    pub(super) clock: Clock,
    _server: Guarded,
}

impl Database {
    pub(super) fn start(disk: Disk) -> Self {
        let (server, socket) = start_postgres(disk);
        let owner_url = format!("postgres://owner@/postgres?host={socket}");
        let url = format!("postgres://cauce_app@/postgres?host={socket}");
        let mut admin = patiently(|| Admin::connect(&owner_url).ok());
        let login = Login { name: "cauce_app".to_owned(), password: None };
        admin.migrate(&login).unwrap();
        admin.execute(SCHEMA).unwrap();
        // Once more: it lets the login speak as the new module.
        admin.migrate(&login).unwrap();
        Self { url, owner_url, clock: Clock::default(), _server: server }
    }

    /// The pools of one server process.
    pub(super) fn connect(&self) -> Db {
        self.connect_with(16)
    }

    /// The pools of one server process, with so many connections for requests.
    pub(super) fn connect_with(&self, requests: u32) -> Db {
        let settings = PoolSettings {
            requests,
            background: 6,
            patience: Duration::from_secs(20),
            deadline: Duration::from_mins(1),
        };
        Db::new(&self.url, &settings, self.clock.clone())
    }

    /// Runs statements as the owner.
    pub(super) fn execute(&self, sql: &str) {
        self.owner().batch_execute(sql).unwrap();
    }

    /// One number, as the owner.
    pub(super) fn number(&self, sql: &str) -> i64 {
        diesel::select(diesel::dsl::sql::<BigInt>(&format!("({sql})::bigint")))
            .get_result(&mut self.owner())
            .unwrap()
    }

    /// The whole log.
    pub(super) fn log(&self) -> Vec<LoggedEvent> {
        let span = cursor::Span { after: 0, until: i64::MAX, kinds: None, limit: i64::MAX };
        cursor::page(&mut self.owner(), &span).unwrap()
    }

    /// What the handlers of `reader` wrote, in order: record and version.
    pub(super) fn effects(&self, reader: &str) -> Vec<(Uuid, i32)> {
        let rows: Vec<Effect> = diesel::sql_query(
            "SELECT aggregate, version FROM probe.effects WHERE reader = $1 ORDER BY serial",
        )
        .bind::<Text, _>(reader)
        .load(&mut self.owner())
        .unwrap();
        rows.into_iter().map(|row| (row.aggregate, row.version)).collect()
    }

    #[expect(clippy::disallowed_methods, reason = "tests look from outside")]
    fn owner(&self) -> PgConnection {
        PgConnection::establish(&self.owner_url).unwrap()
    }
}

#[derive(QueryableByName)]
struct Effect {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    aggregate: Uuid,
    #[diesel(sql_type = Integer)]
    version: i32,
}

/// One server process: its pools and its tasks.
pub(super) struct Instance {
    pub(super) db: Db,
    pub(super) tasks: Tasks,
    pub(super) handle: EventsHandle,
}

impl Instance {
    pub(super) fn start(database: &Database, subscriptions: Vec<Subscription>, nats: Option<&str>) -> Self {
        let (db, tasks) = (database.connect(), Tasks::new());
        let settings = nats_settings(nats);
        let handle = start(&db, &tasks, catalogue(), subscriptions, &settings).unwrap();
        Self { db, tasks, handle }
    }

    pub(super) async fn stop(self) {
        self.tasks.stop(Duration::from_secs(10)).await;
    }
}

pub(super) fn nats_settings(url: Option<&str>) -> NatsSettings {
    NatsSettings { servers: url.map(|url| vec![url.to_owned()]), max_bytes: 64 << 20 }
}

pub(super) fn actor(tenant: TenantId) -> Actor {
    Actor::platform(tenant, CorrelationId::new())
}

/// Locks the thing, made if need be, and answers its next version.
pub(super) fn bump(tx: &mut TenantTx<'_>, thing: Uuid) -> Result<i32, DbError> {
    #[derive(QueryableByName)]
    struct Bumped {
        #[diesel(sql_type = Integer)]
        version: i32,
    }
    let tenant = tx.tenant().uuid();
    let bumped = diesel::sql_query(
        "INSERT INTO probe.things (tenant_id, id, version) VALUES ($1, $2, 1) \
         ON CONFLICT (tenant_id, id) DO UPDATE SET version = things.version + 1 RETURNING version",
    )
    .bind::<diesel::sql_types::Uuid, _>(tenant)
    .bind::<diesel::sql_types::Uuid, _>(thing)
    .get_result::<Bumped>(tx.conn(PROBE)?)?;
    Ok(bumped.version)
}

/// Changes the thing and says so; answers its version.
pub(super) async fn change(db: &Db, tenant: TenantId, thing: Uuid, marker: &str) -> i32 {
    let marker = marker.to_owned();
    db.tenant(actor(tenant), move |tx| {
        let version = bump(tx, thing)?;
        tx.emit(thing, version, &ThingChanged { marker });
        Ok::<_, DbError>(version)
    })
    .await
    .unwrap()
}

/// Writes that `reader` handled `event`.
pub(super) fn note_effect(tx: &mut TenantTx<'_>, reader: &str, event: &LoggedEvent) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    diesel::sql_query(
        "INSERT INTO probe.effects (tenant_id, reader, aggregate, version, position) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind::<diesel::sql_types::Uuid, _>(tenant)
    .bind::<Text, _>(reader)
    .bind::<diesel::sql_types::Uuid, _>(event.aggregate)
    .bind::<Integer, _>(event.version)
    .bind::<BigInt, _>(event.position)
    .execute(tx.conn(PROBE)?)?;
    Ok(())
}

/// Looks again and again, up to 30 seconds, until `found` finds.
pub(super) async fn eventually<T>(what: &str, mut found: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = found().await {
            return value;
        }
        assert!(begun.elapsed() < Duration::from_mins(2), "it never happened: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The position of a subscription.
pub(super) fn position(database: &Database, name: &str) -> i64 {
    database
        .number(&format!("coalesce((SELECT position FROM events.subscriptions WHERE name = '{name}'), 0)"))
}

/// Reads as the sequencer's role does; fails where it may not.
pub(super) async fn log_end(db: &Db) -> i64 {
    db.system(EVENTS, |tx| cursor::log_end(tx.conn())).await.unwrap()
}

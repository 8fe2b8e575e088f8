//! Events that a handler cannot handle: wrong data, an error's panic, the end of the program, a loop without end.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cauce::leads::events::LeadCreated;
use cauce::platform::clock::Clock;
use cauce::platform::db::{Db, Module, PoolSettings};
use cauce::platform::events::{self, NatsSettings, Subscription};
use cauce::platform::tasks::Tasks;
use chrono::TimeDelta;
use diesel::prelude::*;
use reqwest::Method;
use serde_json::json;

use crate::harness::api::Tenant;
use crate::harness::{Api, Sql};
use crate::report::{Counts, Report};
use crate::{ONE_AT_A_TIME, deadline, is_long, seed, server, until};

const SUBSCRIPTION: &str = "faults-poison";
const PROBE: Module = Module::named("probe");
/// Tells the worker where the database is, and how far its clock is ahead.
const DATA_DIR: &str = "FAULTS_WORKER_DATA_DIR";
const HOURS_AHEAD: &str = "FAULTS_WORKER_HOURS_AHEAD";

/// A table for effects, one a handled event.
const SCHEMA: &str = "
    CREATE ROLE cauce_probe NOLOGIN;
    GRANT cauce_module TO cauce_probe;
    GRANT cauce_probe TO cauce_app;
    CREATE SCHEMA probe;
    GRANT USAGE ON SCHEMA probe TO cauce_probe;
    CREATE TABLE probe.effects (
        tenant_id uuid NOT NULL, serial bigserial, lead uuid NOT NULL, happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (tenant_id, serial));
    SELECT platform.tenant_table('probe.effects', 'cauce_probe');
    GRANT USAGE ON SEQUENCE probe.effects_serial_seq TO cauce_probe;";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_stops_nobody_else_and_ends_as_a_dead_letter() {
    let others = if is_long() { 2_000 } else { 200 };
    let _alone = ONE_AT_A_TIME.lock().await;
    let began = Instant::now();
    let mut server = server("faults-poison", &[]);
    server.start().await;
    let mut sql = Sql::connect(&server.data_dir);
    sql.execute(SCHEMA);
    let tenant = Api::new(&server.url, deadline()).sign_up("poison").await;
    for poison in ["garbled", "panic", "abort", "loop"] {
        create(&tenant, &format!("poison {poison}")).await;
    }
    let logged = "SELECT count(*) FROM events.log WHERE type = 'Lead.Created'";
    until("the poison is in the log", deadline(), async || sql.number(logged) == 4).await;
    // The server's own subscriptions may find it so, too, and are left out of what is counted below.
    sql.execute(
        "UPDATE events.log SET data = '{\"unknown\": 1}' WHERE data->>'company_name' = 'poison garbled'",
    );

    let mut worker = Worker::start(&server.data_dir);
    let mut slowest = Duration::ZERO;
    for number in 0..others {
        worker.keep_alive();
        let sent = Instant::now();
        create(&tenant, &format!("sound {number}")).await;
        slowest = slowest.max(sent.elapsed());
    }
    let letters = format!("SELECT count(*) FROM events.dead_letters WHERE subscription = '{SUBSCRIPTION}'");
    until("all four were given up", Duration::from_mins(5), async || {
        worker.keep_alive();
        sql.number(&letters) == 4
    })
    .await;
    let effects = "SELECT count(*) FROM probe.effects";
    until("the others had their effect", Duration::from_mins(1), async || {
        worker.keep_alive();
        sql.number(effects) >= others
    })
    .await;

    let wrong = sql.number(&format!("{letters} AND attempts <> 8"));
    assert_eq!(wrong, 0, "each has eight attempts");
    let twice = sql.number("SELECT count(*) - count(DISTINCT lead) FROM probe.effects");
    assert_eq!((sql.number(effects), twice), (others, 0), "each effect once");
    let waiting = format!("SELECT count(*) FROM events.retries WHERE subscription = '{SUBSCRIPTION}'");
    assert_eq!(sql.number(&waiting), 0);
    let path = format!("/api/v1/events/dead-letters?subscription={SUBSCRIPTION}");
    let shown = tenant.send(Method::GET, &path, &[], None).await.unwrap().1;
    let shown = shown["data"].as_array().unwrap().clone();
    assert_eq!(shown.len(), 4, "the API shows them");
    for letter in &shown {
        let path = format!("/api/v1/events/dead-letters/{}/skip", letter["id"].as_str().unwrap());
        assert_eq!(tenant.send(Method::POST, &path, &[], Some(&json!({}))).await.unwrap().0, 200);
    }
    let count = usize::try_from(others).unwrap();
    Report::new("F9 poison", seed())
        .with("4 planted")
        .noting(format!(
            "{} ends of the worker; 4 dead letters after 8 attempts each; {} s",
            worker.ends,
            began.elapsed().as_secs()
        ))
        .print_counts(&Counts { operations: count + 4, acked: count + 4, slowest, ..Counts::default() });
}

async fn create(tenant: &Tenant, name: &str) {
    let body = json!({ "company_name": name, "email": format!("{}@faults.example", name.replace(' ', "-")) });
    let (status, answer) = tenant.send(Method::POST, "/api/v1/leads", &[], Some(&body)).await.unwrap();
    assert_eq!(status, 201, "{answer}");
}

/// This program once more, with a subscription whose handlers are as bad as they can be.
struct Worker {
    data_dir: PathBuf,
    running: Child,
    ends: u32,
}

impl Worker {
    fn start(data_dir: &Path) -> Self {
        Self { data_dir: data_dir.to_path_buf(), running: spawn(data_dir, 0), ends: 0 }
    }

    /// Starts it again when it has ended, or ends it when it hangs.
    fn keep_alive(&mut self) {
        let hangs = hanging(&self.data_dir).exists();
        if hangs {
            self.running.kill().unwrap();
        }
        if hangs || self.running.try_wait().unwrap().is_some() {
            self.running.wait().unwrap();
            // It may have ended before it hung.
            let _ = std::fs::remove_file(hanging(&self.data_dir));
            self.ends += 1;
            self.running = spawn(&self.data_dir, self.ends);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}

fn spawn(data_dir: &Path, ends: u32) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "poison::a_worker_with_bad_handlers"]);
    command.env(DATA_DIR, data_dir).env(HOURS_AHEAD, (ends * 100).to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// There while a handler loops.
fn hanging(data_dir: &Path) -> PathBuf {
    data_dir.with_extension("hanging")
}

#[test]
#[ignore = "is started by the scenario"]
fn a_worker_with_bad_handlers() {
    let Some(data_dir) = std::env::var_os(DATA_DIR).map(PathBuf::from) else { return };
    let hours = std::env::var_os(HOURS_AHEAD).unwrap().to_str().unwrap().parse().unwrap();
    // Ends with its parent.
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    let clock = Clock::default();
    clock.advance(TimeDelta::hours(hours));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let pool = PoolSettings {
            requests: 1,
            background: 4,
            patience: Duration::from_secs(5),
            deadline: Duration::from_mins(1),
        };
        let db = Db::new(&Sql::urls(&data_dir).0, &pool, clock.clone());
        let nothing = NatsSettings { servers: None, max_bytes: 1 << 20 };
        let catalogue = Arc::new(cauce::app::catalogue().unwrap());
        let handle =
            events::start(&db, &Tasks::new(), catalogue, vec![bad_handlers(data_dir)], &nothing).unwrap();
        loop {
            // Attempts would be minutes apart.
            clock.advance(TimeDelta::hours(1));
            handle.wake();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
}

#[expect(clippy::panic, reason = "that is what it is for")]
fn bad_handlers(data_dir: PathBuf) -> Subscription {
    Subscription::new(SUBSCRIPTION).on::<LeadCreated>(move |tx, lead, _| {
        match lead.company_name.as_str() {
            "poison panic" => panic!("poison"),
            "poison abort" => std::process::abort(),
            "poison loop" => {
                std::fs::write(hanging(&data_dir), "")?;
                loop {
                    std::hint::spin_loop();
                }
            }
            _ => {}
        }
        let tenant = tx.tenant().uuid();
        diesel::sql_query("INSERT INTO probe.effects (tenant_id, lead) VALUES ($1, $2)")
            .bind::<diesel::sql_types::Uuid, _>(tenant)
            .bind::<diesel::sql_types::Uuid, _>(lead.id.uuid())
            .execute(tx.conn(PROBE)?)?;
        Ok(())
    })
}

//! Events: how fast they are put in order and published, and how soon after a commit a subscriber has handled them.

use std::time::{Duration, Instant};

use crate::harness::{Api, Server, Sql};
use crate::seed::Companies;
use crate::table::{Row, Table};
use crate::wrk::Wrk;

const EVENTS: i64 = 60_000;
const PATIENCE: Duration = Duration::from_mins(2);

/// Waits until every reader of the log has nothing left to do.
pub async fn settled(server: &Server) {
    let mut sql = Sql::connect(&server.data_dir);
    reached(&mut sql, "SELECT count(*) FROM events.outbox", 0).await;
    let behind =
        "SELECT count(*) FROM events.subscriptions s, events.counter c WHERE s.position < c.last_position";
    reached(&mut sql, behind, 0).await;
}

/// Creates leads at a steady pace whose score then changes: from the beginning of the creation to that of the scoring.
pub async fn latency(table: &mut Table, server: &Server, api: &Api, companies: &Companies) {
    settled(server).await;
    let mut sql = Sql::connect(&server.data_dir);
    let before = sql.number("SELECT last_position FROM events.counter");
    let tokens = companies.sign_in(api).await;
    // 25 connections × 10 requests a second, each creation followed by a change of the score.
    let measured = Wrk::paced(server, &tokens, 98).run(25, 10).await;
    settled(server).await;
    let rows = sql.rows(&format!(
        "WITH delays AS (
             SELECT extract(epoch FROM s.occurred_at - c.occurred_at) * 1000 AS handled,
                    extract(epoch FROM s.sequenced_at - c.occurred_at) * 1000 AS told
             FROM events.log c JOIN events.log s ON s.aggregate_id = c.aggregate_id AND s.type = 'Lead.ScoreUpdated'
             WHERE c.type = 'Lead.Created' AND c.position > {before})
         SELECT count(*) AS count, percentile_cont(0.5) WITHIN GROUP (ORDER BY handled)::float AS p50,
             percentile_cont(0.95) WITHIN GROUP (ORDER BY handled)::float AS p95,
             percentile_cont(0.99) WITHIN GROUP (ORDER BY handled)::float AS p99,
             percentile_cont(0.95) WITHIN GROUP (ORDER BY told)::float AS told FROM delays"
    ));
    let figure = |column: &str| rows[0][column].as_f64().unwrap();
    table.add(Row::told("events a second during the next figures", measured.rate * 2.0));
    table.add(Row::below("creation begun → subscriber at work, p50 (ms)", figure("p50"), 50.0));
    table.add(Row::below("creation begun → subscriber at work, p95 (ms)", figure("p95"), 250.0));
    table.add(Row::below("creation begun → subscriber at work, p99 (ms)", figure("p99"), 1000.0));
    table.add(Row::told("creation begun → its effect's event in the log, p95 (ms)", figure("told")));
}

/// Fills the outbox in one transaction, once without NATS and once with it.
pub async fn throughput(table: &mut Table, server: &mut Server) {
    server.stop();
    server.set("NATS_SERVERS", "none");
    server.start().await;
    settled_without_nats(server).await;
    let mut sql = Sql::connect(&server.data_dir);
    let start = sql.number("SELECT last_position FROM events.counter");
    sql.execute(&format!(
        "INSERT INTO events.outbox (event_id, tenant_id, type, aggregate_id, aggregate_version, data, correlation_id, occurred_at)
         SELECT gen_random_uuid(), (SELECT tenant_id FROM identity.tenants LIMIT 1), 'Lead.Deleted',
                md5((n % 5000)::text)::uuid, n / 5000 + 1,
                jsonb_build_object('id', md5((n % 5000)::text)::uuid, 'company_name', repeat('x', 300)),
                gen_random_uuid()::text, now()
         FROM generate_series(0, {EVENTS} - 1) n"
    ));
    let began = Instant::now();
    let sequenced = reached(&mut sql, "SELECT last_position FROM events.counter", start + EVENTS).await;
    table.add(Row::at_least("sequencer (events/s)", rate(sequenced - began), 20_000.0));

    drop(sql);
    server.stop();
    server.set("NATS_SERVERS", "");
    server.start().await;
    let mut sql = Sql::connect(&server.data_dir);
    let position = "SELECT coalesce((SELECT position FROM events.subscriptions WHERE name = 'nats'), 0)";
    let began = Instant::now();
    let from = sql.number(position);
    let published = reached(&mut sql, position, start + EVENTS).await;
    let drained = start + EVENTS - from;
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let drain = drained as f64 / (published - began).as_secs_f64();
    table.add(Row::at_least("drain to NATS (events/s)", drain, 5_000.0));
}

async fn settled_without_nats(server: &Server) {
    let mut sql = Sql::connect(&server.data_dir);
    let behind = "SELECT count(*) FROM events.subscriptions s, events.counter c
                  WHERE s.position < c.last_position AND s.name <> 'nats'";
    reached(&mut sql, behind, 0).await;
}

/// Waits until `query` answers `wanted`; when that was.
async fn reached(sql: &mut Sql, query: &str, wanted: i64) -> Instant {
    let began = Instant::now();
    while sql.number(query) != wanted {
        assert!(began.elapsed() < PATIENCE, "it takes too long: {query} does not become {wanted}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Instant::now()
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn rate(time: Duration) -> f64 {
    EVENTS as f64 / time.as_secs_f64()
}

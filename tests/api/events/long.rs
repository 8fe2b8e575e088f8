//! A log that is too long for one look.

use std::time::Duration;

use super::{column, lead};
use crate::support::{Database, Tenant, TestApp, settled};

/// Puts 100,500 changes of a lead behind what is in the log, which every reader has seen already.
fn fill(app: &TestApp, tenant: &Tenant) {
    let tenant = &tenant.id;
    Database::connect(&app.admin_url).run(&format!(
        "BEGIN;
         LOCK TABLE events.counter, events.subscriptions IN EXCLUSIVE MODE;
         INSERT INTO events.log (position, event_id, tenant_id, type, aggregate_id, aggregate_version, data,
             correlation_id, occurred_at)
         SELECT last_position + n, gen_random_uuid(), '{tenant}', 'Lead.Updated', '{tenant}', n, '{{}}', 'filled', now()
         FROM events.counter, generate_series(1, 100500) n;
         UPDATE events.counter SET last_position = last_position + 100500;
         UPDATE events.subscriptions SET (position, attempted_position) =
             (SELECT last_position, last_position FROM events.counter);
         COMMIT"
    ));
}

#[tokio::test]
async fn pages_and_streams_go_on_where_few_events_are_wanted() {
    let app = TestApp::alone("events_long");
    let tenant = app.tenant().await;
    let before = lead(&tenant).await;
    settled(&mut Database::connect(&app.admin_url)).await;
    fill(&app, &tenant);
    let after = lead(&tenant).await;
    let mut stream = tenant.owner.stream("/api/v1/events/stream?type=Lead.Created&after=0").await;
    for wanted in [&before, &after] {
        let next = tokio::time::timeout(Duration::from_mins(1), stream.next()).await.expect("in time");
        assert_eq!(next.expect("the stream goes on").data["subject"], wanted.as_str());
    }
    for (list, pointer, wanted) in [
        ("/api/v1/events?type=Lead.Created", "/subject", [&before, &after]),
        ("/api/v1/events?type=Lead.Created&sort=-sequence", "/subject", [&after, &before]),
        ("/api/v1/audit?type=Lead.Created", "/record_id", [&after, &before]),
    ] {
        let first = tenant.owner.get(list).await.expect(200);
        assert_eq!(column(&first.body, pointer), [wanted[0].as_str()], "{list}");
        let second =
            tenant.owner.get(&format!("{list}&cursor={}", first.text_at("/next_cursor"))).await.expect(200);
        assert_eq!(column(&second.body, pointer), [wanted[1].as_str()], "{list}");
        assert!(second.body["next_cursor"].is_null(), "{list}");
    }
}

//! A tenant's events as they happen.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;

use super::{key, lead};
use crate::support::{EventStream, TestApp, until};

const STREAM: &str = "/api/v1/events/stream";

/// The subjects of the next `count` events.
async fn subjects(stream: &mut EventStream, count: usize) -> Vec<String> {
    let mut subjects = Vec::new();
    for _ in 0..count {
        let next = tokio::time::timeout(Duration::from_secs(30), stream.next()).await.expect("in time");
        subjects.push(next.expect("the stream goes on").data["subject"].as_str().unwrap().to_owned());
    }
    subjects
}

#[tokio::test]
async fn events_arrive_as_they_happen_and_resume_where_they_broke_off() {
    let app = TestApp::shared();
    let (tenant, rival) = (app.tenant().await, app.tenant().await);
    let mut stream = tenant.owner.stream(&format!("{STREAM}?type=Lead.Created")).await;
    lead(&rival).await;
    let (one, two) = (lead(&tenant).await, lead(&tenant).await);

    let first = stream.next().await.expect("the stream goes on");
    assert_eq!((first.event.as_str(), first.data["subject"].as_str()), ("Lead.Created", Some(one.as_str())));
    assert_eq!(format!("{:0>20}", first.id), first.data["sequence"].as_str().unwrap());
    assert_eq!(subjects(&mut stream, 1).await, std::slice::from_ref(&two));
    assert_eq!(stream.headers["content-type"], "text/event-stream");
    assert_eq!(stream.headers["cache-control"], "no-store");
    drop(stream);

    let three = lead(&tenant).await;
    let again = tenant.owner.with_header("Last-Event-ID", &first.id);
    let mut resumed = again.stream(&format!("{STREAM}?type=Lead.*")).await;
    let mut seen = subjects(&mut resumed, 2).await;
    while !seen.contains(&three) {
        seen.extend(subjects(&mut resumed, 1).await);
    }
    assert!(seen.contains(&two) && !seen.contains(&one), "{seen:?}");
    let mut from_the_start = tenant.owner.stream(&format!("{STREAM}?after=0&record_id={one}")).await;
    assert_eq!(subjects(&mut from_the_start, 1).await, [one]);
    for query in ["?after=-1", "?type=Nothing", "?limit=3"] {
        tenant.owner.get(&format!("{STREAM}{query}")).await.expect(422);
    }
    tenant.owner.with_header("Last-Event-ID", "x").get(STREAM).await.expect(422);
}

#[tokio::test]
async fn a_company_has_only_so_many_streams() {
    let app = TestApp::with_settings("events_streams", &[("EVENT_STREAMS_PER_TENANT", "2")]);
    let (tenant, rival) = (app.tenant().await, app.tenant().await);
    let (one, _two) = (tenant.owner.stream(STREAM).await, tenant.owner.stream(STREAM).await);

    let refused = tenant.owner.get(STREAM).await.expect(429);
    assert_eq!(refused.text_at("/type"), "/problems/too-many-streams");
    assert_eq!(refused.header("retry-after"), Some("5"));
    drop(rival.owner.stream(STREAM).await);

    drop(one);
    // The server notices with its next write.
    until("there is room again", async || {
        lead(&tenant).await;
        tenant.owner.get(STREAM).await.status == 200
    })
    .await;
}

#[tokio::test]
async fn a_stream_ends_with_the_token_and_with_the_server() {
    let app = TestApp::alone("events_stream_ends");
    let tenant = app.tenant().await;
    let integration = key(&tenant, &["events:read"]).await;
    let mut by_token = tenant.owner.stream(&format!("{STREAM}?type=Lead.Created")).await;
    let mut by_key = integration.stream(STREAM).await;
    app.clock.advance(TimeDelta::minutes(11));

    let end = by_token.next().await.expect("it says why it ends");
    assert_eq!((end.event.as_str(), &end.data), ("end", &json!({ "reason": "token" })));
    assert_eq!(by_token.next().await, None);

    let tenant = app.sign_in(&tenant).await;
    let id = lead(&tenant).await;
    while subjects(&mut by_key, 1).await != [id.clone()] {}
    app.stop().await;
    let mut last = by_key.next().await.expect("it says why it ends");
    while last.event != "end" {
        last = by_key.next().await.expect("it says why it ends");
    }
    assert_eq!(last.data, json!({ "reason": "server" }));
    assert_eq!(by_key.next().await, None);
}

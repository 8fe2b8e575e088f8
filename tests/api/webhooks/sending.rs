//! What arrives: events as the log tells them, signed, again on request.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{deliveries, lead, webhook};
use crate::support::{Database, TestApp, until};
use crate::webhooks::receiver::{Receiver, Told};

#[tokio::test]
async fn events_arrive_signed_and_only_those_that_are_wanted() {
    let tenant = TestApp::shared().tenant().await;
    lead(&tenant).await;
    let receiver = Receiver::start(Told::status(204));
    let (path, secret) = webhook(&tenant, &receiver, &["Lead.Created", "User.*"]).await;
    let id = lead(&tenant).await;

    let request = receiver.after(1).await.remove(0);
    let delivered =
        deliveries(&tenant.owner, &path, |all| all.iter().all(|one| one["status"] == "delivered")).await;

    assert_eq!(request.signatures_of(&secret), 1);
    assert_eq!(request.signatures_of("whsec_bm90IHRoZSBzZWNyZXQ="), 0);
    assert_eq!(request.header("content-type"), "application/json");
    assert!(request.header("user-agent").starts_with("Cauce-Webhooks/"));
    let log = tenant.owner.get(&format!("/api/v1/events?record_id={id}&type=Lead.Created")).await.expect(200);
    assert_eq!(request.json(), log.body["data"][0], "the envelope is that of the log");
    assert_eq!(request.header("webhook-id"), log.text_at("/data/0/id"));
    assert_eq!(delivered.len(), 1, "what happened before, or is another kind, is not sent");
    assert_eq!((&delivered[0]["last_status"], &delivered[0]["attempts"]), (&json!(204), &json!(1)));
    assert_eq!(delivered[0]["event_id"], request.header("webhook-id"));
    let shown =
        tenant.owner.get(&format!("{path}/deliveries/{}", delivered[0]["id"].as_str().unwrap())).await;
    assert_eq!(shown.expect(200).body["history"][0]["response_status"], 204);
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn a_ping_a_resend_and_a_replay_send_again_under_the_same_id() {
    let tenant = TestApp::shared().tenant().await;
    let receiver = Receiver::start(Told::status(200));
    let (path, secret) = webhook(&tenant, &receiver, &["Lead.Created"]).await;

    let ping = tenant.owner.post(&format!("{path}/ping"), json!({})).await.expect(202);
    let pinged = receiver.after(1).await.remove(0);
    assert_eq!((pinged.signatures_of(&secret), pinged.json()["type"].as_str()), (1, Some("Webhook.Ping")));
    assert_eq!(pinged.header("webhook-id"), ping.text_at("/event_id"));

    lead(&tenant).await;
    lead(&tenant).await;
    let first = receiver.after(3).await;
    let all =
        deliveries(&tenant.owner, &path, |all| all.iter().all(|one| one["status"] == "delivered")).await;
    let wanted = all.iter().find(|one| one["event_id"] == first[1].header("webhook-id")).unwrap();
    let delivery = format!("{path}/deliveries/{}", wanted["id"].as_str().unwrap());
    tenant.owner.post(&format!("{delivery}/resend"), json!({})).await.expect(202);
    let resent = receiver.after(4).await;
    assert_eq!(resent[3].header("webhook-id"), first[1].header("webhook-id"));
    assert_eq!((resent[3].body.clone(), resent[3].signatures_of(&secret)), (first[1].body.clone(), 1));
    until("both attempts are told", async || {
        tenant.owner.get(&delivery).await.body["history"].as_array().unwrap().len() == 2
    })
    .await;

    // Several are under way at once, so the first to arrive need not be the first to have happened.
    let time = |at: usize| first[at].json()["time"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    let since = json!({ "since": time(1).min(time(2)) });
    let begun = tenant.owner.post(&format!("{path}/replay"), since).await.expect(202);
    assert_eq!(begun.body["replaying"], true);
    let mut ids: Vec<_> =
        receiver.after(6).await[4..].iter().map(|r| r.header("webhook-id").to_owned()).collect();
    let mut expected: Vec<_> = first[1..].iter().map(|r| r.header("webhook-id").to_owned()).collect();
    ids.sort();
    expected.sort();
    assert_eq!(ids, expected);
    until("the replay is over", async || tenant.owner.get(&path).await.body["replaying"] == false).await;
    let filtered = tenant.owner.get(&format!("{path}/deliveries?type=Webhook.Ping")).await.expect(200);
    assert_eq!(filtered.body["data"].as_array().unwrap().len(), 1);
    let page = tenant.owner.get(&format!("{path}/deliveries?limit=2")).await.expect(200);
    let rest =
        tenant.owner.get(&format!("{path}/deliveries?limit=2&cursor={}", page.text_at("/next_cursor"))).await;
    assert_eq!(rest.expect(200).body["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn both_secrets_sign_until_the_overlap_ends() {
    let app = TestApp::alone("webhooks_rotation");
    let mut tenant = app.tenant().await;
    let receiver = Receiver::start(Told::status(200));
    let (path, old) = webhook(&tenant, &receiver, &["Lead.Created"]).await;

    let rotated = tenant.owner.post(&format!("{path}/rotate-secret"), json!({ "overlap_hours": 2 })).await;
    let new = rotated.expect(200).text_at("/secret");
    lead(&tenant).await;
    let during = receiver.after(1).await.remove(0);
    // An attempt that is not over when the clock jumps would be made again.
    deliveries(&tenant.owner, &path, |all| all.iter().all(|one| one["status"] == "delivered")).await;
    app.clock.advance(TimeDelta::hours(3));
    tenant = app.sign_in(&tenant).await;
    lead(&tenant).await;
    let after = receiver.after(2).await.remove(1);

    assert_ne!(old, new);
    assert_eq!((during.signatures_of(&old), during.signatures_of(&new)), (1, 1));
    assert_eq!((after.signatures_of(&old), after.signatures_of(&new)), (0, 1));
    let at_once = tenant.owner.post(&format!("{path}/rotate-secret"), json!({ "overlap_hours": 0 })).await;
    let newest = at_once.expect(200).text_at("/secret");
    lead(&tenant).await;
    let last = receiver.after(3).await.remove(2);
    assert_eq!((last.signatures_of(&new), last.signatures_of(&newest)), (0, 1));
}

#[tokio::test]
async fn a_rotation_within_an_overlap_takes_no_secret_away_unless_it_ends_all() {
    let tenant = TestApp::shared().tenant().await;
    let receiver = Receiver::start(Told::status(200));
    let (path, old) = webhook(&tenant, &receiver, &["Lead.Created"]).await;
    let rotate = format!("{path}/rotate-secret");
    let new = tenant.owner.post(&rotate, json!({})).await.expect(200).text_at("/secret");
    let before = tenant.owner.get(&path).await.expect(200).body;

    for body in [json!({}), json!({ "overlap_hours": 168 })] {
        let refused = tenant.owner.post(&rotate, body).await.expect(409);
        assert_eq!(refused.text_at("/type"), "/problems/webhook-secret-overlap");
        assert_eq!(refused.body["previous_secret_until"], before["previous_secret_until"]);
        assert!(refused.text_at("/detail").contains("`overlap_hours: 0`"), "{}", refused.text);
    }
    assert_eq!(tenant.owner.get(&path).await.expect(200).body, before);
    lead(&tenant).await;
    let during = receiver.after(1).await.remove(0);
    assert_eq!((during.signatures_of(&old), during.signatures_of(&new)), (1, 1));

    let ended = tenant.owner.post(&rotate, json!({ "overlap_hours": 0 })).await.expect(200);
    let newest = ended.text_at("/secret");
    lead(&tenant).await;
    let after = receiver.after(2).await.remove(1);
    assert_eq!([&old, &new, &newest].map(|secret| after.signatures_of(secret)), [0, 0, 1]);
    tenant.owner.post(&rotate, json!({})).await.expect(200);
}

#[tokio::test]
async fn a_look_brings_what_endpoints_and_tenants_have_room_for() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    let receiver = Receiver::start(Told::status(204));
    let mut webhooks = Vec::new();
    for _ in 0..2 {
        let (path, _) = webhook(&tenant, &receiver, &["Lead.Deleted"]).await;
        webhooks.push(path.rsplit('/').next().unwrap().to_owned());
    }
    let mut database = Database::connect(&app.admin_url);
    let of = &tenant.id;
    // Not due before 2100, so that nothing takes them, and by turns.
    for (turn, webhook) in webhooks.iter().enumerate() {
        database.run(&format!(
            "INSERT INTO webhooks.deliveries (tenant_id, id, endpoint_id, event_id, event_type, status, attempts, next_at, created_at)
             SELECT '{of}', gen_random_uuid(), '{webhook}', gen_random_uuid(), 'Lead.Deleted', 'pending', 0,
                    timestamptz '2100-01-01 00:00Z' + (2 * n + {turn}) * interval '1 second', now() FROM generate_series(1, 10) n"
        ));
    }
    let [one, other] = [&webhooks[0], &webhooks[1]];
    for (places, room, wanted) in
        [(1, 16, [1, 4]), (0, 16, [0, 4]), (4, 5, [3, 2]), (1, 5, [1, 4]), (4, 0, [0, 0])]
    {
        let counts = database.column(&format!(
            "SELECT count(d.id) FROM unnest('{{{one},{other}}}'::uuid[]) WITH ORDINALITY e (id, place)
             LEFT JOIN webhooks.due('2100-01-02', '{{{one}}}', '{{{places}}}', 4, '{{{of}}}', '{{{room}}}', 16, 1000000) d
             ON d.endpoint_id = e.id GROUP BY e.place ORDER BY e.place"
        ));
        assert_eq!(counts, wanted.map(|count| count.to_string()), "{places} {room}");
    }
}

//! The customer's link: shown, accepted, rejected, expired; and what the database itself keeps.

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{QUOTATIONS, draft, events, lines, link, path, sent};
use crate::support::{Answer, Client, Database, TestApp, until};

fn stranger() -> Client {
    TestApp::shared().anonymous()
}

fn yes() -> Value {
    json!({ "answer": "accept", "name": "Inés Nájera", "revision": 1 })
}

/// Answers until the server is not busy.
async fn answered(client: &Client, link: &str, body: &Value) -> Answer {
    loop {
        let answer = client.post(link, body.clone()).await;
        if answer.status != 503 {
            return answer;
        }
    }
}

#[tokio::test]
async fn whoever_has_the_link_sees_and_accepts_it() {
    let acme = TestApp::shared().tenant().await;
    let (sent, link) = sent(&acme, json!({ "terms": "Contado" })).await;
    assert_eq!((sent.text_at("/status"), sent.text_at("/version")), ("PENDING".to_owned(), "2".to_owned()));
    assert_eq!(link.rsplit('/').next().unwrap().len(), 43, "256 bits");
    let shown = stranger().get(&link).await.expect(200);
    assert_eq!(
        (shown.text_at("/status"), &shown.body["document"]),
        ("PENDING".to_owned(), &sent.body["document"])
    );
    for secret in
        [acme.id.as_str(), acme.owner_id.as_str(), &sent.text_at("/id"), &sent.text_at("/customer_id")]
    {
        assert!(!shown.text.contains(secret), "{secret}");
    }
    let visitor =
        stranger().with_header("User-Agent", "Navegador/1.0").with_header("Idempotency-Key", "una-vez");
    let accepted = visitor.post(&link, yes()).await.expect(200);
    assert_eq!(
        (accepted.text_at("/status"), accepted.text_at("/answer")),
        ("SOLD".into(), "accepted".into())
    );
    let again = visitor.post(&link, yes()).await.expect(200);
    assert_eq!((again.header("idempotency-replayed"), &again.body), (Some("true"), &accepted.body));
    let late = stranger().post(&link, yes()).await.expect(409);
    assert_eq!(
        (late.text_at("/type"), late.text_at("/quotation_status")),
        ("/problems/quotation-not-pending".into(), "SOLD".into())
    );
    let spanish = stranger().with_header("Accept-Language", "es").post(&link, yes()).await.expect(409);
    assert_eq!(spanish.text_at("/title"), "Solo cotizaciones PENDING pueden aprobarse");

    let read = acme.owner.get(&path(&sent)).await.expect(200);
    let proof = &read.body["answer"];
    assert_eq!(
        (&proof["name"], &proof["address"], &proof["user_agent"], &proof["noted_by"]),
        (&json!("Inés Nájera"), &json!("127.0.0.1"), &json!("Navegador/1.0"), &Value::Null)
    );
    let version = acme.owner.get(&format!("{}/versions/1", path(&sent))).await.expect(200);
    assert_eq!(proof["document_sha256"], sha256_of(&version.body["document"]));
    until("the log tells it", async || {
        events(&acme, &sent.text_at("/id")).await
            == ["Quotation.Created", "Quotation.VersionCreated", "Quotation.Sent", "Quotation.Accepted"]
    })
    .await;
    let log = acme.owner.get("/api/v1/events?type=Quotation.Accepted").await.expect(200);
    let told = &log.body["data"][0]["data"];
    assert_eq!(
        (&told["quotation_id"], &told["customer_id"], &told["total"]),
        (&sent.body["id"], &sent.body["customer_id"], &json!({ "amount": "290.00", "currency": "MXN" }))
    );
    assert_eq!(told["lines"].as_array().unwrap().len(), 2);
}

/// The proof computed by hand: sorted names, no white space.
fn sha256_of(document: &Value) -> String {
    fn write(value: &Value, text: &mut String) {
        match value {
            Value::Object(members) => {
                let mut names: Vec<_> = members.keys().collect();
                names.sort();
                text.push('{');
                for (index, name) in names.into_iter().enumerate() {
                    text.push_str(if index > 0 { "," } else { "" });
                    text.push_str(&Value::from(name.as_str()).to_string());
                    text.push(':');
                    write(&members[name], text);
                }
                text.push('}');
            }
            Value::Array(items) => {
                text.push('[');
                for (index, item) in items.iter().enumerate() {
                    text.push_str(if index > 0 { "," } else { "" });
                    write(item, text);
                }
                text.push(']');
            }
            other => text.push_str(&other.to_string()),
        }
    }
    let mut text = String::new();
    write(document, &mut text);
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    cauce::kernel::text::hex(hash.as_ref())
}

#[tokio::test]
async fn of_a_hundred_who_accept_at_once_one_wins() {
    let acme = TestApp::shared().tenant().await;
    let (sent, link) = sent(&acme, json!({})).await;
    let tries = (0..100).map(|index| {
        let (client, link) = (stranger(), link.clone());
        let body = json!({ "answer": "accept", "name": format!("Persona {index}") });
        async move { answered(&client, &link, &body).await.status }
    });
    let statuses = join_all(tries).await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 99, "{statuses:?}");
    until("one sale is told", async || {
        let kinds = events(&acme, &sent.text_at("/id")).await;
        kinds.iter().filter(|kind| *kind == "Quotation.Accepted").count() == 1
    })
    .await;
}

#[tokio::test]
async fn of_a_seller_a_customer_and_a_cancellation_at_once_one_wins() {
    let acme = TestApp::shared().tenant().await;
    for _ in 0..5 {
        let (sent, link) = sent(&acme, json!({})).await;
        let path = path(&sent);
        let (accept, cancel, visitor) = (format!("{path}/accept"), format!("{path}/cancel"), stranger());
        let (accept, cancel, reject) = tokio::join!(
            acme.owner.post(&accept, json!({})),
            acme.owner.post(&cancel, json!({})),
            visitor.post(&link, json!({ "answer": "reject", "reason": "Caro" })),
        );
        let mut statuses = [accept.status, cancel.status, reject.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409]);
        let status = acme.owner.get(&path).await.expect(200).text_at("/status");
        assert_eq!(status == "SOLD", accept.status == 200);
    }
}

#[tokio::test]
async fn a_customer_who_does_not_want_it_says_why() {
    let acme = TestApp::shared().tenant().await;
    let (sent, link) = sent(&acme, json!({})).await;
    for (body, pointer) in [
        (json!({}), "/answer"),
        (json!({ "answer": "maybe" }), "/answer"),
        (json!({ "answer": "accept" }), "/name"),
        (json!({ "answer": "accept", "name": " " }), "/name"),
        (json!({ "answer": "reject", "name": "x" }), "/reason"),
        (json!({ "answer": "accept", "name": "x", "total": "1" }), "/total"),
    ] {
        let refused = stranger().post(&link, body).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), pointer);
    }
    let other =
        stranger().post(&link, json!({ "answer": "accept", "name": "x", "revision": 2 })).await.expect(409);
    assert_eq!(other.text_at("/type"), "/problems/quotation-other-version");
    let rejected =
        stranger().post(&link, json!({ "answer": "reject", "reason": "Muy caro" })).await.expect(200);
    assert_eq!(
        (rejected.text_at("/status"), rejected.text_at("/answer")),
        ("CANCELLED".into(), "rejected".into())
    );
    let read = acme.owner.get(&path(&sent)).await.expect(200);
    assert_eq!(
        (read.text_at("/cancel_reason"), read.text_at("/answer/reason")),
        ("Muy caro".into(), "Muy caro".into())
    );
    stranger().post(&link, yes()).await.expect(409);
    until("the log tells it", async || {
        let kinds = events(&acme, &sent.text_at("/id")).await;
        kinds.ends_with(&["Quotation.Sent".into(), "Quotation.Rejected".into(), "Quotation.Cancelled".into()])
    })
    .await;
}

#[tokio::test]
async fn links_that_nobody_gave_lead_nowhere() {
    let acme = TestApp::shared().tenant().await;
    let (_, link) = sent(&acme, json!({})).await;
    let (place, token) = link.rsplit_once('/').unwrap();
    let mut other = token.to_owned();
    other.replace_range(..1, if token.starts_with('A') { "B" } else { "A" });
    for wrong in [&other, &token[..42], "x", "%00", "..%2f", &"A".repeat(43), &format!("{token}A")] {
        let refused = stranger().get(&format!("{place}/{wrong}")).await.expect(404);
        assert_eq!(refused.text_at("/type"), "/problems/quotation-not-found");
        stranger().post(&format!("{place}/{wrong}"), yes()).await.expect(404);
    }
}

#[tokio::test]
async fn every_forbidden_way_is_refused_with_what_is_allowed() {
    let acme = TestApp::shared().tenant().await;
    let act = async |quotation: &Answer, verb: &str| {
        acme.owner.post(&format!("{}/{verb}", path(quotation)), json!({})).await
    };
    let drafted = draft(&acme, json!({})).await;
    let refused = act(&drafted, "accept").await.expect(409);
    assert_eq!(
        (refused.text_at("/type"), &refused.body["allowed"]),
        ("/problems/quotation-not-pending".to_owned(), &json!(["PENDING", "CANCELLED"]))
    );
    let (pending, _) = sent(&acme, json!({})).await;
    let refused = act(&pending, "send").await.expect(409);
    assert_eq!(
        (refused.text_at("/type"), &refused.body["allowed"]),
        ("/problems/quotation-wrong-state".to_owned(), &json!(["SOLD", "CANCELLED", "EXPIRED"]))
    );
    let put = |quotation: &Answer| {
        let (client, path) = (acme.owner.clone(), format!("{}/lines", path(quotation)));
        async move { client.put(&path, json!({ "lines": lines() })).await }
    };
    let refused = put(&pending).await.expect(409);
    assert_eq!(refused.text_at("/type"), "/problems/quotation-not-draft");
    acme.owner.patch(&path(&pending), json!({ "title": "x" })).await.expect(409);
    act(&pending, "request-approval").await.expect(409);
    let (cancelled, _) = sent(&acme, json!({})).await;
    act(&cancelled, "cancel").await.expect(200);
    act(&pending, "accept").await.expect(200);
    for over in [&pending, &cancelled] {
        for verb in ["send", "accept", "cancel", "request-approval"] {
            let refused = act(over, verb).await.expect(409);
            assert_eq!(refused.body["allowed"], json!([]), "{verb}");
        }
        put(over).await.expect(409);
        act(over, "duplicate").await.expect(201);
    }
    let stale = acme.owner.with_header("If-Match", "\"9\"");
    for verb in ["send", "cancel", "accept"] {
        stale.post(&format!("{}/{verb}", path(&drafted)), json!({})).await.expect(412);
    }
}

#[tokio::test]
async fn quotations_expire_by_the_clock() {
    let app = TestApp::alone("billing_expiry");
    let acme = app.tenant().await;
    let until_then = (app.clock.now() + TimeDelta::hours(2)).to_rfc3339();
    let body = json!({ "valid_until": until_then });
    let (first, first_link) = sent(&acme, body.clone()).await;
    let drafted = draft(&acme, body).await;
    app.clock.advance(TimeDelta::hours(3));
    let acme = app.sign_in(&acme).await;
    let visitor = app.anonymous();
    let late = visitor.post(&first_link, json!({ "answer": "accept", "name": "x" })).await.expect(409);
    assert_eq!(
        (late.text_at("/type"), &late.body["allowed"]),
        ("/problems/quotation-not-pending".into(), &json!([]))
    );
    assert_eq!(visitor.get(&first_link).await.expect(200).text_at("/status"), "EXPIRED");
    let refused = acme.owner.post(&format!("{}/send", path(&drafted)), json!({})).await.expect(409);
    assert_eq!(refused.text_at("/type"), "/problems/quotation-late");
    until("it expires by itself", async || {
        acme.owner.get(&path(&first)).await.expect(200).text_at("/status") == "EXPIRED"
    })
    .await;
    until("the log tells it", async || {
        events(&acme, &first.text_at("/id")).await.ends_with(&["Quotation.Expired".into()])
    })
    .await;
    assert_eq!(acme.owner.get(&path(&drafted)).await.text_at("/status"), "DRAFT");
}

#[tokio::test]
async fn strangers_are_limited_by_address() {
    let app = TestApp::with_settings(
        "billing_limits",
        &[("LIMITS_ENABLED", "true"), ("LIMIT_QUOTATION_ADDRESS_PER_MINUTE", "3")],
    );
    let acme = app.tenant().await;
    let (_, link) = sent(&acme, json!({})).await;
    let visitor = app.anonymous();
    for _ in 0..3 {
        visitor.get(&link).await.expect(200);
    }
    assert!(visitor.get(&link).await.expect(429).header("retry-after").is_some());
    visitor.post(&link, yes()).await.expect(429);
}

#[tokio::test]
async fn the_database_itself_keeps_what_was_sent_and_sold() {
    let app = TestApp::alone("billing_frozen");
    let acme = app.tenant().await;
    let (sold, sold_link) = sent(&acme, json!({})).await;
    app.anonymous().post(&sold_link, yes()).await.expect(200);
    let (pending, _) = sent(&acme, json!({})).await;
    let drafted = draft(&acme, json!({})).await;
    let mut database = Database::connect(&app.admin_url);
    database.run("BEGIN");
    let id = |quotation: &Answer| quotation.text_at("/id");
    for quotation in [&sold, &pending] {
        let of = format!("WHERE quotation_id = '{}'", id(quotation));
        for (sql, constraint) in [
            (format!("UPDATE billing.quotation_lines SET unit_price = 1 {of}"), "draft"),
            (format!("DELETE FROM billing.quotation_lines {of}"), "draft"),
            (
                format!(
                    "INSERT INTO billing.quotation_lines SELECT (jsonb_populate_record(l, '{{\"position\": 9}}')).*
                     FROM billing.quotation_lines l {of} AND position = 0"
                ),
                "draft",
            ),
            (format!("UPDATE billing.quotation_versions SET content = '{{}}' {of}"), "only added to"),
            (format!("DELETE FROM billing.quotation_versions {of}"), "only added to"),
            (
                format!("UPDATE billing.quotations SET total_minor = 0, subtotal_minor = 0, transferred_minor = 0 WHERE id = '{}'", id(quotation)),
                "stays as it was sent",
            ),
            (format!("UPDATE billing.quotations SET status = 'DRAFT', closed_at = NULL WHERE id = '{}'", id(quotation)), "cannot become"),
        ] {
            let refused = database.attempt(&sql).unwrap_err();
            assert!(refused.contains(constraint), "{sql}: {refused}");
        }
    }
    for (sql, constraint) in [
        ("UPDATE billing.quotation_answers SET name = 'x'".to_owned(), "only added to"),
        (
            format!(
                "UPDATE billing.quotations SET status = 'SOLD', closed_at = now(), sent_at = now() WHERE id = '{}'",
                id(&drafted)
            ),
            "cannot become",
        ),
        (
            format!("UPDATE billing.quotations SET total_minor = 1 WHERE id = '{}'", id(&drafted)),
            "check constraint",
        ),
        (format!("UPDATE billing.quotations SET folio = 1 WHERE id = '{}'", id(&drafted)), "unique"),
    ] {
        let refused = database.attempt(&sql).unwrap_err();
        assert!(refused.contains(constraint), "{sql}: {refused}");
    }
    let changed =
        format!("UPDATE billing.quotation_lines SET unit_price = 1 WHERE quotation_id = '{}'", id(&drafted));
    assert_eq!(database.attempt(&changed), Ok(2), "drafts change");
    let tokens = database.column(
        "SELECT encode(token_hash, 'base64') || encode(token_sealed, 'base64') FROM billing.quotation_links",
    );
    let token = link(&acme.owner.get(&path(&sold)).await).rsplit('/').next().unwrap().to_owned();
    assert!(tokens.iter().all(|stored| !stored.contains(&token[..20])));
    assert_eq!(acme.owner.get(QUOTATIONS).await.body["data"].as_array().unwrap().len(), 3);
}

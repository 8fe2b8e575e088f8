//! What sellers may not offer by themselves.

use serde_json::{Value, json};

use super::{QUOTATIONS, draft_by, events, lines, path};
use crate::support::{Answer, Client, Tenant, TestApp, until};

const RULES: &str = "/api/v1/quotations/rules";

async fn rules(tenant: &Tenant) -> Answer {
    let body = json!({
        "discount_limits": [{ "role": "SALES", "percent": "10" }, { "role": "BILLING", "percent": "20" }],
        "amount_limits": [{ "amount": "1000", "currency": "MXN" }]
    });
    tenant.owner.put(RULES, body).await.expect(200)
}

async fn send(client: &Client, quotation: &Answer) -> Answer {
    client.post(&format!("{}/send", path(quotation)), json!({})).await
}

#[tokio::test]
async fn rules_are_set_by_those_who_run_the_company() {
    let acme = TestApp::shared().tenant().await;
    let none = acme.owner.get(RULES).await.expect(200);
    assert_eq!(none.body, json!({ "discount_limits": [], "amount_limits": [], "version": 0 }));
    let set = rules(&acme).await;
    assert_eq!((set.header("etag"), set.text_at("/version")), (Some("\"1\""), "1".to_owned()));
    let read = acme.owner.get(RULES).await.expect(200);
    assert_eq!(read.body, set.body);
    let (seller, _) = acme.colleague(&["SALES"]).await;
    let empty = json!({ "discount_limits": [], "amount_limits": [] });
    seller.get(RULES).await.expect(200);
    seller.put(RULES, empty.clone()).await.expect(403);
    acme.owner.with_header("If-Match", "\"2\"").put(RULES, empty.clone()).await.expect(412);
    for (body, pointer) in [
        (json!({ "discount_limits": [], "amount_limits": [], "x": 1 }), "/x"),
        (json!({ "discount_limits": [] }), "/amount_limits"),
        (
            json!({ "discount_limits": [{ "role": "KING", "percent": "1" }], "amount_limits": [] }),
            "/discount_limits/0/role",
        ),
        (
            json!({ "discount_limits": [{ "role": "SALES", "percent": "100.1" }], "amount_limits": [] }),
            "/discount_limits/0/percent",
        ),
        (
            json!({ "discount_limits": vec![json!({ "role": "SALES", "percent": "1" }); 2], "amount_limits": [] }),
            "/discount_limits/1/role",
        ),
        (
            json!({ "discount_limits": [], "amount_limits": vec![json!({ "amount": "1", "currency": "MXN" }); 2] }),
            "/amount_limits/1",
        ),
        (
            json!({ "discount_limits": [], "amount_limits": [{ "amount": "-1", "currency": "MXN" }] }),
            "/amount_limits/0",
        ),
    ] {
        let refused = acme.owner.put(RULES, body.clone()).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), pointer, "{body}");
    }
    let changed = acme.owner.with_header("If-Match", "\"1\"").put(RULES, empty).await.expect(200);
    assert_eq!(changed.text_at("/version"), "2");
}

#[tokio::test]
async fn what_passes_a_rule_is_sent_when_a_colleague_approved_it() {
    let acme = TestApp::shared().tenant().await;
    rules(&acme).await;
    let (seller, seller_id) = acme.colleague(&["SALES"]).await;
    let (manager, manager_id) = acme.colleague(&["BILLING"]).await;
    let cheap = draft_by(&seller, &acme, json!({ "discount": { "percent": "10" } })).await;
    send(&seller, &cheap).await.expect(200);

    let mut body = lines();
    body[0]["discount"] = json!({ "percent": "10.5" });
    body[0]["quantity"] = json!("12");
    let made = draft_by(&seller, &acme, json!({ "lines": body })).await;
    let (id, path) = (made.text_at("/id"), path(&made));
    let refused = send(&seller, &made).await.expect(409);
    assert_eq!(
        (refused.text_at("/type"), &refused.body["reasons"]),
        ("/problems/quotation-needs-approval".to_owned(), &json!(["discount", "amount"]))
    );
    let (request, decision) = (format!("{path}/request-approval"), format!("{path}/approval"));
    let approve = json!({ "decision": "approve", "note": "Por esta vez" });
    let refused = manager.post(&decision, approve.clone()).await.expect(409);
    assert_eq!(refused.text_at("/type"), "/problems/quotation-approval-not-requested");
    let asked = seller.post(&request, json!({ "note": "Cliente de años" })).await.expect(200);
    assert_eq!(
        (asked.text_at("/approval"), &asked.body["approvals"][0]["reasons"]),
        ("requested".to_owned(), &json!(["discount", "amount"]))
    );
    seller.post(&request, json!({})).await.expect(409);
    send(&seller, &made).await.expect(409);
    seller.post(&decision, approve.clone()).await.expect(403);
    let rejected = json!({ "decision": "reject", "note": "No" });
    assert_eq!(manager.post(&decision, rejected).await.expect(200).text_at("/approval"), "rejected");
    send(&seller, &made).await.expect(409);
    seller.post(&request, json!({})).await.expect(200);
    let approved = manager.post(&decision, approve).await.expect(200);
    let told = &approved.body["approvals"][0];
    assert_eq!(
        (&told["status"], &told["decided_by"], &told["requested_by"], &told["decision_note"]),
        (&json!("approved"), &json!(manager_id), &json!(seller_id), &json!("Por esta vez"))
    );
    assert_eq!(send(&seller, &made).await.expect(200).text_at("/status"), "PENDING");
    until("the log tells it", async || {
        events(&acme, &id).await
            == [
                "Quotation.Created",
                "Quotation.VersionCreated",
                "Quotation.ApprovalRequested",
                "Quotation.Rejected",
                "Quotation.ApprovalRequested",
                "Quotation.Approved",
                "Quotation.Sent",
            ]
    })
    .await;
}

#[tokio::test]
async fn an_approval_is_of_what_was_approved() {
    let acme = TestApp::shared().tenant().await;
    rules(&acme).await;
    let (seller, _) = acme.colleague(&["SALES"]).await;
    let made = draft_by(&seller, &acme, json!({ "discount": { "percent": "15" } })).await;
    let path = path(&made);
    seller.post(&format!("{path}/request-approval"), json!({})).await.expect(200);
    acme.owner.post(&format!("{path}/approval"), json!({ "decision": "approve" })).await.expect(200);
    let body = json!({ "lines": lines(), "discount": { "percent": "16" } });
    let changed = seller.put(&format!("{path}/lines"), body).await.expect(200);
    assert_eq!(changed.text_at("/approval"), "none");
    send(&seller, &made).await.expect(409);
    // A request that is open is taken back, too.
    seller.post(&format!("{path}/request-approval"), json!({})).await.expect(200);
    let changed = seller.patch(&path, json!({ "title": "Otro" })).await.expect(200);
    assert_eq!(
        (changed.text_at("/approval"), changed.text_at("/approvals/0/status")),
        ("none".into(), "withdrawn".into())
    );
    acme.owner.post(&format!("{path}/approval"), json!({ "decision": "approve" })).await.expect(409);
}

#[tokio::test]
async fn nobody_approves_their_own_and_who_may_approve_needs_none_for_an_amount() {
    let acme = TestApp::shared().tenant().await;
    rules(&acme).await;
    let (manager, _) = acme.colleague(&["BILLING"]).await;
    let mut dear = lines();
    dear[0]["quantity"] = json!("100");
    let made = draft_by(&manager, &acme, json!({ "lines": dear })).await;
    send(&manager, &made).await.expect(200);
    let made = draft_by(&manager, &acme, json!({ "discount": { "percent": "21" } })).await;
    assert_eq!(send(&manager, &made).await.expect(409).body["reasons"], json!(["discount"]));
    manager.post(&format!("{}/request-approval", path(&made)), json!({})).await.expect(200);
    let own = manager
        .post(&format!("{}/approval", path(&made)), json!({ "decision": "approve" }))
        .await
        .expect(409);
    assert_eq!(own.text_at("/type"), "/problems/quotation-approval-own");
    let made = draft_by(&acme.owner, &acme, json!({ "discount": { "percent": "99" } })).await;
    send(&acme.owner, &made).await.expect(200);
}

#[tokio::test]
async fn a_price_below_the_list_counts_as_a_discount() {
    let acme = TestApp::shared().tenant().await;
    rules(&acme).await;
    let (seller, _) = acme.colleague(&["SALES"]).await;
    let thing = super::super::product(&acme, "A", json!({})).await.text_at("/id");
    let list =
        acme.owner.post(super::super::LISTS, json!({ "name": "x", "currency": "MXN" })).await.expect(201);
    let price = format!("{}/prices/{thing}", list.header("location").unwrap());
    acme.owner.put(&price, json!({ "unit_price": "100" })).await.expect(200);
    for (unit_price, discount, status) in [
        ("90", Value::Null, 200),
        ("89.99", Value::Null, 409),
        ("95", json!({ "percent": "6" }), 409),
        ("120", json!({ "percent": "10" }), 200),
    ] {
        let line =
            json!({ "product_id": thing, "quantity": "1", "unit_price": unit_price, "discount": discount });
        let made = draft_by(&seller, &acme, json!({ "lines": [line] })).await;
        assert_eq!(send(&seller, &made).await.status, status, "{unit_price}");
    }
    assert_eq!(
        acme.owner.get(&format!("{QUOTATIONS}?status=PENDING")).await.body["data"].as_array().unwrap().len(),
        2
    );
}

//! What quotations take from stock and from the map.

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::super::{LOTS, lots::lot, product, receive, stock, warehouse};
use super::{customer, draft, link, path, sent};
use crate::support::{Answer, Database, Tenant, TestApp, until};

/// A line of a product at 100.00.
fn line(product: &Answer, quantity: &str) -> Value {
    json!({ "product_id": product.text_at("/id"), "quantity": quantity, "unit_price": "100" })
}

fn there(on_hand: &str, reserved: &str, available: &str) -> Vec<(String, String, String)> {
    vec![(on_hand.to_owned(), reserved.to_owned(), available.to_owned())]
}

async fn act(tenant: &Tenant, quotation: &Answer, verb: &str, body: Value) -> Answer {
    tenant.owner.post(&format!("{}/{verb}", path(quotation)), body).await
}

#[tokio::test]
async fn what_is_sold_leaves_the_warehouse_once() {
    let acme = TestApp::shared().tenant().await;
    let (place, _) = warehouse(&acme, "Salina Cruz").await;
    let shirt = product(&acme, "CAMISA", json!({})).await;
    let work = product(&acme, "BORDADO", json!({ "kind": "service" })).await;
    let parts = json!([
        { "product_id": shirt.text_at("/id"), "quantity": "2.5" }, { "product_id": work.text_at("/id"), "quantity": "1" }
    ]);
    let bundle = product(&acme, "JUEGO", json!({ "kind": "bundle", "components": parts })).await;
    receive(&acme, &place, &shirt, "20").await;
    let lines = json!([line(&shirt, "3"), line(&bundle, "2"), line(&work, "1"), line(&shirt, "1")]);
    let (quotation, link) = sent(&acme, json!({ "lines": lines })).await;
    assert_eq!(stock(&acme, &shirt).await, there("20", "0", "20"));
    let yes = json!({ "answer": "accept", "name": "x" });
    let stranger = TestApp::shared().anonymous();
    stranger.post(&link, yes).await.expect(200);
    // 3 + 1, and 2 × 2.5 in the bundles.
    assert_eq!(stock(&acme, &shirt).await, there("11", "0", "11"));
    let moved = acme.owner.get(&format!("{place}/movements?limit=1")).await.expect(200);
    assert_eq!(
        (
            moved.text_at("/data/0/kind"),
            moved.text_at("/data/0/quantity"),
            &moved.body["data"][0]["quotation_id"]
        ),
        ("sale".to_owned(), "-9".to_owned(), &quotation.body["id"])
    );
    act(&acme, &quotation, "accept", json!({})).await.expect(409);
    assert_eq!(stock(&acme, &shirt).await, there("11", "0", "11"));
}

#[tokio::test]
async fn what_is_reserved_is_nobody_elses_until_it_is_let_go() {
    let acme = TestApp::shared().tenant().await;
    let (place, _) = warehouse(&acme, "Salina Cruz").await;
    let shirt = product(&acme, "CAMISA", json!({})).await;
    receive(&acme, &place, &shirt, "10").await;
    let reserve = json!({ "reserve_stock": true });
    let of = |quantity: &str| json!({ "lines": [line(&shirt, quantity)] });
    let first = draft(&acme, of("7")).await;
    act(&acme, &first, "send", reserve.clone()).await.expect(200);
    assert_eq!(stock(&acme, &shirt).await, there("10", "7", "3"));
    let second = draft(&acme, of("4")).await;
    let refused = act(&acme, &second, "send", reserve.clone()).await.expect(409);
    assert_eq!(
        (refused.text_at("/type"), refused.text_at("/available")),
        ("/problems/stock-insufficient".into(), "3".into())
    );
    assert_eq!(acme.owner.get(&path(&second)).await.text_at("/status"), "DRAFT");
    act(&acme, &second, "send", json!({})).await.expect(200);
    let refused = act(&acme, &second, "accept", json!({})).await.expect(409);
    assert_eq!(refused.text_at("/type"), "/problems/stock-insufficient");
    let read = acme.owner.get(&path(&second)).await.expect(200);
    assert_eq!(
        (read.text_at("/status"), &read.body["answer"]),
        ("PENDING".to_owned(), &Value::Null),
        "all or nothing"
    );
    act(&acme, &first, "cancel", json!({ "reason": "x" })).await.expect(200);
    assert_eq!(stock(&acme, &shirt).await, there("10", "0", "10"));
    act(&acme, &second, "accept", json!({})).await.expect(200);
    assert_eq!(stock(&acme, &shirt).await, there("6", "0", "6"));
    let third = draft(&acme, of("6")).await;
    act(&acme, &third, "send", reserve).await.expect(200);
    act(&acme, &third, "accept", json!({})).await.expect(200);
    assert_eq!(stock(&acme, &shirt).await, there("0", "0", "0"));
}

#[tokio::test]
async fn many_sales_at_once_take_no_more_than_there_is() {
    let acme = TestApp::shared().tenant().await;
    let (place, _) = warehouse(&acme, "Salina Cruz").await;
    let (one, other) = (product(&acme, "A", json!({})).await, product(&acme, "B", json!({})).await);
    receive(&acme, &place, &one, "5").await;
    receive(&acme, &place, &other, "5").await;
    let mut quotations = Vec::new();
    for index in 0..12 {
        // In both orders, so that locks taken in the order of lines would meet.
        let mut lines = vec![line(&one, "1"), line(&other, "1")];
        lines.rotate_left(index % 2);
        quotations.push(sent(&acme, json!({ "lines": lines })).await.0);
    }
    let tries = quotations.iter().map(|quotation| async {
        loop {
            let answer = act(&acme, quotation, "accept", json!({})).await;
            if answer.status != 503 {
                return answer.status;
            }
        }
    });
    let statuses = join_all(tries).await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 5, "{statuses:?}");
    assert_eq!(
        (stock(&acme, &one).await, stock(&acme, &other).await),
        (there("0", "0", "0"), there("0", "0", "0"))
    );
}

#[tokio::test]
async fn goods_need_a_warehouse_unless_they_are_not_kept_in_stock() {
    let acme = TestApp::shared().tenant().await;
    let kept = product(&acme, "A", json!({})).await;
    let not_kept = product(&acme, "B", json!({ "tracks_stock": false })).await;
    let (quotation, _) = sent(&acme, json!({ "lines": [line(&kept, "1")] })).await;
    let refused = act(&acme, &quotation, "accept", json!({})).await.expect(409);
    assert_eq!(refused.text_at("/type"), "/problems/no-warehouse");
    let (quotation, _) = sent(&acme, json!({ "lines": [line(&not_kept, "1")] })).await;
    act(&acme, &quotation, "accept", json!({})).await.expect(200);
    let (_, first) = warehouse(&acme, "Uno").await;
    let (second_place, second) = warehouse(&acme, "Dos").await;
    receive(&acme, &second_place, &kept, "1").await;
    let lines = json!([line(&kept, "1")]);
    let (quotation, _) = sent(&acme, json!({ "lines": lines, "warehouse_id": first })).await;
    act(&acme, &quotation, "accept", json!({})).await.expect(409);
    let (quotation, _) = sent(&acme, json!({ "lines": lines, "warehouse_id": second })).await;
    act(&acme, &quotation, "accept", json!({})).await.expect(200);
    let ordered = product(&acme, "C", json!({ "allows_backorder": true })).await;
    let (quotation, _) = sent(&acme, json!({ "lines": [line(&ordered, "2")] })).await;
    act(&acme, &quotation, "accept", json!({})).await.expect(200);
    assert_eq!(stock(&acme, &ordered).await, there("-2", "0", "-2"));
}

#[tokio::test]
async fn a_lot_is_kept_for_who_is_asked_and_sold_once() {
    let acme = TestApp::shared().tenant().await;
    let land = lot(&acme, "L-1", json!({})).await;
    let place = format!("{LOTS}/{}", land.text_at("/id"));
    let of_lot = json!({ "lines": [{ "product_id": land.text_at("/id"), "quantity": "1" }] });
    let first = draft(&acme, of_lot.clone()).await;
    assert_eq!(first.text_at("/document/total/amount"), "300000.00", "at its own price");
    let second = draft(&acme, of_lot.clone()).await;
    act(&acme, &first, "send", json!({})).await.expect(200);
    let kept = acme.owner.get(&place).await.expect(200);
    assert_eq!(
        (kept.text_at("/properties/status"), &kept.body["properties"]["quotation_id"]),
        ("reserved".into(), &first.body["id"])
    );
    let refused = act(&acme, &second, "send", json!({})).await.expect(409);
    assert_eq!(refused.text_at("/type"), "/problems/lot-taken");
    acme.owner.post(&format!("{place}/release"), json!({})).await.expect(409);
    act(&acme, &first, "cancel", json!({})).await.expect(200);
    assert_eq!(acme.owner.get(&place).await.text_at("/properties/status"), "available");
    let sent = act(&acme, &second, "send", json!({})).await.expect(200);
    let yes = json!({ "answer": "accept", "name": "x" });
    TestApp::shared().anonymous().post(&link(&sent), yes).await.expect(200);
    let sold = acme.owner.get(&place).await.expect(200);
    assert_eq!(
        (sold.text_at("/properties/status"), &sold.body["properties"]["customer_id"]),
        ("sold".into(), &second.body["customer_id"])
    );
    let third = draft(&acme, of_lot).await;
    act(&acme, &third, "send", json!({})).await.expect(409);
    for lines in [
        json!([{ "product_id": land.text_at("/id"), "quantity": "2" }]),
        json!([{ "product_id": land.text_at("/id"), "quantity": "1" }, { "product_id": land.text_at("/id"), "quantity": "1" }]),
    ] {
        acme.owner.put(&format!("{}/lines", path(&third)), json!({ "lines": lines })).await.expect(422);
    }
    for (method, body) in [
        ("reserve", json!({ "customer_id": customer(&acme).await, "until": "2030-01-01T00:00:00Z" })),
        ("release", json!({})),
    ] {
        acme.owner.post(&format!("{place}/{method}"), body).await.expect(if method == "reserve" {
            422
        } else {
            409
        });
    }
    acme.owner.patch(&place, json!({ "number": "x" })).await.expect(409);
}

#[tokio::test]
async fn what_an_expired_quotation_kept_can_be_had_again() {
    let app = TestApp::alone("billing_expired_stock");
    let acme = app.tenant().await;
    let (place, _) = warehouse(&acme, "Salina Cruz").await;
    let shirt = product(&acme, "CAMISA", json!({})).await;
    let land = lot(&acme, "L-1", json!({})).await;
    receive(&acme, &place, &shirt, "10").await;
    let until_then = (app.clock.now() + TimeDelta::hours(2)).to_rfc3339();
    let lines = json!([line(&shirt, "4"), { "product_id": land.text_at("/id"), "quantity": "1" }]);
    let made = draft(&acme, json!({ "valid_until": until_then, "lines": lines })).await;
    act(&acme, &made, "send", json!({ "reserve_stock": true })).await.expect(200);
    assert_eq!(stock(&acme, &shirt).await, there("10", "4", "6"));
    app.clock.advance(TimeDelta::hours(3));
    let acme = app.sign_in(&acme).await;
    until("the stock can be had again", async || stock(&acme, &shirt).await == there("10", "0", "10")).await;
    let mut database = Database::connect(&app.admin_url);
    until("the lot can be had again", async || {
        database.column("SELECT status FROM billing.lots") == ["available"]
    })
    .await;
    assert_eq!(database.column("SELECT count(*)::text FROM billing.reservations"), ["0"]);
}

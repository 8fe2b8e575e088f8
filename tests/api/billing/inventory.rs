//! Warehouses, stock and movements.

use serde_json::json;

use super::{WAREHOUSES, all, product, receive, stock, warehouse};
use crate::support::{Database, TestApp, until};

#[tokio::test]
async fn stock_is_the_sum_of_what_came_and_went() {
    let acme = TestApp::shared().tenant().await;
    let (path, id) = warehouse(&acme, "Salina Cruz").await;
    let thing = product(&acme, "A", json!({})).await;
    let movements = format!("{path}/movements");
    let moved = async |kind: &str, quantity: &str| {
        let body =
            json!({ "product_id": thing.text_at("/id"), "kind": kind, "quantity": quantity, "note": "x" });
        acme.owner.post(&movements, body).await
    };
    assert_eq!(moved("receipt", "10.5").await.expect(200).text_at("/on_hand"), "10.5");
    assert_eq!(moved("issue", "3.25").await.expect(200).text_at("/quantity"), "-3.25");
    assert_eq!(moved("count", "7").await.expect(200).text_at("/quantity"), "-0.25");
    let refused = moved("issue", "7.000001").await.expect(409);
    assert_eq!(
        (refused.text_at("/type"), refused.text_at("/available")),
        ("/problems/stock-insufficient".to_owned(), "7".to_owned())
    );
    assert_eq!(moved("count", "0").await.expect(200).text_at("/on_hand"), "0");
    assert_eq!(stock(&acme, &thing).await, [("0".to_owned(), "0".to_owned(), "0".to_owned())]);
    let rows = all(&acme, &format!("{movements}?limit=3&product_id={}", thing.text_at("/id"))).await;
    let told: Vec<_> = rows.iter().map(|row| row["quantity"].as_str().unwrap()).collect();
    assert_eq!(told, ["-7", "-0.25", "-3.25", "10.5"]);
    assert!(rows.iter().all(|row| row["user_id"] == acme.owner_id.as_str() && row["note"] == "x"));
    let there = acme.owner.get(&format!("{path}/stock")).await.expect(200);
    assert_eq!(there.text_at("/data/0/warehouse_id"), id);
    until("the log tells it", async || {
        let log = acme.owner.get("/api/v1/events?type=Stock.*").await.expect(200).text;
        log.contains("Stock.WarehouseChanged") && log.matches("Stock.Moved").count() == 4
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_moved_is_refused() {
    let acme = TestApp::shared().tenant().await;
    let (path, _) = warehouse(&acme, "Salina Cruz").await;
    let thing = product(&acme, "A", json!({})).await.text_at("/id");
    let service = product(&acme, "S", json!({ "kind": "service" })).await.text_at("/id");
    let rival = TestApp::shared().tenant().await;
    let foreign = product(&rival, "A", json!({})).await.text_at("/id");
    let movements = format!("{path}/movements");
    for (product, kind, quantity, pointer) in [
        (&service, "receipt", "1", "/product_id"),
        (&foreign, "receipt", "1", "/product_id"),
        (&thing, "receipt", "0", "/quantity"),
        (&thing, "issue", "0", "/quantity"),
        (&thing, "receipt", "-1", "/quantity"),
        (&thing, "receipt", "0.0000001", "/quantity"),
        (&thing, "receipt", "9223372036855", "/quantity"),
        (&thing, "sale", "1", "/kind"),
        (&thing, "theft", "1", "/kind"),
    ] {
        let body = json!({ "product_id": product, "kind": kind, "quantity": quantity });
        let refused = acme.owner.post(&movements, body).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), pointer, "{kind} {quantity}");
    }
    let body = json!({ "product_id": thing, "kind": "receipt", "quantity": "9223372036854" });
    acme.owner.post(&movements, body.clone()).await.expect(200);
    let refused = acme.owner.post(&movements, body.clone()).await.expect(422);
    assert_eq!(refused.text_at("/errors/0/pointer"), "/quantity", "the sum is too large");
    rival.owner.post(&movements, body).await.expect(404);
    let (seller, _) = acme.colleague(&["SALES"]).await;
    seller.get(&movements).await.expect(200);
    seller
        .post(&movements, json!({ "product_id": thing, "kind": "issue", "quantity": "1" }))
        .await
        .expect(403);
}

#[tokio::test]
async fn nobody_takes_more_than_there_is_however_many_try_at_once() {
    let acme = TestApp::shared().tenant().await;
    let (path, _) = warehouse(&acme, "Salina Cruz").await;
    let thing = product(&acme, "A", json!({})).await;
    receive(&acme, &path, &thing, "5").await;
    let body = json!({ "product_id": thing.text_at("/id"), "kind": "issue", "quantity": "1" });
    let tries = (0..20).map(|_| {
        let (acme, path, body) = (&acme, format!("{path}/movements"), body.clone());
        async move {
            loop {
                let answer = acme.owner.post(&path, body.clone()).await;
                if answer.status != 503 {
                    return answer.status;
                }
            }
        }
    });
    let statuses = futures_util::future::join_all(tries).await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 5, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    assert_eq!(stock(&acme, &thing).await[0].0, "0");
}

#[tokio::test]
async fn backorders_go_below_zero_and_end_when_there_is_enough() {
    let acme = TestApp::shared().tenant().await;
    let (path, _) = warehouse(&acme, "Salina Cruz").await;
    let thing = product(&acme, "A", json!({ "allows_backorder": true })).await;
    let product_path = thing.header("location").unwrap();
    let body = json!({ "product_id": thing.text_at("/id"), "kind": "issue", "quantity": "2" });
    acme.owner.post(&format!("{path}/movements"), body.clone()).await.expect(200);
    assert_eq!(stock(&acme, &thing).await[0].0, "-2");
    let refused = acme.owner.patch(product_path, json!({ "allows_backorder": false })).await.expect(409);
    assert_eq!(refused.text_at("/type"), "/problems/stock-below-zero");
    receive(&acme, &path, &thing, "3").await;
    acme.owner.patch(product_path, json!({ "allows_backorder": false })).await.expect(200);
    acme.owner.post(&format!("{path}/movements"), body).await.expect(409);
    assert_eq!(stock(&acme, &thing).await[0].0, "1");
}

#[tokio::test]
async fn the_database_itself_keeps_movements_and_never_goes_below_zero() {
    let app = TestApp::alone("billing_inventory");
    let acme = app.tenant().await;
    let (path, _) = warehouse(&acme, "Salina Cruz").await;
    let thing = product(&acme, "A", json!({})).await;
    receive(&acme, &path, &thing, "5").await;
    let mut database = Database::connect(&app.admin_url);
    database.run("BEGIN");
    for (sql, constraint) in [
        ("UPDATE billing.movements SET note = 'x'", "is only added to"),
        ("DELETE FROM billing.movements", "is only added to"),
        ("UPDATE billing.stock SET on_hand = -1", "stock_never_negative"),
        ("UPDATE billing.stock SET reserved = 5000001", "stock_never_negative"),
        ("UPDATE billing.stock SET allows_backorder = true", "foreign key"),
    ] {
        let refused = database.attempt(sql).unwrap_err();
        assert!(refused.contains(constraint), "{sql}: {refused}");
    }
}

#[tokio::test]
async fn warehouses_are_renamed_and_archived() {
    let acme = TestApp::shared().tenant().await;
    let (path, _) = warehouse(&acme, "Salina Cruz").await;
    warehouse(&acme, "Tehuantepec").await;
    let first = acme.owner.with_header("If-Match", "\"1\"");
    let changed = first.patch(&path, json!({ "name": "Juchitán", "status": "archived" })).await.expect(200);
    assert_eq!(
        (changed.text_at("/name"), changed.text_at("/status")),
        ("Juchitán".into(), "archived".into())
    );
    first.patch(&path, json!({ "name": "x" })).await.expect(412);
    acme.owner.patch(&path, json!({ "name": "" })).await.expect(422);
    acme.owner.post(WAREHOUSES, json!({})).await.expect(422);
    let active = all(&acme, &format!("{WAREHOUSES}?limit=1&status=active")).await;
    assert_eq!((active.len(), &active[0]["name"]), (1, &json!("Tehuantepec")));
    assert_eq!(all(&acme, &format!("{WAREHOUSES}?limit=1")).await.len(), 2);
    assert_eq!(acme.owner.get(&path).await.expect(200).text_at("/version"), "2");
}

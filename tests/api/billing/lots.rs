//! Lots: their place on the map, their price, and for whom they are kept.

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{LOTS, PRODUCTS, customer, with};
use crate::support::{Answer, Tenant, TestApp, until};

fn square() -> Value {
    json!({ "type": "Polygon", "coordinates": [[[-95.2, 16.17], [-95.199, 16.17], [-95.199, 16.171], [-95.2, 16.17]]] })
}

fn pesos(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "MXN" })
}

/// A lot for 300,000 with `more` over the usual.
pub async fn lot(tenant: &Tenant, sku: &str, more: Value) -> Answer {
    let body = json!({
        "sku": sku, "name": format!("Lote {sku}"), "number": sku, "area": "200.5", "polygon": square(),
        "price": pesos("300000"), "down_payment": pesos("50000"), "instalments": 36
    });
    tenant.owner.post(LOTS, with(body, more)).await.expect(201)
}

#[tokio::test]
async fn a_lot_is_a_feature_with_a_plan_that_sums_to_its_price() {
    let acme = TestApp::shared().tenant().await;
    let made = lot(&acme, "M3-L12", json!({})).await;
    assert_eq!((made.text_at("/type"), &made.body["geometry"]), ("Feature".to_owned(), &square()));
    assert_eq!(
        made.body["properties"]["payment_plan"],
        json!({
            "down_payment": pesos("50000.00"), "instalments": 36, "instalment": pesos("6944.44"), "last_instalment": pesos("6944.60")
        })
    );
    let path = made.header("location").unwrap().to_owned();
    assert_eq!(acme.owner.get(&path).await.expect(200).body, made.body);
    let product = acme.owner.get(&format!("{PRODUCTS}/{}", made.text_at("/id"))).await.expect(200);
    assert_eq!((product.text_at("/kind"), product.text_at("/sku")), ("lot".to_owned(), "M3-L12".to_owned()));
    let first = acme.owner.with_header("If-Match", "\"1\"");
    let whole = json!({ "price": pesos("310000"), "down_payment": pesos("310000"), "instalments": 0, "number": "12" });
    let changed = first.patch(&path, whole).await.expect(200);
    assert_eq!(
        (changed.text_at("/properties/version"), &changed.body["properties"]["payment_plan"]["instalment"]),
        ("2".to_owned(), &Value::Null)
    );
    first.patch(&path, json!({ "number": "x" })).await.expect(412);
    let at_once = lot(&acme, "L-2", json!({ "down_payment": null, "instalments": null })).await;
    assert_eq!(at_once.body["properties"]["payment_plan"]["down_payment"], pesos("300000.00"));
    let twice = json!({ "sku": "l-2", "name": "x", "number": "1", "area": "1", "polygon": square(), "price": pesos("1") });
    acme.owner.post(LOTS, twice).await.expect(409);

    let listed = acme.owner.get(&format!("{LOTS}?limit=1")).await.expect(200);
    assert_eq!(
        (listed.text_at("/type"), listed.body["features"].as_array().unwrap().len()),
        ("FeatureCollection".into(), 1)
    );
    let next = format!("{LOTS}?limit=1&cursor={}", listed.text_at("/next_cursor"));
    let last = acme.owner.get(&next).await.expect(200);
    assert_eq!(
        (&last.body["features"][0]["id"], &last.body["next_cursor"]),
        (&at_once.body["id"], &Value::Null)
    );
    acme.owner.get(&format!("{LOTS}?status=gone")).await.expect(422);
}

#[tokio::test]
async fn lots_that_are_no_place_or_have_no_plan_are_refused() {
    let acme = TestApp::shared().tenant().await;
    let path = lot(&acme, "L", json!({})).await.header("location").unwrap().to_owned();
    let ring = |positions: Value| json!({ "polygon": { "type": "Polygon", "coordinates": [positions] } });
    let many = vec![json!([0, 0]); 2001];
    for (change, pointer) in [
        (json!({ "polygon": { "type": "Point", "coordinates": [] } }), "/polygon/type"),
        (json!({ "polygon": { "type": "Polygon" } }), "/polygon"),
        (json!({ "polygon": { "type": "Polygon", "coordinates": [] } }), "/polygon/coordinates"),
        (ring(json!([[0, 0], [1, 0], [0, 0]])), "/polygon/coordinates/0"),
        (ring(json!([[0, 0], [1, 0], [1, 1], [0, 1]])), "/polygon/coordinates/0"),
        (ring(json!([[0, 0], [181, 0], [1, 1], [0, 0]])), "/polygon/coordinates/0/1"),
        (ring(json!([[0, 0], [0, 91], [1, 1], [0, 0]])), "/polygon/coordinates/0/1"),
        (ring(json!(many)), "/polygon/coordinates"),
        (json!({ "area": "0" }), "/area"),
        (json!({ "area": "-3" }), "/area"),
        (json!({ "price": pesos("-1") }), "/price"),
        (json!({ "price": pesos("1.001") }), "/price"),
        (json!({ "price": { "amount": "1", "currency": "XXX" } }), "/price/currency"),
        (json!({ "down_payment": pesos("300000.01") }), "/down_payment"),
        (json!({ "down_payment": { "amount": "1", "currency": "USD" } }), "/down_payment"),
        (json!({ "instalments": 0 }), "/instalments"),
        (json!({ "instalments": 601 }), "/instalments"),
        (json!({ "instalments": -1 }), "/instalments"),
        (json!({ "status": "sold" }), "/status"),
    ] {
        let refused = acme.owner.patch(&path, change.clone()).await.expect(422);
        assert_eq!(
            refused.text_at("/errors/0/pointer"),
            pointer,
            "{}",
            change.to_string().chars().take(200).collect::<String>()
        );
    }
    assert_eq!(acme.owner.get(&path).await.text_at("/properties/version"), "1");
}

#[tokio::test]
async fn a_lot_is_kept_for_one_customer_until_its_time_is_over() {
    let app = TestApp::alone("billing_lots");
    let acme = app.tenant().await;
    let path = lot(&acme, "L", json!({})).await.header("location").unwrap().to_owned();
    let (one, other) = (customer(&acme).await, customer(&acme).await);
    let keep = |customer: &str, hours| {
        let until = (app.clock.now() + TimeDelta::hours(hours)).to_rfc3339();
        let (client, path) = (acme.owner.clone(), format!("{path}/reserve"));
        let body = json!({ "customer_id": customer, "until": until });
        async move { client.post(&path, body).await }
    };
    let kept = keep(&one, 2).await.expect(200);
    assert_eq!(
        (kept.text_at("/properties/status"), kept.text_at("/properties/customer_id")),
        ("reserved".into(), one.clone())
    );
    let refused = keep(&other, 2).await.expect(409);
    assert_eq!(refused.text_at("/type"), "/problems/lot-taken");
    keep(&one, 3).await.expect(200);
    for hours in [-1, 24 * 400] {
        assert_eq!(keep(&one, hours).await.expect(422).text_at("/errors/0/pointer"), "/until");
    }
    let (seller, _) = acme.colleague(&["SALES"]).await;
    seller.post(&format!("{path}/release"), json!({})).await.expect(200);
    assert_eq!(acme.owner.get(&path).await.text_at("/properties/status"), "available");
    acme.owner.post(&format!("{path}/release"), json!({})).await.expect(200);
    let kept = acme.owner.get(&format!("{LOTS}?customer_id={one}")).await.expect(200);
    assert_eq!(kept.body["features"], json!([]));
    keep(&one, 2).await.expect(200);
    app.clock.advance(TimeDelta::hours(3));
    let acme = app.sign_in(&acme).await;
    until("it can be had again", async || {
        acme.owner.get(&path).await.expect(200).text_at("/properties/status") == "available"
    })
    .await;
    until("the log tells it", async || {
        let log =
            acme.owner.get("/api/v1/events?type=Stock.LotStatusChanged&limit=200").await.expect(200).text;
        log.matches("\"reserved\"").count() == 3 && log.matches("\"available\"").count() == 3
    })
    .await;
}

#[tokio::test]
async fn of_many_who_reserve_a_lot_at_once_one_gets_it() {
    let acme = TestApp::shared().tenant().await;
    let path = lot(&acme, "L", json!({})).await.header("location").unwrap().to_owned();
    let mut customers = Vec::new();
    for _ in 0..8 {
        customers.push(customer(&acme).await);
    }
    let until = (TestApp::shared().clock.now() + TimeDelta::hours(2)).to_rfc3339();
    let tries = customers.iter().map(|customer| {
        let (client, path) = (acme.owner.clone(), format!("{path}/reserve"));
        let body = json!({ "customer_id": customer, "until": until });
        async move { client.post(&path, body).await.status }
    });
    let statuses = join_all(tries).await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
}

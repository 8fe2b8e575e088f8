//! Products, bundles, price lists and prices.

use serde_json::{Value, json};

use super::{LISTS, PRODUCTS, all, product, vat, with};
use crate::support::{TestApp, until};

#[tokio::test]
async fn a_product_is_made_read_changed_and_archived() {
    let acme = TestApp::shared().tenant().await;
    let made = product(
        &acme,
        "Uni-Esc-Ñ",
        json!({ "sat_product_key": "53102700", "unit_code": "h87", "images": ["https://empresa.mx/a.jpg"] }),
    )
    .await;
    assert_eq!((made.header("etag"), made.text_at("/status")), (Some("\"1\""), "active".to_owned()));
    assert_eq!((made.text_at("/unit_code"), made.text_at("/tracks_stock")), ("H87".into(), "true".into()));
    assert_eq!(made.body["taxes"], vat());
    let path = made.header("location").unwrap().to_owned();
    assert_eq!(acme.owner.get(&path).await.expect(200).body, made.body);

    let first = acme.owner.with_header("If-Match", "\"1\"");
    let change = json!({ "name": "Otro", "description": "Con bordado", "taxes": [], "images": [] });
    let changed = first.patch(&path, change).await.expect(200);
    assert_eq!((changed.text_at("/version"), &changed.body["taxes"]), ("2".to_owned(), &json!([])));
    assert_eq!(first.patch(&path, json!({ "name": "x" })).await.expect(412).body["current_version"], 2);
    let same = acme.owner.patch(&path, json!({ "name": "Otro" })).await.expect(200);
    assert_eq!(same.text_at("/version"), "2", "nothing changed");
    let archived =
        acme.owner.patch(&path, json!({ "status": "archived", "description": null })).await.expect(200);
    assert_eq!(
        (archived.text_at("/status"), &archived.body["description"]),
        ("archived".to_owned(), &Value::Null)
    );

    let taken = json!({ "kind": "service", "sku": " uni-esc-n ", "name": "x" });
    let taken = acme.owner.post(PRODUCTS, taken).await.expect(409);
    assert_eq!(
        (taken.text_at("/type"), &taken.body["existing_id"]),
        ("/problems/product-sku-taken".to_owned(), &made.body["id"])
    );
    let other = product(&acme, "B", json!({})).await;
    let other = other.header("location").unwrap();
    acme.owner.patch(other, json!({ "sku": "UNI-ESC-N" })).await.expect(409);
    until("the log tells it", async || {
        let log = acme.owner.get("/api/v1/events?type=Product.*").await.expect(200).text;
        log.contains("Product.Created")
            && log.contains("Product.Updated")
            && log.contains("\"archived\":true")
    })
    .await;
}

#[tokio::test]
async fn of_two_who_take_one_sku_at_once_one_gets_it() {
    let acme = TestApp::shared().tenant().await;
    let body = json!({ "kind": "good", "sku": "UNICO", "name": "x" });
    let tries = (0..12).map(|_| acme.owner.post(PRODUCTS, body.clone()));
    let mut statuses: Vec<u16> =
        futures_util::future::join_all(tries).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (201, &[409; 11][..]));
}

#[tokio::test]
async fn products_that_cannot_be_are_refused() {
    let acme = TestApp::shared().tenant().await;
    let good = json!({ "kind": "good", "sku": "G", "name": "x" });
    let good_id = acme.owner.post(PRODUCTS, good.clone()).await.expect(201).text_at("/id");
    let bundle = json!({ "kind": "bundle", "sku": "P", "name": "x", "components": [{ "product_id": good_id, "quantity": "2" }] });
    let bundle_id = acme.owner.post(PRODUCTS, bundle.clone()).await.expect(201).text_at("/id");
    let foreign = TestApp::shared().tenant().await;
    let foreign_id = product(&foreign, "F", json!({})).await.text_at("/id");
    let tax = |rate: &str| json!([{ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": rate }]);
    let holds =
        |id: &str, quantity: &str| json!({ "components": [{ "product_id": id, "quantity": quantity }] });
    for (more, pointer) in [
        (json!({ "kind": "lot" }), "/kind"),
        (json!({ "kind": "thing" }), "/kind"),
        (json!({ "sku": "" }), "/sku"),
        (json!({ "sku": "a\nb" }), "/sku"),
        (json!({ "name": "x".repeat(256) }), "/name"),
        (json!({ "sat_product_key": "1234567" }), "/sat_product_key"),
        (json!({ "sat_product_key": "1234567a" }), "/sat_product_key"),
        (json!({ "unit_code": "PIEZA" }), "/unit_code"),
        (json!({ "taxes": tax("0.15") }), "/taxes/0"),
        (json!({ "taxes": tax("16") }), "/taxes/0"),
        (json!({ "taxes": [vat()[0], vat()[0]] }), "/taxes/1"),
        (json!({ "images": ["javascript:alert(1)"] }), "/images/0"),
        (json!({ "allows_backorder": true, "tracks_stock": false }), "/allows_backorder"),
        (json!({ "kind": "service", "tracks_stock": true }), "/tracks_stock"),
        (holds(&good_id, "1"), "/components"),
        (json!({ "kind": "bundle" }), "/components"),
        (with(json!({ "kind": "bundle" }), holds(&good_id, "0")), "/components/0/quantity"),
        (with(json!({ "kind": "bundle" }), holds(&good_id, "-1")), "/components/0/quantity"),
        (with(json!({ "kind": "bundle" }), holds(&good_id, "1.1234567")), "/components/0/quantity"),
        (with(json!({ "kind": "bundle" }), holds(&bundle_id, "1")), "/components/0/product_id"),
        (with(json!({ "kind": "bundle" }), holds(&foreign_id, "1")), "/components/0/product_id"),
        (json!({ "price": "10" }), "/price"),
    ] {
        let body = with(with(good.clone(), json!({ "sku": "NUEVO" })), more.clone());
        let refused = acme.owner.post(PRODUCTS, body).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), pointer, "{more}");
    }
    let own = format!("{PRODUCTS}/{bundle_id}");
    let refused = acme.owner.patch(&own, holds(&bundle_id, "1")).await.expect(422);
    assert_eq!(refused.text_at("/errors/0/pointer"), "/components/0/product_id", "no circle");
    acme.owner.patch(&own, json!({ "components": [] })).await.expect(422);
    let more = acme.owner.patch(&own, holds(&good_id, "3.5")).await.expect(200);
    assert_eq!(more.body["components"], json!([{ "product_id": good_id, "quantity": "3.5" }]));
}

#[tokio::test]
async fn products_are_listed_filtered_and_searched() {
    let acme = TestApp::shared().tenant().await;
    for (sku, name, kind) in [
        ("A-1", "Camisa de lino", "good"),
        ("A-2", "Camisón", "good"),
        ("B_3", "Bordado de camisas", "service"),
        ("C-4", "Ajuste", "service"),
    ] {
        let body = json!({ "kind": kind, "sku": sku, "name": name });
        acme.owner.post(PRODUCTS, body).await.expect(201);
    }
    let skus = async |query: &str| -> Vec<String> {
        let rows = all(&acme, &format!("{PRODUCTS}?limit=2{query}")).await;
        rows.iter().map(|row| row["sku"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(skus("").await, ["C-4", "B_3", "A-2", "A-1"]);
    assert_eq!(skus("&sort=created_at").await, ["A-1", "A-2", "B_3", "C-4"]);
    assert_eq!(skus("&sort=name").await, ["C-4", "B_3", "A-1", "A-2"]);
    assert_eq!(skus("&sort=-name").await, ["A-2", "A-1", "B_3", "C-4"]);
    assert_eq!(skus("&kind=service").await, ["C-4", "B_3"]);
    assert_eq!(skus("&q=CAMISA").await, ["B_3", "A-1"]);
    assert_eq!(skus("&q=camisón").await, ["A-2"]);
    assert_eq!(skus("&q=b_3").await, ["B_3"]);
    assert_eq!(skus("&sku=a-1").await, ["A-1"]);
    assert_eq!(skus("&status=archived").await, Vec::<String>::new());
    let cursor = acme.owner.get(&format!("{PRODUCTS}?limit=1")).await.text_at("/next_cursor");
    for query in ["sort=price", "kind=x", "status=x", "limit=0", "limit=201", "q=", "x=1", "cursor=x"] {
        acme.owner.get(&format!("{PRODUCTS}?{query}")).await.expect(422);
    }
    acme.owner.get(&format!("{PRODUCTS}?sort=name&cursor={cursor}")).await.expect(422);
}

#[tokio::test]
async fn prices_are_of_a_list_with_one_currency() {
    let acme = TestApp::shared().tenant().await;
    let made = json!({ "name": "Mayoreo", "currency": "mxn", "valid_from": "2026-01-01T06:00:00Z" });
    let made = acme.owner.post(LISTS, made).await.expect(201);
    assert_eq!((made.text_at("/currency"), made.header("etag")), ("MXN".to_owned(), Some("\"1\"")));
    let path = made.header("location").unwrap().to_owned();
    let thing = product(&acme, "A", json!({})).await.text_at("/id");
    let price = format!("{path}/prices/{thing}");
    acme.owner.delete(&price).await.expect(404);
    let set = acme.owner.put(&price, json!({ "unit_price": "185.500001" })).await.expect(200);
    assert_eq!(
        (set.text_at("/unit_price"), set.text_at("/product_id")),
        ("185.500001".to_owned(), thing.clone())
    );
    acme.owner.put(&price, json!({ "unit_price": "190" })).await.expect(200);
    let listed = acme.owner.get(&format!("{path}/prices")).await.expect(200);
    assert_eq!(
        (listed.body["data"].as_array().unwrap().len(), listed.text_at("/data/0/unit_price")),
        (1, "190".to_owned())
    );
    for wrong in ["-1", "1.1234567", "1,5", "x", "99999999999999"] {
        let refused = acme.owner.put(&price, json!({ "unit_price": wrong })).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), "/unit_price", "{wrong}");
    }
    acme.owner.put(&price, json!({ "unit_price": 190 })).await.expect(422);
    let changed = acme.owner.with_header("If-Match", "\"1\"");
    let changed = changed.patch(&path, json!({ "valid_until": "2027-01-01T06:00:00Z" })).await.expect(200);
    assert_eq!(changed.text_at("/version"), "2");
    acme.owner.with_header("If-Match", "\"1\"").patch(&path, json!({ "name": "x" })).await.expect(412);
    for (body, pointer) in [
        (json!({ "valid_from": "2027-01-01T06:00:00Z" }), "/valid_until"),
        (json!({ "currency": "USD" }), "/currency"),
        (json!({ "name": "" }), "/name"),
    ] {
        let refused = acme.owner.patch(&path, body).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), pointer);
    }
    let refused = acme.owner.post(LISTS, json!({ "name": "x", "currency": "PESOS" })).await.expect(422);
    assert_eq!(refused.text_at("/errors/0/pointer"), "/currency");
    acme.owner.patch(&path, json!({ "status": "archived" })).await.expect(200);
    acme.owner.post(LISTS, json!({ "name": "Exportación", "currency": "USD" })).await.expect(201);
    let names = async |query: &str| -> Vec<String> {
        let rows = all(&acme, &format!("{LISTS}?limit=1{query}")).await;
        rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("").await, ["Mayoreo", "Exportación"]);
    assert_eq!(names("&currency=USD").await, ["Exportación"]);
    assert_eq!(names("&status=archived").await, ["Mayoreo"]);
    acme.owner.delete(&price).await.expect(204);
    assert_eq!(acme.owner.get(&format!("{path}/prices")).await.body["data"], json!([]));
}

#[tokio::test]
async fn sellers_read_the_catalogue_and_do_not_change_it() {
    let app = TestApp::shared();
    let acme = app.tenant().await;
    let made = product(&acme, "A", json!({})).await;
    let path = made.header("location").unwrap();
    let (seller, _) = acme.colleague(&["SALES"]).await;
    seller.get(path).await.expect(200);
    seller.get(PRODUCTS).await.expect(200);
    seller.patch(path, json!({ "name": "x" })).await.expect(403);
    seller.post(PRODUCTS, json!({ "kind": "good", "sku": "B", "name": "x" })).await.expect(403);
    app.tenant().await.owner.get(path).await.expect(404);
}

//! Making and changing drafts, their lines and their versions.

use serde_json::{Value, json};

use super::super::{LISTS, product, vat, with};
use super::{QUOTATIONS, customer, draft, lines, path, sent};
use crate::support::TestApp;

#[tokio::test]
async fn a_quotation_is_made_from_the_catalogue_and_changed() {
    let acme = TestApp::shared().tenant().await;
    let more = json!({ "unit_code": "H87", "sat_product_key": "53102700" });
    let shirt = product(&acme, "CAMISA", more).await;
    let list = acme.owner.post(LISTS, json!({ "name": "Lista", "currency": "MXN" })).await.expect(201);
    let price = format!("{}/prices/{}", list.header("location").unwrap(), shirt.text_at("/id"));
    acme.owner.put(&price, json!({ "unit_price": "185.5" })).await.expect(200);
    let line =
        json!({ "product_id": shirt.text_at("/id"), "quantity": "40", "discount": { "percent": "10" } });
    let made = draft(&acme, json!({ "title": "Uniformes", "lines": [line] })).await;
    assert_eq!(
        (made.text_at("/status"), made.text_at("/folio"), made.text_at("/revision")),
        ("DRAFT".to_owned(), "1".to_owned(), "1".to_owned())
    );
    let document = &made.body["document"];
    let money = |amount: &str| json!({ "amount": amount, "currency": "MXN" });
    assert_eq!(
        document["lines"],
        json!([{
            "product_id": shirt.body["id"], "description": "Producto CAMISA", "quantity": "40", "unit_code": "H87",
            "sat_product_key": "53102700", "unit_price": "185.5", "discount": { "percent": "10" }, "taxes": vat(),
            "amount": "7420", "taken_off": "742"
        }])
    );
    for (name, amount) in [
        ("subtotal", "7420.00"),
        ("discounts", "742.00"),
        ("transferred", "1068.48"),
        ("withheld", "0.00"),
        ("total", "7746.48"),
    ] {
        assert_eq!(document[name], money(amount), "{name}");
    }
    assert_eq!(
        (made.text_at("/highest_discount"), made.text_at("/owner_id")),
        ("10".into(), acme.owner_id.clone())
    );

    // A new price is for new lines.
    acme.owner.put(&price, json!({ "unit_price": "200" })).await.expect(200);
    let path = path(&made);
    assert_eq!(acme.owner.get(&path).await.expect(200).body["document"], *document);
    let first = acme.owner.with_header("If-Match", "\"1\"");
    let change = json!({ "title": "Otros", "notes": "Hola", "valid_until": "2199-01-01T00:00:00Z" });
    let changed = first.patch(&path, change).await.expect(200);
    assert_eq!((changed.text_at("/version"), changed.text_at("/revision")), ("2".to_owned(), "2".to_owned()));
    assert_eq!(changed.text_at("/document/title"), "Otros");
    first.patch(&path, json!({ "title": "x" })).await.expect(412);
    let same = acme.owner.patch(&path, json!({ "title": "Otros" })).await.expect(200);
    assert_eq!(same.text_at("/version"), "2", "nothing changed");
    let owner = acme.owner.patch(&path, json!({ "owner_id": null, "notes": null })).await.expect(200);
    assert_eq!((&owner.body["owner_id"], &owner.body["document"]["notes"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn one_put_replaces_the_lines_and_versions_are_kept_and_compared() {
    let acme = TestApp::shared().tenant().await;
    let made = draft(&acme, json!({})).await;
    let path = path(&made);
    let put = format!("{path}/lines");
    let mut other = lines();
    other[0]["quantity"] = json!("3");
    other[1]["description"] = json!("Envío");
    let body = json!({ "lines": other, "discount": { "amount": { "amount": "35", "currency": "MXN" } } });
    let first = acme.owner.with_header("If-Match", "\"1\"");
    let changed = first.put(&put, body.clone()).await.expect(200);
    assert_eq!((changed.text_at("/revision"), changed.text_at("/version")), ("2".to_owned(), "2".to_owned()));
    // (350 - 35) × 1.16
    assert_eq!(changed.text_at("/document/total/amount"), "365.40");
    assert_eq!(changed.text_at("/highest_discount"), "10");
    first.put(&put, body.clone()).await.expect(412);
    let same = acme.owner.put(&put, body).await.expect(200);
    assert_eq!((same.text_at("/revision"), same.text_at("/version")), ("2".to_owned(), "2".to_owned()));

    let versions = acme.owner.get(&format!("{path}/versions")).await.expect(200);
    assert_eq!(
        (versions.body["data"].as_array().unwrap().len(), versions.text_at("/data/0/number")),
        (2, "2".into())
    );
    let old = acme.owner.get(&format!("{path}/versions/1")).await.expect(200);
    assert_eq!(old.body["document"], made.body["document"]);
    for missing in ["0", "3", "-1"] {
        acme.owner.get(&format!("{path}/versions/{missing}")).await.expect(404);
    }
    let told = acme.owner.get(&format!("{path}/compare?from=1&to=2")).await.expect(200);
    assert_eq!(told.body, acme.owner.get(&format!("{path}/compare")).await.expect(200).body);
    assert_eq!(told.body["changed"]["total"]["from"]["amount"], "290.00");
    assert_eq!(told.body["changed"]["total"]["to"]["amount"], "365.40");
    let differences: Vec<_> = told.body["lines"].as_array().unwrap().iter().collect();
    assert_eq!(differences.len(), 3, "{differences:?}");
    assert_eq!(
        (&differences[0]["from"]["quantity"], &differences[0]["to"]["quantity"]),
        (&json!("2"), &json!("3"))
    );
    assert_eq!(
        (&differences[1]["from"], &differences[1]["to"]["description"]),
        (&Value::Null, &json!("Envío"))
    );
    assert_eq!(
        (&differences[2]["from"]["description"], &differences[2]["to"]),
        (&json!("Bordado"), &Value::Null)
    );
    acme.owner.get(&format!("{path}/compare?from=1&to=9")).await.expect(404);
    acme.owner.get(&format!("{path}/compare?from=x")).await.expect(422);

    let empty = acme.owner.put(&put, json!({ "lines": [] })).await.expect(200);
    assert_eq!(empty.text_at("/document/total/amount"), "0.00");
    let refused = acme.owner.post(&format!("{path}/send"), json!({})).await.expect(409);
    assert_eq!(refused.text_at("/type"), "/problems/quotation-empty");
}

/// A quotation of one usual line with `more` over it.
fn one_line(more: Value) -> Value {
    let usual = json!({ "description": "x", "quantity": "1", "unit_price": "100" });
    json!({ "lines": [with(usual, more)] })
}

fn amount(amount: &str, currency: &str) -> Value {
    json!({ "amount": { "amount": amount, "currency": currency } })
}

/// Lines that are refused, and where.
fn wrong_lines(foreign: &str, gone: &str, unpriced: &str) -> Vec<(Value, &'static str)> {
    let line = one_line;
    let taxed = |tax: &str, factor: &str, rate: &str| {
        line(json!({ "taxes": [{ "tax": tax, "kind": "transferred", "factor": factor, "rate": rate }] }))
    };
    vec![
        (line(json!({ "quantity": "0" })), "/lines/0/quantity"),
        (line(json!({ "quantity": "-1" })), "/lines/0/quantity"),
        (line(json!({ "quantity": "1.0000001" })), "/lines/0/quantity"),
        (line(json!({ "quantity": 1 })), "/lines/0/quantity"),
        (line(json!({ "unit_price": "-0.01" })), "/lines/0/unit_price"),
        (line(json!({ "unit_price": "9223372036854", "quantity": "2" })), "/lines/0/unit_price"),
        (line(json!({ "discount": { "percent": "101" } })), "/lines/0/discount/percent"),
        (line(json!({ "discount": amount("100.01", "MXN") })), "/lines/0/discount"),
        (line(json!({ "discount": amount("1", "USD") })), "/lines/0/discount"),
        (taxed("iva", "rate", "0.17"), "/lines/0/taxes/0"),
        (taxed("iva", "exempt", "0.16"), "/lines/0/taxes/0"),
        (line(json!({ "taxes": [vat()[0], vat()[0]] })), "/lines/0/taxes/1"),
        (taxed("isr", "rate", "0.1"), "/lines/0/taxes/0"),
        (line(json!({ "description": null })), "/lines/0/description"),
        (line(json!({ "unit_price": null })), "/lines/0/unit_price"),
        (line(json!({ "product_id": foreign })), "/lines/0/product_id"),
        (line(json!({ "product_id": gone })), "/lines/0/product_id"),
        (line(json!({ "product_id": unpriced, "unit_price": null })), "/lines/0/unit_price"),
        (line(json!({ "price": "1" })), "/lines/0/price"),
        (json!({ "lines": vec![line(json!({}))["lines"][0].clone(); 201] }), "/lines"),
    ]
}

#[tokio::test]
async fn what_makes_no_quotation_is_refused() {
    let acme = TestApp::shared().tenant().await;
    let rival = TestApp::shared().tenant().await;
    let buyer = customer(&acme).await;
    let good = product(&acme, "A", json!({})).await;
    let good_id = good.text_at("/id");
    let foreign = product(&rival, "A", json!({})).await.text_at("/id");
    let archived = product(&acme, "B", json!({})).await;
    let gone = archived.text_at("/id");
    acme.owner.patch(archived.header("location").unwrap(), json!({ "status": "archived" })).await.expect(200);
    let dollars =
        acme.owner.post(LISTS, json!({ "name": "x", "currency": "USD" })).await.expect(201).text_at("/id");
    let bodies = [
        (json!({ "customer_id": customer(&rival).await }), "/customer_id"),
        (json!({ "customer_id": "x" }), "/customer_id"),
        (json!({ "currency": "PESOS" }), "/currency"),
        (json!({ "valid_until": "2020-01-01T00:00:00Z" }), "/valid_until"),
        (json!({ "price_list_id": dollars }), "/price_list_id"),
        (json!({ "warehouse_id": good_id }), "/warehouse_id"),
        (json!({ "owner_id": rival.owner_id }), "/owner_id"),
        (json!({ "discount": { "percent": "100.000001" } }), "/discount/percent"),
        (json!({ "discount": { "percent": "-1" } }), "/discount/percent"),
        (json!({ "discount": amount("290.01", "MXN") }), "/discount"),
        (json!({ "discount": amount("1", "USD") }), "/discount"),
        (json!({ "discount": amount("1.001", "MXN") }), "/discount/amount"),
        (json!({ "discount": amount("1", "XXX") }), "/discount/amount/currency"),
        (json!({ "total": "1" }), "/total"),
    ];
    for (more, pointer) in bodies.into_iter().chain(wrong_lines(&foreign, &gone, &good_id)) {
        let body = with(json!({ "customer_id": buyer, "currency": "MXN", "lines": lines() }), more.clone());
        let refused = acme.owner.post(QUOTATIONS, body).await;
        assert_eq!((refused.status, refused.text_at("/errors/0/pointer").as_str()), (422, pointer), "{more}");
    }
    let two = json!({ "customer_id": buyer, "lines": [{ "quantity": "1" }, { "product_id": foreign, "quantity": "1" }] });
    let refused = acme.owner.post(QUOTATIONS, two).await.expect(422);
    let pointers: Vec<_> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(
        pointers,
        ["/lines/0/description", "/lines/0/unit_price", "/lines/1/product_id", "/lines/1/unit_price"]
    );
    assert_eq!(acme.owner.get(QUOTATIONS).await.body["data"], json!([]), "no folio is left out");
    assert_eq!(draft(&acme, json!({})).await.text_at("/folio"), "1");
}

#[tokio::test]
async fn folios_are_given_without_gaps_however_many_ask_at_once() {
    let acme = TestApp::shared().tenant().await;
    let body = json!({ "customer_id": customer(&acme).await, "lines": lines() });
    let tries = (0..30).map(|index| {
        // Each third one is refused after it was looked at.
        let more = if index % 3 == 0 {
            json!({ "discount": { "amount": { "amount": "999", "currency": "MXN" } } })
        } else {
            json!({})
        };
        acme.owner.post(QUOTATIONS, with(body.clone(), more))
    });
    let mut folios: Vec<i64> = futures_util::future::join_all(tries)
        .await
        .iter()
        .filter(|answer| answer.status == 201)
        .map(|answer| answer.body["folio"].as_i64().unwrap())
        .collect();
    folios.sort_unstable();
    assert_eq!(folios, (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn quotations_are_listed_filtered_and_duplicated() {
    let acme = TestApp::shared().tenant().await;
    let (seller, seller_id) = acme.colleague(&["SALES"]).await;
    let first = draft(&acme, json!({ "owner_id": seller_id, "terms": "Contado" })).await;
    let (second, _) = sent(&acme, json!({})).await;
    let copy = seller.post(&format!("{}/duplicate", path(&second)), json!({})).await.expect(201);
    assert_eq!(
        (copy.text_at("/status"), copy.text_at("/folio"), copy.text_at("/revision")),
        ("DRAFT".to_owned(), "3".to_owned(), "1".to_owned())
    );
    assert_eq!(copy.body["document"]["lines"], second.body["document"]["lines"]);
    assert_eq!((&copy.body["public_url"], copy.text_at("/owner_id")), (&Value::Null, seller_id.clone()));
    let folios = async |query: &str| -> Vec<i64> {
        let page = acme.owner.get(&format!("{QUOTATIONS}?{query}")).await.expect(200);
        let rows = page.body["data"].as_array().unwrap().iter();
        rows.map(|row| row["folio"].as_i64().unwrap()).collect()
    };
    assert_eq!(folios("").await, [3, 2, 1]);
    assert_eq!(folios("sort=created_at").await, [1, 2, 3]);
    assert_eq!(folios("status=PENDING").await, [2]);
    assert_eq!(folios(&format!("owner_id={seller_id}")).await, [3, 1]);
    assert_eq!(folios(&format!("customer_id={}", first.text_at("/customer_id"))).await, [1]);
    assert_eq!(folios("folio=2&approval=none").await, [2]);
    assert_eq!(folios("created_to=2020-01-01T00:00:00Z").await, Vec::<i64>::new());
    let page = acme.owner.get(&format!("{QUOTATIONS}?limit=2")).await.expect(200);
    let cursor = page.text_at("/next_cursor");
    assert_eq!(folios(&format!("limit=2&cursor={cursor}")).await, [1]);
    for query in ["status=pending", "sort=total", "cursor=x", "folio=x", "x=1"] {
        acme.owner.get(&format!("{QUOTATIONS}?{query}")).await.expect(422);
    }
    acme.owner.get(&format!("{QUOTATIONS}?sort=created_at&cursor={cursor}")).await.expect(422);
    let row = &page.body["data"][1];
    assert_eq!((&row["line_count"], &row["total"]["amount"]), (&json!(2), &json!("290.00")));
    let (viewer, _) = acme.colleague(&["VIEWER"]).await;
    viewer.get(&path(&first)).await.expect(200);
    viewer.patch(&path(&first), json!({ "title": "x" })).await.expect(403);
    let rival = TestApp::shared().tenant().await;
    rival.owner.get(&path(&first)).await.expect(404);
    rival.owner.post(&format!("{}/duplicate", path(&first)), json!({})).await.expect(404);
}

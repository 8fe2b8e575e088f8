//! Quotations, their documents, stock and lots follow the customer.

use serde_json::json;

use super::{Shop, customer, page};
use crate::support::{TestApp, until};

#[tokio::test]
async fn quotations_are_seen_with_their_customer_and_go_with_it() {
    let shop = Shop::new("own").await;
    let of_ana = customer(&shop.ana, "Cliente Ana").await;
    let line = json!({ "description": "Secreto", "quantity": "1", "unit_price": "100" });
    let quote = |customer: &str| json!({ "customer_id": customer, "title": "Secreto", "lines": [line] });
    let made = shop.ana.post("/api/v1/quotations", quote(&of_ana)).await.expect(201);
    let place = made.header("location").unwrap().to_owned();

    let refused = shop.beto.post("/api/v1/quotations", quote(&of_ana)).await.expect(422);
    assert_eq!(refused.text_at("/errors/0/pointer"), "/customer_id");
    for part in ["", "/versions", "/versions/1", "/approvals", "/pdf"] {
        shop.beto.get(&format!("{place}{part}")).await.expect(404);
    }
    shop.beto.post(&format!("{place}/send"), json!({})).await.expect(404);
    assert!(page(&shop.beto, "/api/v1/quotations", "id").await.is_empty());
    assert_eq!(page(&shop.ana, "/api/v1/quotations", "title").await, ["Secreto"]);
    // Sent by whoever sees it, it is answered by whoever has the link.
    let sent = shop.ana.post(&format!("{place}/send"), json!({})).await.expect(200);
    let token = sent.text_at("/public_url").rsplit('/').next().unwrap().to_owned();
    shop.ana.with_token("").get(&format!("/api/v1/public/quotations/{token}")).await.expect(200);

    let over = json!({ "owner_id": shop.beto_id });
    shop.tenant.owner.post(&format!("/api/v1/customers/{of_ana}/assign"), over).await.expect(200);
    until("the quotation goes with its customer", async || shop.beto.get(&place).await.status == 200).await;
    shop.ana.get(&place).await.expect(404);
    assert!(page(&shop.ana, "/api/v1/quotations", "id").await.is_empty());
}

#[tokio::test]
async fn the_map_does_not_tell_whose_a_lot_is() {
    let shop = Shop::new("own").await;
    let of_ana = customer(&shop.ana, "Cliente Ana").await;
    let ring = json!([[-95.2, 16.17], [-95.1, 16.17], [-95.1, 16.2], [-95.2, 16.17]]);
    let lot = json!({
        "sku": "L1", "name": "Lote 1", "number": "1", "area": "200", "price": { "amount": "1000", "currency": "MXN" },
        "polygon": { "type": "Polygon", "coordinates": [ring] }
    });
    let lot = shop.tenant.owner.post("/api/v1/lots", lot).await.expect(201).text_at("/id");
    let until_then = shop.tenant.owner.get("/api/v1/lots").await.expect(200);
    assert_eq!(until_then.text_at("/features/0/properties/status"), "available");
    let keep = json!({ "customer_id": of_ana, "until": (TestApp::shared().clock.now() + chrono::TimeDelta::days(3)).to_rfc3339() });
    let place = format!("/api/v1/lots/{lot}");
    let theft = json!({ "customer_id": of_ana, "until": keep["until"] });
    let kept = shop.beto.post(&format!("{place}/reserve"), theft).await.expect(422);
    assert_eq!(kept.text_at("/errors/0/pointer"), "/customer_id");
    shop.ana.post(&format!("{place}/reserve"), keep).await.expect(200);

    let seen = shop.ana.get(&place).await.expect(200);
    assert_eq!(seen.text_at("/properties/customer_id"), of_ana);
    for path in [place.clone(), "/api/v1/lots".to_owned(), "/api/v1/lots?status=reserved".to_owned()] {
        let veiled = shop.beto.get(&path).await.expect(200);
        assert!(
            veiled.text.contains("reserved") && !veiled.text.contains(&of_ana),
            "{path}: {}",
            veiled.text
        );
    }
    let of_customer = shop.beto.get(&format!("/api/v1/lots?customer_id={of_ana}")).await.expect(200);
    assert_eq!(of_customer.body["features"], json!([]));
    shop.beto.post(&format!("{place}/release"), json!({})).await.expect(409);
}

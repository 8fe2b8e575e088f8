//! Products, prices, stock, lots and quotations of a seeded tenant.

use serde_json::json;

use super::Tenant;

/// Fills the catalogue and the inventory; what stands for each path parameter.
pub async fn sales(tenant: &Tenant, marker: &str) -> Vec<(&'static str, String)> {
    let owner = &tenant.owner;
    let good = json!({ "kind": "good", "sku": marker, "name": marker, "description": marker });
    let good = owner.post("/api/v1/products", good).await.expect(201).text_at("/id");
    let components = json!([{ "product_id": good, "quantity": "2" }]);
    let bundle =
        json!({ "kind": "bundle", "sku": format!("p-{marker}"), "name": marker, "components": components });
    owner.post("/api/v1/products", bundle).await.expect(201);
    let list = json!({ "name": marker, "currency": "MXN" });
    let list = owner.post("/api/v1/price-lists", list).await.expect(201).text_at("/id");
    let price = format!("/api/v1/price-lists/{list}/prices/{good}");
    owner.put(&price, json!({ "unit_price": "100" })).await.expect(200);
    let warehouse =
        owner.post("/api/v1/warehouses", json!({ "name": marker })).await.expect(201).text_at("/id");
    let receipt = json!({ "product_id": good, "kind": "receipt", "quantity": "100", "note": marker });
    owner.post(&format!("/api/v1/warehouses/{warehouse}/movements"), receipt).await.expect(200);
    let ring = json!([[-95.2, 16.17], [-95.1, 16.17], [-95.1, 16.2], [-95.2, 16.17]]);
    let lot = json!({
        "sku": format!("l-{marker}"), "name": marker, "number": marker, "area": "200", "price": { "amount": "1000", "currency": "MXN" },
        "polygon": { "type": "Polygon", "coordinates": [ring] }
    });
    let lot = owner.post("/api/v1/lots", lot).await.expect(201).text_at("/id");
    vec![
        ("/api/v1/products/{id}", good.clone()),
        ("/api/v1/price-lists/{id}", list),
        ("/api/v1/price-lists/{id}/prices/{product_id}", good),
        ("/api/v1/warehouses/{id}", warehouse),
        ("/api/v1/lots/{id}", lot),
    ]
}

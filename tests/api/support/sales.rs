//! Products, prices, stock, lots and quotations of a seeded tenant.

use reqwest::Method;
use serde_json::{Value, json};

use super::Tenant;
use super::seed::{export, transfers};

/// Fills the catalogue, the inventory and quotations for a customer; what stands for each path parameter.
pub async fn sales(tenant: &Tenant, marker: &str, customer: &str) -> Vec<(&'static str, String)> {
    let owner = &tenant.owner;
    logo(tenant).await;
    let field = json!({ "key": "talla", "label": marker, "type": "text" });
    let field = owner.post("/api/v1/products/fields", field).await.expect(201).text_at("/id");
    let good = json!({
        "kind": "good", "sku": marker, "name": marker, "description": marker, "custom_fields": { "talla": marker }
    });
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
    let rules = json!({ "discount_limits": [{ "role": "SALES", "percent": "10" }], "amount_limits": [] });
    owner.put("/api/v1/quotations/rules", rules).await.expect(200);
    let body = json!({
        "customer_id": customer, "title": marker, "notes": marker, "lines": [{ "product_id": good, "quantity": "1" }]
    });
    let mut quotations = Vec::new();
    for _ in 0..3 {
        let made = owner.post("/api/v1/quotations", body.clone()).await.expect(201);
        quotations.push(made.header("location").expect("it is found somewhere").to_owned());
    }
    let act = async |index: usize, verb: &str, body: Value| {
        owner.post(&format!("{}/{verb}", quotations[index]), body).await.expect(200)
    };
    act(0, "request-approval", json!({ "note": marker })).await;
    let sent = act(1, "send", json!({ "reserve_stock": true })).await;
    act(2, "send", json!({})).await;
    act(2, "accept", json!({ "name": marker })).await;
    let url = sent.text_at("/public_url");
    let file = format!("SKU,Producto\nt-{marker},Traído {marker}\n,Sin clave {marker}\n");
    let again = format!("SKU,Producto,Descripción\nt-{marker},Traído,{marker}\n");
    let [brought, mapping, begun] = transfers(tenant, "products", marker, [file, again], "description").await;
    let exported = export(tenant, "products", json!({ "format": "csv", "filter": { "q": marker } })).await;
    vec![
        ("/api/v1/products/fields/{id}", field),
        ("/api/v1/products/exports/{id}", exported),
        ("/api/v1/products/imports/{id}", brought),
        ("/api/v1/products/imports/mappings/{id}", mapping),
        ("/api/v1/products/imports/uploads/{id}", begun),
        ("/api/v1/quotations/{id}", sent.text_at("/id")),
        ("/api/v1/quotations/{id}/versions/{number}", "1".to_owned()),
        ("/api/v1/public/quotations/{token}", url.rsplit('/').next().unwrap_or_default().to_owned()),
        ("/api/v1/products/{id}", good.clone()),
        ("/api/v1/price-lists/{id}", list),
        ("/api/v1/price-lists/{id}/prices/{product_id}", good),
        ("/api/v1/warehouses/{id}", warehouse),
        ("/api/v1/lots/{id}", lot(tenant, marker).await),
    ]
}

/// A lot with its place on the map.
async fn lot(tenant: &Tenant, marker: &str) -> String {
    let ring = json!([[-95.2, 16.17], [-95.1, 16.17], [-95.1, 16.2], [-95.2, 16.17]]);
    let lot = json!({
        "sku": format!("l-{marker}"), "name": marker, "number": marker, "area": "200",
        "price": { "amount": "1000", "currency": "MXN" },
        "polygon": { "type": "Polygon", "coordinates": [ring] }
    });
    tenant.owner.post("/api/v1/lots", lot).await.expect(201).text_at("/id")
}

/// A picture on documents.
async fn logo(tenant: &Tenant) {
    let pixel = include_bytes!("../../data/pixel.png").to_vec();
    tenant.owner.send_bytes(Method::PUT, "/api/v1/tenant/logo", "image/png", pixel).await.expect(204);
}

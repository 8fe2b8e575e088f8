//! Custom fields of products: as of leads, by the same code.

use serde_json::{Value, json};

use crate::support::{Tenant, TestApp};

const PRODUCTS: &str = "/api/v1/products";

async fn names(tenant: &Tenant, query: &str) -> Vec<String> {
    let page = tenant.owner.get(&format!("{PRODUCTS}?{query}")).await.expect(200);
    let data = page.body["data"].as_array().unwrap();
    data.iter().map(|product| product["name"].as_str().unwrap().to_owned()).collect()
}

async fn make(tenant: &Tenant, name: &str, values: Value) -> String {
    let body = json!({ "kind": "good", "sku": name, "name": name, "custom_fields": values });
    tenant.owner.post(PRODUCTS, body).await.expect(201).header("location").unwrap().to_owned()
}

#[tokio::test]
async fn fields_of_products_are_checked_found_and_ordered_by() {
    let acme = TestApp::shared().tenant().await;
    let before = make(&acme, "Antes", json!({ "piezas": 7, "color": "azul" })).await;
    for field in [
        json!({ "key": "piezas", "label": "Piezas", "type": "number", "required": true }),
        json!({ "key": "talla", "label": "Talla", "type": "choice", "choices": ["CH", "M"], "default": "M" }),
        json!({ "key": "codigo", "label": "Código", "type": "text", "unique": true }),
    ] {
        acme.owner.post("/api/v1/products/fields", field).await.expect(201);
    }
    let many = make(&acme, "Muchas", json!({ "piezas": 90, "codigo": "A-1" })).await;
    make(&acme, "Pocas", json!({ "piezas": 2, "talla": "ch" })).await;
    let body = |values: Value| json!({ "kind": "good", "sku": "x", "name": "x", "custom_fields": values });
    for (values, status, pointer) in [
        (json!({ "piezas": "x" }), 422, "/custom_fields/piezas"),
        (json!({}), 422, "/custom_fields/piezas"),
        (json!({ "piezas": 1, "talla": "XL" }), 422, "/custom_fields/talla"),
        (json!({ "piezas": 1, "codigo": "a-1" }), 409, ""),
        (json!({ "piezas": 1, "otro": { "a": 1 } }), 422, "/custom_fields"),
    ] {
        let refused = acme.owner.post(PRODUCTS, body(values.clone())).await.expect(status);
        if status == 422 {
            assert_eq!(refused.text_at("/errors/0/pointer"), pointer, "{values}");
        }
    }
    assert_eq!(names(&acme, "field.piezas.from=3&sort=field.piezas").await, ["Antes", "Muchas"]);
    assert_eq!(names(&acme, "sort=-field.piezas").await, ["Muchas", "Antes", "Pocas"]);
    assert_eq!(names(&acme, "field.talla=ch").await, ["Pocas"]);
    let first = acme.owner.get(&format!("{PRODUCTS}?sort=-field.piezas&limit=1")).await.expect(200);
    let cursor = first.text_at("/next_cursor");
    assert_eq!(names(&acme, &format!("sort=-field.piezas&limit=1&cursor={cursor}")).await, ["Antes"]);
    acme.owner.get(&format!("{PRODUCTS}?sort=name&cursor={cursor}")).await.expect(422);
    acme.owner.get(&format!("{PRODUCTS}?field.nada=1")).await.expect(422);

    let changed = acme.owner.patch(&many, json!({ "custom_fields": { "piezas": 1, "codigo": null } })).await;
    assert_eq!(changed.expect(200).body["custom_fields"], json!({ "piezas": 1, "talla": "M" }));
    assert_eq!(names(&acme, "sort=field.piezas").await, ["Muchas", "Pocas", "Antes"]);
    acme.owner.patch(&many, json!({ "custom_fields": { "piezas": null } })).await.expect(422);
    // What was there before a field was defined stays until it is changed.
    let kept = acme.owner.patch(&before, json!({ "name": "Antes" })).await.expect(200);
    assert_eq!(kept.body["custom_fields"]["color"], "azul");
    // A lot has a form of its own, which asks for no fields.
    let ring = json!([[-95.2, 16.17], [-95.1, 16.17], [-95.1, 16.2], [-95.2, 16.17]]);
    let lot = json!({
        "sku": "l-1", "name": "Lote", "number": "1", "area": "200", "price": { "amount": "1000", "currency": "MXN" },
        "polygon": { "type": "Polygon", "coordinates": [ring] }
    });
    acme.owner.post("/api/v1/lots", lot).await.expect(201);
}

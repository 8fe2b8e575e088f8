//! Money through the public door: the catalogue, the inventory, quotations.

mod catalog;
mod inventory;
mod lots;
mod money;
mod quotations;

use serde_json::{Value, json};

use crate::support::{Answer, Tenant, unique};

const PRODUCTS: &str = "/api/v1/products";
const LISTS: &str = "/api/v1/price-lists";
const LOTS: &str = "/api/v1/lots";
const WAREHOUSES: &str = "/api/v1/warehouses";

/// `body` with `more` over it.
fn with(mut body: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("an object") };
    body.as_object_mut().unwrap().extend(more);
    body
}

/// A new customer's identifier.
async fn customer(tenant: &Tenant) -> String {
    let name = unique("cliente");
    tenant.owner.post("/api/v1/customers", json!({ "trade_name": name })).await.expect(201).text_at("/id")
}

/// 16 % of VAT that is added.
fn vat() -> Value {
    json!([{ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" }])
}

/// A good with `more` over the usual.
async fn product(tenant: &Tenant, sku: &str, more: Value) -> Answer {
    let body = json!({ "kind": "good", "sku": sku, "name": format!("Producto {sku}"), "taxes": vat() });
    tenant.owner.post(PRODUCTS, with(body, more)).await.expect(201)
}

/// A warehouse's path and identifier.
async fn warehouse(tenant: &Tenant, name: &str) -> (String, String) {
    let made = tenant.owner.post(WAREHOUSES, json!({ "name": name })).await.expect(201);
    (made.header("location").unwrap().to_owned(), made.text_at("/id"))
}

/// Takes `quantity` of a product into a warehouse.
async fn receive(tenant: &Tenant, warehouse: &str, product: &Answer, quantity: &str) {
    let body = json!({ "product_id": product.text_at("/id"), "kind": "receipt", "quantity": quantity });
    tenant.owner.post(&format!("{warehouse}/movements"), body).await.expect(200);
}

/// What there is of a product: on hand, reserved, available.
async fn stock(tenant: &Tenant, product: &Answer) -> Vec<(String, String, String)> {
    let path = format!("{PRODUCTS}/{}/stock", product.text_at("/id"));
    let there = tenant.owner.get(&path).await.expect(200);
    let rows = there.body["data"].as_array().unwrap().iter();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    rows.map(|row| (text(row, "on_hand"), text(row, "reserved"), text(row, "available"))).collect()
}

/// Every row of a list, page by page.
async fn all(tenant: &Tenant, path: &str) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = tenant.owner.get(&format!("{path}{cursor}")).await.expect(200);
        rows.extend(page.body["data"].as_array().unwrap().clone());
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

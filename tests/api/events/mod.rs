//! Events as integrators and operators see them.

mod history;
mod long;
mod operators;
mod stream;

use serde_json::{Value, json};

use crate::support::{Client, Tenant, unique};

/// A new lead; answers its id.
async fn lead(tenant: &Tenant) -> String {
    let name = unique("taller");
    let lead = json!({ "company_name": name, "email": format!("{name}@taller.example") });
    tenant.owner.post("/api/v1/leads", lead).await.expect(201).text_at("/id")
}

/// The texts at `pointer` of each item of a page.
fn column(page: &Value, pointer: &str) -> Vec<String> {
    let items = page["data"].as_array().expect("a page");
    items
        .iter()
        .map(|item| item.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned())
        .collect()
}

/// An API key of `tenant` with these scopes.
async fn key(tenant: &Tenant, scopes: &[&str]) -> Client {
    let made =
        tenant.owner.post("/api/v1/api-keys", json!({ "name": "Integration", "scopes": scopes })).await;
    tenant.owner.with_token(&made.expect(201).text_at("/key"))
}

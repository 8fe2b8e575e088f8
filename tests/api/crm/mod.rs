//! Customers: records, duplicates, accounts above and below, people, lists.

#![expect(clippy::disallowed_methods, reason = "clients at once")]

mod contracts;
mod customers;
mod health;
mod hierarchy;
mod onboarding;
mod refusals;
mod timeline;
mod todos;

use serde_json::{Value, json};

use crate::support::Tenant;

/// Creates a customer; answers its path.
pub async fn create(tenant: &Tenant, body: Value) -> String {
    let created = tenant.owner.post("/api/v1/customers", body).await.expect(201);
    created.header("location").expect("it is found somewhere").to_owned()
}

/// A customer of which nothing but the name is known.
pub fn named(name: &str) -> Value {
    json!({ "trade_name": name })
}

/// The identifier at the end of a path.
pub fn id_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

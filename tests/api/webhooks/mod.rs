//! Webhooks, from making them to what arrives at a receiver on this machine.

mod endpoints;
mod receiver;
mod safety;
mod sending;
mod trouble;

use serde_json::{Value, json};

use crate::support::{Answer, Client, Tenant, unique, until};
use receiver::Receiver;

const WEBHOOKS: &str = "/api/v1/webhooks";

/// A webhook of `tenant` to `receiver`; answers its path and its secret.
async fn webhook(tenant: &Tenant, receiver: &Receiver, event_types: &[&str]) -> (String, String) {
    let body = json!({ "url": receiver.url, "event_types": event_types, "description": "Prueba" });
    let made = tenant.owner.post(WEBHOOKS, body).await.expect(201);
    (format!("{WEBHOOKS}/{}", made.text_at("/id")), made.text_at("/secret"))
}

/// A new lead; answers its id.
async fn lead(tenant: &Tenant) -> String {
    let name = unique("taller");
    let lead = json!({ "company_name": name, "email": format!("{name}@taller.example") });
    tenant.owner.post("/api/v1/leads", lead).await.expect(201).text_at("/id")
}

/// What was sent to a webhook, once `holds` is true of it.
async fn deliveries(client: &Client, path: &str, holds: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let mut found = Vec::new();
    until("the deliveries are so", async || {
        let answer = client.get(&format!("{path}/deliveries?limit=200")).await.expect(200);
        found.clone_from(answer.body["data"].as_array().unwrap());
        holds(&found)
    })
    .await;
    found
}

/// The webhook, once `pointer` is `expected`.
async fn becomes(client: &Client, path: &str, pointer: &str, expected: &Value) -> Answer {
    let mut found = None;
    until(&format!("{pointer} is {expected}"), async || {
        let answer = client.get(path).await.expect(200);
        let holds = answer.body.pointer(pointer) == Some(expected);
        found = Some(answer);
        holds
    })
    .await;
    found.unwrap()
}

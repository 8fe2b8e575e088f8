//! Quotations through the public door: drafts, approvals, sending, answers.

mod answers;
mod approvals;
mod documents;
mod drafts;
mod stock;

use serde_json::{Value, json};

use super::{customer, vat, with};
use crate::support::{Answer, Client, Tenant};

const QUOTATIONS: &str = "/api/v1/quotations";

/// Two lines of nothing that is in the catalogue: 2 × 100.00 and 1 × 50.00, with 16 %.
fn lines() -> Value {
    json!([
        { "description": "Uniforme", "quantity": "2", "unit_price": "100", "taxes": vat() },
        { "description": "Bordado", "quantity": "1", "unit_price": "50", "taxes": vat() }
    ])
}

/// A draft for a new customer with `more` over the usual.
async fn draft(tenant: &Tenant, more: Value) -> Answer {
    draft_by(&tenant.owner, tenant, more).await
}

/// A draft that somebody makes.
async fn draft_by(client: &Client, tenant: &Tenant, more: Value) -> Answer {
    let body = json!({ "customer_id": customer(tenant).await, "lines": lines() });
    client.post(QUOTATIONS, with(body, more)).await.expect(201)
}

/// Where a quotation is.
fn path(quotation: &Answer) -> String {
    format!("{QUOTATIONS}/{}", quotation.text_at("/id"))
}

/// A quotation that the customer has, and the path of its link.
async fn sent(tenant: &Tenant, more: Value) -> (Answer, String) {
    let draft = draft(tenant, more).await;
    let sent = tenant.owner.post(&format!("{}/send", path(&draft)), json!({})).await.expect(200);
    let link = link(&sent);
    (sent, link)
}

/// The path of a quotation's link.
fn link(quotation: &Answer) -> String {
    let url = quotation.text_at("/public_url");
    url[url.find("/api/v1/public/").expect("a link")..].to_owned()
}

/// The kinds of events that a quotation has in the log, the oldest first.
async fn events(tenant: &Tenant, quotation: &str) -> Vec<String> {
    let log = tenant.owner.get(&format!("/api/v1/audit?record_id={quotation}&limit=200")).await.expect(200);
    let rows = log.body["data"].as_array().unwrap().iter();
    let mut kinds: Vec<String> = rows.map(|row| row["type"].as_str().unwrap().to_owned()).collect();
    kinds.reverse();
    kinds
}

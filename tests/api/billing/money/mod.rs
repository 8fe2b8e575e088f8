//! Money: invoices, their numbers, credit notes, payments by hand and through providers.

#![expect(clippy::disallowed_methods, reason = "clients at once")]

mod checkout;
mod documents;
mod health;
mod invoices;
mod news;
mod numbers;
mod payments;
mod providers;
mod refusals;
mod reminders;
mod subscriptions;

use serde_json::{Value, json};

use crate::support::{Answer, Client, Tenant, unique};

pub const INVOICES: &str = "/api/v1/invoices";
pub const PAYMENTS: &str = "/api/v1/payments";

/// A customer; answers its id.
pub async fn customer(tenant: &Tenant) -> String {
    let body = json!({ "trade_name": unique("cliente"), "legal_name": "COMERCIAL DEL ISTMO" });
    tenant.owner.post("/api/v1/customers", body).await.expect(201).text_at("/id")
}

/// An invoice of `price` pesos and IVA to a customer.
pub fn invoice(customer: &str, price: &str) -> Value {
    let iva = json!({ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" });
    json!({
        "customer_id": customer, "currency": "MXN",
        "lines": [{ "description": "Uniforme escolar", "quantity": "1", "unit_price": price, "taxes": [iva] }]
    })
}

/// A draft; answers its path.
pub async fn draft(client: &Client, body: Value) -> String {
    let drafted = client.post(INVOICES, body).await.expect(201);
    drafted.header("location").expect("it is found somewhere").to_owned()
}

/// An issued invoice of 1,160.00 pesos; answers it.
pub async fn issued(tenant: &Tenant, customer: &str) -> Answer {
    let path = draft(&tenant.owner, invoice(customer, "1000")).await;
    tenant.owner.post(&format!("{path}/issue"), json!({})).await.expect(200)
}

pub fn mxn(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "MXN" })
}

/// A payment by transfer of which so much pays each of `invoices`.
pub fn transfer(customer: &str, amount: &str, invoices: &[(&str, &str)]) -> Value {
    let allocations = invoices.iter().map(|(id, amount)| json!({ "invoice_id": id, "amount": mxn(amount) }));
    json!({
        "customer_id": customer, "method": "transfer", "amount": mxn(amount), "reference": "SPEI 8846",
        "allocations": allocations.collect::<Vec<_>>()
    })
}

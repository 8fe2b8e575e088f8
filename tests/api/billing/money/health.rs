//! What payments tell of a customer's health.

use chrono::TimeDelta;
use serde_json::json;

use super::{INVOICES, PAYMENTS, customer, draft, invoice, mxn, transfer};
use crate::support::{Tenant, TestApp, until};

/// Waits until the rules of a customer's health are `expected`, after the base.
async fn rules(tenant: &Tenant, customer: &str, expected: &[&str]) {
    let path = format!("/api/v1/customers/{customer}/health");
    until(&format!("the rules are {expected:?}"), async || {
        let health = tenant.owner.get(&path).await.expect(200);
        let reasons = health.body["reasons"].as_array().unwrap();
        reasons.iter().skip(1).map(|reason| reason["rule"].as_str().unwrap()).eq(expected.iter().copied())
    })
    .await;
}

async fn owed(tenant: &Tenant, customer: &str) -> String {
    let mut body = invoice(customer, "1000");
    body["payment_terms_days"] = json!(5);
    let path = draft(&tenant.owner, body).await;
    tenant.owner.post(&format!("{path}/issue"), json!({})).await.expect(200).text_at("/id")
}

async fn pay(tenant: &Tenant, customer: &str, invoice: &str) -> String {
    let payment = transfer(customer, "1160", &[(invoice, "1160")]);
    tenant.owner.post(PAYMENTS, payment).await.expect(201).text_at("/id")
}

#[tokio::test]
async fn overdue_invoices_cost_health_and_paying_in_time_gives_it() {
    let app = TestApp::alone("billing_health");
    let mut acme = app.tenant().await;
    let (good, bad) = (customer(&acme).await, customer(&acme).await);
    for _ in 0..3 {
        let id = owed(&acme, &good).await;
        pay(&acme, &good, &id).await;
    }
    rules(&acme, &good, &["pays_in_time"]).await;
    let (late, void) = (owed(&acme, &bad).await, owed(&acme, &bad).await);
    rules(&acme, &bad, &[]).await;

    app.clock.advance(TimeDelta::days(7));
    acme = app.sign_in(&acme).await;
    rules(&acme, &bad, &["invoice_overdue"]).await;
    app.clock.advance(TimeDelta::days(30));
    acme = app.sign_in(&acme).await;
    // The upkeep of the day finds it.
    rules(&acme, &bad, &["invoice_overdue_30_days"]).await;
    let payment = pay(&acme, &bad, &late).await;
    acme.owner.post(&format!("{INVOICES}/{void}/void"), json!({ "reason": "x" })).await.expect(200);
    rules(&acme, &bad, &[]).await;
    // What was given back is overdue again.
    let refund = json!({ "amount": mxn("10"), "reason": "x" });
    acme.owner.post(&format!("{PAYMENTS}/{payment}/refunds"), refund).await.expect(200);
    rules(&acme, &bad, &["invoice_overdue_30_days"]).await;
}

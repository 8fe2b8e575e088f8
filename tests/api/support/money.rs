//! What a tenant has of money, for the tests that try everything.

use serde_json::json;

use super::{Database, Tenant, until};

/// An invoice that was drafted, one that was issued, credited and paid in part, and what belongs to them.
pub async fn money(
    database: &mut Database,
    tenant: &Tenant,
    customer: &str,
    marker: &str,
) -> Vec<(&'static str, String)> {
    let owner = &tenant.owner;
    let iva = json!({ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" });
    let lines = json!([{ "description": marker, "quantity": "1", "unit_price": "1000", "taxes": [iva] }]);
    let body = json!({ "customer_id": customer, "currency": "MXN", "lines": lines, "notes": marker });
    owner.post("/api/v1/invoices", body.clone()).await.expect(201);
    let issued = owner.post("/api/v1/invoices", body).await.expect(201).text_at("/id");
    owner.post(&format!("/api/v1/invoices/{issued}/issue"), json!({})).await.expect(200);
    let line = json!({ "description": marker, "quantity": "1", "unit_price": "10" });
    let note = json!({ "invoice_id": issued, "reason": marker, "lines": [line] });
    let note = owner.post("/api/v1/credit-notes", note).await.expect(201).text_at("/id");
    let mxn = |amount: &str| json!({ "amount": amount, "currency": "MXN" });
    let payment = json!({
        "customer_id": customer, "method": "transfer", "amount": mxn("100"), "reference": marker, "notes": marker,
        "allocations": [{ "invoice_id": issued, "amount": mxn("50") }]
    });
    let payment = owner.post("/api/v1/payments", payment).await.expect(201).text_at("/id");
    let refund = json!({ "amount": mxn("10"), "reason": marker });
    owner.post(&format!("/api/v1/payments/{payment}/refunds"), refund).await.expect(200);
    let account = json!({
        "provider": "stripe", "secret_key": format!("sk_test_{marker}"), "webhook_secret": format!("whsec_{marker}"),
        "return_url": format!("https://{marker}.example.com/gracias")
    });
    let account = owner.post("/api/v1/payment-accounts", account).await.expect(201);
    let token = account.text_at("/webhook_url").rsplit('/').next().unwrap_or_default().to_owned();
    let subscription = json!({ "customer_id": customer, "name": marker, "period": "year", "currency": "MXN", "lines": lines });
    let subscription = owner.post("/api/v1/billing-subscriptions", subscription).await.expect(201);
    let path = format!("/api/v1/billing-subscriptions/{}", subscription.text_at("/id"));
    until("the first period is billed", async || {
        owner.get(&path).await.expect(200).body["periods"] != json!([])
    })
    .await;
    let id = &tenant.id;
    database.run(&format!(
        "INSERT INTO billing.checkouts (tenant_id, id, invoice_id, provider, status, currency, amount_minor, external_id, url,
             expires_at, created_at, updated_at)
         VALUES ('{id}', gen_random_uuid(), '{issued}', 'stripe', 'ended', 'MXN', 100, 'cs_{marker}', 'https://x', now(), now(), now());
         INSERT INTO billing.provider_events (tenant_id, id, provider, event_id, kind, payload, status, attempts, received_at,
             handled_at)
         VALUES ('{id}', gen_random_uuid(), 'stripe', 'evt_{marker}', 'x', '{{}}', 'ignored', 1, now(), now())"
    ));
    vec![
        ("/api/v1/invoices/{id}", issued),
        ("/api/v1/credit-notes/{id}", note),
        ("/api/v1/payments/{id}", payment),
        ("/api/v1/billing-subscriptions/{id}", subscription.text_at("/id")),
        ("/api/v1/payment-accounts/{id}", account.text_at("/id")),
        ("/api/v1/payments/webhooks/stripe/{token}", token.clone()),
        ("/api/v1/payments/webhooks/paypal/{token}", token),
    ]
}

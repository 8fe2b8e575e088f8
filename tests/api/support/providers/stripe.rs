//! What the stand-in answers as Stripe.

use std::time::SystemTime;

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::{Asked, Standin};

/// What a refund may have.
const REFUND: [&str; 3] = ["payment_intent", "amount", "metadata[refund_id]"];

/// A session as Stripe answers it, without what the request decides.
const SESSION: &str = r#"{
    "id": "", "object": "checkout.session", "after_expiration": null, "allow_promotion_codes": null, "amount_subtotal": 0,
    "amount_total": 0, "automatic_tax": { "enabled": false, "status": null }, "billing_address_collection": null,
    "cancel_url": "", "client_reference_id": "", "consent": null, "consent_collection": null, "created": 0, "currency": "",
    "custom_fields": [], "customer": null, "customer_creation": "if_required", "customer_details": null, "customer_email": null,
    "expires_at": 0, "invoice": null, "livemode": false, "locale": null, "metadata": {}, "mode": "payment",
    "payment_intent": null, "payment_link": null, "payment_method_collection": "if_required", "payment_method_options": {},
    "payment_method_types": ["card"], "payment_status": "unpaid", "recovered_from": null, "setup_intent": null,
    "shipping_cost": null, "status": "open", "submit_type": null, "subscription": null, "success_url": "",
    "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 }, "url": ""
}"#;

impl Standin {
    /// An event of Stripe with `object`, as text, and its signature for `secret` at a time.
    pub fn stripe_event(&self, kind: &str, object: &Value, secret: &str, at: i64) -> (String, String) {
        let id = self.name("evt_");
        let event = json!({
            "id": id, "object": "event", "api_version": "2026-10-28.endive", "created": at, "livemode": false,
            "pending_webhooks": 1, "request": { "id": null, "idempotency_key": null }, "type": kind,
            "data": { "object": object }
        });
        let body = serde_json::to_string_pretty(&event).unwrap();
        let signature = stripe_signature(&body, secret, at);
        (body, signature)
    }

    /// `POST /v1/checkout/sessions`, by <https://docs.stripe.com/api/checkout/sessions/create>
    pub(super) fn session(&self, asked: &Asked) -> (u16, Value) {
        const KNOWN: [&str; 12] = [
            "mode",
            "client_reference_id",
            "line_items[0][quantity]",
            "line_items[0][price_data][currency]",
            "line_items[0][price_data][unit_amount]",
            "line_items[0][price_data][product_data][name]",
            "success_url",
            "cancel_url",
            "expires_at",
            "metadata[invoice_id]",
            "metadata[checkout_id]",
            "payment_intent_data[metadata][invoice_id]",
        ];
        let form = asked.form();
        let refused =
            |words: String| (400, json!({ "error": { "type": "invalid_request_error", "message": words } }));
        if let Some(unknown) = form.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return refused(format!("Received unknown parameter: {unknown}"));
        }
        let text = |name: &str| form.get(name).cloned().unwrap_or_default();
        let amount = text("line_items[0][price_data][unit_amount]").parse::<i64>();
        let currency = text("line_items[0][price_data][currency]");
        let now = i64::try_from(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
        let ends_in = text("expires_at").parse::<i64>().unwrap_or_default() - now;
        let is_right = asked.header("content-type") == "application/x-www-form-urlencoded"
            && asked.header("stripe-version").starts_with("20")
            && text("mode") == "payment"
            && text("line_items[0][quantity]") == "1"
            && currency.len() == 3
            && currency.chars().all(|letter| letter.is_ascii_lowercase())
            && !text("line_items[0][price_data][product_data][name]").is_empty()
            && text("success_url").starts_with("http")
            && (1_800..=86_400).contains(&ends_in);
        let Some(amount) = amount.ok().filter(|amount| is_right && *amount > 0) else {
            return refused(format!("not right: {form:?}"));
        };
        let id = self.name("cs_test_");
        let mut session: Value = serde_json::from_str(SESSION).unwrap();
        for (name, value) in [
            ("id", json!(id)),
            ("amount_subtotal", json!(amount)),
            ("amount_total", json!(amount)),
            ("cancel_url", json!(text("cancel_url"))),
            ("client_reference_id", json!(text("client_reference_id"))),
            ("created", json!(now)),
            ("currency", json!(currency)),
            ("expires_at", json!(now + ends_in)),
            ("success_url", json!(text("success_url"))),
            ("url", json!(format!("https://checkout.stripe.com/c/pay/{id}"))),
        ] {
            session[name] = value;
        }
        let metadata = |name: &str| text(&format!("metadata[{name}]"));
        session["metadata"] =
            json!({ "invoice_id": metadata("invoice_id"), "checkout_id": metadata("checkout_id") });
        self.state().pages.insert(id, session.clone());
        (200, session)
    }

    /// `POST /v1/refunds`, by <https://docs.stripe.com/api/refunds/create>
    pub(super) fn stripe_refund(&self, asked: &Asked) -> (u16, Value) {
        let form = asked.form();
        let amount = form.get("amount").and_then(|amount| amount.parse::<i64>().ok()).unwrap_or_default();
        let payment = form.get("payment_intent").cloned().unwrap_or_default();
        if payment == "pi_spent" {
            let words = "Charge ch_1 has already been refunded.";
            return (400, json!({ "error": { "code": "charge_already_refunded", "message": words } }));
        }
        if let Some(unknown) = form.keys().find(|name| !REFUND.contains(&name.as_str())) {
            return (
                400,
                json!({ "error": { "message": format!("Received unknown parameter: {unknown}") } }),
            );
        }
        if amount <= 0 || !payment.starts_with("pi_") {
            return (400, json!({ "error": { "message": format!("not right: {form:?}") } }));
        }
        let id = self.name("re_");
        (
            200,
            json!({
                "id": id, "object": "refund", "amount": amount, "balance_transaction": null, "charge": "ch_1",
                "created": 1_796_050_800, "currency": "mxn", "metadata": {}, "payment_intent": payment, "reason": null,
                "receipt_number": null, "source_transfer_reversal": null, "status": "succeeded", "transfer_reversal": null
            }),
        )
    }
}

/// `Stripe-Signature` of `body` for `secret` at a time.
pub fn stripe_signature(body: &str, secret: &str, at: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
    let tag = cauce::kernel::text::hex(tag.as_ref());
    format!("t={at},v1={tag}")
}

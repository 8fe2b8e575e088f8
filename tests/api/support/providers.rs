//! Stand-ins for Stripe and PayPal on this machine, by the providers' documents: they check what they are asked, keep names of
//! requests, answer objects of the official shape, and sign what they tell.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use aws_lc_rs::hmac;
use serde_json::{Value, json};

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

/// What was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// How to answer badly.
#[derive(Debug, Clone, Copy)]
pub enum Bad {
    /// With this status.
    Status(u16),
    /// After this time, which is too long.
    After(Duration),
}

/// Both providers at one address.
#[derive(Clone)]
pub struct Standin {
    pub url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    asked: Vec<Asked>,
    bad: VecDeque<Bad>,
    always_bad: Option<Bad>,
    /// What was asked and answered under a name.
    names: HashMap<String, (String, u16, Value)>,
    /// Orders and sessions by their identifier.
    pages: HashMap<String, Value>,
    /// PayPal's transmissions that are its own, with the event as it was sent.
    sent: HashMap<String, String>,
    count: u64,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(header, _)| header == name).map_or("", |(_, value)| value)
    }

    /// The fields of a form.
    pub fn form(&self) -> HashMap<String, String> {
        form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }
}

impl Standin {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let standin = Self { url, state: Arc::default() };
        let shared = standin.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let standin = shared.clone();
                std::thread::spawn(move || standin.serve(connection));
            }
        });
        standin
    }

    /// Answers badly so many times as there are.
    pub fn fail(&self, bad: impl IntoIterator<Item = Bad>) {
        self.state().bad.extend(bad);
    }

    /// Answers badly from now on, or well again.
    pub fn always_fail(&self, bad: Option<Bad>) {
        self.state().always_bad = bad;
    }

    /// What was asked at `path`, in order.
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        self.state().asked.iter().filter(|asked| asked.path.starts_with(path)).cloned().collect()
    }

    /// The session or order.
    pub fn page(&self, id: &str) -> Value {
        self.state().pages[id].clone()
    }

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

    /// An event of PayPal with `resource`, as text, and the headers that it is sent with.
    pub fn paypal_event(&self, kind: &str, resource: &Value) -> (String, Vec<(&'static str, String)>) {
        let event = json!({
            "id": self.name("WH-"), "event_version": "1.0", "create_time": "2026-11-22T18:00:00Z",
            "resource_type": "capture", "event_type": kind, "summary": "x", "resource": resource, "links": []
        });
        let body = format!(" {} ", serde_json::to_string_pretty(&event).unwrap());
        let transmission = self.name("t-");
        self.state().sent.insert(transmission.clone(), body.clone());
        let headers = vec![
            ("PAYPAL-TRANSMISSION-ID", transmission),
            ("PAYPAL-TRANSMISSION-TIME", "2026-11-22T18:00:00Z".to_owned()),
            ("PAYPAL-TRANSMISSION-SIG", "c2lnbmVk".to_owned()),
            ("PAYPAL-CERT-URL", "https://api.paypal.com/v1/notifications/certs/CERT-360caa42".to_owned()),
            ("PAYPAL-AUTH-ALGO", "SHA256withRSA".to_owned()),
        ];
        (body, headers)
    }

    fn name(&self, prefix: &str) -> String {
        let mut state = self.state();
        state.count += 1;
        format!("{prefix}{}a{}", std::process::id(), state.count)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn serve(&self, connection: TcpStream) {
        let mut reader = BufReader::new(connection);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            let mut headers = Vec::new();
            line.clear();
            while reader.read_line(&mut line).unwrap_or(0) > 2 {
                if let Some((name, value)) = line.trim_end().split_once(": ") {
                    headers.push((name.to_lowercase(), value.to_owned()));
                }
                line.clear();
            }
            let length = headers.iter().find(|(name, _)| name == "content-length");
            let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
            if reader.read_exact(&mut body).is_err() {
                return;
            }
            let asked = Asked { path, headers, body: String::from_utf8(body).unwrap() };
            self.state().asked.push(asked.clone());
            let bad = {
                let mut state = self.state();
                state.bad.pop_front().or(state.always_bad)
            };
            let (status, answer) = match bad {
                Some(Bad::Status(status)) => (status, json!({ "error": { "message": "broken" } })),
                Some(Bad::After(time)) => {
                    std::thread::park_timeout(time);
                    (200, json!({}))
                }
                None => self.answer(&asked),
            };
            let text = answer.to_string();
            let head = format!(
                "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                text.len()
            );
            if reader.get_mut().write_all((head + &text).as_bytes()).is_err() {
                return;
            }
        }
    }

    fn answer(&self, asked: &Asked) -> (u16, Value) {
        let is_stripe = asked.path == "/v1/checkout/sessions" || asked.path == "/v1/refunds";
        let name = asked.header(if is_stripe { "idempotency-key" } else { "paypal-request-id" }).to_owned();
        if asked.path == "/v1/oauth2/token" {
            return token(asked);
        }
        let may = asked.header("authorization");
        if may != "Bearer sk_test_right" && may != "Bearer token-of-right-client" {
            let words = "Invalid API Key provided";
            return (
                401,
                json!({ "error": { "type": "invalid_request_error", "message": words }, "message": words }),
            );
        }
        if name.is_empty() || name.len() > 255 {
            return (400, json!({ "error": { "message": "no name" }, "message": "no name" }));
        }
        if let Some((body, status, answer)) = self.state().names.get(&name) {
            if *body != asked.body {
                let words = "Keys for idempotent requests can only be used with the same parameters they were first used with.";
                return (400, json!({ "error": { "type": "idempotency_error", "message": words } }));
            }
            return (*status, answer.clone());
        }
        let (status, answer) = match asked.path.as_str() {
            "/v1/checkout/sessions" => self.session(asked),
            "/v1/refunds" => self.stripe_refund(asked),
            "/v2/checkout/orders" => self.order(asked),
            "/v1/notifications/verify-webhook-signature" => self.verification(asked),
            path if path.ends_with("/capture") => self.capture(asked),
            path if path.ends_with("/refund") => self.paypal_refund(asked),
            _ => (404, json!({ "error": { "message": "no such path" } })),
        };
        self.state().names.insert(name, (asked.body.clone(), status, answer.clone()));
        (status, answer)
    }

    /// `POST /v1/checkout/sessions`, by https://docs.stripe.com/api/checkout/sessions/create
    fn session(&self, asked: &Asked) -> (u16, Value) {
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

    /// `POST /v1/refunds`, by https://docs.stripe.com/api/refunds/create
    fn stripe_refund(&self, asked: &Asked) -> (u16, Value) {
        let form = asked.form();
        let amount = form.get("amount").and_then(|amount| amount.parse::<i64>().ok()).unwrap_or_default();
        let payment = form.get("payment_intent").cloned().unwrap_or_default();
        if payment == "pi_spent" {
            let words = "Charge ch_1 has already been refunded.";
            return (400, json!({ "error": { "code": "charge_already_refunded", "message": words } }));
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

    /// `POST /v2/checkout/orders`, by https://developer.paypal.com/docs/api/orders/v2/#orders_create
    fn order(&self, asked: &Asked) -> (u16, Value) {
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let unit = &body["purchase_units"][0];
        let value = unit["amount"]["value"].as_str().unwrap_or_default();
        let is_right = asked.header("content-type") == "application/json"
            && ["CAPTURE", "AUTHORIZE"].contains(&body["intent"].as_str().unwrap_or_default())
            && unit["amount"]["currency_code"].as_str().is_some_and(|code| code.len() == 3)
            && value.split_once('.').is_some_and(|(_, cents)| cents.len() == 2)
            && body["payment_source"]["paypal"]["experience_context"]["return_url"].is_string();
        if !is_right {
            return (422, json!({ "name": "UNPROCESSABLE_ENTITY", "message": "not right", "details": [] }));
        }
        let id = self.name("5O");
        let order = json!({
            "id": id, "status": "PAYER_ACTION_REQUIRED", "intent": "CAPTURE", "purchase_units": body["purchase_units"],
            "payment_source": { "paypal": {} },
            "links": [
                { "href": format!("{}/v2/checkout/orders/{id}", self.url), "rel": "self", "method": "GET" },
                { "href": format!("https://www.paypal.com/checkoutnow?token={id}"), "rel": "payer-action", "method": "GET" }
            ]
        });
        self.state().pages.insert(id, order.clone());
        (200, order)
    }

    /// `POST /v2/checkout/orders/{id}/capture`
    fn capture(&self, asked: &Asked) -> (u16, Value) {
        let id = asked.path.split('/').nth(4).unwrap_or_default();
        let Some(mut order) = self.state().pages.get(id).cloned() else {
            return (404, json!({ "name": "RESOURCE_NOT_FOUND", "message": "no such order" }));
        };
        let capture = json!({
            "id": self.name("3C"), "status": "COMPLETED", "final_capture": true,
            "amount": order["purchase_units"][0]["amount"], "custom_id": order["purchase_units"][0]["custom_id"],
            "supplementary_data": { "related_ids": { "order_id": id } }
        });
        order["status"] = json!("COMPLETED");
        order["purchase_units"][0]["payments"] = json!({ "captures": [capture] });
        self.state().pages.insert(id.to_owned(), order.clone());
        (201, order)
    }

    /// `POST /v2/payments/captures/{id}/refund`
    fn paypal_refund(&self, asked: &Asked) -> (u16, Value) {
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let capture = asked.path.split('/').nth(4).unwrap_or_default();
        let is_right = body["amount"]["value"].is_string() && body["amount"]["currency_code"].is_string();
        if !is_right {
            return (400, json!({ "name": "INVALID_REQUEST", "message": "not right" }));
        }
        let up = format!("{}/v2/payments/captures/{capture}", self.url);
        (
            201,
            json!({
                "id": self.name("1R"), "status": "COMPLETED", "amount": body["amount"],
                "links": [{ "href": up, "rel": "up", "method": "GET" }]
            }),
        )
    }

    /// `POST /v1/notifications/verify-webhook-signature`: only what was sent, byte for byte, to the right webhook.
    fn verification(&self, asked: &Asked) -> (u16, Value) {
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let sent = self.state().sent.get(body["transmission_id"].as_str().unwrap_or_default()).cloned();
        let is_whole = ["auth_algo", "cert_url", "transmission_sig", "transmission_time"]
            .iter()
            .all(|name| body[name].is_string());
        let is_sent = sent.is_some_and(|sent| asked.body.ends_with(&format!("\"webhook_event\":{sent}}}")));
        let is_right = is_whole && is_sent && body["webhook_id"] == "WEBHOOK-1";
        (200, json!({ "verification_status": if is_right { "SUCCESS" } else { "FAILURE" } }))
    }
}

/// `Stripe-Signature` of `body` for `secret` at a time.
pub fn stripe_signature(body: &str, secret: &str, at: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
    let tag: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={at},v1={tag}")
}

/// `POST /v1/oauth2/token`
fn token(asked: &Asked) -> (u16, Value) {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let right = format!("Basic {}", STANDARD.encode("right-client:right-secret"));
    if asked.header("authorization") != right || asked.body != "grant_type=client_credentials" {
        let error = json!({ "error": "invalid_client", "error_description": "Client Authentication failed" });
        return (401, error);
    }
    (
        200,
        json!({
            "scope": "x", "access_token": "token-of-right-client", "token_type": "Bearer", "app_id": "APP-1",
            "expires_in": 32_400, "nonce": "x"
        }),
    )
}

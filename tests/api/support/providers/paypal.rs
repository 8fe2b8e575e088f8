//! What the stand-in answers as PayPal. It signs events as PayPal documents it (RSA with SHA-256 over transmission, time, webhook and
//! CRC-32 of the event), and verifies them by that alone.

use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Asked, Standin};

/// PayPal's name of the one webhook that there is.
const WEBHOOK: &str = "WEBHOOK-1";
const SENT_AT: &str = "2026-11-22T18:00:00Z";

/// What an order may have; numbers of a list are `0`.
const ORDER: [&str; 10] = [
    "/intent",
    "/purchase_units/0/reference_id",
    "/purchase_units/0/custom_id",
    "/purchase_units/0/description",
    "/purchase_units/0/amount/currency_code",
    "/purchase_units/0/amount/value",
    "/payment_source/paypal/experience_context/return_url",
    "/payment_source/paypal/experience_context/cancel_url",
    "/payment_source/paypal/experience_context/user_action",
    "/payment_source/paypal/experience_context/shipping_preference",
];
const REFUND: [&str; 3] = ["/amount/currency_code", "/amount/value", "/custom_id"];
const VERIFICATION: [&str; 6] =
    ["/auth_algo", "/cert_url", "/transmission_id", "/transmission_sig", "/transmission_time", "/webhook_id"];

impl Standin {
    /// An event of PayPal with `resource`, as text, and the headers that it is sent with.
    pub fn paypal_event(&self, kind: &str, resource: &Value) -> (String, Vec<(&'static str, String)>) {
        let event = json!({
            "id": self.name("WH-"), "event_version": "1.0", "create_time": "2026-11-22T18:00:00Z",
            "resource_type": "capture", "event_type": kind, "summary": "x", "resource": resource, "links": []
        });
        let body = format!(" {} ", serde_json::to_string_pretty(&event).unwrap());
        let transmission = self.name("t-");
        let signature = STANDARD.encode(signed(&message(&transmission, SENT_AT, WEBHOOK, &body)));
        let headers = vec![
            ("PAYPAL-TRANSMISSION-ID", transmission),
            ("PAYPAL-TRANSMISSION-TIME", SENT_AT.to_owned()),
            ("PAYPAL-TRANSMISSION-SIG", signature),
            ("PAYPAL-CERT-URL", "https://api.paypal.com/v1/notifications/certs/CERT-360caa42".to_owned()),
            ("PAYPAL-AUTH-ALGO", "SHA256withRSA".to_owned()),
        ];
        (body, headers)
    }

    /// `POST /v2/checkout/orders`, by <https://developer.paypal.com/docs/api/orders/v2/#orders_create>
    pub(super) fn order(&self, asked: &Asked) -> (u16, Value) {
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let unit = &body["purchase_units"][0];
        let value = unit["amount"]["value"].as_str().unwrap_or_default();
        let is_right = asked.header("content-type") == "application/json"
            && ["CAPTURE", "AUTHORIZE"].contains(&body["intent"].as_str().unwrap_or_default())
            && unit["amount"]["currency_code"].as_str().is_some_and(|code| code.len() == 3)
            && value.split_once('.').is_some_and(|(_, cents)| cents.len() == 2)
            && body["purchase_units"].as_array().is_some_and(|units| units.len() == 1)
            && body["payment_source"]["paypal"]["experience_context"]["return_url"].is_string();
        if let Some(unknown) = unknown(&body, &ORDER) {
            return (400, json!({ "name": "INVALID_REQUEST", "message": format!("unknown: {unknown}") }));
        }
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
    pub(super) fn capture(&self, asked: &Asked) -> (u16, Value) {
        let id = asked.path.split('/').nth(4).unwrap_or_default();
        let Some(mut order) = self.state().pages.get(id).cloned() else {
            return (404, json!({ "name": "RESOURCE_NOT_FOUND", "message": "no such order" }));
        };
        if asked.body != "{}" {
            return (
                400,
                json!({ "name": "INVALID_REQUEST", "message": "a capture of all has nothing to say" }),
            );
        }
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
    pub(super) fn paypal_refund(&self, asked: &Asked) -> (u16, Value) {
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let capture = asked.path.split('/').nth(4).unwrap_or_default();
        let is_right = body["amount"]["value"].is_string()
            && body["amount"]["currency_code"].is_string()
            && unknown(&body, &REFUND).is_none();
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

    /// `POST /v1/notifications/verify-webhook-signature`: only what was signed, byte for byte, for the webhook that is named.
    pub(super) fn verification(asked: &Asked) -> (u16, Value) {
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        let mut head = body.clone();
        head.as_object_mut().map(|members| members.remove("webhook_event"));
        if unknown(&head, &VERIFICATION).is_some()
            || VERIFICATION.iter().any(|name| text(&name[1..]).is_empty())
        {
            return (400, json!({ "name": "VALIDATION_ERROR", "message": "not right" }));
        }
        let event = asked.body.split_once("\"webhook_event\":").map_or("", |(_, event)| event);
        let event = event.strip_suffix('}').unwrap_or_default();
        let said = message(text("transmission_id"), text("transmission_time"), text("webhook_id"), event);
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key().public_key().as_ref());
        let signature = STANDARD.decode(text("transmission_sig")).unwrap_or_default();
        let is_right = text("webhook_id") == WEBHOOK && key.verify(said.as_bytes(), &signature).is_ok();
        (200, json!({ "verification_status": if is_right { "SUCCESS" } else { "FAILURE" } }))
    }
}

/// What PayPal signs of an event.
fn message(transmission: &str, at: &str, webhook: &str, event: &str) -> String {
    format!("{transmission}|{at}|{webhook}|{}", crc32(event.as_bytes()))
}

fn crc32(bytes: &[u8]) -> u32 {
    let rounds = |crc: u32| (0..8).fold(crc, |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()));
    !bytes.iter().fold(!0, |crc, byte| rounds(crc ^ u32::from(*byte)))
}

fn key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).unwrap())
}

fn signed(message: &str) -> Vec<u8> {
    let mut signature = vec![0; key().public_modulus_len()];
    key().sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    signature
}

/// A member of `body` that none of `known` names, if there is one.
fn unknown(body: &Value, known: &[&str]) -> Option<String> {
    fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, value)| leaves(value, &format!("{at}/{name}"), found));
            }
            Value::Array(items) => items.iter().for_each(|value| leaves(value, &format!("{at}/0"), found)),
            _ => found.push(at.to_owned()),
        }
    }
    let mut found = Vec::new();
    leaves(body, "", &mut found);
    found.into_iter().find(|leaf| !known.contains(&leaf.as_str()))
}

#[test]
fn the_checksum_is_the_usual_one() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
}

/// `POST /v1/oauth2/token`
pub(super) fn token(asked: &Asked) -> (u16, Value) {
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

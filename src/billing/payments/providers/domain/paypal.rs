//! PayPal: Orders v2 in JSON, amounts as decimals, and events that PayPal itself verifies.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Made, News, Order, Refunded, text};
use crate::kernel::{Currency, Money};

/// The body of `POST /v2/checkout/orders`.
pub fn order_body(order: &Order) -> Value {
    json!({
        "intent": "CAPTURE",
        "purchase_units": [{
            "reference_id": order.checkout,
            "custom_id": order.invoice,
            "description": order.label,
            "amount": amount(order.amount),
        }],
        "payment_source": { "paypal": { "experience_context": {
            "return_url": order.return_url, "cancel_url": order.return_url, "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING"
        } } }
    })
}

/// The page in the answer to it.
pub fn made(order: &Value) -> Option<Made> {
    let links = order["links"].as_array()?;
    let page = links.iter().find(|link| link["rel"] == "payer-action" || link["rel"] == "approve")?;
    Some(Made { external: text(order, "/id")?, url: text(page, "/href")? })
}

/// What a captured order says.
pub fn captured(order: &Value) -> News {
    let external = text(order, "/id").unwrap_or_default();
    let capture = &order["purchase_units"][0]["payments"]["captures"][0];
    match capture["status"].as_str() {
        Some("COMPLETED") => paid(external, capture),
        Some("DECLINED" | "FAILED") => News::Ended { external },
        // The money is on its way, and another event will tell.
        _ => News::Nothing,
    }
}

/// The body of `POST /v2/payments/captures/{id}/refund`.
pub fn refund_body(money: Money, refund: Uuid) -> Value {
    json!({ "amount": amount(money), "custom_id": refund })
}

/// What the answer to it says.
pub fn refunded(refund: &Value) -> Option<Refunded> {
    let id = text(refund, "/id")?;
    Some(match refund["status"].as_str()? {
        status @ ("FAILED" | "CANCELLED") => Refunded::Refused(status.to_owned()),
        _ => Refunded::Taken(id),
    })
}

/// What PayPal says of itself in the headers of an event.
#[expect(clippy::struct_field_names, reason = "PayPal's own names, which are written to it")]
#[derive(Debug, Clone, Serialize)]
pub struct Transmission {
    /// `PAYPAL-TRANSMISSION-ID`
    pub transmission_id: String,
    /// `PAYPAL-TRANSMISSION-TIME`
    pub transmission_time: String,
    /// `PAYPAL-TRANSMISSION-SIG`
    pub transmission_sig: String,
    /// `PAYPAL-CERT-URL`
    pub cert_url: String,
    /// `PAYPAL-AUTH-ALGO`
    pub auth_algo: String,
}

/// The body of `POST /v1/notifications/verify-webhook-signature`, with the event byte for byte as it came; none when that is
/// no JSON. The webhook is the one that we know, never one that the caller names.
pub fn verification_body(transmission: &Transmission, webhook_id: &str, event: &str) -> Option<String> {
    #[derive(Serialize)]
    struct Verification<'a> {
        #[serde(flatten)]
        transmission: &'a Transmission,
        webhook_id: &'a str,
    }
    serde_json::from_str::<&RawValue>(event).ok()?;
    let head = serde_json::to_string(&Verification { transmission, webhook_id }).ok()?;
    // A raw value would lose its white space inside a flattened structure.
    Some(format!("{},\"webhook_event\":{event}}}", head.strip_suffix('}')?))
}

/// The name and the kind of an event.
pub fn event_name(event: &Value) -> Option<(String, String)> {
    Some((text(event, "/id")?, text(event, "/event_type")?))
}

/// What an event means.
pub fn news(event: &Value) -> News {
    let resource = &event["resource"];
    let order = || text(resource, "/supplementary_data/related_ids/order_id").unwrap_or_default();
    match event["event_type"].as_str().unwrap_or_default() {
        "CHECKOUT.ORDER.APPROVED" => News::Approved { external: text(resource, "/id").unwrap_or_default() },
        "PAYMENT.CAPTURE.COMPLETED" => paid(order(), resource),
        "PAYMENT.CAPTURE.DENIED" => News::Ended { external: order() },
        "PAYMENT.CAPTURE.REFUNDED" | "PAYMENT.CAPTURE.REVERSED" => News::GivenBack {
            payment: capture_of(resource).unwrap_or_default(),
            total: money(&resource["seller_payable_breakdown"]["total_refunded_amount"]),
        },
        _ => News::Nothing,
    }
}

fn paid(external: String, capture: &Value) -> News {
    let payment = text(capture, "/id").unwrap_or_default();
    News::Paid { external, payment, amount: money(&capture["amount"]) }
}

/// The capture that a refund is of: the last part of the link upwards.
fn capture_of(refund: &Value) -> Option<String> {
    let up = refund["links"].as_array()?.iter().find(|link| link["rel"] == "up")?;
    up["href"].as_str()?.rsplit('/').next().map(str::to_owned)
}

fn amount(money: Money) -> Value {
    json!({ "currency_code": money.currency().as_str(), "value": money.amount() })
}

fn money(amount: &Value) -> Option<Money> {
    let currency = Currency::parse(amount["currency_code"].as_str()?).ok()?;
    Money::parse(amount["value"].as_str()?, currency).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_and_the_rest_passed_over() {
        let amount = json!({ "currency_code": "MXN", "value": "1160.00" });
        let capture = json!({
            "id": "3C", "amount": amount, "status": "COMPLETED",
            "supplementary_data": { "related_ids": { "order_id": "5O" } }
        });
        let event =
            |kind: &str, resource: &Value| json!({ "id": "WH-1", "event_type": kind, "resource": resource });
        let paid = News::Paid {
            external: "5O".to_owned(),
            payment: "3C".to_owned(),
            amount: Some(Money::from_minor(116_000, Currency::MXN)),
        };
        assert_eq!(news(&event("PAYMENT.CAPTURE.COMPLETED", &capture)), paid);
        let order = json!({ "id": "5O", "purchase_units": [{ "payments": { "captures": [capture] } }] });
        assert_eq!(captured(&order), paid);
        assert_eq!(
            news(&event("CHECKOUT.ORDER.APPROVED", &json!({ "id": "5O" }))),
            News::Approved { external: "5O".to_owned() }
        );
        let refund = json!({
            "id": "1R", "links": [{ "rel": "up", "href": "https://api.paypal.com/v2/payments/captures/3C" }],
            "seller_payable_breakdown": { "total_refunded_amount": { "currency_code": "MXN", "value": "50.00" } }
        });
        let total = Some(Money::from_minor(5_000, Currency::MXN));
        assert_eq!(
            news(&event("PAYMENT.CAPTURE.REFUNDED", &refund)),
            News::GivenBack { payment: "3C".to_owned(), total }
        );
        assert_eq!(news(&event("BILLING.PLAN.CREATED", &refund)), News::Nothing);
    }

    #[test]
    fn the_event_is_verified_byte_for_byte() {
        let transmission = Transmission {
            transmission_id: "t\"1".to_owned(),
            transmission_time: "2026-11-22T18:00:00Z".to_owned(),
            transmission_sig: "s".to_owned(),
            cert_url: "https://api.paypal.com/cert".to_owned(),
            auth_algo: "SHA256withRSA".to_owned(),
        };
        let event = r#"{ "id":"WH-1",  "amount": 1.00 }"#;
        let body = verification_body(&transmission, "WEBHOOK", event).unwrap();
        assert!(body.ends_with(&format!("\"webhook_id\":\"WEBHOOK\",\"webhook_event\":{event}}}")), "{body}");
        let read: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(read["transmission_id"], "t\"1");
        assert_eq!(verification_body(&transmission, "WEBHOOK", "{},\"webhook_id\":\"x\""), None);
    }
}

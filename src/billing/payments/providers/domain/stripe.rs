//! Stripe: forms out, JSON in, and events signed with HMAC-SHA256.

use aws_lc_rs::hmac;
use serde_json::Value;
use uuid::Uuid;

use super::{Made, News, Order, Refunded, text};
use crate::kernel::{Currency, Money};

/// The version of the API that is written and read here.
pub const VERSION: &str = "2026-10-28.endive";

/// How far the time of a signature may be from ours, in seconds.
const TOLERANCE: i64 = 300;

/// The form of `POST /v1/checkout/sessions`.
pub fn checkout_form(order: &Order) -> Vec<(&'static str, String)> {
    let currency = order.amount.currency().as_str().to_lowercase();
    vec![
        ("mode", "payment".to_owned()),
        ("client_reference_id", order.invoice.to_string()),
        ("line_items[0][quantity]", "1".to_owned()),
        ("line_items[0][price_data][currency]", currency),
        ("line_items[0][price_data][unit_amount]", order.amount.minor().to_string()),
        ("line_items[0][price_data][product_data][name]", order.label.clone()),
        ("success_url", order.return_url.clone()),
        ("cancel_url", order.return_url.clone()),
        ("expires_at", order.expires_at.timestamp().to_string()),
        ("metadata[invoice_id]", order.invoice.to_string()),
        ("metadata[checkout_id]", order.checkout.to_string()),
        ("payment_intent_data[metadata][invoice_id]", order.invoice.to_string()),
    ]
}

/// The page in the answer to it.
pub fn made(session: &Value) -> Option<Made> {
    Some(Made { external: text(session, "/id")?, url: text(session, "/url")? })
}

/// The form of `POST /v1/refunds`.
pub fn refund_form(payment: &str, amount: Money, refund: Uuid) -> Vec<(&'static str, String)> {
    vec![
        ("payment_intent", payment.to_owned()),
        ("amount", amount.minor().to_string()),
        ("metadata[refund_id]", refund.to_string()),
    ]
}

/// What the answer to it says.
pub fn refunded(refund: &Value) -> Option<Refunded> {
    let id = text(refund, "/id")?;
    Some(match text(refund, "/status")?.as_str() {
        "failed" | "canceled" => {
            Refunded::Refused(text(refund, "/failure_reason").unwrap_or_else(|| "failed".to_owned()))
        }
        _ => Refunded::Taken(id),
    })
}

/// Whether `header` (`t=…,v1=…`) signs `body` with `secret` at a time near `now`. Any of several signatures will do, as while a
/// secret is rotated.
pub fn is_signed(secret: &str, header: &str, body: &[u8], now: i64) -> bool {
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    let Some((_, timestamp)) = parts().find(|(name, _)| *name == "t") else { return false };
    let Ok(signed_at) = timestamp.parse::<i64>() else { return false };
    if now.saturating_sub(signed_at).saturating_abs() > TOLERANCE {
        return false;
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let content = [timestamp.as_bytes(), b".", body].concat();
    // In constant time.
    let fits =
        |signature: &str| bytes(signature).is_some_and(|tag| hmac::verify(&key, &content, &tag).is_ok());
    parts().filter(|(name, _)| *name == "v1").any(|(_, signature)| fits(signature))
}

fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    if !hexadecimal.is_ascii() || !hexadecimal.len().is_multiple_of(2) {
        return None;
    }
    let pairs = (0..hexadecimal.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).ok()).collect()
}

/// The name and the kind of an event.
pub fn event_name(event: &Value) -> Option<(String, String)> {
    Some((text(event, "/id")?, text(event, "/type")?))
}

/// What an event means.
pub fn news(event: &Value) -> News {
    let object = &event["data"]["object"];
    let external = || text(object, "/id").unwrap_or_default();
    match event["type"].as_str().unwrap_or_default() {
        // OXXO and the like complete the page long before the money comes.
        "checkout.session.completed" | "checkout.session.async_payment_succeeded"
            if object["payment_status"] == "paid" =>
        {
            News::Paid {
                external: external(),
                payment: text(object, "/payment_intent").unwrap_or_default(),
                amount: money(object, "/amount_total"),
            }
        }
        "checkout.session.expired" | "checkout.session.async_payment_failed" => {
            News::Ended { external: external() }
        }
        "charge.refunded" => News::GivenBack {
            payment: text(object, "/payment_intent").unwrap_or_default(),
            total: money(object, "/amount_refunded"),
        },
        _ => News::Nothing,
    }
}

fn money(object: &Value, pointer: &str) -> Option<Money> {
    let currency = Currency::parse(object["currency"].as_str()?).ok()?;
    Some(Money::from_minor(object.pointer(pointer)?.as_i64()?, currency))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What Stripe's own libraries sign this with.
    const SIGNATURE: &str = "c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925";

    #[test]
    fn signatures_are_those_of_stripes_libraries() {
        let (secret, body, at) = ("whsec_test", br#"{"id":"evt_1"}"#.as_slice(), 1_700_000_000);
        let header = format!("t={at},v1={SIGNATURE}");
        let rotated = format!("t={at},v1={},v1={SIGNATURE},v0=x", "0".repeat(64));
        let shortened = format!("t={at},v1={}", &SIGNATURE[..62]);
        let older = format!("t={},v1={SIGNATURE}", at - 1);
        for (secret, header, body, now, expected) in [
            (secret, header.as_str(), body, at, true),
            (secret, &header, body, at + 300, true),
            (secret, &header, body, at - 300, true),
            (secret, &rotated, body, at, true),
            (secret, &header, body, at + 301, false),
            (secret, &header, body, at - 301, false),
            (secret, &header, br#"{"id":"evt_2"}"#.as_slice(), at, false),
            ("whsec_other", &header, body, at, false),
            (secret, &older, body, at, false),
            (secret, &shortened, body, at, false),
            (secret, "t=x,v1=00", body, at, false),
            (secret, "v1=00", body, at, false),
            (secret, "t=1700000000,v1=ñ0", body, at, false),
            (secret, "", body, at, false),
        ] {
            assert_eq!(is_signed(secret, header, body, now), expected, "{header} at {now}");
        }
    }

    #[test]
    fn events_are_read_and_the_rest_passed_over() {
        let session = |kind: &str, status: &str| {
            json!({ "id": "evt_1", "type": kind, "data": { "object": {
                "id": "cs_1", "payment_status": status, "payment_intent": "pi_1", "amount_total": 116_000, "currency": "mxn"
            } } })
        };
        let paid = News::Paid {
            external: "cs_1".to_owned(),
            payment: "pi_1".to_owned(),
            amount: Some(Money::from_minor(116_000, Currency::MXN)),
        };
        let ended = News::Ended { external: "cs_1".to_owned() };
        for (kind, status, expected) in [
            ("checkout.session.completed", "paid", paid.clone()),
            ("checkout.session.completed", "unpaid", News::Nothing),
            ("checkout.session.async_payment_succeeded", "paid", paid),
            ("checkout.session.async_payment_failed", "unpaid", ended.clone()),
            ("checkout.session.expired", "unpaid", ended),
            ("customer.created", "paid", News::Nothing),
        ] {
            assert_eq!(news(&session(kind, status)), expected, "{kind} {status}");
        }
        let refunded = json!({ "type": "charge.refunded", "data": { "object": {
            "id": "ch_1", "payment_intent": "pi_1", "amount_refunded": 5_000, "currency": "mxn"
        } } });
        let total = Some(Money::from_minor(5_000, Currency::MXN));
        assert_eq!(news(&refunded), News::GivenBack { payment: "pi_1".to_owned(), total });
        assert_eq!(news(&json!({})), News::Nothing);
    }

    #[test]
    #[ignore = "installs npm's and PyPI's stripe: `cargo test --lib -- --ignored stripes_own_libraries`"]
    fn what_stripes_own_libraries_sign_is_taken_and_nothing_else() {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/stripe-signatures.sh");
        let output = std::process::Command::new(script).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut counts = std::collections::BTreeMap::new();
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let signed: Value = serde_json::from_str(line).unwrap();
            let part = |name: &str| signed[name].as_str().unwrap();
            let header = part("header");
            let at = header[2..].split(',').next().unwrap().parse().unwrap();
            let body = part("body").as_bytes();
            assert!(is_signed(part("secret"), header, body, at), "{line}");
            assert!(!is_signed(part("secret"), header, part("body").replace("evt", "evu").as_bytes(), at));
            assert!(!is_signed("whsec_other", header, body, at));
            assert!(!is_signed(part("secret"), header, body, at + 301));
            *counts.entry(part("library").to_owned()).or_insert(0) += 1;
        }
        assert_eq!(
            counts.into_iter().collect::<Vec<_>>(),
            [("PyPI stripe".to_owned(), 50), ("npm stripe".to_owned(), 50)]
        );
    }
}

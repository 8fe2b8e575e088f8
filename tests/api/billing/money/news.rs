//! What providers tell: tampered, stale, replayed, re-ordered, of somebody else's invoice.

use reqwest::Method;
use serde_json::{Value, json};

use super::providers::{Connected, Place};
use super::{INVOICES, PAYMENTS, mxn};
use crate::support::{Answer, Database, Standin, TestApp, stripe_signature, until};

const SECRET: &str = "whsec_right";

async fn tell_stripe(app: &TestApp, path: &str, body: &str, signature: &str) -> Answer {
    let client = app.anonymous().with_header("Stripe-Signature", signature);
    client.send_bytes(Method::POST, path, "application/json; charset=utf-8", body.as_bytes().to_vec()).await
}

async fn tell_paypal(app: &TestApp, path: &str, (body, headers): &(String, Vec<(&str, String)>)) -> Answer {
    let client =
        headers.iter().fold(app.anonymous(), |client, (name, value)| client.with_header(name, value));
    client.send_bytes(Method::POST, path, "application/json", body.as_bytes().to_vec()).await
}

/// The session of `page`, paid by the payment `intent`.
fn paid_session(standin: &Standin, page: &str, intent: &str) -> Value {
    let mut session = standin.page(page);
    session["payment_status"] = json!("paid");
    session["status"] = json!("complete");
    session["payment_intent"] = json!(intent);
    session
}

fn now(place: &Place) -> i64 {
    place.app.clock.now().timestamp()
}

/// A new invoice that was paid through a provider; answers its id and the payment's.
pub async fn paid(place: &Place, acme: &Connected, provider: &str, intent: &str) -> (String, String) {
    let (id, page) = acme.page(provider).await;
    if provider == "stripe" {
        let session = paid_session(&place.standin, &page, intent);
        let (body, signature) =
            place.standin.stripe_event("checkout.session.completed", &session, SECRET, now(place));
        tell_stripe(&place.app, &acme.stripe, &body, &signature).await.expect(204);
    } else {
        let order = place.standin.page(&page);
        let event = place.standin.paypal_event("CHECKOUT.ORDER.APPROVED", &order);
        tell_paypal(&place.app, &acme.paypal, &event).await.expect(204);
    }
    let path = format!("{PAYMENTS}?invoice_id={id}");
    until("the payment is noted", async || {
        acme.tenant.owner.get(&path).await.expect(200).body["data"] != json!([])
    })
    .await;
    let payments = acme.tenant.owner.get(&path).await.expect(200);
    (id, payments.text_at("/data/0/id"))
}

async fn standing(acme: &Connected, invoice: &str) -> (String, String) {
    let invoice = acme.tenant.owner.get(&format!("{INVOICES}/{invoice}")).await.expect(200);
    (invoice.text_at("/status"), invoice.text_at("/due/amount"))
}

/// What became of everything that providers told a tenant, once none of it waits.
async fn outcomes(place: &Place, acme: &Connected) -> Vec<String> {
    let mut database = Database::connect(&place.app.admin_url);
    let told = |what: &str| {
        format!("SELECT {what} FROM billing.provider_events WHERE tenant_id = '{}'", acme.tenant.id)
    };
    until("none waits", async || {
        database.column(&format!("{} AND status = 'waiting'", told("count(*)"))) == ["0"]
    })
    .await;
    database.column(&format!("{} ORDER BY received_at", told("status || coalesce(': ' || note, '')")))
}

#[tokio::test]
async fn a_page_that_is_paid_pays_its_invoice_once_however_often_it_is_told() {
    let place = Place::shared();
    let acme = place.tenant().await;
    let (id, page) = acme.page("stripe").await;
    let session = paid_session(&place.standin, &page, "pi_once");
    let (body, signature) =
        place.standin.stripe_event("checkout.session.completed", &session, SECRET, now(place));
    let tries = (0..20).map(|_| {
        let (path, body, signature) = (acme.stripe.clone(), body.clone(), signature.clone());
        tokio::spawn(async move { tell_stripe(&Place::shared().app, &path, &body, &signature).await })
    });
    for tried in tries.collect::<Vec<_>>() {
        tried.await.unwrap().expect(204);
    }
    // Told again under other names, and that the page ended, which comes too late.
    for (kind, object) in [
        ("checkout.session.async_payment_succeeded", &session),
        ("checkout.session.completed", &session),
        ("checkout.session.expired", &session),
        ("customer.created", &json!({ "id": "cus_1" })),
    ] {
        let (body, signature) = place.standin.stripe_event(kind, object, SECRET, now(place));
        tell_stripe(&place.app, &acme.stripe, &body, &signature).await.expect(204);
    }
    assert_eq!(outcomes(place, &acme).await, ["handled", "handled", "handled", "handled", "ignored"]);
    assert_eq!(standing(&acme, &id).await, ("paid".to_owned(), "0.00".to_owned()));
    let payments =
        acme.tenant.owner.get(&format!("{PAYMENTS}?customer_id={}", acme.customer)).await.expect(200);
    assert_eq!(payments.body["data"].as_array().unwrap().len(), 1);
    assert_eq!(payments.text_at("/data/0/provider_payment_id"), "pi_once");
    assert_eq!(payments.text_at("/data/0/method"), "stripe");
}

#[tokio::test]
async fn an_oxxo_voucher_is_no_money_yet() {
    let place = Place::shared();
    let acme = place.tenant().await;
    let (id, page) = acme.page("stripe").await;
    let mut session = paid_session(&place.standin, &page, "pi_oxxo");
    session["payment_status"] = json!("unpaid");
    let (body, signature) =
        place.standin.stripe_event("checkout.session.completed", &session, SECRET, now(place));
    tell_stripe(&place.app, &acme.stripe, &body, &signature).await.expect(204);
    assert_eq!(outcomes(place, &acme).await, ["ignored"]);
    assert_eq!(standing(&acme, &id).await.0, "issued");
}

#[tokio::test]
async fn what_the_provider_did_not_sign_leaves_nothing() {
    let place = Place::shared();
    let acme = place.tenant().await;
    let (id, page) = acme.page("stripe").await;
    let session = paid_session(&place.standin, &page, "pi_forged");
    let at = now(place);
    let (body, signature) = place.standin.stripe_event("checkout.session.completed", &session, SECRET, at);
    let tampered = body.replace("116000", "1");
    let spaced = body.replacen('{', "{ ", 1);
    let old = stripe_signature(&body, SECRET, at - 301);
    let early = stripe_signature(&body, SECRET, at + 400);
    let others = stripe_signature(&body, "whsec_other", at);
    let garbage = stripe_signature("not json", SECRET, at);
    for (body, signature) in [
        (tampered.as_str(), signature.as_str()),
        (&spaced, &signature),
        (&body, &old),
        (&body, &early),
        (&body, &others),
        (&body, ""),
        (&body, "t=1,v1="),
        ("", &signature),
        ("not json", &garbage),
    ] {
        let refused = tell_stripe(&place.app, &acme.stripe, body, signature).await.expect(400);
        assert_eq!(refused.text_at("/type"), "/problems/payment-webhook-not-signed", "{signature}");
    }
    for path in ["stripe/nobodys", "paypal/nobodys", "oxxo/nobodys", "stripe/%00"] {
        let nowhere = format!("/api/v1/payments/webhooks/{path}");
        tell_stripe(&place.app, &nowhere, &body, &signature).await.expect(404);
    }
    // The token of another provider's account.
    let crossed = acme.stripe.replace("/stripe/", "/paypal/");
    tell_stripe(&place.app, &crossed, &body, &signature).await.expect(404);
    let huge = "x".repeat(300_000);
    tell_stripe(&place.app, &acme.stripe, &huge, &signature).await.expect(413);
    assert_eq!(outcomes(place, &acme).await, Vec::<String>::new());
    assert_eq!(standing(&acme, &id).await.0, "issued");
}

#[tokio::test]
async fn another_amount_currency_page_or_company_pays_nothing() {
    let place = Place::shared();
    let (acme, other) = (place.tenant().await, place.tenant().await);
    let (id, page) = acme.page("stripe").await;
    let (theirs, their_page) = other.page("stripe").await;
    let session = |change: fn(&mut Value)| {
        let mut session = paid_session(&place.standin, &page, "pi_wrong");
        change(&mut session);
        session
    };
    let mut of_other = paid_session(&place.standin, &their_page, "pi_wrong");
    // Whatever it says of an invoice: the page is known, or it is not.
    of_other["metadata"]["invoice_id"] = json!(id);
    of_other["client_reference_id"] = json!(id);
    for object in [
        session(|session| session["amount_total"] = json!(1)),
        session(|session| session["amount_total"] = json!(116_001)),
        session(|session| session["currency"] = json!("usd")),
        session(|session| session["currency"] = json!("zzz")),
        session(|session| session["payment_intent"] = Value::Null),
        session(|session| session["id"] = json!("cs_test_unknown")),
        of_other,
    ] {
        let (body, signature) =
            place.standin.stripe_event("checkout.session.completed", &object, SECRET, now(place));
        tell_stripe(&place.app, &acme.stripe, &body, &signature).await.expect(204);
    }
    let outcomes = outcomes(place, &acme).await;
    assert_eq!(outcomes.len(), 7);
    assert!(outcomes.iter().all(|outcome| outcome.starts_with("refused: ")), "{outcomes:?}");
    assert_eq!(standing(&acme, &id).await.0, "issued");
    assert_eq!(standing(&other, &theirs).await.0, "issued");
    // People hear of it.
    let mut database = Database::connect(&place.app.admin_url);
    let told = format!(
        "SELECT FROM events.log WHERE tenant_id = '{}' AND type = 'Payment.NoticeRefused'",
        acme.tenant.id
    );
    until("it is told", async || database.rows(&told).len() == 7).await;
}

#[tokio::test]
async fn a_refund_that_overtakes_its_payment_waits_for_it() {
    let place = Place::alone("billing_order");
    let acme = place.tenant().await;
    let (id, page) = acme.page("stripe").await;
    let charge = json!({
        "id": "ch_1", "object": "charge", "amount": 116_000, "amount_refunded": 16_000, "currency": "mxn",
        "payment_intent": "pi_late", "refunded": false
    });
    let (body, signature) = place.standin.stripe_event("charge.refunded", &charge, SECRET, now(&place));
    tell_stripe(&place.app, &acme.stripe, &body, &signature).await.expect(204);
    let mut database = Database::connect(&place.app.admin_url);
    until("it was tried", async || {
        database.column("SELECT note FROM billing.provider_events") == ["no such payment yet"]
    })
    .await;
    let session = paid_session(&place.standin, &page, "pi_late");
    let (body, signature) =
        place.standin.stripe_event("checkout.session.completed", &session, SECRET, now(&place));
    tell_stripe(&place.app, &acme.stripe, &body, &signature).await.expect(204);
    // Its time comes.
    until("both are handled", async || {
        place.app.clock.advance(chrono::TimeDelta::seconds(1));
        database.column("SELECT count(*) FROM billing.provider_events WHERE status = 'handled'") == ["2"]
    })
    .await;
    assert_eq!(
        database.column("SELECT paid_minor || ' ' || status FROM billing.invoices"),
        ["100000 issued"],
        "{id}"
    );
    // Told again with what it came to in all: only what is new goes back.
    for (total, paid) in [(16_000, "100000"), (20_000, "96000"), (18_000, "96000")] {
        let mut charge = charge.clone();
        charge["amount_refunded"] = json!(total);
        let (body, signature) = place.standin.stripe_event("charge.refunded", &charge, SECRET, now(&place));
        tell_stripe(&place.app, &acme.stripe, &body, &signature).await.expect(204);
        until("it is handled", async || {
            database.column("SELECT count(*) FROM billing.provider_events WHERE status = 'waiting'") == ["0"]
        })
        .await;
        assert_eq!(database.column("SELECT paid_minor FROM billing.invoices"), [paid], "{total}");
    }
}

#[tokio::test]
async fn paypal_takes_the_money_once_the_customer_agreed() {
    let place = Place::alone("billing_orders");
    let acme = place.tenant().await;
    let (id, payment) = paid(&place, &acme, "paypal", "").await;
    assert_eq!(standing(&acme, &id).await, ("paid".to_owned(), "0.00".to_owned()));
    // The same capture, told by itself.
    let payment = acme.tenant.owner.get(&format!("{PAYMENTS}/{payment}")).await.expect(200);
    let capture = payment.text_at("/provider_payment_id");
    let captures = place.standin.asked("/v2/checkout/orders/");
    let order = captures.last().unwrap().path.split('/').nth(4).unwrap().to_owned();
    let resource = place.standin.page(&order)["purchase_units"][0]["payments"]["captures"][0].clone();
    assert_eq!(resource["id"], json!(capture));
    let event = place.standin.paypal_event("PAYMENT.CAPTURE.COMPLETED", &resource);
    tell_paypal(&place.app, &acme.paypal, &event).await.expect(204);
    let refund = json!({
        "id": "1R", "amount": { "currency_code": "MXN", "value": "10.00" }, "status": "COMPLETED",
        "links": [{ "rel": "up", "href": format!("https://api.paypal.com/v2/payments/captures/{capture}") }],
        "seller_payable_breakdown": { "total_refunded_amount": { "currency_code": "MXN", "value": "10.00" } }
    });
    let event = place.standin.paypal_event("PAYMENT.CAPTURE.REFUNDED", &refund);
    tell_paypal(&place.app, &acme.paypal, &event).await.expect(204);
    assert_eq!(outcomes(&place, &acme).await, ["handled", "handled", "handled"]);
    assert_eq!(standing(&acme, &id).await, ("issued".to_owned(), "10.00".to_owned()));
    let payments = acme.tenant.owner.get(PAYMENTS).await.expect(200);
    assert_eq!(payments.body["data"].as_array().unwrap().len(), 1);
    assert_eq!(payments.body["data"][0]["refunded"], mxn("10.00"));

    // Tampered, of another webhook, and not signed at all.
    let (body, headers) = place.standin.paypal_event("PAYMENT.CAPTURE.COMPLETED", &resource);
    let tampered = (body.replace("1160.00", "1.00"), headers.clone());
    tell_paypal(&place.app, &acme.paypal, &tampered).await.expect(400);
    tell_paypal(&place.app, &acme.paypal, &(body.clone(), Vec::new())).await.expect(400);
    let injected = (format!("{},\"webhook_id\":\"WEBHOOK-1\"", body.trim()), headers.clone());
    tell_paypal(&place.app, &acme.paypal, &injected).await.expect(400);
    // PayPal is away: it sends again later.
    place.standin.always_fail(Some(crate::support::Bad::Status(500)));
    tell_paypal(&place.app, &acme.paypal, &(body.clone(), headers.clone())).await.expect(503);
    place.standin.always_fail(None);
    tell_paypal(&place.app, &acme.paypal, &(body, headers)).await.expect(204);
}

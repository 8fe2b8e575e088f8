//! Pages of providers on which invoices are paid: what providers are asked, and what happens when they are away.

use std::time::Duration;

use serde_json::json;

use super::providers::{ACCOUNTS, Place, stripe};
use super::{PAYMENTS, issued, mxn, transfer};
use crate::support::{Bad, until};

#[tokio::test]
async fn stripe_is_asked_in_its_own_form_and_once() {
    let place = Place::shared();
    let acme = place.tenant().await;
    let id = issued(&acme.tenant, &acme.customer).await.text_at("/id");
    // Many at once, under no key: one page.
    let tries = (0..10).map(|_| {
        let (client, path) = (acme.tenant.owner.clone(), format!("/api/v1/invoices/{id}/checkout"));
        tokio::spawn(async move { client.post(&path, json!({ "provider": "stripe" })).await })
    });
    let mut urls = Vec::new();
    for tried in tries.collect::<Vec<_>>() {
        let page = tried.await.unwrap().expect(200);
        assert_eq!((&page.body["amount"], page.text_at("/status")), (&mxn("1160.00"), "open".to_owned()));
        urls.push(page.text_at("/url"));
    }
    urls.sort();
    urls.dedup();
    assert_eq!(urls.len(), 1);
    let asked = place.standin.asked("/v1/checkout/sessions");
    let asked: Vec<_> = asked.iter().filter(|asked| asked.body.contains(&id)).collect();
    let form = asked[0].form();
    assert_eq!(form["line_items[0][price_data][unit_amount]"], "116000");
    assert_eq!(form["line_items[0][price_data][currency]"], "mxn");
    assert_eq!(form["client_reference_id"], id);
    let names: std::collections::BTreeSet<_> =
        asked.iter().map(|asked| asked.header("idempotency-key")).collect();
    assert_eq!(names.len(), 1, "one name, whoever asks");

    // Another amount is due, so that the page is another one.
    acme.tenant.owner.post(PAYMENTS, transfer(&acme.customer, "160", &[(&id, "160")])).await.expect(201);
    let other = acme.checkout(&id, "stripe").await;
    assert_ne!(other.text_at("/url"), urls[0]);
    assert_eq!(other.body["amount"], mxn("1000.00"));
}

#[tokio::test]
async fn paypal_is_asked_in_decimals_with_one_token() {
    let place = Place::alone("billing_paypal");
    let acme = place.tenant().await;
    let (id, external) = acme.page("paypal").await;
    let page = place.standin.page(&external);
    assert_eq!(page["purchase_units"][0]["amount"], json!({ "currency_code": "MXN", "value": "1160.00" }));
    assert_eq!(page["purchase_units"][0]["custom_id"], json!(id));
    acme.page("paypal").await;
    assert_eq!(place.standin.asked("/v1/oauth2/token").len(), 1, "the token is kept until its end");
}

#[tokio::test]
async fn a_provider_that_stumbles_is_asked_three_times_under_one_name() {
    let place = Place::alone("billing_retries");
    let acme = place.tenant().await;
    // Who stumbles once has two more tries, of a second each.
    let id = issued(&acme.tenant, &acme.customer).await.text_at("/id");
    place.standin.fail([Bad::Status(503)]);
    acme.checkout(&id, "stripe").await;

    // That none of three tries goes well does not hang on how fast this machine is.
    let id = issued(&acme.tenant, &acme.customer).await.text_at("/id");
    place.standin.fail([Bad::Status(503), Bad::After(Duration::from_secs(3)), Bad::Status(503)]);
    let path = format!("/api/v1/invoices/{id}/checkout");
    acme.tenant.owner.post(&path, json!({ "provider": "stripe" })).await.expect(503);
    let mut asked = place.standin.asked("/v1/checkout/sessions");
    asked.retain(|asked| asked.body.contains(&id));
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|other| other.header("idempotency-key") == asked[0].header("idempotency-key")));
}

#[tokio::test]
async fn after_five_failures_in_a_row_a_provider_rests_and_the_other_does_not() {
    let place = Place::alone("billing_breaker");
    let acme = place.tenant().await;
    let id = issued(&acme.tenant, &acme.customer).await.text_at("/id");
    let path = format!("/api/v1/invoices/{id}/checkout");
    place.standin.always_fail(Some(Bad::Status(500)));
    for _ in 0..5 {
        let away = acme.tenant.owner.post(&path, json!({ "provider": "stripe" })).await.expect(503);
        assert_eq!(away.text_at("/type"), "/problems/payment-provider-away");
        assert!(away.header("retry-after").is_some());
    }
    assert_eq!(place.standin.asked("/v1/checkout/sessions").len(), 5, "nobody calls who does not answer");
    place.standin.always_fail(None);
    let still = acme.tenant.owner.post(&path, json!({ "provider": "stripe" })).await.expect(503);
    assert!(still.text_at("/detail").contains("rests"), "{}", still.text);
    acme.checkout(&id, "paypal").await;
}

#[tokio::test]
async fn a_refusal_is_told_and_costs_nobody_else() {
    let place = Place::alone("billing_refused");
    let acme = place.tenant().await;
    let wrong = place.app.tenant().await;
    let mut account = stripe();
    account["secret_key"] = json!("sk_test_wrong");
    wrong.owner.post(ACCOUNTS, account).await.expect(201);
    let customer = super::customer(&wrong).await;
    let id = issued(&wrong, &customer).await.text_at("/id");
    for _ in 0..6 {
        let path = format!("/api/v1/invoices/{id}/checkout");
        let refused = wrong.owner.post(&path, json!({ "provider": "stripe" })).await.expect(409);
        assert_eq!(refused.text_at("/type"), "/problems/payment-provider-refused");
        assert!(refused.text_at("/detail").contains("Invalid API Key"), "{}", refused.text);
        wrong.owner.post(&path, json!({ "provider": "paypal" })).await.expect(409);
    }
    acme.page("stripe").await;
}

#[tokio::test]
async fn a_currency_that_a_provider_does_not_take_is_told() {
    let place = Place::shared();
    let acme = place.tenant().await;
    let mut body = super::invoice(&acme.customer, "1000");
    body["currency"] = json!("CLP");
    let path = super::draft(&acme.tenant.owner, body).await;
    acme.tenant.owner.post(&format!("{path}/issue"), json!({})).await.expect(200);
    let checkout = format!("{path}/checkout");
    let refused = acme.tenant.owner.post(&checkout, json!({ "provider": "paypal" })).await.expect(409);
    assert_eq!(refused.text_at("/type"), "/problems/payment-currency-not-taken");
    acme.tenant.owner.post(&checkout, json!({ "provider": "stripe" })).await.expect(200);
    // Chile's peso has no decimals, for Stripe neither.
    let asked = place.standin.asked("/v1/checkout/sessions");
    let own = asked.iter().rev().find(|asked| asked.body.contains("=clp")).unwrap();
    assert_eq!(own.form()["line_items[0][price_data][unit_amount]"], "1160");
}

#[tokio::test]
async fn refunds_are_asked_for_in_the_background_and_refusals_told() {
    let place = Place::shared();
    let acme = place.tenant().await;
    for (provider, intent, expected) in
        [("stripe", "pi_1", "succeeded"), ("stripe", "pi_spent", "failed"), ("paypal", "", "succeeded")]
    {
        let (id, payment) = super::news::paid(place, &acme, provider, intent).await;
        let path = format!("{PAYMENTS}/{payment}");
        let refund = json!({ "amount": mxn("60"), "reason": "Devolución" });
        let asked = acme.tenant.owner.post(&format!("{path}/refunds"), refund).await.expect(200);
        assert_eq!(asked.text_at("/refunds/0/status"), "pending", "{provider}");
        until("the provider answered", async || {
            let now = acme.tenant.owner.get(&path).await.expect(200);
            now.text_at("/refunds/0/status") == expected
        })
        .await;
        let invoice = acme.tenant.owner.get(&format!("/api/v1/invoices/{id}")).await.expect(200);
        let due = if expected == "failed" { "0.00" } else { "60.00" };
        assert_eq!(invoice.text_at("/due/amount"), due, "{provider} {intent}");
    }
}

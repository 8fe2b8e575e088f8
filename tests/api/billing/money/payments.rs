//! Money that people note, what it pays, and what is given back.

use serde_json::{Value, json};

use super::{INVOICES, PAYMENTS, customer, issued, mxn, transfer};
use crate::support::{Client, TestApp};

async fn standing(client: &Client, id: &str) -> (String, String) {
    let invoice = client.get(&format!("{INVOICES}/{id}")).await.expect(200);
    (invoice.text_at("/status"), invoice.text_at("/due/amount"))
}

fn so(status: &str, due: &str) -> (String, String) {
    (status.to_owned(), due.to_owned())
}

#[tokio::test]
async fn one_payment_pays_several_invoices_and_comes_back_in_parts() {
    let acme = TestApp::shared().tenant().await;
    let customer = customer(&acme).await;
    let (one, two) =
        (issued(&acme, &customer).await.text_at("/id"), issued(&acme, &customer).await.text_at("/id"));
    let paying = transfer(&customer, "2000", &[(&one, "1160"), (&two, "500")]);
    let payment = acme.owner.post(PAYMENTS, paying).await.expect(201);
    assert_eq!(payment.body["credit"], mxn("340.00"));
    assert_eq!(standing(&acme.owner, &one).await, so("paid", "0.00"));
    assert_eq!(standing(&acme.owner, &two).await, so("issued", "660.00"));

    // What is left pays the second one, but never more than there is.
    let path = payment.header("location").unwrap().to_owned();
    let allocation = |amount: &str| json!({ "allocations": [{ "invoice_id": two, "amount": mxn(amount) }] });
    acme.owner.post(&format!("{path}/allocations"), allocation("340.01")).await.expect(422);
    acme.owner
        .with_header("If-Match", "\"9\"")
        .post(&format!("{path}/allocations"), allocation("1"))
        .await
        .expect(412);
    let allocated = acme.owner.post(&format!("{path}/allocations"), allocation("300")).await.expect(200);
    assert_eq!(allocated.body["credit"], mxn("40.00"));
    assert_eq!(standing(&acme.owner, &two).await, so("issued", "360.00"));

    // The credit goes back first, then what paid the last invoice, which is owed again.
    let refund = |amount: &str| json!({ "amount": mxn(amount), "reason": "Pagó de más" });
    let above = acme.owner.post(&format!("{path}/refunds"), refund("2000.01")).await.expect(409);
    assert_eq!(above.body["left"], mxn("2000.00"));
    let refunded = acme.owner.post(&format!("{path}/refunds"), refund("100")).await.expect(200);
    assert_eq!(refunded.text_at("/refunds/0/status"), "succeeded");
    assert_eq!(refunded.body["credit"], mxn("0.00"));
    assert_eq!(refunded.body["refunded"], mxn("100.00"));
    let whole = acme.owner.post(&format!("{path}/refunds"), refund("1900")).await.expect(200);
    assert_eq!(whole.body["allocations"], json!([]));
    assert_eq!(standing(&acme.owner, &one).await, so("issued", "1160.00"));
    assert_eq!(standing(&acme.owner, &two).await, so("issued", "1160.00"));
    acme.owner.post(&format!("{path}/refunds"), refund("0.01")).await.expect(409);

    let list =
        acme.owner.get(&format!("{PAYMENTS}?customer_id={customer}&method=transfer")).await.expect(200);
    assert_eq!(list.text_at("/data/0/id"), payment.text_at("/id"));
    let none = acme.owner.get(&format!("{PAYMENTS}?invoice_id={one}")).await.expect(200);
    assert_eq!(none.body["data"], json!([]));
}

#[tokio::test]
async fn a_statement_tells_every_movement_and_the_balance_after_it() {
    let acme = TestApp::shared().tenant().await;
    let customer = customer(&acme).await;
    let id = issued(&acme, &customer).await.text_at("/id");
    let paying = transfer(&customer, "1500", &[(&id, "1160")]);
    let payment = acme.owner.post(PAYMENTS, paying).await.expect(201);
    let refund = json!({ "amount": mxn("340") });
    acme.owner.post(&format!("{PAYMENTS}/{}/refunds", payment.text_at("/id")), refund).await.expect(200);
    let path = format!("/api/v1/customers/{customer}/statement");
    let statement = acme.owner.get(&path).await.expect(200);
    let told: Vec<_> = statement.body["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["kind"].as_str().unwrap(),
                entry["amount"]["amount"].as_str().unwrap(),
                entry["balance"]["amount"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [("invoice", "1160.00", "1160.00"), ("payment", "-1500.00", "-340.00"), ("refund", "340.00", "0.00")]
    );
    assert_eq!((&statement.body["opening"], &statement.body["closing"]), (&mxn("0.00"), &mxn("0.00")));
    let later = acme
        .owner
        .get(&format!("{path}?from=2190-01-01T00:00:00Z&to=2191-01-01T00:00:00Z"))
        .await
        .expect(200);
    assert_eq!((&later.body["opening"], &later.body["entries"]), (&mxn("0.00"), &json!([])));
    let dollars = acme.owner.get(&format!("{path}?currency=USD")).await.expect(200);
    assert_eq!(dollars.text_at("/closing"), r#"{"amount":"0.00","currency":"USD"}"#);
    acme.owner.get(&format!("{path}?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z")).await.expect(422);
    let nobody = uuid::Uuid::now_v7();
    acme.owner.get(&format!("/api/v1/customers/{nobody}/statement")).await.expect(404);
}

#[tokio::test]
async fn a_hundred_payments_with_one_key_are_one() {
    let acme = TestApp::shared().tenant().await;
    let customer = customer(&acme).await;
    let id = issued(&acme, &customer).await.text_at("/id");
    let client = acme.owner.with_header("Idempotency-Key", "pago-1");
    let tries = (0..100).map(|_| {
        let (client, body) = (client.clone(), transfer(&customer, "1160", &[(&id, "1160")]));
        tokio::spawn(async move { client.post(PAYMENTS, body).await })
    });
    let mut answers = Vec::new();
    for tried in tries.collect::<Vec<_>>() {
        answers.push(tried.await.unwrap().expect(201).text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "every answer is the first one's, byte for byte");
    let other = client.post(PAYMENTS, transfer(&customer, "1", &[])).await.expect(422);
    assert_eq!(other.text_at("/type"), "/problems/idempotency-key-reused");
    let list = acme.owner.get(&format!("{PAYMENTS}?invoice_id={id}")).await.expect(200);
    assert_eq!(list.body["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn of_many_who_pay_and_credit_at_once_no_more_is_taken_than_is_due() {
    let acme = TestApp::shared().tenant().await;
    let customer = customer(&acme).await;
    let (one, two) =
        (issued(&acme, &customer).await.text_at("/id"), issued(&acme, &customer).await.text_at("/id"));
    let tries = (0..60).map(|index| {
        let (client, customer, one, two) = (acme.owner.clone(), customer.clone(), one.clone(), two.clone());
        tokio::spawn(async move {
            match index % 3 {
                // In both orders: locks are taken in one.
                0 => client.post(PAYMENTS, transfer(&customer, "200", &[(&one, "100"), (&two, "100")])).await,
                1 => client.post(PAYMENTS, transfer(&customer, "200", &[(&two, "100"), (&one, "100")])).await,
                _ => {
                    let line = json!({ "description": "x", "quantity": "1", "unit_price": "100" });
                    let note = json!({ "invoice_id": two, "reason": "x", "lines": [line] });
                    client.post("/api/v1/credit-notes", note).await
                }
            }
        })
    });
    let mut taken: i64 = 0;
    for tried in tries.collect::<Vec<_>>() {
        let answer = tried.await.unwrap();
        assert!([201, 409].contains(&answer.status), "{}", answer.text);
        taken += i64::from(answer.status == 201);
    }
    assert!(taken >= 11, "{taken}");
    for id in [one, two] {
        let invoice = acme.owner.get(&format!("{INVOICES}/{id}")).await.expect(200);
        let minor = |name: &str| {
            let text = invoice.body[name]["amount"].as_str().unwrap().replace('.', "");
            text.parse::<i64>().unwrap()
        };
        assert!(minor("paid") + minor("credited") <= 116_000, "{}", invoice.text);
        assert_eq!(minor("due"), 116_000 - minor("paid") - minor("credited"));
    }
    let nothing: Value = acme.owner.get(&format!("{PAYMENTS}?method=cash")).await.expect(200).body;
    assert_eq!(nothing["data"], json!([]));
}

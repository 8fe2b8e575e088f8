//! Bad input, each with its place and status.

use serde_json::{Value, json};

use super::{INVOICES, PAYMENTS, customer, draft, invoice, issued, mxn, transfer};
use crate::support::TestApp;

/// `body` with `value` at `pointer`.
fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Object(members) => drop(members.insert(name.to_owned(), value)),
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        _ => unreachable!(),
    }
    body
}

#[tokio::test]
async fn invoices_refuse_what_cannot_be() {
    let app = TestApp::shared();
    let (acme, other) = (app.tenant().await, app.tenant().await);
    let (own, foreign) = (customer(&acme).await, customer(&other).await);
    let tax = |rate: &str| json!([{ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": rate }]);
    let line = json!({ "description": "x", "quantity": "1", "unit_price": "1" });
    for (pointer, value, place) in [
        ("/currency", json!("XXX"), "/currency"),
        ("/currency", json!("pesos"), "/currency"),
        ("/discount", json!({ "amount": { "amount": "1.00", "currency": "USD" } }), "/discount"),
        ("/discount", json!({ "amount": { "amount": "1000.01", "currency": "MXN" } }), "/discount"),
        ("/discount", json!({ "amount": { "amount": "1.001", "currency": "MXN" } }), "/discount/amount"),
        ("/discount", json!({ "amount": { "amount": "-1", "currency": "MXN" } }), "/discount/amount"),
        ("/discount", json!({ "percent": "100.1" }), "/discount/percent"),
        ("/lines/0/discount", json!({ "amount": { "amount": "1", "currency": "EUR" } }), "/lines/0/discount"),
        ("/lines/0/quantity", json!("0"), "/lines/0/quantity"),
        ("/lines/0/quantity", json!("-1"), "/lines/0/quantity"),
        ("/lines/0/quantity", json!(1), "/lines/0/quantity"),
        ("/lines/0/quantity", json!("1.0000001"), "/lines/0/quantity"),
        ("/lines/0/unit_price", json!("-0.01"), "/lines/0/unit_price"),
        ("/lines/0/unit_price", json!("99999999999999999999"), "/lines/0/unit_price"),
        ("/lines/0/unit_price", json!("1e3"), "/lines/0/unit_price"),
        ("/lines/0/description", json!(""), "/lines/0/description"),
        ("/lines/0/taxes", tax("0.15"), "/lines/0/taxes/0"),
        ("/lines/0/taxes", tax("16"), "/lines/0/taxes/0"),
        ("/lines/0/sat_product_key", json!("1"), "/lines/0/sat_product_key"),
        ("/lines/0/colour", json!("x"), "/lines/0/colour"),
        ("/lines", json!([]), "/lines"),
        ("/lines", json!(vec![line.clone(); 201]), "/lines"),
        ("/payment_terms_days", json!(366), "/payment_terms_days"),
        ("/payment_terms_days", json!(-1), "/payment_terms_days"),
        ("/series", json!("A-1"), "/series"),
        ("/customer_id", json!(foreign), "/customer_id"),
        ("/customer_id", json!(uuid::Uuid::now_v7()), "/customer_id"),
        ("/number", json!(7), "/number"),
        ("/tenant_id", json!(other.id), "/tenant_id"),
        ("/status", json!("paid"), "/status"),
    ] {
        let answer = acme.owner.post(INVOICES, with(invoice(&own, "1000"), pointer, value.clone())).await;
        assert_eq!(answer.status, 422, "{pointer} {value}: {}", answer.text);
        let told = answer.text_at("/errors/0/pointer");
        assert!(told.starts_with(place), "{pointer} {value}: {told}");
    }
    let twice = json!([tax("0.16")[0], tax("0.08")[0]]);
    acme.owner.post(INVOICES, with(invoice(&own, "1"), "/lines/0/taxes", twice)).await.expect(422);
    let huge = with(invoice(&own, "9000000"), "/lines/0/quantity", json!("9000000"));
    acme.owner.post(INVOICES, huge).await.expect(422);
    assert_eq!(acme.owner.get(INVOICES).await.expect(200).body["data"], json!([]), "something was left");
    let drafted = draft(&acme.owner, invoice(&own, "1")).await;
    let stolen = acme.owner.patch(&drafted, json!({ "customer_id": foreign })).await.expect(422);
    assert_eq!(stolen.text_at("/errors/0/pointer"), "/customer_id");
}

#[tokio::test]
async fn every_forbidden_transition_says_what_is_allowed() {
    let acme = TestApp::shared().tenant().await;
    let customer = customer(&acme).await;
    let drafted = draft(&acme.owner, invoice(&customer, "1000")).await;
    let open = format!("{INVOICES}/{}", issued(&acme, &customer).await.text_at("/id"));
    let paid = issued(&acme, &customer).await.text_at("/id");
    acme.owner.post(PAYMENTS, transfer(&customer, "1160", &[(&paid, "1160")])).await.expect(201);
    let paid = format!("{INVOICES}/{paid}");
    let void = format!("{INVOICES}/{}", issued(&acme, &customer).await.text_at("/id"));
    acme.owner.post(&format!("{void}/void"), json!({ "reason": "x" })).await.expect(200);
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let line = json!({ "description": "x", "quantity": "1", "unit_price": "1" });

    for (path, can) in [(&drafted, "draft"), (&open, "issued"), (&paid, "paid"), (&void, "void")] {
        let reason = json!({ "reason": "x" });
        let tries = [
            ("patch", can == "draft", acme.owner.patch(path, json!({})).await),
            (
                "checkout",
                false,
                acme.owner.post(&format!("{path}/checkout"), json!({ "provider": "stripe" })).await,
            ),
            (
                "credit",
                can == "issued",
                acme.owner
                    .post(
                        "/api/v1/credit-notes",
                        json!({ "invoice_id": id(path), "reason": "x", "lines": [line] }),
                    )
                    .await,
            ),
            (
                "pay",
                can == "issued",
                acme.owner.post(PAYMENTS, transfer(&customer, "1", &[(&id(path), "1")])).await,
            ),
            // Paid and credited in part by now.
            ("void", false, acme.owner.post(&format!("{path}/void"), reason).await),
            ("issue", can == "draft", acme.owner.post(&format!("{path}/issue"), json!({})).await),
            ("delete", false, acme.owner.delete(path).await),
        ];
        for (what, may, answer) in tries {
            assert_eq!(answer.status < 300, may, "{what} of a {can} one: {}", answer.text);
            if !may {
                assert_eq!(answer.status, 409, "{what} of a {can} one: {}", answer.text);
                // The problem's own member stays what it is.
                assert_eq!(answer.body["status"], json!(409), "{what} of a {can} one: {}", answer.text);
                let is_told = answer.body["allowed"].is_array()
                    || ["void", "checkout"].contains(&what) && can == "issued";
                assert!(is_told, "{what} of a {can} one: {}", answer.text);
            }
        }
    }
}

#[tokio::test]
async fn payments_refuse_what_cannot_be() {
    let app = TestApp::shared();
    let (acme, other) = (app.tenant().await, app.tenant().await);
    let (own, second, foreign) = (customer(&acme).await, customer(&acme).await, customer(&other).await);
    let id = issued(&acme, &own).await.text_at("/id");
    let of_second = issued(&acme, &second).await.text_at("/id");
    let of_other = issued(&other, &foreign).await.text_at("/id");
    let pay = || transfer(&own, "100", &[(&id, "100")]);
    let usd = |amount: &str| json!({ "amount": amount, "currency": "USD" });
    let allocation = |id: &str, amount: Value| json!([{ "invoice_id": id, "amount": amount }]);
    for (pointer, value, status, place) in [
        ("/amount", mxn("0"), 422, "/amount"),
        ("/amount", mxn("-1"), 422, "/amount"),
        ("/amount", mxn("1.001"), 422, "/amount"),
        ("/amount", mxn("99999999999999999999"), 422, "/amount"),
        ("/amount", json!({ "amount": "1", "currency": "XYZ" }), 422, "/amount"),
        ("/amount", json!(100), 422, "/amount"),
        ("/amount", mxn("99.99"), 422, "/allocations"),
        ("/amount", usd("100"), 422, "/allocations/0/amount"),
        ("/method", json!("stripe"), 422, "/method"),
        ("/method", json!("cheque"), 422, "/method"),
        ("/customer_id", json!(foreign), 422, "/customer_id"),
        ("/customer_id", json!(second), 422, "/allocations/0/invoice_id"),
        ("/received_at", json!("2190-01-01T00:00:00Z"), 422, "/received_at"),
        ("/allocations", allocation(&of_second, mxn("1")), 422, "/allocations/0/invoice_id"),
        ("/allocations", allocation(&of_other, mxn("1")), 422, "/allocations/0/invoice_id"),
        ("/allocations", allocation(&id, mxn("0")), 422, "/allocations/0/amount"),
        ("/allocations", allocation(&id, usd("1")), 422, "/allocations/0/amount"),
        (
            "/allocations",
            json!([pay()["allocations"][0], pay()["allocations"][0]]),
            422,
            "/allocations/1/invoice_id",
        ),
        ("/provider_payment_id", json!("pi_1"), 422, "/provider_payment_id"),
    ] {
        let answer = acme.owner.post(PAYMENTS, with(pay(), pointer, value.clone())).await;
        assert_eq!(answer.status, status, "{pointer} {value}: {}", answer.text);
        let told = answer.text_at("/errors/0/pointer");
        assert!(told.starts_with(place), "{pointer} {value}: {told}");
    }
    let above = acme.owner.post(PAYMENTS, transfer(&own, "2000", &[(&id, "1160.01")])).await.expect(409);
    assert_eq!(above.body["due"], mxn("1160.00"));
    assert_eq!(acme.owner.get(PAYMENTS).await.expect(200).body["data"], json!([]), "something was left");
}

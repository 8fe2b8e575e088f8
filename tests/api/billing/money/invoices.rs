//! Invoices from the draft to the last peso, and credit notes.

use serde_json::{Value, json};

use super::{INVOICES, PAYMENTS, customer, draft, invoice, issued, mxn, transfer};
use crate::support::{Database, TestApp, until};

#[tokio::test]
async fn an_invoice_is_drafted_changed_issued_and_read() {
    let acme = TestApp::shared().tenant().await;
    let customer = customer(&acme).await;
    let path = draft(&acme.owner, invoice(&customer, "1000")).await;
    let drafted = acme.owner.get(&path).await.expect(200);
    assert_eq!(drafted.text_at("/status"), "draft");
    assert_eq!(drafted.body["number"], Value::Null);
    assert_eq!(drafted.body["totals"]["total"], mxn("1160.00"));
    assert_eq!(drafted.body["due"], mxn("0.00"), "a draft is not owed");

    let change = json!({ "discount": { "percent": "10" }, "payment_terms_days": 15, "notes": "Gracias" });
    let changed = acme.owner.with_header("If-Match", "\"1\"").patch(&path, change).await.expect(200);
    assert_eq!(
        (changed.text_at("/totals/total/amount"), changed.header("etag")),
        ("1044.00".to_owned(), Some("\"2\""))
    );
    acme.owner.with_header("If-Match", "\"1\"").patch(&path, json!({ "notes": null })).await.expect(412);
    acme.owner.with_header("If-Match", "\"1\"").post(&format!("{path}/issue"), json!({})).await.expect(412);

    let issued = acme.owner.post(&format!("{path}/issue"), json!({})).await.expect(200);
    assert_eq!(
        (issued.text_at("/status"), issued.text_at("/series"), issued.text_at("/number")),
        ("issued".into(), "A".into(), "1".into())
    );
    assert_eq!(issued.text_at("/bill_to/legal_name"), "COMERCIAL DEL ISTMO");
    assert_eq!(issued.body["due"], mxn("1044.00"));
    assert_eq!(issued.body["fiscal"], json!({ "status": "not_stamped", "uuid": null, "xml_key": null }));
    assert_eq!(issued.body["totals"]["taxes"][0]["amount"], mxn("144.00"));

    let list = acme
        .owner
        .get(&format!("{INVOICES}?customer_id={customer}&status=issued&sort=due_on"))
        .await
        .expect(200);
    assert_eq!(list.text_at("/data/0/id"), issued.text_at("/id"));
    assert_eq!(list.body["data"][0]["net"], mxn("900.00"));
    for none in ["status=draft", "status=overdue", "currency=USD", "due_to=2020-01-01"] {
        let list = acme.owner.get(&format!("{INVOICES}?{none}")).await.expect(200);
        assert_eq!(list.body["data"], json!([]), "{none}");
    }
    let events = acme.owner.get(&format!("/api/v1/audit?record_id={}", issued.text_at("/id"))).await;
    assert!(events.status == 200, "{}", events.text);
}

#[tokio::test]
async fn lists_are_paged_in_every_order() {
    let acme = TestApp::shared().tenant().await;
    let customer = customer(&acme).await;
    for _ in 0..5 {
        issued(&acme, &customer).await;
    }
    for sort in ["created_at", "-created_at", "due_on", "-due_on"] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = acme.owner.get(&format!("{INVOICES}?sort={sort}&limit=2{cursor}")).await.expect(200);
            seen.extend(
                page.body["data"].as_array().unwrap().iter().map(|row| row["number"].as_i64().unwrap()),
            );
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        if sort.starts_with('-') {
            seen.reverse();
        }
        assert_eq!(seen, [1, 2, 3, 4, 5], "{sort}");
    }
    let first = acme.owner.get(&format!("{INVOICES}?sort=due_on&limit=1")).await.expect(200);
    let cursor = first.text_at("/next_cursor");
    acme.owner.get(&format!("{INVOICES}?sort=created_at&cursor={cursor}")).await.expect(422);
}

#[tokio::test]
async fn what_is_issued_never_changes_whoever_writes() {
    let app = TestApp::shared();
    let acme = app.tenant().await;
    let customer = customer(&acme).await;
    let issued = issued(&acme, &customer).await;
    let (id, path) = (issued.text_at("/id"), format!("{INVOICES}/{}", issued.text_at("/id")));
    let refused = acme.owner.patch(&path, json!({ "notes": "x" })).await.expect(409);
    assert_eq!(refused.body["allowed"], json!(["draft"]));
    acme.owner.delete(&path).await.expect(409);
    acme.owner.post(&format!("{path}/issue"), json!({})).await.expect(409);

    let mut database = Database::connect(&app.admin_url);
    database.run("BEGIN");
    for change in [
        "total_minor = 1",
        "customer_id = gen_random_uuid()",
        "content = '{}'",
        "totals = '{}'",
        "bill_to = '{}'",
        "number = 99",
        "series = 'B'",
        "currency = 'USD'",
        "due_on = due_on + 1",
        "issued_at = now()",
        "status = 'draft'",
    ] {
        let refused = database.attempt(&format!("UPDATE billing.invoices SET {change} WHERE id = '{id}'"));
        assert!(
            refused.as_ref().is_err_and(|error| error.contains("does not change")),
            "{change}: {refused:?}"
        );
    }
    let refused = database.attempt(&format!("DELETE FROM billing.invoices WHERE id = '{id}'"));
    assert!(refused.is_err_and(|error| error.contains("does not change")));
    assert_eq!(
        database.attempt(&format!("UPDATE billing.invoices SET version = 9 WHERE id = '{id}'")),
        Ok(1)
    );
    database.run("ROLLBACK");
}

#[tokio::test]
async fn drafts_are_deleted_and_issued_ones_voided() {
    let acme = TestApp::shared().tenant().await;
    let customer = customer(&acme).await;
    let path = draft(&acme.owner, invoice(&customer, "10")).await;
    acme.owner.post(&format!("{path}/void"), json!({ "reason": "x" })).await.expect(409);
    acme.owner.delete(&path).await.expect(204);
    acme.owner.get(&path).await.expect(404);

    let path = format!("{INVOICES}/{}", issued(&acme, &customer).await.text_at("/id"));
    let void =
        acme.owner.post(&format!("{path}/void"), json!({ "reason": "Datos equivocados" })).await.expect(200);
    assert_eq!((void.text_at("/status"), void.text_at("/number")), ("void".to_owned(), "1".to_owned()));
    acme.owner.post(&format!("{path}/void"), json!({ "reason": "x" })).await.expect(409);
    // Its number stays taken.
    assert_eq!(issued(&acme, &customer).await.text_at("/number"), "2");
}

#[tokio::test]
async fn of_nothing_nothing_is_owed() {
    let acme = TestApp::shared().tenant().await;
    let customer = customer(&acme).await;
    let path = draft(&acme.owner, invoice(&customer, "0")).await;
    let issued = acme.owner.post(&format!("{path}/issue"), json!({})).await.expect(200);
    assert_eq!(
        (issued.text_at("/status"), issued.text_at("/due/amount")),
        ("paid".to_owned(), "0.00".to_owned())
    );
}

#[tokio::test]
async fn credit_notes_take_off_what_is_left_and_no_more() {
    let acme = TestApp::shared().tenant().await;
    let customer = customer(&acme).await;
    let issued = issued(&acme, &customer).await;
    let id = issued.text_at("/id");
    let note = |price: &str| {
        let mut note = invoice(&customer, price);
        let note = note.as_object_mut().unwrap();
        note.retain(|name, _| name == "lines");
        note.insert("invoice_id".to_owned(), json!(id));
        note.insert("reason".to_owned(), json!("Devolución"));
        Value::Object(note.clone())
    };
    let path = "/api/v1/credit-notes";
    let above = acme.owner.post(path, note("1000.01")).await.expect(409);
    assert_eq!(above.body["left"], mxn("1160.00"));
    acme.owner.post(path, note("0")).await.expect(422);
    let first = acme.owner.post(path, note("100")).await.expect(201);
    assert_eq!((first.text_at("/series"), first.text_at("/number")), ("NC".to_owned(), "1".to_owned()));
    assert_eq!(first.text_at("/totals/total/amount"), "116.00");
    let left = acme.owner.get(&format!("{INVOICES}/{id}")).await.expect(200);
    assert_eq!(
        (left.text_at("/credited/amount"), left.text_at("/due/amount")),
        ("116.00".to_owned(), "1044.00".to_owned())
    );
    acme.owner.post(&format!("{INVOICES}/{id}/void"), json!({ "reason": "x" })).await.expect(409);

    // What was paid is refunded first.
    acme.owner.post(PAYMENTS, transfer(&customer, "1000", &[(&id, "1000")])).await.expect(201);
    acme.owner.post(path, note("100")).await.expect(409);
    // 37.93 and 6.07 of IVA are the last 44 pesos.
    acme.owner.post(path, note("37.93")).await.expect(201);
    let paid = acme.owner.get(&format!("{INVOICES}/{id}")).await.expect(200);
    assert_eq!(
        (paid.text_at("/status"), paid.text_at("/due/amount")),
        ("paid".to_owned(), "0.00".to_owned())
    );
    acme.owner.post(path, note("0.01")).await.expect(409);
    let list = acme.owner.get(&format!("{path}?invoice_id={id}&customer_id={customer}")).await.expect(200);
    assert_eq!(list.body["data"].as_array().unwrap().len(), 2);
    let read = acme.owner.get(first.header("location").unwrap()).await.expect(200);
    assert_eq!(read.text_at("/bill_to/legal_name"), "COMERCIAL DEL ISTMO");
}

#[tokio::test]
async fn an_accepted_quotation_becomes_one_draft() {
    let acme = TestApp::shared().tenant().await;
    let customer = customer(&acme).await;
    let quotation = json!({
        "customer_id": customer, "discount": { "percent": "10" }, "lines": invoice(&customer, "1000")["lines"]
    });
    let quotation = acme.owner.post("/api/v1/quotations", quotation).await.expect(201).text_at("/id");
    let sent = acme.owner.post(&format!("/api/v1/quotations/{quotation}/send"), json!({})).await.expect(200);
    let url = sent.text_at("/public_url");
    let answer = json!({ "answer": "accept", "name": "Inés Nájera" });
    TestApp::shared().anonymous().post(&url[url.find("/api/").unwrap()..], answer).await.expect(200);
    let list = format!("{INVOICES}?customer_id={customer}");
    until("the invoice is drafted", async || {
        acme.owner.get(&list).await.expect(200).body["data"] != json!([])
    })
    .await;
    let drafted = acme.owner.get(&list).await.expect(200);
    assert_eq!(drafted.text_at("/data/0/quotation_id"), quotation);
    assert_eq!(
        (drafted.text_at("/data/0/status"), drafted.text_at("/data/0/total/amount")),
        ("draft".to_owned(), "1044.00".to_owned())
    );
    // A rule of the database stands behind the reader's position.
    let mut database = Database::connect(&TestApp::shared().admin_url);
    database.run("BEGIN");
    let twice = format!(
        "INSERT INTO billing.invoices SELECT (jsonb_populate_record(i, jsonb_build_object('id', gen_random_uuid()))).*
         FROM billing.invoices i WHERE quotation_id = '{quotation}'"
    );
    assert!(database.attempt(&twice).is_err_and(|error| error.contains("invoices_quotation")));
    database.run("ROLLBACK");
}

#[tokio::test]
async fn a_contract_in_force_is_billed() {
    let acme = TestApp::shared().tenant().await;
    let customer = customer(&acme).await;
    let contract = json!({
        "title": "Mantenimiento", "value": mxn("2500"), "billing_period": "month", "starts_on": "2026-01-01"
    });
    let contracts = format!("/api/v1/customers/{customer}/contracts");
    let contract = acme.owner.post(&contracts, contract).await.expect(201).text_at("/id");
    acme.owner.post(&format!("{contracts}/{contract}/activate"), json!({})).await.expect(200);
    let tax = json!([{ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" }]);
    let body = json!({ "customer_id": customer, "contract_id": contract, "taxes": tax });
    let drafted = acme.owner.post(INVOICES, body.clone()).await.expect(201);
    assert_eq!(drafted.text_at("/lines/0/description"), "Mantenimiento");
    assert_eq!(
        (drafted.text_at("/contract_id"), drafted.text_at("/totals/total/amount")),
        (contract, "2900.00".to_owned())
    );
    let mut dollars = body.clone();
    dollars["currency"] = json!("USD");
    acme.owner.post(INVOICES, dollars).await.expect(422);
    let mut unknown = body;
    unknown["contract_id"] = json!(uuid::Uuid::now_v7());
    acme.owner.post(INVOICES, unknown).await.expect(422);
}

//! Invoices that are not paid in time.

use chrono::TimeDelta;
use serde_json::json;

use super::{INVOICES, PAYMENTS, customer, draft, invoice, transfer};
use crate::support::{Database, TestApp, until};

#[tokio::test]
async fn an_unpaid_invoice_becomes_overdue_and_is_told_once_each_time() {
    let app = TestApp::alone("billing_reminders");
    let acme = app.tenant().await;
    let customer = customer(&acme).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let mut body = invoice(&customer, "1000");
        body["payment_terms_days"] = json!(10);
        let path = draft(&acme.owner, body).await;
        ids.push(acme.owner.post(&format!("{path}/issue"), json!({})).await.expect(200).text_at("/id"));
    }
    let [paid, unpaid] = [&ids[0], &ids[1]];
    let mut database = Database::connect(&app.admin_url);
    let mut told = |id: &str| {
        database.column(&format!(
            "SELECT type || ' ' || coalesce(data ->> 'days_overdue', '') FROM events.log WHERE aggregate_id = '{id}'
             AND type IN ('Invoice.ReminderDue', 'Invoice.Overdue') ORDER BY position"
        ))
    };
    app.clock.advance(TimeDelta::days(7));
    until("both are reminded of", async || told(paid).len() == 1 && told(unpaid).len() == 1).await;
    assert_eq!(told(paid), ["Invoice.ReminderDue -3"]);
    let acme = app.sign_in(&acme).await;
    acme.owner.post(PAYMENTS, transfer(&customer, "1160", &[(paid, "1160")])).await.expect(201);

    app.clock.advance(TimeDelta::days(4));
    until("the other is overdue", async || told(unpaid).len() == 3).await;
    assert_eq!(told(unpaid)[1..], ["Invoice.Overdue ", "Invoice.ReminderDue 1"]);
    let acme = app.sign_in(&acme).await;
    let overdue = acme.owner.get(&format!("{INVOICES}?status=overdue")).await.expect(200);
    assert_eq!(overdue.body["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        (overdue.text_at("/data/0/id"), overdue.text_at("/data/0/status")),
        (unpaid.clone(), "overdue".to_owned())
    );
    let none = acme.owner.get(&format!("{INVOICES}?status=issued")).await.expect(200);
    assert_eq!(none.body["data"], json!([]));

    // A server that was away tells what has come of it once, not each reminder that it missed.
    app.clock.advance(TimeDelta::days(40));
    until("it is told again", async || told(unpaid).len() == 4).await;
    assert!(told(unpaid)[3].starts_with("Invoice.ReminderDue 4"), "{:?}", told(unpaid));
    assert_eq!(told(paid).len(), 1);
}

//! Numbers without gaps, whatever happens at once.

use std::collections::BTreeSet;

use serde_json::json;

use super::{INVOICES, customer, draft, invoice, issued};
use crate::support::{Database, TestApp};

#[tokio::test]
async fn a_hundred_issues_at_once_have_the_numbers_one_to_a_hundred() {
    let acme = TestApp::shared().tenant().await;
    let customer = customer(&acme).await;
    let mut paths = Vec::new();
    for _ in 0..100 {
        paths.push(draft(&acme.owner, invoice(&customer, "10")).await);
    }
    // Each by two people at once: one of them is refused.
    let tries = paths.iter().chain(&paths).map(|path| {
        let (client, path) = (acme.owner.clone(), format!("{path}/issue"));
        tokio::spawn(async move { client.post(&path, json!({})).await })
    });
    let mut numbers = BTreeSet::new();
    let mut refused = 0;
    for tried in tries.collect::<Vec<_>>() {
        let answer = tried.await.unwrap();
        match answer.status {
            200 => assert!(
                numbers.insert(answer.text_at("/number").parse::<i64>().unwrap()),
                "twice: {}",
                answer.text
            ),
            409 => refused += 1,
            _ => panic!("{}", answer.text),
        }
    }
    assert_eq!((numbers, refused), ((1..=100).collect(), 100));
}

#[tokio::test]
async fn a_number_that_was_not_used_goes_to_the_next() {
    let app = TestApp::shared();
    let acme = app.tenant().await;
    let customer = customer(&acme).await;
    assert_eq!(issued(&acme, &customer).await.text_at("/number"), "1");
    let path = draft(&acme.owner, invoice(&customer, "10")).await;
    // Somebody has the number 2, and fails after that.
    let mut other = Database::connect(&app.admin_url);
    other.run(&format!(
        "BEGIN; UPDATE billing.number_series SET last_number = last_number + 1 WHERE tenant_id = '{}'",
        acme.id
    ));
    let waiting = {
        let (client, path) = (acme.owner.clone(), format!("{path}/issue"));
        tokio::spawn(async move { client.post(&path, json!({})).await })
    };
    let mut watching = Database::connect(&app.admin_url);
    crate::support::until("it waits for the number", async || {
        !watching.rows("SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'").is_empty()
    })
    .await;
    other.run("ROLLBACK");
    assert_eq!(waiting.await.unwrap().expect(200).text_at("/number"), "2");

    let mut other_series = invoice(&customer, "10");
    other_series["series"] = json!("b");
    let path = draft(&acme.owner, other_series).await;
    let issued = acme.owner.post(&format!("{path}/issue"), json!({})).await.expect(200);
    assert_eq!((issued.text_at("/series"), issued.text_at("/number")), ("B".to_owned(), "1".to_owned()));
    let all = acme.owner.get(&format!("{INVOICES}?status=issued")).await.expect(200);
    assert_eq!(all.body["data"].as_array().unwrap().len(), 3);
}

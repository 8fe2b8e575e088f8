//! Addresses that must never be called.

use std::net::TcpListener;

use serde_json::json;

use super::WEBHOOKS;
use crate::support::{Database, TestApp, until};

#[tokio::test]
async fn addresses_that_are_not_public_are_refused_when_a_webhook_is_made() {
    let app = TestApp::with_settings("webhooks_public", &[("WEBHOOKS_DEVELOPMENT", "false")]);
    let tenant = app.tenant().await;
    for url in [
        "http://hooks.empresa.mx/",
        "https://hooks.empresa.mx:8443/",
        "https://hooks.empresa.mx:22/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://100.64.0.1/",
        "https://8.8.8.8/",
        "https://user@hooks.empresa.mx/",
        "file:///etc/passwd",
    ] {
        let refused =
            tenant.owner.post(WEBHOOKS, json!({ "url": url, "event_types": ["*"] })).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), "/url", "{url}");
    }
    let fine = json!({ "url": "https://hooks.empresa.mx/cauce", "event_types": ["*"], "enabled": false });
    tenant.owner.post(WEBHOOKS, fine).await.expect(201);
}

#[tokio::test]
async fn an_address_that_is_not_public_is_not_called_even_when_it_is_stored() {
    let app = TestApp::with_settings("webhooks_canary", &[("WEBHOOKS_DEVELOPMENT", "false")]);
    let tenant = app.tenant().await;
    let canary = TcpListener::bind("0.0.0.0:0").unwrap();
    canary.set_nonblocking(true).unwrap();
    let port = canary.local_addr().unwrap().port();
    let body = json!({ "url": "https://hooks.empresa.mx/", "event_types": ["Webhook.Disabled"] });
    let path = tenant.owner.post(WEBHOOKS, body).await.expect(201).header("location").unwrap().to_owned();
    let id = path.rsplit('/').next().unwrap();
    let mut database = Database::connect(&app.admin_url);

    for host in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "0.0.0.0", "2130706433"] {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}:{port}/");
            database.run(&format!("UPDATE webhooks.endpoints SET url = '{url}' WHERE id = '{id}'"));
            let ping = tenant.owner.post(&format!("{path}/ping"), json!({})).await.expect(202);
            let delivery = ping.header("location").unwrap().to_owned();
            until("the ping was tried", async || {
                tenant.owner.get(&delivery).await.expect(200).text_at("/status") == "failed"
            })
            .await;
            assert_eq!(tenant.owner.get(&delivery).await.text_at("/last_error"), "address_refused", "{url}");
        }
    }
    assert!(canary.accept().is_err(), "the canary saw a connection");
}

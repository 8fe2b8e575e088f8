//! Accounts with providers, and what the tests of checkouts and news share.

use std::sync::OnceLock;

use serde_json::{Value, json};

use super::{customer, issued};
use crate::support::{Standin, Tenant, TestApp};

pub const ACCOUNTS: &str = "/api/v1/payment-accounts";

/// A server whose providers are stand-ins.
pub struct Place {
    pub app: TestApp,
    pub standin: Standin,
}

impl Place {
    /// The one that tests share, which do not make it fail.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Place> = OnceLock::new();
        SHARED.get_or_init(|| Self::alone("billing_providers"))
    }

    /// One of a test's own.
    pub fn alone(name: &str) -> Self {
        let standin = Standin::start();
        let settings = [("STRIPE_URL", standin.url.as_str()), ("PAYPAL_URL", standin.url.as_str())];
        Self { app: TestApp::with_settings(name, &settings), standin }
    }

    /// A tenant that is connected with both.
    pub async fn tenant(&self) -> Connected {
        let tenant = self.app.tenant().await;
        let stripe = tenant.owner.post(ACCOUNTS, stripe()).await.expect(201);
        let paypal = tenant.owner.post(ACCOUNTS, paypal()).await.expect(201);
        let customer = customer(&tenant).await;
        let path = |url: String| url[url.find("/api/").unwrap()..].to_owned();
        Connected {
            customer,
            stripe: path(stripe.text_at("/webhook_url")),
            paypal: path(paypal.text_at("/webhook_url")),
            tenant,
        }
    }
}

/// A tenant with accounts, and where providers call it.
pub struct Connected {
    pub tenant: Tenant,
    pub customer: String,
    pub stripe: String,
    pub paypal: String,
}

impl Connected {
    /// An issued invoice of 1,160.00 pesos and the page on which it is paid: the invoice's id and the provider's name of the page.
    pub async fn page(&self, provider: &str) -> (String, String) {
        let id = issued(&self.tenant, &self.customer).await.text_at("/id");
        let page = self.checkout(&id, provider).await;
        let external = page.text_at("/url").rsplit(['/', '=']).next().unwrap().to_owned();
        (id, external)
    }

    pub async fn checkout(&self, invoice: &str, provider: &str) -> crate::support::Answer {
        let path = format!("/api/v1/invoices/{invoice}/checkout");
        self.tenant.owner.post(&path, json!({ "provider": provider })).await.expect(200)
    }
}

pub fn stripe() -> Value {
    json!({
        "provider": "stripe", "secret_key": "sk_test_right", "webhook_secret": "whsec_right",
        "return_url": "https://www.empresa.mx/gracias"
    })
}

pub fn paypal() -> Value {
    json!({
        "provider": "paypal", "client_id": "right-client", "client_secret": "right-secret", "webhook_id": "WEBHOOK-1",
        "return_url": "https://www.empresa.mx/gracias"
    })
}

#[tokio::test]
async fn an_account_is_connected_replaced_and_forgotten_without_showing_its_secrets() {
    let acme = TestApp::shared().tenant().await;
    let made = acme.owner.post(ACCOUNTS, stripe()).await.expect(201);
    assert_eq!(made.text_at("/hint"), "…ight");
    for secret in ["sk_test_right", "whsec_right"] {
        assert!(!made.text.contains(secret), "{}", made.text);
    }
    let again = acme.owner.post(ACCOUNTS, stripe()).await.expect(409);
    assert_eq!(again.text_at("/existing_id"), made.text_at("/id"));
    let path = made.header("location").unwrap();
    acme.owner.with_header("If-Match", "\"7\"").put(path, stripe()).await.expect(412);
    acme.owner.put(path, paypal()).await.expect(409);
    let mut other = stripe();
    other["secret_key"] = json!("rk_live_other");
    let changed = acme.owner.with_header("If-Match", "\"1\"").put(path, other).await.expect(200);
    assert_eq!((changed.text_at("/hint"), changed.text_at("/version")), ("…ther".to_owned(), "2".to_owned()));
    assert_eq!(changed.text_at("/webhook_url"), made.text_at("/webhook_url"));
    assert_eq!(acme.owner.get(ACCOUNTS).await.expect(200).body["data"].as_array().unwrap().len(), 1);
    acme.owner.delete(path).await.expect(204);
    acme.owner.get(path).await.expect(404);
    // Sellers have no part in it.
    let (seller, _) = acme.colleague(&["SALES"]).await;
    seller.get(ACCOUNTS).await.expect(403);
}

#[tokio::test]
async fn accounts_refuse_what_is_missing_or_the_others() {
    let acme = TestApp::shared().tenant().await;
    let without = |name: &str| {
        let mut body = stripe();
        body.as_object_mut().unwrap().remove(name);
        body
    };
    let with = |name: &str, value: Value| {
        let mut body = stripe();
        body[name] = value;
        body
    };
    for (body, place) in [
        (without("secret_key"), "/secret_key"),
        (without("webhook_secret"), "/webhook_secret"),
        (with("secret_key", json!("short")), "/secret_key"),
        (with("secret_key", json!("with a space in it")), "/secret_key"),
        (with("client_id", json!("of-paypal-really")), "/client_id"),
        (with("provider", json!("paypal")), "/secret_key"),
        (with("provider", json!("oxxo")), "/provider"),
        (with("return_url", json!("not an address")), "/return_url"),
    ] {
        let refused = acme.owner.post(ACCOUNTS, body.clone()).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), place, "{body}");
    }
}

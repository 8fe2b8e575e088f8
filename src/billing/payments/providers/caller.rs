//! Calls providers: a second a call, three tries, and a rest when they fail again and again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use super::domain::stripe::VERSION;
use super::domain::{Credentials, Provider};
use crate::platform::backoff::Backoff;
use crate::platform::breaker::{Breaker, BreakerSettings};

/// Where providers are.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// Stripe's API, such as `https://api.stripe.com`.
    pub stripe_url: String,
    /// PayPal's API, such as `https://api-m.paypal.com`.
    pub paypal_url: String,
    /// How others reach this server, for webhooks.
    pub public_url: String,
}

const TIMEOUT: Duration = Duration::from_secs(1);
const TRIES: u32 = 3;
const BREAKER: BreakerSettings =
    BreakerSettings { failures_to_open: 5, open_for: Duration::from_mins(1), successes_to_close: 1 };
/// How long before its end a token is not used any more.
const TOKEN_MARGIN: Duration = Duration::from_mins(1);

/// Why a provider gave no answer that is of use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It refuses this request, and would again.
    #[error("{0}")]
    Refused(String),
    /// It is away, slow or broken, or rests; the same request may go well later.
    #[error("{0}")]
    Away(String),
}

/// Calls providers. One for the whole server, so that what one tenant's calls meet spares the others'.
pub struct Caller {
    client: Client,
    settings: ProviderSettings,
    stripe: Breaker,
    paypal: Breaker,
    /// PayPal's access tokens by account and credentials, and until when they are good.
    tokens: Mutex<HashMap<(Uuid, String), (String, Instant)>>,
}

impl Caller {
    /// A caller of the providers in `settings`.
    pub fn new(settings: ProviderSettings) -> reqwest::Result<Self> {
        let client = Client::builder().redirect(Policy::none()).timeout(TIMEOUT).build()?;
        let (stripe, paypal) = (Breaker::new(BREAKER), Breaker::new(BREAKER));
        Ok(Self { client, settings, stripe, paypal, tokens: Mutex::default() })
    }

    /// How others reach this server.
    pub fn public_url(&self) -> &str {
        &self.settings.public_url
    }

    /// Posts a form to Stripe; `key` keeps it from taking effect twice.
    pub async fn stripe(
        &self,
        secret_key: &str,
        path: &str,
        key: &str,
        form: &[(&'static str, String)],
    ) -> Result<Value, CallError> {
        let url = format!("{}{path}", self.settings.stripe_url);
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.send(Provider::Stripe, || {
            self.client
                .post(&url)
                .bearer_auth(secret_key)
                .header("Stripe-Version", VERSION)
                .header("Idempotency-Key", key)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body(body.clone())
        })
        .await
    }

    /// Posts JSON to PayPal for `account`; `key` keeps it from taking effect twice.
    pub async fn paypal(
        &self,
        account: Uuid,
        credentials: &Credentials,
        path: &str,
        key: &str,
        body: &str,
    ) -> Result<Value, CallError> {
        let token = self.token(account, credentials).await?;
        let url = format!("{}{path}", self.settings.paypal_url);
        self.send(Provider::Paypal, || {
            self.client
                .post(&url)
                .bearer_auth(&token)
                .header("PayPal-Request-Id", key)
                .header("Prefer", "return=representation")
                .header("Content-Type", "application/json")
                .body(body.to_owned())
        })
        .await
    }

    async fn token(&self, account: Uuid, credentials: &Credentials) -> Result<String, CallError> {
        let Credentials::Paypal { client_id, client_secret, .. } = credentials else {
            return Err(CallError::Refused("not PayPal's credentials".to_owned()));
        };
        // Other credentials of the account have no part in a token of the old ones.
        let key = (account, format!("{client_id} {client_secret}"));
        if let Some((token, until)) = self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(&key)
            && Instant::now() < *until
        {
            return Ok(token.clone());
        }
        let url = format!("{}/v1/oauth2/token", self.settings.paypal_url);
        let answer = self
            .send(Provider::Paypal, || {
                self.client
                    .post(&url)
                    .basic_auth(client_id, Some(client_secret))
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .body("grant_type=client_credentials")
            })
            .await?;
        let token = answer["access_token"].as_str().map(str::to_owned);
        let token = token.ok_or_else(|| CallError::Away("PayPal gave no token".to_owned()))?;
        let lasts = Duration::from_secs(answer["expires_in"].as_u64().unwrap_or_default());
        let until = Instant::now() + lasts.saturating_sub(TOKEN_MARGIN);
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|(of, _), (_, until)| *of != account && Instant::now() < *until);
        tokens.insert(key, (token.clone(), until));
        Ok(token)
    }

    /// Sends a request up to three times while the provider is away, with growing waits between.
    async fn send(
        &self,
        provider: Provider,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<Value, CallError> {
        let breaker = match provider {
            Provider::Stripe => &self.stripe,
            Provider::Paypal => &self.paypal,
        };
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(800));
        let mut tries = 0;
        loop {
            let Ok(permit) = breaker.permit(Instant::now()) else {
                count(provider, "resting");
                return Err(CallError::Away(format!("{} rests after failures", provider.as_str())));
            };
            let outcome = once(request()).await;
            tries += 1;
            match &outcome {
                Err(CallError::Away(_)) => permit.failed(Instant::now()),
                // Who refuses is there.
                _ => permit.succeeded(),
            }
            match outcome {
                Err(CallError::Away(_)) if tries < TRIES => {
                    count(provider, "retried");
                    tokio::time::sleep(backoff.after_failure()).await;
                }
                outcome => {
                    count(provider, if outcome.is_ok() { "answered" } else { "failed" });
                    return outcome;
                }
            }
        }
    }
}

fn count(provider: Provider, result: &'static str) {
    metrics::counter!("payment_calls_total", "provider" => provider.as_str(), "result" => result)
        .increment(1);
}

async fn once(request: RequestBuilder) -> Result<Value, CallError> {
    let response = request.send().await.map_err(away)?;
    let status = response.status();
    let body = response.bytes().await.map_err(away)?;
    let answer = serde_json::from_slice::<Value>(&body);
    if status.is_success() {
        return answer.map_err(|_| CallError::Away("the answer is not JSON".to_owned()));
    }
    let words = answer.ok().and_then(|answer| words(&answer)).unwrap_or_else(|| status.to_string());
    // 409: another request of the same key is under way.
    let may_go_well = status.is_server_error()
        || [StatusCode::REQUEST_TIMEOUT, StatusCode::CONFLICT, StatusCode::TOO_MANY_REQUESTS]
            .contains(&status);
    Err(if may_go_well { CallError::Away(words) } else { CallError::Refused(words) })
}

fn away(error: reqwest::Error) -> CallError {
    // Without the address, which is no secret but says nothing.
    CallError::Away(error.without_url().to_string())
}

/// What a provider says of a refusal: Stripe's `error.message`, PayPal's `message` and first detail.
fn words(answer: &Value) -> Option<String> {
    let said = [&answer["error"]["message"], &answer["details"][0]["description"], &answer["message"]];
    let text = said.iter().find_map(|words| words.as_str())?;
    Some(text.chars().take(500).collect())
}

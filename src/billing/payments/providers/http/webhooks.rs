//! What providers call.

use std::time::Duration;

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, post};
use futures_util::StreamExt;
use serde_json::Value;
use utoipa::ToSchema;

use crate::billing::payments::providers::Providers;
use crate::billing::payments::providers::caller::CallError;
use crate::billing::payments::providers::domain::paypal::{Transmission, verification_body};
use crate::billing::payments::providers::domain::{Credentials, Provider, paypal, stripe};
use crate::billing::payments::providers::door;
use crate::billing::payments::providers::service::{self, Account};
use crate::billing::payments::providers::store;
use crate::kernel::Message;
use crate::platform::db::Db;
use crate::platform::http::{BODY_LIMIT, Reply, RequestContext, broken_body, slow_body};
use crate::platform::problem::Problem;

const DEADLINE: Duration = Duration::from_secs(5);

/// An event of Stripe, as it describes it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only a schema: Stripe sends much more, and it is read by name")]
#[schema(example = json!({ "id": "evt_1", "type": "checkout.session.completed", "data": { "object": {} } }))]
pub struct StripeEvent {
    /// Stripe's name of it.
    id: String,
    /// Its kind.
    #[schema(rename = "type")]
    kind: String,
}

/// An event of PayPal, as it describes it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only a schema: PayPal sends much more, and it is read by name")]
#[schema(example = json!({ "id": "WH-1", "event_type": "CHECKOUT.ORDER.APPROVED", "resource": {} }))]
pub struct PaypalEvent {
    /// PayPal's name of it.
    id: String,
    /// Its kind.
    event_type: String,
}

/// Take an event of Stripe
///
/// Takes an event that Stripe signed in `Stripe-Signature`, at most five minutes ago. It is kept once by its name, and acted on in
/// the background.
#[utoipa::path(operation_id = "payments_stripe_webhook", tag = "payments",
    params(("token" = String, Path, description = "The account's own part of the address.")),
    request_body = StripeEvent,
    responses((status = 204, description = "Kept, or known already."),
        (status = 400, description = "Not signed by Stripe, or too long ago.")))]
#[post("/api/v1/payments/webhooks/stripe/{token}")]
pub async fn payments_stripe_webhook(
    request: HttpRequest,
    token: Path<String>,
    payload: Payload,
    db: Data<Db>,
    providers: Data<Providers>,
) -> Result<Reply, Problem> {
    take(Provider::Stripe, &request, token.into_inner(), payload, &db, &providers).await
}

/// Take an event of PayPal
///
/// Takes an event after asking PayPal whether it sent it. It is kept once by its name, and acted on in the background.
#[utoipa::path(operation_id = "payments_paypal_webhook", tag = "payments",
    params(("token" = String, Path, description = "The account's own part of the address.")),
    request_body = PaypalEvent,
    responses((status = 204, description = "Kept, or known already."),
        (status = 400, description = "PayPal says that it did not send this."),
        (status = 503, description = "PayPal cannot be asked at present; send it again.")))]
#[post("/api/v1/payments/webhooks/paypal/{token}")]
pub async fn payments_paypal_webhook(
    request: HttpRequest,
    token: Path<String>,
    payload: Payload,
    db: Data<Db>,
    providers: Data<Providers>,
) -> Result<Reply, Problem> {
    take(Provider::Paypal, &request, token.into_inner(), payload, &db, &providers).await
}

async fn take(
    provider: Provider,
    request: &HttpRequest,
    token: String,
    payload: Payload,
    db: &Db,
    providers: &Providers,
) -> Result<Reply, Problem> {
    // What cannot be one of ours is not worth a query.
    if token.len() > 64 || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(nobodys());
    }
    let correlation = RequestContext::of(request).correlation().clone();
    let (actor, id) = door::open(db, token, correlation).await?.ok_or_else(nobodys)?;
    let body = read(payload).await?;
    let seal = providers.seal.clone();
    let account = db
        .read(actor.clone(), move |tx| {
            let row = store::find_account(tx, id)?;
            service::account_opened(&seal, row)
        })
        .await?;
    if account.credentials.provider() != provider {
        return Err(nobodys());
    }
    let told = |result: &'static str| {
        metrics::counter!("payment_webhooks_total", "provider" => provider.as_str(), "result" => result)
            .increment(1);
    };
    if !is_genuine(request, providers, &account, &body, db.clock().now().timestamp()).await? {
        told("refused");
        return Err(not_signed());
    }
    let event: Value = serde_json::from_slice(&body).map_err(|_| not_signed())?;
    let name = match provider {
        Provider::Stripe => stripe::event_name(&event),
        Provider::Paypal => paypal::event_name(&event),
    };
    let name = name.ok_or_else(not_signed)?;
    let is_new = db.tenant(actor, move |tx| service::receive(tx, provider, name, event)).await?;
    told(if is_new { "kept" } else { "repeated" });
    providers.signal.notify_one();
    Ok(Reply::no_content())
}

/// Whether the provider of `account` sent `body`.
async fn is_genuine(
    request: &HttpRequest,
    providers: &Providers,
    account: &Account,
    body: &[u8],
    now: i64,
) -> Result<bool, Problem> {
    let header = |name: &str| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.filter(|value| value.len() <= 2_000).unwrap_or_default().to_owned()
    };
    let webhook_id = match &account.credentials {
        Credentials::Stripe { webhook_secret, .. } => {
            return Ok(stripe::is_signed(webhook_secret, &header("Stripe-Signature"), body, now));
        }
        Credentials::Paypal { webhook_id, .. } => webhook_id,
    };
    let transmission = Transmission {
        transmission_id: header("PAYPAL-TRANSMISSION-ID"),
        transmission_time: header("PAYPAL-TRANSMISSION-TIME"),
        transmission_sig: header("PAYPAL-TRANSMISSION-SIG"),
        cert_url: header("PAYPAL-CERT-URL"),
        auth_algo: header("PAYPAL-AUTH-ALGO"),
    };
    // What cannot be PayPal's is not worth a call.
    if transmission.transmission_sig.is_empty() || transmission.transmission_id.is_empty() {
        return Ok(false);
    }
    let text = std::str::from_utf8(body).ok();
    let Some(question) = text.and_then(|text| verification_body(&transmission, webhook_id, text)) else {
        return Ok(false);
    };
    let path = "/v1/notifications/verify-webhook-signature";
    let key = uuid::Uuid::now_v7().to_string();
    let caller = &providers.caller;
    match caller.paypal(account.id, &account.credentials, path, &key, &question).await {
        Ok(answer) => Ok(answer["verification_status"] == "SUCCESS"),
        Err(CallError::Refused(_)) => Ok(false),
        Err(CallError::Away(_)) => Err(Problem::unavailable(
            "payment-webhook-unverified",
            Message::new(
                "PayPal cannot be asked at present whether it sent this; send it again",
                "No se puede preguntar a PayPal si lo envió; envíelo de nuevo",
            ),
        )),
    }
}

fn nobodys() -> Problem {
    Problem::not_found(
        "payment-webhook-unknown",
        Message::new("No account is called under this address", "Ninguna cuenta se llama en esta dirección"),
    )
}

fn not_signed() -> Problem {
    Problem::malformed(
        "payment-webhook-not-signed",
        Message::new(
            "The provider did not sign this, or too long ago",
            "El proveedor no firmó esto, o hace demasiado tiempo",
        ),
    )
}

async fn read(mut payload: Payload) -> Result<Vec<u8>, Problem> {
    let reading = async {
        let mut body = Vec::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| broken_body())?;
            if body.len() + chunk.len() > BODY_LIMIT {
                return Err(Problem::too_large(BODY_LIMIT));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    };
    tokio::time::timeout(DEADLINE, reading).await.map_err(|_| slow_body())?
}

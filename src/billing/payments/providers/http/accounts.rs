//! Connecting the company with providers.

use actix_web::web::{Data, Path};
use actix_web::{delete, get, post, put};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::billing::contract::{MoneyError, PaymentAccountId};
use crate::billing::http::ConfigureBilling;
use crate::billing::payments::providers::Providers;
use crate::billing::payments::providers::domain::{Credentials, Provider};
use crate::billing::payments::providers::service::{self, NewAccount};
use crate::billing::payments::providers::store::{self, AccountRow};
use crate::kernel::{Invalid, WebUrl};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Body, Command, Fields, IfMatch, Page, Reply};
use crate::platform::problem::Problem;

/// An account with a provider. Stripe needs `secret_key` and `webhook_secret`; PayPal `client_id`, `client_secret` and `webhook_id`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "provider": "stripe", "secret_key": "sk_test_4eC39HqLyjWDarjtT1zdp7dc", "webhook_secret": "whsec_5Wc1",
    "return_url": "https://www.empresa.mx/gracias"
}))]
struct AccountRequest {
    /// Which provider.
    provider: Provider,
    /// The page that customers come back to.
    return_url: WebUrl,
    /// Stripe's `sk_…` or `rk_…`.
    #[schema(max_length = 255, pattern = "^[!-~]{8,255}$")]
    secret_key: Option<String>,
    /// Stripe's `whsec_…` of the webhook.
    #[schema(max_length = 255, pattern = "^[!-~]{8,255}$")]
    webhook_secret: Option<String>,
    /// PayPal's client ID.
    #[schema(max_length = 255, pattern = "^[!-~]{8,255}$")]
    client_id: Option<String>,
    /// PayPal's secret.
    #[schema(max_length = 255, pattern = "^[!-~]{8,255}$")]
    client_secret: Option<String>,
    /// PayPal's name of the webhook.
    #[schema(max_length = 255, pattern = "^[!-~]{8,255}$")]
    webhook_id: Option<String>,
}

/// An account with a provider, without its secrets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c83", "provider": "stripe", "hint": "…p7dc",
    "return_url": "https://www.empresa.mx/gracias",
    "webhook_url": "https://cauce.empresa.mx/api/v1/payments/webhooks/stripe/Zm9v", "version": 1,
    "created_at": "2026-11-22T18:00:00Z", "updated_at": "2026-11-22T18:00:00Z"
}))]
struct AccountView {
    /// Its identifier.
    id: Uuid,
    /// Which provider.
    #[schema(value_type = Provider)]
    provider: String,
    /// The last characters of the key or the client ID.
    hint: String,
    /// The page that customers come back to.
    return_url: String,
    /// What the provider is to call: give it there as the address of the webhook.
    webhook_url: String,
    /// Counts the changes; also the `ETag`.
    version: i32,
    /// When it was connected.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

/// Connect with a provider
///
/// Connects your company with Stripe or PayPal, so that customers can pay invoices there. The provider must call `webhook_url` for
/// `checkout.session.*` and `charge.refunded` (Stripe), or `CHECKOUT.ORDER.APPROVED` and `PAYMENT.CAPTURE.*` (PayPal).
#[utoipa::path(operation_id = "payment_accounts_create", tag = "payment-accounts",
    security(("bearer" = ["tenant:write"])), request_body = AccountRequest,
    responses((status = 201, description = "Connected.", body = AccountView)))]
#[post("/api/v1/payment-accounts")]
pub async fn payment_accounts_create(
    who: Authorized<ConfigureBilling>,
    db: Data<Db>,
    providers: Data<Providers>,
    command: Command<AccountRequest>,
) -> Result<Reply, Problem> {
    let Command { value, once } = command;
    let new = value.parse()?;
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::connect(tx, &providers.seal, &new)?;
            let (version, location) = (row.version, format!("/api/v1/payment-accounts/{}", row.id));
            Ok::<_, MoneyError>(Reply::created(&AccountView::new(&providers, row), location).version(version))
        })
    })
    .await
}

/// List accounts with providers
///
/// Lists every account with a provider; there is at most one with each.
#[utoipa::path(operation_id = "payment_accounts_list", tag = "payment-accounts",
    security(("bearer" = ["tenant:write"])),
    responses((status = 200, description = "Every account.", body = Page<AccountView>)))]
#[get("/api/v1/payment-accounts")]
pub async fn payment_accounts_list(
    who: Authorized<ConfigureBilling>,
    db: Data<Db>,
    providers: Data<Providers>,
) -> Result<Reply, Problem> {
    let rows = db.read(who.actor(), store::accounts).await?;
    let data = rows.into_iter().map(|row| AccountView::new(&providers, row)).collect();
    Ok(Reply::ok(&Page::whole(data)))
}

/// Read an account with a provider
///
/// Reads an account with a provider, without its secrets.
#[utoipa::path(operation_id = "payment_accounts_get", tag = "payment-accounts",
    security(("bearer" = ["tenant:write"])), params(("id" = PaymentAccountId, Path, description = "The account.")),
    responses((status = 200, description = "The account; its `ETag` is the version.", body = AccountView)))]
#[get("/api/v1/payment-accounts/{id}")]
pub async fn payment_accounts_get(
    who: Authorized<ConfigureBilling>,
    id: Path<PaymentAccountId>,
    db: Data<Db>,
    providers: Data<Providers>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    let row = db.read(who.actor(), move |tx| store::find_account(tx, id)).await?;
    let version = row.version;
    Ok(Reply::ok(&AccountView::new(&providers, row)).version(version))
}

/// Replace the credentials of an account
///
/// Gives an account other credentials of the same provider; the address of its webhook stays.
#[utoipa::path(operation_id = "payment_accounts_replace", tag = "payment-accounts",
    security(("bearer" = ["tenant:write"])),
    params(("id" = PaymentAccountId, Path, description = "The account."),
        ("If-Match" = Option<String>, Header, description = "The version that you read.")),
    request_body = AccountRequest,
    responses((status = 200, description = "The account as it is now.", body = AccountView),
        (status = 409, description = "The keys are of the other provider; connect that one by itself.")))]
#[put("/api/v1/payment-accounts/{id}")]
pub async fn payment_accounts_replace(
    who: Authorized<ConfigureBilling>,
    id: Path<PaymentAccountId>,
    expected: IfMatch,
    db: Data<Db>,
    providers: Data<Providers>,
    body: Body<AccountRequest>,
) -> Result<Reply, Problem> {
    let (id, new) = (id.into_inner(), body.0.parse()?);
    let seal = providers.seal.clone();
    let row = db.tenant(who.actor(), move |tx| service::replace(tx, &seal, id, expected.0, &new)).await?;
    let version = row.version;
    Ok(Reply::ok(&AccountView::new(&providers, row)).version(version))
}

/// Disconnect from a provider
///
/// Forgets an account and its credentials. Payments that came through it stay; refunds of them must be made at the provider.
#[utoipa::path(operation_id = "payment_accounts_delete", tag = "payment-accounts",
    security(("bearer" = ["tenant:write"])), params(("id" = PaymentAccountId, Path, description = "The account.")),
    responses((status = 204, description = "Gone.")))]
#[delete("/api/v1/payment-accounts/{id}")]
pub async fn payment_accounts_delete(
    who: Authorized<ConfigureBilling>,
    id: Path<PaymentAccountId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.tenant(who.actor(), move |tx| service::disconnect(tx, id)).await?;
    Ok(Reply::no_content())
}

impl AccountRequest {
    fn parse(self) -> Result<NewAccount, Problem> {
        let mut fields = Fields::default();
        let is_stripe = self.provider == Provider::Stripe;
        let mut part = |name: &str, value: Option<String>, is_needed: bool| {
            let fits =
                |text: &str| (8..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
            match value {
                Some(text) if is_needed && fits(&text) => text,
                None if !is_needed => String::new(),
                Some(_) if !is_needed => {
                    let reason = Invalid::new("is of the other provider", "es del otro proveedor");
                    fields.refuse(name, reason);
                    String::new()
                }
                _ => {
                    let reason = Invalid::new(
                        "must be 8 to 255 visible ASCII characters, as the provider shows it",
                        "debe tener de 8 a 255 caracteres ASCII visibles, como lo muestra el proveedor",
                    );
                    fields.refuse(name, reason);
                    String::new()
                }
            }
        };
        let secret_key = part("/secret_key", self.secret_key, is_stripe);
        let webhook_secret = part("/webhook_secret", self.webhook_secret, is_stripe);
        let client_id = part("/client_id", self.client_id, !is_stripe);
        let client_secret = part("/client_secret", self.client_secret, !is_stripe);
        let webhook_id = part("/webhook_id", self.webhook_id, !is_stripe);
        fields.finish()?;
        let credentials = match self.provider {
            Provider::Stripe => Credentials::Stripe { secret_key, webhook_secret },
            Provider::Paypal => Credentials::Paypal { client_id, client_secret, webhook_id },
        };
        Ok(NewAccount { credentials, return_url: self.return_url.as_str().to_owned() })
    }
}

impl AccountView {
    fn new(providers: &Providers, row: AccountRow) -> Self {
        let base = providers.caller.public_url();
        Self {
            id: row.id,
            webhook_url: format!("{base}/api/v1/payments/webhooks/{}/{}", row.provider, row.webhook_token),
            provider: row.provider,
            hint: row.hint,
            return_url: row.return_url,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

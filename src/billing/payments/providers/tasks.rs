//! What payments do by themselves: act on what providers told, and ask them for refunds.

use std::sync::Arc;
use std::time::Duration;

use super::Providers;
use super::caller::CallError;
use super::domain::{Credentials, News, Refunded, paypal, stripe};
use super::service::{self, Next as Step, RefundWork, Taken};
use super::store::{self, Work};
use crate::billing::BILLING;
use crate::billing::contract::MoneyError;
use crate::billing::payments::service::{Outcome, finish};
use crate::identity::People;
use crate::platform::auth::{Actor, CorrelationId, TenantId};
use crate::platform::db::Db;
use crate::platform::tasks::{Next, Tasks};

/// How late something is found whose wake-up call was missed.
const PERIOD: Duration = Duration::from_secs(1);
const REST: Duration = Duration::from_secs(3);
const AT_ONCE: i64 = 50;

/// Starts acting on what providers tell.
pub fn start(db: &Db, tasks: &Tasks, people: &Arc<dyn People>, providers: &Providers) {
    let worker = Worker { db: db.for_background(), people: people.clone(), providers: providers.clone() };
    tasks.run("billing-providers", providers.signal.clone(), PERIOD, move || {
        let worker = worker.clone();
        async move {
            match worker.round().await {
                Ok(true) => Next::Again,
                Ok(false) => Next::Wait,
                Err(error) => {
                    tracing::warn!(%error, "what payment providers told waits");
                    Next::After(REST)
                }
            }
        }
    });
}

#[derive(Clone)]
struct Worker {
    db: Db,
    people: Arc<dyn People>,
    providers: Providers,
}

impl Worker {
    /// Answers whether there may be more to do.
    async fn round(&self) -> Result<bool, MoneyError> {
        let work = self.db.system(BILLING, |tx| store::work(tx, AT_ONCE)).await?;
        let is_full = i64::try_from(work.len()).is_ok_and(|count| count >= AT_ONCE);
        let mut failed = None;
        for work in work {
            // One that fails keeps no other back.
            let done = if work.is_refund { self.refund(work).await } else { self.news(work).await };
            failed = done.err().or(failed);
        }
        failed.map_or(Ok(is_full), Err)
    }

    async fn news(&self, work: Work) -> Result<(), MoneyError> {
        let seal = self.providers.seal.clone();
        let taken =
            self.db.tenant(platform(work.tenant), move |tx| service::take(tx, &seal, work.id)).await?;
        let Some(taken) = taken else { return Ok(()) };
        let news = match self.asked(&taken).await {
            Ok(news) => news,
            Err(error) => {
                let why = error.to_string();
                return self
                    .db
                    .tenant(platform(work.tenant), move |tx| service::put_off(tx, work.id, &why))
                    .await;
            }
        };
        let (people, provider) = (self.people.clone(), taken.provider);
        let next = self
            .db
            .tenant(platform(work.tenant), move |tx| service::handle(tx, &*people, (work.id, provider), news))
            .await?;
        if next == Step::Later {
            tracing::debug!(news = %work.id, "what a payment provider told waits for other news");
        }
        Ok(())
    }

    /// What news mean once the provider was asked for what they lack: the money of an order that the customer agreed to.
    async fn asked(&self, taken: &Taken) -> Result<News, CallError> {
        let News::Approved { external } = &taken.news else { return Ok(taken.news.clone()) };
        let (Some(account), Some(checkout)) = (&taken.account, taken.checkout) else {
            return Ok(News::Nothing);
        };
        let path = format!("/v2/checkout/orders/{external}/capture");
        let (caller, key) = (&self.providers.caller, format!("{checkout}-capture"));
        let order = caller.paypal(account.id, &account.credentials, &path, &key, "{}").await?;
        Ok(paypal::captured(&order))
    }

    async fn refund(&self, work: Work) -> Result<(), MoneyError> {
        let seal = self.providers.seal.clone();
        let taken =
            self.db.tenant(platform(work.tenant), move |tx| service::take_refund(tx, &seal, work.id)).await?;
        let Some(refund) = taken else { return Ok(()) };
        let outcome = match self.given_back(&refund).await {
            Ok(Refunded::Taken(name)) => Outcome::Taken(name),
            Ok(Refunded::Refused(words)) | Err(CallError::Refused(words)) => Outcome::Refused(words),
            Err(CallError::Away(words)) if refund.is_late => Outcome::Refused(words),
            // It is taken up again by itself.
            Err(CallError::Away(_)) => return Ok(()),
        };
        let (people, names) = (self.people.clone(), (refund.payment, refund.refund));
        self.db.tenant(platform(work.tenant), move |tx| finish(tx, &*people, names, outcome)).await
    }

    async fn given_back(&self, refund: &RefundWork) -> Result<Refunded, CallError> {
        let Some(account) = &refund.account else {
            return Err(CallError::Refused(format!("not connected with {}", refund.provider.as_str())));
        };
        let (caller, key) = (&self.providers.caller, refund.refund.to_string());
        let read = match &account.credentials {
            Credentials::Stripe { secret_key, .. } => {
                let form = stripe::refund_form(&refund.external, refund.amount, refund.refund);
                stripe::refunded(&caller.stripe(secret_key, "/v1/refunds", &key, &form).await?)
            }
            Credentials::Paypal { .. } => {
                let path = format!("/v2/payments/captures/{}/refund", refund.external);
                let body = paypal::refund_body(refund.amount, refund.refund).to_string();
                paypal::refunded(&caller.paypal(account.id, &account.credentials, &path, &key, &body).await?)
            }
        };
        read.ok_or_else(|| CallError::Away("the answer cannot be read".to_owned()))
    }
}

/// The platform, which acts on what providers say.
fn platform(tenant: TenantId) -> Actor {
    Actor::platform(tenant, CorrelationId::new())
}

//! The background work of letters: requests become letters, letters are sent.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::{service, store};
use crate::identity::contract::IdentityError;
use crate::identity::{IDENTITY, Identity, credentials};
use crate::platform::auth::{Actor, CorrelationId, TenantId};
use crate::platform::db::Db;
use crate::platform::mail::Mailer;
use crate::platform::seal::Seal;
use crate::platform::tasks::{Next, Tasks};

/// How late a letter is found whose wake-up call was missed.
const PERIOD: Duration = Duration::from_secs(1);
/// How long it rests when the database is away.
const REST: Duration = Duration::from_secs(3);
/// Letters sent in one round.
const AT_ONCE: i64 = 20;

/// Starts writing and sending.
pub(in crate::identity) fn start(identity: &Arc<Identity>, tasks: &Tasks, mailer: Mailer) {
    if !mailer.is_connected() {
        tracing::warn!(
            "SMTP_HOST is not set: letters (password resets, invitations) are written to this log"
        );
    }
    let worker = Worker {
        db: identity.db.for_background(),
        identity: identity.clone(),
        seal: identity.letter_seal.clone(),
        mailer,
    };
    tasks.run("identity-mail", identity.letters.clone(), PERIOD, move || {
        let worker = worker.clone();
        async move {
            match worker.round().await {
                Ok(true) => Next::Again,
                Ok(false) => Next::Wait,
                Err(error) => {
                    tracing::warn!(%error, "letters wait");
                    Next::After(REST)
                }
            }
        }
    });
}

#[derive(Clone)]
struct Worker {
    db: Db,
    identity: Arc<Identity>,
    seal: Arc<Seal>,
    mailer: Mailer,
}

impl Worker {
    /// Answers whether there may be more to do.
    async fn round(&self) -> Result<bool, IdentityError> {
        credentials::resets::write_letters(&self.db, &self.identity).await?;
        let due = self.db.system(IDENTITY, |tx| store::due(tx, AT_ONCE)).await?;
        let there_is_more = i64::try_from(due.len()).unwrap_or(AT_ONCE) == AT_ONCE;
        for (tenant, id) in due {
            self.send(tenant, id).await?;
        }
        Ok(there_is_more)
    }

    async fn send(&self, tenant: TenantId, id: Uuid) -> Result<(), IdentityError> {
        let seal = self.seal.clone();
        let taken = self.db.tenant(platform(tenant), move |tx| service::take(tx, &seal, id)).await?;
        let Some(letter) = taken else { return Ok(()) };
        // No transaction is open meanwhile: what a server took, it may get a second time, but never not at all.
        let outcome = self.mailer.send(id, &letter).await;
        let result = if outcome.is_ok() { "sent" } else { "failed" };
        metrics::counter!("mails_total", "result" => result).increment(1);
        if let Err(error) = &outcome {
            tracing::warn!(%error, mail = %id, tenant_id = %tenant, "a letter did not leave");
        }
        self.db.tenant(platform(tenant), move |tx| service::record(tx, id, &outcome)).await
    }
}

/// The platform, which sends on nobody's behalf.
fn platform(tenant: TenantId) -> Actor {
    Actor::platform(tenant, CorrelationId::new())
}

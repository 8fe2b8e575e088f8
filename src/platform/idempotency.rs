//! `Idempotency-Key` (IETF draft-ietf-httpapi-idempotency-key-header): a request under a key takes effect once.
//!
//! The key, the effect and the stored answer commit in one transaction, so a repeated request either finds the answer or
//! runs as if it were the first. Stored answers are sealed, because some hold secrets that are shown once.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web::Data;
use aws_lc_rs::hmac;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use tokio::sync::Notify;

use crate::kernel::{Invalid, Message};
use crate::platform::auth::{Actor, CorrelationId, TenantId};
use crate::platform::db::{Db, DbError, Module, Prepare, TenantTx};
use crate::platform::http::Reply;
use crate::platform::problem::{FieldError, Problem};
use crate::platform::schema::{idempotency_keys, tenant_with_keys_before};
use crate::platform::seal::{Seal, derived};
use crate::platform::tasks::{Next, Tasks};

const PLATFORM: Module = Module::named("platform");
const KEPT_FOR: TimeDelta = TimeDelta::hours(24);
const SWEEP_PERIOD: Duration = Duration::from_secs(15);

/// Seals what is stored under idempotency keys.
pub struct AnswerSeal {
    seal: Seal,
    mark: hmac::Key,
}

impl AnswerSeal {
    /// A seal whose key is derived from the server's own secret.
    pub fn from_secret(secret: &[u8]) -> Self {
        let key = derived(secret, b"cauce idempotency fingerprints");
        Self {
            seal: Seal::new(secret, b"cauce idempotency answers"),
            mark: hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()),
        }
    }

    // Bodies may hold passwords: a plain hash of one could be guessed at leisure by whoever reads the table.
    fn fingerprint(&self, content: &[u8]) -> Vec<u8> {
        hmac::sign(&self.mark, content).as_ref().to_vec()
    }

    fn seal(&self, plain: Vec<u8>) -> Result<Vec<u8>, Problem> {
        self.seal.close(b"", plain).map_err(|error| Problem::internal().caused_by(&error))
    }

    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        self.seal.open(b"", sealed)
    }
}

/// Runs a request at most once for its key; without a key it simply runs.
pub struct Once {
    keyed: Option<Keyed>,
}

struct Keyed {
    key: String,
    route: String,
    fingerprint: Vec<u8>,
    seal: Arc<AnswerSeal>,
}

#[derive(Insertable)]
#[diesel(table_name = idempotency_keys)]
struct NewKey<'a> {
    tenant_id: uuid::Uuid,
    principal: uuid::Uuid,
    route: &'a str,
    key: &'a str,
    fingerprint: &'a [u8],
    created_at: chrono::DateTime<chrono::Utc>,
}

impl Once {
    /// The key of `request`, whose `content` is what a repetition must bring again.
    pub fn of(request: &HttpRequest, content: &[u8]) -> Result<Self, Problem> {
        let Some(header) = request.headers().get("Idempotency-Key") else {
            return Ok(Self { keyed: None });
        };
        let fits =
            |key: &&str| (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        let key = header.to_str().ok().filter(fits).ok_or_else(|| {
            let reason = Invalid::new(
                "must be 1 to 255 visible ASCII characters",
                "debe tener de 1 a 255 caracteres ASCII visibles",
            );
            Problem::invalid(vec![FieldError::parameter("Idempotency-Key", reason)])
        })?;
        let seal = request.app_data::<Data<AnswerSeal>>().ok_or_else(Problem::internal)?.clone().into_inner();
        let route = format!("{} {}", request.method(), request.path());
        let fingerprint = seal.fingerprint(content);
        Ok(Self { keyed: Some(Keyed { key: key.to_owned(), route, fingerprint, seal }) })
    }

    /// The key and the fingerprint of the request, for requests that come before there is a tenant to keep them in.
    pub fn key(&self) -> Option<(&str, &[u8])> {
        self.keyed.as_ref().map(|keyed| (keyed.key.as_str(), keyed.fingerprint.as_slice()))
    }

    /// Runs `work`, or answers what it answered before under the same key.
    pub fn run<E>(
        &self,
        tx: &mut TenantTx<'_>,
        work: impl FnOnce(&mut TenantTx<'_>) -> Result<Reply, E>,
    ) -> Result<Reply, Problem>
    where
        Problem: From<E>,
    {
        let Some(keyed) = &self.keyed else { return Ok(work(tx)?) };
        if !keyed.claim(tx)? {
            return keyed.replay(tx);
        }
        let reply = work(tx)?;
        keyed.store(tx, &reply)?;
        Ok(reply)
    }
}

impl Keyed {
    // A second request with the same key waits here for the first one to end.
    fn claim(&self, tx: &mut TenantTx<'_>) -> Result<bool, Problem> {
        let row = NewKey {
            tenant_id: tx.tenant().uuid(),
            principal: principal(tx),
            route: &self.route,
            key: &self.key,
            fingerprint: &self.fingerprint,
            created_at: tx.now(),
        };
        let claimed = diesel::insert_into(idempotency_keys::table)
            .values(&row)
            .on_conflict_do_nothing()
            .prepared()
            .execute(tx.conn(PLATFORM)?)
            .map_err(DbError::from);
        match claimed {
            Ok(rows) => Ok(rows == 1),
            Err(DbError::TimedOut(_)) => Err(running()),
            Err(error) => Err(error.into()),
        }
    }

    fn replay(&self, tx: &mut TenantTx<'_>) -> Result<Reply, Problem> {
        let principal = principal(tx);
        let (fingerprint, answer) = idempotency_keys::table
            .filter(idempotency_keys::principal.eq(principal))
            .filter(idempotency_keys::route.eq(&self.route))
            .filter(idempotency_keys::key.eq(&self.key))
            .select((idempotency_keys::fingerprint, idempotency_keys::answer))
            .first::<(Vec<u8>, Option<Vec<u8>>)>(tx.conn(PLATFORM)?)
            .map_err(DbError::from)?;
        if fingerprint != self.fingerprint {
            return Err(Problem::unprocessable(
                "idempotency-key-reused",
                Message::new(
                    "This Idempotency-Key came with another request before; use a new key",
                    "Esta Idempotency-Key ya se usó con otra solicitud; use una nueva",
                ),
            ));
        }
        let stored = answer.and_then(|answer| self.seal.open(&answer)).ok_or_else(running)?;
        let reply: Reply = serde_json::from_slice(&stored).map_err(|_| Problem::internal())?;
        Ok(reply.replayed())
    }

    fn store(&self, tx: &mut TenantTx<'_>, reply: &Reply) -> Result<(), Problem> {
        let plain = serde_json::to_vec(reply).map_err(|_| Problem::internal())?;
        let answer = self.seal.seal(plain)?;
        let principal = principal(tx);
        diesel::update(idempotency_keys::table)
            .filter(idempotency_keys::principal.eq(principal))
            .filter(idempotency_keys::route.eq(&self.route))
            .filter(idempotency_keys::key.eq(&self.key))
            .set(idempotency_keys::answer.eq(answer))
            .prepared()
            .execute(tx.conn(PLATFORM)?)
            .map_err(DbError::from)?;
        Ok(())
    }
}

/// Starts the sweep that forgets keys a day after their first use.
pub fn start(db: &Db, tasks: &Tasks) {
    let db = db.for_background();
    tasks.run("idempotency-sweep", Arc::new(Notify::new()), SWEEP_PERIOD, move || {
        let db = db.clone();
        async move {
            match sweep(&db).await {
                Ok(true) => Next::Again,
                Ok(false) => Next::Wait,
                Err(error) => {
                    tracing::warn!(%error, "old idempotency keys will be forgotten later");
                    Next::After(SWEEP_PERIOD)
                }
            }
        }
    });
}

// One tenant at a time; answers whether there was one.
async fn sweep(db: &Db) -> Result<bool, DbError> {
    let before: DateTime<Utc> = db.clock().now() - KEPT_FOR;
    let tenant = db
        .system(PLATFORM, move |tx| {
            diesel::select(tenant_with_keys_before(before))
                .get_result::<Option<uuid::Uuid>>(tx.conn())
                .map_err(DbError::from)
        })
        .await?;
    let Some(tenant) = tenant else { return Ok(false) };
    let actor = Actor::platform(TenantId::from(tenant), CorrelationId::new());
    db.tenant(actor, move |tx| {
        diesel::delete(idempotency_keys::table.filter(idempotency_keys::created_at.lt(before)))
            .execute(tx.conn(PLATFORM)?)
            .map(|_| true)
            .map_err(DbError::from)
    })
    .await
}

fn principal(tx: &TenantTx<'_>) -> uuid::Uuid {
    tx.actor().user().map_or(uuid::Uuid::nil(), crate::platform::id::Id::uuid)
}

fn running() -> Problem {
    Problem::conflict(
        "idempotency-key-in-use",
        Message::new(
            "A request with this Idempotency-Key is still running; try again",
            "Una solicitud con esta Idempotency-Key sigue en curso; intente de nuevo",
        ),
    )
    .retry_after(1)
}

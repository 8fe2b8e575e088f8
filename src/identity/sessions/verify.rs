//! Who a bearer token or API key belongs to, as of now.
//!
//! **Invariant.** A revoked session or key, a suspended user and a change of roles act on the next request in this
//! process, and within a second in another. Answers are kept for a second, each with the generation of its tenant; whoever
//! changes rights raises the generation after the commit, so an answer that was read before the change is never used,
//! even when it is put away later.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use moka::sync::Cache;
use uuid::Uuid;

use super::domain::use_is_news;
use super::store::{self, Standing};
use crate::identity::contract::IdentityError;
use crate::identity::secrets::hash;
use crate::identity::{api_keys, lookup};
use crate::platform::auth::{
    AccessClaims, Actor, Caller, CorrelationId, Identities, SessionId, TenantId, TokenKeys, UserId,
    Verification,
};
use crate::platform::db::{Db, TenantTx};

/// How long an answer is kept, and so how late another process learns of a change.
const KEPT_FOR: Duration = Duration::from_secs(1);

/// Answers that are kept at once.
const MOST_KEPT: u64 = 20_000;

/// Generations; tenants whose ids fall together share one, which costs a query and nothing else.
const GENERATIONS: usize = 256;

/// Knows who bearers are; clones share what they remember.
#[derive(Clone)]
pub(in crate::identity) struct Verifier {
    db: Db,
    tokens: Arc<TokenKeys>,
    known: Cache<Bearer, Known>,
    generations: Arc<[AtomicU64; GENERATIONS]>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Bearer {
    Session(Uuid),
    ApiKey(Vec<u8>),
}

#[derive(Clone)]
struct Known {
    caller: Arc<Caller>,
    generation: u64,
    expires_at: Option<DateTime<Utc>>,
}

impl Verifier {
    /// Remembers nobody yet.
    pub fn new(db: Db, tokens: Arc<TokenKeys>) -> Self {
        let known = Cache::builder().max_capacity(MOST_KEPT).time_to_live(KEPT_FOR).build();
        Self { db, tokens, known, generations: Arc::new([const { AtomicU64::new(0) }; GENERATIONS]) }
    }

    /// Looks at everybody of `tenant` anew from now on; to be called after the commit that changed rights.
    pub fn recheck(&self, tenant: TenantId) {
        self.generation(tenant).fetch_add(1, Ordering::SeqCst);
    }

    async fn caller(&self, bearer: &str) -> Result<Caller, IdentityError> {
        if api_keys::domain::looks_like_a_key(bearer) {
            self.holder_of_key(bearer).await
        } else {
            self.holder_of_token(bearer).await
        }
    }

    async fn holder_of_token(&self, token: &str) -> Result<Caller, IdentityError> {
        let claims =
            self.tokens.verify(token, self.db.clock().now()).map_err(|_| IdentityError::BadBearer)?;
        let bearer = Bearer::Session(claims.sid.uuid());
        // The row holds the subject: a token whose parts do not belong together is nobody's.
        let of_claims = |caller: &Caller| caller.tenant == claims.tid && caller.user == claims.sub;
        if let Some(caller) = self.remembered(&bearer).filter(of_claims) {
            return Ok(caller);
        }
        let generation = self.generation(claims.tid).load(Ordering::SeqCst);
        let (caller, expires_at) = self.read_session(&claims).await?;
        self.remember(bearer, &caller, generation, Some(expires_at));
        Ok(caller)
    }

    async fn holder_of_key(&self, key: &str) -> Result<Caller, IdentityError> {
        if !api_keys::domain::is_well_formed(key) {
            return Err(IdentityError::BadBearer);
        }
        let hash = hash(key);
        let bearer = Bearer::ApiKey(hash.clone());
        if let Some(caller) = self.remembered(&bearer) {
            return Ok(caller);
        }
        let found = lookup::api_key(&self.db, hash).await?.ok_or(IdentityError::BadBearer)?;
        let generation = self.generation(found.tenant).load(Ordering::SeqCst);
        let (caller, expires_at) = self.read_key(found.tenant, found.user, found.item.into()).await?;
        self.remember(bearer, &caller, generation, expires_at);
        Ok(caller)
    }

    async fn read_session(&self, claims: &AccessClaims) -> Result<(Caller, DateTime<Utc>), IdentityError> {
        let (tenant, user, session) = (claims.tid, claims.sub, claims.sid);
        let read = move |tx: &mut TenantTx<'_>| {
            let found = store::standing_of_session(tx, session, user)?;
            if let Some((_, running)) = &found
                && use_is_news(running.last_used_at, tx.now())
            {
                store::note_use(tx, session)?;
            }
            Ok::<_, IdentityError>(found)
        };
        let found = self.db.tenant(actor(tenant, user), read).await?;
        let (standing, running) = found.ok_or(IdentityError::BadBearer)?;
        let grants = standing.roles.grants();
        Ok((caller(tenant, user, session, grants, standing), running.expires_at))
    }

    async fn read_key(
        &self,
        tenant: TenantId,
        user: UserId,
        id: SessionId,
    ) -> Result<(Caller, Option<DateTime<Utc>>), IdentityError> {
        let read = move |tx: &mut TenantTx<'_>| {
            let key = match api_keys::store::find(tx, id) {
                Err(IdentityError::ApiKeyNotFound) => return Err(IdentityError::BadBearer),
                found => found?,
            };
            if !key.is_good(tx.now()) || key.user != user {
                return Err(IdentityError::BadBearer);
            }
            let standing = store::standing_of_user(tx, user)?.ok_or(IdentityError::BadBearer)?;
            if key.use_is_news(tx.now()) {
                api_keys::store::note_use(tx, id)?;
            }
            Ok((key, standing))
        };
        let (key, standing) = self.db.tenant(actor(tenant, user), read).await?;
        let grants = api_keys::domain::shared(&key.scopes, &standing.roles.grants());
        Ok((caller(tenant, user, id, grants, standing), key.expires_at))
    }

    fn remembered(&self, bearer: &Bearer) -> Option<Caller> {
        let known = self.known.get(bearer)?;
        let is_current = known.generation == self.generation(known.caller.tenant).load(Ordering::SeqCst)
            && known.expires_at.is_none_or(|end| self.db.clock().now() < end);
        is_current.then(|| Caller::clone(&known.caller))
    }

    fn remember(&self, bearer: Bearer, caller: &Caller, generation: u64, expires_at: Option<DateTime<Utc>>) {
        let known = Known { caller: Arc::new(caller.clone()), generation, expires_at };
        self.known.insert(bearer, known);
    }

    fn generation(&self, tenant: TenantId) -> &AtomicU64 {
        // The last byte of a UUIDv7 is random.
        &self.generations[usize::from(tenant.uuid().as_bytes()[15])]
    }
}

impl Identities for Verifier {
    fn verify(&self, bearer: String) -> Verification {
        let verifier = self.clone();
        Box::pin(async move { Ok(verifier.caller(&bearer).await?) })
    }
}

fn actor(tenant: TenantId, user: UserId) -> Actor {
    Actor::verified(tenant, user, CorrelationId::new())
}

fn caller(
    tenant: TenantId,
    user: UserId,
    session: SessionId,
    grants: Vec<String>,
    standing: Standing,
) -> Caller {
    let Standing { sight, country, limits, .. } = standing;
    Caller { tenant, user, session, grants, sight, country, limits }
}

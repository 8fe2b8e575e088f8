//! The database: one pool, and transactions that are bound to a tenant and speak as a module.
//!
//! **Invariant.** The only way to a connection is a [`TenantTx`] or, outside any tenant, a [`SystemTx`]; both speak as a
//! role that owns nothing, so row-level security decides what they see.

mod error;
mod json;
mod lane;
pub mod migrate;
mod prepared;
mod tx;

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use tokio::sync::Notify;

pub use error::{DbError, Rule};
pub use json::RawJson;
pub use prepared::Prepare;
pub use tx::{Module, SystemTx, TenantTx};

use self::lane::{Lane, Waits};
use self::tx::Purpose;
use crate::platform::auth::Actor;
use crate::platform::clock::Clock;

/// Sizes and patience of a pool of connections.
#[derive(Debug, Clone)]
pub struct PoolSettings {
    /// Connections for requests.
    pub requests: u32,
    /// Connections for background work, apart, so that load never starves events.
    pub background: u32,
    /// How long a request waits for a free connection before it is told that we are busy.
    pub patience: Duration,
    /// How long a request waits for its transaction after that; background work waits to its end.
    pub deadline: Duration,
}

/// How long background work waits at least: nobody watches it.
const UNHURRIED: Duration = Duration::from_secs(5);

/// The database; clones share its pools.
#[derive(Clone)]
pub struct Db {
    requests: Lane,
    background: Lane,
    clock: Clock,
    committed: Arc<Notify>,
}

impl Db {
    /// Pools on `url`; connections are made when first needed, so a database that is away is no error here.
    pub fn new(url: &str, settings: &PoolSettings, clock: Clock) -> Self {
        let lane = |name, size, patience, deadline| Lane::new(name, url, size, Waits { patience, deadline });
        let unhurried = settings.patience.max(UNHURRIED);
        Self {
            requests: lane("requests", settings.requests, settings.patience, Some(settings.deadline)),
            background: lane("background", settings.background, unhurried, None),
            clock,
            committed: Arc::new(Notify::new()),
        }
    }

    /// The same database on the connections of background work.
    #[must_use]
    pub fn for_background(&self) -> Self {
        Self { requests: self.background.clone(), ..self.clone() }
    }

    /// Runs `work` in one transaction of `actor`'s tenant: commits on `Ok`, rolls back on `Err` or panic.
    ///
    /// Events emitted in it are written at the end, in the order of emission, and commit with it.
    pub async fn tenant<T, E, F>(&self, actor: Actor, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut TenantTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.bound(Purpose::Write, actor, work).await
    }

    /// Runs `work`, which changes nothing, in one transaction of `actor`'s tenant; PostgreSQL refuses changes in it.
    ///
    /// What it answers is answered before the transaction ends, which under load costs no message of its own.
    pub async fn read<T, E, F>(&self, actor: Actor, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut TenantTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.bound(Purpose::Read, actor, work).await
    }

    async fn bound<T, E, F>(&self, purpose: Purpose, actor: Actor, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut TenantTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let clock = self.clock.clone();
        let committed = self.committed.clone();
        self.requests
            .run(purpose, move |connection| {
                let mut tx = TenantTx::new(connection, purpose, actor, clock.now());
                let outcome = work(&mut tx);
                let emitted = tx.finish(outcome.is_ok())?;
                if emitted {
                    committed.notify_one();
                }
                outcome
            })
            .await
    }

    /// Runs `work` as `module` outside any tenant, where tenant tables refuse to answer and only functions made for it do.
    pub async fn system<T, E, F>(&self, module: Module, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut SystemTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let now = self.clock.now();
        self.requests
            .run(Purpose::Write, move |connection| {
                let mut tx = SystemTx::begin(connection, module, now)?;
                let outcome = work(&mut tx);
                tx.finish(outcome.is_ok())?;
                outcome
            })
            .await
    }

    /// Asks PostgreSQL for a sign of life.
    pub async fn ping(&self) -> Result<(), DbError> {
        self.system(Module::named("platform"), |tx| {
            let one = diesel::select(1.into_sql::<diesel::sql_types::Integer>());
            one.execute(tx.conn()).map(drop).map_err(DbError::from)
        })
        .await
    }

    /// Woken after each commit that emitted events.
    pub fn committed(&self) -> Arc<Notify> {
        self.committed.clone()
    }

    /// The clock that transactions tell the time by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Connections of the request pool: (in use, open, at most).
    pub fn pool_usage(&self) -> (u32, u32, u32) {
        self.requests.usage()
    }
}

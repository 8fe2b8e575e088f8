//! Live readers of one tenant's events: woken when the log has news of their tenant, and only so many a tenant.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use diesel::prelude::*;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::schema::log;
use super::{EVENTS, cursor};
use crate::platform::auth::TenantId;
use crate::platform::db::{Db, DbError};
use crate::platform::tasks::{Next, Tasks};

/// How late news is noticed when the wake-up call is missed.
const PERIOD: Duration = Duration::from_secs(1);
/// With more news than this, everybody looks for themselves.
const MOST_LOOKED_AT: i64 = 5_000;

/// Who listens at present; clones are the same feed.
#[derive(Clone)]
pub struct Feed(Arc<Inner>);

struct Inner {
    tenants: Mutex<HashMap<TenantId, Room>>,
    closing: CancellationToken,
}

/// The listeners of one tenant.
struct Room {
    open: usize,
    /// The end of the log when there was news of the tenant last.
    news: watch::Sender<i64>,
}

/// One live reader; dropping it makes room for another.
pub struct Listener {
    feed: Feed,
    tenant: TenantId,
    /// Changes when there may be new events of the tenant.
    pub news: watch::Receiver<i64>,
}

impl Feed {
    /// Nobody listens yet.
    pub(super) fn new() -> Self {
        Self(Arc::new(Inner { tenants: Mutex::default(), closing: CancellationToken::new() }))
    }

    /// Starts telling listeners the news of `db`, woken by `signal`.
    pub(super) fn start(&self, db: &Db, tasks: &Tasks, signal: Arc<Notify>) {
        let (feed, db) = (self.clone(), db.clone());
        let told = Arc::new(tokio::sync::Mutex::new(None));
        tasks.run("event-feed", signal, PERIOD, move || {
            let (feed, db, told) = (feed.clone(), db.clone(), told.clone());
            async move {
                if let Err(error) = feed.tell(&db, &mut *told.lock().await).await {
                    tracing::debug!(%error, "live readers are told their news later");
                }
                Next::Wait
            }
        });
    }

    /// A new listener of `tenant`; none when it has `most` already.
    pub fn listen(&self, tenant: TenantId, most: usize) -> Option<Listener> {
        let mut tenants = self.lock();
        let room = tenants.entry(tenant).or_insert_with(|| Room { open: 0, news: watch::Sender::new(0) });
        if room.open >= most {
            return None;
        }
        room.open += 1;
        Some(Listener { feed: self.clone(), tenant, news: room.news.subscribe() })
    }

    /// How many listeners of `tenant` there are.
    pub fn open_of(&self, tenant: TenantId) -> usize {
        self.lock().get(&tenant).map_or(0, |room| room.open)
    }

    /// Ends every listener: the server stops.
    pub fn close(&self) {
        self.0.closing.cancel();
    }

    async fn tell(&self, db: &Db, told: &mut Option<i64>) -> Result<(), DbError> {
        if self.lock().is_empty() {
            *told = None;
            return Ok(());
        }
        let known = *told;
        let (end, tenants) = db.system(EVENTS, move |tx| news(tx.conn(), known)).await?;
        *told = Some(end);
        for (tenant, room) in self.lock().iter() {
            if tenants.as_ref().is_none_or(|tenants| tenants.contains(&tenant.uuid())) {
                room.news.send_replace(end);
            }
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, Room>> {
        self.0.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// Cancelled when the server stops.
    pub fn closing(&self) -> CancellationToken {
        self.feed.0.closing.clone()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut tenants = self.feed.lock();
        if let Some(room) = tenants.get_mut(&self.tenant) {
            room.open = room.open.saturating_sub(1);
            if room.open == 0 {
                tenants.remove(&self.tenant);
            }
        }
    }
}

/// The end of the log, and the tenants with events behind `known`; none when that may be any.
fn news(connection: &mut PgConnection, known: Option<i64>) -> Result<(i64, Option<Vec<Uuid>>), DbError> {
    let end = cursor::log_end(connection)?;
    let Some(known) = known.filter(|known| end - known <= MOST_LOOKED_AT) else { return Ok((end, None)) };
    if end == known {
        return Ok((end, Some(Vec::new())));
    }
    let tenants = log::table
        .select(log::tenant_id)
        .distinct()
        .filter(log::position.gt(known).and(log::position.le(end)))
        .load(connection)?;
    Ok((end, Some(tenants)))
}

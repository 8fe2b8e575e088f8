//! What the server knows of its own health: probed every two seconds, so that asking costs nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::platform::db::Db;
use crate::platform::tasks::{Next, Tasks};

const PROBE_PERIOD: Duration = Duration::from_secs(2);

/// The state of the dependencies as last probed.
pub struct Health {
    postgres: AtomicBool,
    stopping: AtomicBool,
}

impl Health {
    /// Starts probing `db` in the background.
    pub fn watch(db: &Db, tasks: &Tasks) -> Arc<Self> {
        let health = Arc::new(Self { postgres: AtomicBool::new(false), stopping: AtomicBool::new(false) });
        let (db, seen) = (db.for_background(), health.clone());
        tasks.run("health", Arc::new(Notify::new()), PROBE_PERIOD, move || {
            let (db, seen) = (db.clone(), seen.clone());
            async move {
                seen.probe(&db).await;
                Next::Wait
            }
        });
        health
    }

    /// Whether PostgreSQL answered last time.
    pub fn postgres(&self) -> bool {
        self.postgres.load(Ordering::Relaxed)
    }

    /// Whether the server is on its way out and should get no more requests.
    pub fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Says that the server is on its way out.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    async fn probe(&self, db: &Db) {
        let answer = db.ping().await;
        let there = answer.is_ok();
        if self.postgres.swap(there, Ordering::Relaxed) != there {
            match answer {
                Ok(()) => tracing::info!("PostgreSQL answers"),
                Err(error) => tracing::error!(%error, "PostgreSQL does not answer"),
            }
        }
    }
}

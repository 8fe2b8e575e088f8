//! What the catalogue does by itself: old products come into the index of a new field, and old files are forgotten.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::{ProductImports, service, store};
use crate::billing::BILLING;
use crate::billing::contract::SalesError;
use crate::platform::auth::{Actor, CorrelationId};
use crate::platform::db::Db;
use crate::platform::problem::Problem;
use crate::platform::tasks::{Next, Tasks};
use crate::platform::transfers::{Imports, forget_uploads, start_imports};

const UPKEEP_PERIOD: Duration = Duration::from_secs(15);

/// Starts what runs by the clock.
pub fn start(db: &Db, tasks: &Tasks, imports: &Imports) {
    start_imports::<ProductImports>(db, tasks, imports);
    let db = db.for_background();
    tasks.run("billing-catalog-upkeep", Arc::new(Notify::new()), UPKEEP_PERIOD, move || {
        let db = db.clone();
        async move {
            if let Err(error) = keep_up(&db).await {
                tracing::warn!(%error, "the upkeep of products will be tried again");
            }
            Next::Wait
        }
    });
}

async fn keep_up(db: &Db) -> Result<(), SalesError> {
    forget_uploads::<ProductImports>(db).await.map_err(Problem::from)?;
    for tenant in db.system(BILLING, store::tenants).await? {
        while db.tenant(Actor::platform(tenant, CorrelationId::new()), service::keep_up).await? {}
    }
    Ok(())
}

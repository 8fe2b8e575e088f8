//! What customers do by themselves.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::contract::CrmError;
use super::{CRM, FIELDS, contracts, customers};
use crate::identity::People;
use crate::platform::auth::{Actor, CorrelationId};
use crate::platform::db::{Db, TenantTx};
use crate::platform::tasks::{Next, Tasks};

const UPKEEP_PERIOD: Duration = Duration::from_secs(15);

/// Starts what runs by the clock.
pub fn start(db: &Db, tasks: &Tasks, people: &Arc<dyn People>) {
    let (db, people) = (db.for_background(), people.clone());
    tasks.run("crm-upkeep", Arc::new(Notify::new()), UPKEEP_PERIOD, move || {
        let (db, people) = (db.clone(), people.clone());
        async move {
            match keep_up(&db, &people).await {
                Ok(()) => {}
                Err(error) => tracing::warn!(%error, "the upkeep of customers will be tried again"),
            }
            Next::Wait
        }
    });
}

async fn keep_up(db: &Db, people: &Arc<dyn People>) -> Result<(), CrmError> {
    for tenant in db.system(CRM, customers::store::tenants).await? {
        let actor = Actor::platform(tenant, CorrelationId::new());
        loop {
            let people = people.clone();
            if !db.tenant(actor.clone(), move |tx| keep_tenant_up(tx, &*people)).await? {
                break;
            }
        }
    }
    Ok(())
}

/// What time does to the tenant's customers; answers whether there may be more of it.
fn keep_tenant_up(tx: &mut TenantTx<'_>, people: &dyn People) -> Result<bool, CrmError> {
    let today = people.settings(tx)?.time_zone.day_of(tx.now());
    let contracts_left = contracts::service::keep_up(tx, today)?;
    Ok(FIELDS.keep_up(tx)? || contracts_left)
}

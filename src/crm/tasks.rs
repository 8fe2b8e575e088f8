//! What customers do by themselves.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::contract::CrmError;
use super::contract::events::{
    CustomerActivityLogged, CustomerChurned, CustomerContractChanged, CustomerContractCreated,
    CustomerContractStatusChanged, CustomerCreated, CustomerOnboardingCompleted, CustomerReactivated,
    CustomerRenewed, CustomerTaskChanged, CustomerTaskCompleted, CustomerTaskRemoved,
};
use super::{CRM, CustomerExports, CustomerImports, FIELDS, contracts, customers, health, todos};
use crate::billing::events::{InvoiceIssued, InvoiceOverdue, InvoicePaid, InvoiceReopened, InvoiceVoided};
use crate::identity::People;
use crate::platform::auth::{Actor, CorrelationId};
use crate::platform::db::{Db, TenantTx};
use crate::platform::events::Subscription;
use crate::platform::tasks::{Next, Tasks};
use crate::platform::transfers::{Imports, forget_exports, forget_imports, forget_uploads, start_imports};

const UPKEEP_PERIOD: Duration = Duration::from_secs(15);

/// The readers of the log that customers have.
pub fn subscriptions() -> Vec<Subscription> {
    use health::service::{InvoiceNews, note, reexamine};
    vec![
        Subscription::new("crm-health")
            .on::<CustomerCreated>(|tx, event, _| Ok(reexamine(tx, event.id)?))
            .on::<CustomerActivityLogged>(|tx, event, _| Ok(reexamine(tx, event.id)?))
            .on::<CustomerChurned>(|tx, event, _| Ok(reexamine(tx, event.id)?))
            .on::<CustomerReactivated>(|tx, event, _| Ok(reexamine(tx, event.id)?))
            .on::<CustomerContractCreated>(|tx, event, _| Ok(reexamine(tx, event.id)?))
            .on::<CustomerContractChanged>(|tx, event, _| Ok(reexamine(tx, event.id)?))
            .on::<CustomerContractStatusChanged>(|tx, event, _| Ok(reexamine(tx, event.id)?))
            .on::<CustomerRenewed>(|tx, event, _| Ok(reexamine(tx, event.id)?))
            .on::<CustomerTaskChanged>(|tx, event, _| Ok(reexamine(tx, event.id)?))
            .on::<CustomerTaskCompleted>(|tx, event, _| Ok(reexamine(tx, event.id)?))
            .on::<CustomerTaskRemoved>(|tx, event, _| Ok(reexamine(tx, event.id)?))
            .on::<CustomerOnboardingCompleted>(|tx, event, _| Ok(reexamine(tx, event.id)?))
            .on::<InvoiceIssued>(|tx, event, _| match event.total.minor() {
                // Of nothing, nobody pays in time.
                0 => Ok(()),
                _ => Ok(note(tx, event.customer_id, event.id.uuid(), InvoiceNews::Issued(event.due_on))?),
            })
            .on::<InvoiceOverdue>(|tx, event, _| {
                Ok(note(tx, event.customer_id, event.id.uuid(), InvoiceNews::Overdue)?)
            })
            .on::<InvoicePaid>(|tx, event, _| {
                Ok(note(tx, event.customer_id, event.id.uuid(), InvoiceNews::Settled)?)
            })
            .on::<InvoiceReopened>(|tx, event, _| {
                Ok(note(tx, event.customer_id, event.id.uuid(), InvoiceNews::Reopened)?)
            })
            .on::<InvoiceVoided>(|tx, event, _| {
                Ok(note(tx, event.customer_id, event.id.uuid(), InvoiceNews::Voided)?)
            }),
    ]
}

/// Starts what runs by the clock.
pub fn start(db: &Db, tasks: &Tasks, people: &Arc<dyn People>, imports: &Imports) {
    start_imports::<CustomerImports>(db, tasks, imports);
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
    forget_uploads::<CustomerImports>(db).await?;
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
    let tasks_left = todos::service::keep_up(tx)?;
    let health_left = health::service::keep_up(tx)?;
    forget_exports(tx, &CustomerExports)?;
    forget_imports::<CustomerImports>(tx)?;
    Ok(FIELDS.keep_up(tx)? || contracts_left || tasks_left || health_left)
}

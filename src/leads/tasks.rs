//! What leads do by themselves: scores follow events, follow-ups come due, leads are forgotten.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::LEADS;
use super::contract::LeadsError;
use super::contract::events::{LeadContactChanged, LeadCreated, LeadMergeUndone, LeadMerged, LeadUpdated};
use super::domain::RuleScorer;
use super::imports::LeadImports;
use super::service;
use crate::identity::People;
use crate::platform::auth::{Actor, CorrelationId};
use crate::platform::db::Db;
use crate::platform::events::Subscription;
use crate::platform::tasks::{Next, Tasks};
use crate::platform::transfers::{Imports, forget_uploads, start_imports};

const UPKEEP_PERIOD: Duration = Duration::from_secs(15);

/// The readers of the log that leads have.
pub fn subscriptions() -> Vec<Subscription> {
    vec![
        Subscription::new("leads-scoring")
            .on::<LeadCreated>(|tx, created, _| Ok(service::rescore(tx, &RuleScorer, created.id)?))
            .on::<LeadUpdated>(|tx, updated, _| Ok(service::rescore(tx, &RuleScorer, updated.id)?))
            .on::<LeadMerged>(|tx, merged, _| Ok(service::rescore(tx, &RuleScorer, merged.id)?))
            .on::<LeadMergeUndone>(|tx, undone, _| {
                service::rescore(tx, &RuleScorer, undone.id)?;
                Ok(service::rescore(tx, &RuleScorer, undone.other_id)?)
            }),
        Subscription::new("leads-likeness")
            .on::<LeadCreated>(|tx, created, _| Ok(service::note_likenesses(tx, created.id)?))
            .on::<LeadUpdated>(|tx, updated, _| Ok(service::note_likenesses(tx, updated.id)?))
            .on::<LeadContactChanged>(|tx, changed, _| Ok(service::note_likenesses(tx, changed.id)?))
            .on::<LeadMerged>(|tx, merged, _| Ok(service::note_likenesses(tx, merged.id)?))
            .on::<LeadMergeUndone>(|tx, undone, _| {
                service::note_likenesses(tx, undone.id)?;
                Ok(service::note_likenesses(tx, undone.other_id)?)
            }),
    ]
}

/// Starts what runs by the clock.
pub fn start(db: &Db, tasks: &Tasks, people: &Arc<dyn People>, imports: &Imports) {
    start_imports::<LeadImports>(db, tasks, imports);
    let (db, people) = (db.for_background(), people.clone());
    tasks.run("leads-upkeep", Arc::new(Notify::new()), UPKEEP_PERIOD, move || {
        let (db, people) = (db.clone(), people.clone());
        async move {
            match keep_up(&db, &people).await {
                Ok(()) => {}
                Err(error) => tracing::warn!(%error, "the upkeep of leads will be tried again"),
            }
            Next::Wait
        }
    });
}

async fn keep_up(db: &Db, people: &Arc<dyn People>) -> Result<(), LeadsError> {
    forget_uploads::<LeadImports>(db).await?;
    for tenant in db.system(LEADS, service::tenants).await? {
        let actor = Actor::platform(tenant, CorrelationId::new());
        loop {
            let people = people.clone();
            if !db.tenant(actor.clone(), move |tx| service::keep_up(tx, &*people)).await? {
                break;
            }
        }
    }
    Ok(())
}

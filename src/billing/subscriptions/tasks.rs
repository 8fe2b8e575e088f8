//! What subscriptions do by the clock and after events: periods are billed, overdue invoices have consequences.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::{service, store};
use crate::billing::BILLING;
use crate::billing::contract::MoneyError;
use crate::billing::contract::events::{InvoiceOverdue, InvoicePaid, InvoiceReminderDue};
use crate::billing::invoices::LAST_REMINDER;
use crate::identity::People;
use crate::platform::auth::{Actor, CorrelationId};
use crate::platform::db::Db;
use crate::platform::events::Subscription;
use crate::platform::tasks::{Next, Tasks};

const PERIOD: Duration = Duration::from_secs(2);
const AT_ONCE: i64 = 100;

/// The reader of the log that subscriptions have.
pub fn reader(people: &Arc<dyn People>) -> Subscription {
    let people = people.clone();
    Subscription::new("billing-dunning")
        .on::<InvoiceOverdue>(|tx, overdue, _| Ok(service::dun(tx, overdue.id, false)?))
        .on::<InvoiceReminderDue>(|tx, due, _| match due.days_overdue {
            days if days >= LAST_REMINDER => Ok(service::dun(tx, due.id, true)?),
            _ => Ok(()),
        })
        .on::<InvoicePaid>(move |tx, paid, _| Ok(service::recover(tx, &*people, paid.id)?))
}

/// Starts billing.
pub fn start(db: &Db, tasks: &Tasks, people: &Arc<dyn People>) {
    let (db, people) = (db.for_background(), people.clone());
    tasks.run("billing-subscriptions", Arc::new(Notify::new()), PERIOD, move || {
        let (db, people) = (db.clone(), people.clone());
        async move {
            match round(&db, &people).await {
                Ok(true) => Next::Again,
                Ok(false) => Next::Wait,
                Err(error) => {
                    tracing::warn!(%error, "subscriptions will be billed later");
                    Next::After(PERIOD)
                }
            }
        }
    });
}

/// Answers whether there was anything: several periods may be due of one.
async fn round(db: &Db, people: &Arc<dyn People>) -> Result<bool, MoneyError> {
    let due = db.system(BILLING, |tx| store::to_bill(tx, AT_ONCE)).await?;
    let any = !due.is_empty();
    let mut failed = None;
    for (tenant, subscription) in due {
        let (actor, people) = (Actor::platform(tenant, CorrelationId::new()), people.clone());
        // One that cannot be billed keeps nobody else back.
        let billed = db.tenant(actor, move |tx| service::bill(tx, &*people, subscription)).await;
        failed = billed.err().or(failed);
    }
    failed.map_or(Ok(any), Err)
}

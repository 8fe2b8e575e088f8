//! What invoices do by themselves: what is sold is billed, and customers are reminded.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::service::SoldQuotation;
use super::{service, store};
use crate::billing::BILLING;
use crate::billing::contract::MoneyError;
use crate::billing::contract::events::QuotationAccepted;
use crate::identity::People;
use crate::platform::auth::{Actor, CorrelationId};
use crate::platform::db::Db;
use crate::platform::events::Subscription;
use crate::platform::tasks::{Next, Tasks};

const PERIOD: Duration = Duration::from_secs(2);
const AT_ONCE: i64 = 100;

/// The reader of the log that invoices have: an accepted quotation becomes one draft.
pub fn subscription() -> Subscription {
    Subscription::new("billing-invoices").on::<QuotationAccepted>(|tx, sold, _| {
        let sold = SoldQuotation {
            quotation: sold.quotation_id,
            customer: sold.customer_id,
            currency: sold.currency,
            lines: sold.lines,
            discount: sold.discount,
        };
        service::from_quotation(tx, sold)?;
        Ok(())
    })
}

/// Starts reminding.
pub fn start(db: &Db, tasks: &Tasks, people: &Arc<dyn People>) {
    let (db, people) = (db.for_background(), people.clone());
    tasks.run("billing-reminders", Arc::new(Notify::new()), PERIOD, move || {
        let (db, people) = (db.clone(), people.clone());
        async move {
            match round(&db, &people).await {
                Ok(true) => Next::Again,
                Ok(false) => Next::Wait,
                Err(error) => {
                    tracing::warn!(%error, "reminders of invoices will be tried again");
                    Next::After(PERIOD)
                }
            }
        }
    });
}

/// Answers whether there may be more.
async fn round(db: &Db, people: &Arc<dyn People>) -> Result<bool, MoneyError> {
    let due = db.system(BILLING, |tx| store::to_remind(tx, AT_ONCE)).await?;
    let is_full = i64::try_from(due.len()).is_ok_and(|count| count == AT_ONCE);
    let mut failed = None;
    for (tenant, invoice) in due {
        let (actor, people) = (Actor::platform(tenant, CorrelationId::new()), people.clone());
        // One that cannot be told keeps nobody else's back.
        let told = db.tenant(actor, move |tx| service::remind(tx, &*people, invoice)).await;
        failed = told.err().or(failed);
    }
    failed.map_or(Ok(is_full), Err)
}

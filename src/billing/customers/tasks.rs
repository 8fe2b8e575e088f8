//! Whose customers are is followed in the log.

use super::service::follow;
use crate::crm::events::{CustomerAssigned, CustomerCreated, CustomerUpdated};
use crate::platform::events::Subscription;

/// The reader of the log that knows whose customers are.
pub fn subscription() -> Subscription {
    Subscription::new("billing-customer-owners")
        .on::<CustomerCreated>(|tx, event, _| Ok(follow(tx, event.id)?))
        .on::<CustomerAssigned>(|tx, event, _| Ok(follow(tx, event.id)?))
        .on::<CustomerUpdated>(|tx, event, _| Ok(follow(tx, event.id)?))
}

//! Subscriptions over HTTP.

mod records;
mod states;
mod views;

use crate::platform::http::Routes;

/// Registers the operations on subscriptions.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(records::billing_subscriptions_list)
        .service(records::billing_subscriptions_create)
        .service(records::billing_subscriptions_get)
        .service(records::billing_subscriptions_update)
        .service(states::billing_subscriptions_pause)
        .service(states::billing_subscriptions_resume)
        .service(states::billing_subscriptions_cancel);
}

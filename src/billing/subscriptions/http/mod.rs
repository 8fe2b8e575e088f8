//! Subscriptions over HTTP.

mod records;
mod states;
mod views;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers the operations on subscriptions.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(records::billing_subscriptions_list)
        .service(records::billing_subscriptions_create)
        .service(records::billing_subscriptions_get)
        .service(records::billing_subscriptions_update)
        .service(states::billing_subscriptions_pause)
        .service(states::billing_subscriptions_resume)
        .service(states::billing_subscriptions_cancel);
}

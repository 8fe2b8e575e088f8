//! Webhooks over HTTP.

mod deliveries;
mod endpoints;
mod views;

use crate::platform::auth::Permission;
use crate::platform::http::Routes;

/// `webhooks:read`
pub struct ReadWebhooks;

/// `webhooks:write`
pub struct WriteWebhooks;

impl Permission for ReadWebhooks {
    const NAME: &'static str = "webhooks:read";
}

impl Permission for WriteWebhooks {
    const NAME: &'static str = "webhooks:write";
}

/// Registers the operations on webhooks.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(endpoints::webhooks_list)
        .service(endpoints::webhooks_create)
        .service(endpoints::webhooks_get)
        .service(endpoints::webhooks_update)
        .service(endpoints::webhooks_delete)
        .service(endpoints::webhooks_rotate_secret)
        .service(deliveries::webhooks_ping)
        .service(deliveries::webhooks_replay)
        .service(deliveries::webhooks_deliveries)
        .service(deliveries::webhooks_delivery)
        .service(deliveries::webhooks_resend);
}

//! Money over HTTP: what its operations share, and all of them.

use utoipa_actix_web::service_config::ServiceConfig;

use super::{invoices, payments};
use crate::platform::auth::Permission;

/// `billing:read`
pub struct ReadBilling;

/// `billing:write`: products, prices, stock and all else that is not a seller's.
pub struct WriteBilling;

impl Permission for ReadBilling {
    const NAME: &'static str = "billing:read";
}

impl Permission for WriteBilling {
    const NAME: &'static str = "billing:write";
}

/// `tenant:write`: how the company works with money, such as its accounts with payment providers.
pub struct ConfigureBilling;

impl Permission for ConfigureBilling {
    const NAME: &'static str = "tenant:write";
}

/// Registers the operations on money.
pub fn routes(config: &mut ServiceConfig<'_>) {
    invoices::routes(config);
    payments::provider_routes(config);
    payments::public_routes(config);
    payments::routes(config);
}

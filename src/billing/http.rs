//! Money over HTTP: what its operations share, and all of them.

use serde::Deserialize;
use utoipa::ToSchema;

use super::{catalog, documents, inventory, invoices, payments, quotations, subscriptions};
use crate::platform::auth::Permission;
use crate::platform::http::Routes;

/// `billing:read`
pub struct ReadBilling;

/// `billing:write`: products, prices, stock and all else that is not a seller's.
pub struct WriteBilling;

/// `billing:quote`: what sellers do: quotations, and keeping lots for customers.
pub struct Quote;

/// `tenant:write`: how the company works with money, such as its accounts with payment providers and the fields of its products.
pub struct ConfigureBilling;

impl Permission for ReadBilling {
    const NAME: &'static str = "billing:read";
}

impl Permission for WriteBilling {
    const NAME: &'static str = "billing:write";
}

impl Permission for ConfigureBilling {
    const NAME: &'static str = "tenant:write";
}

impl Permission for Quote {
    const NAME: &'static str = "billing:quote";
}

/// Registers the operations on money.
pub fn routes(config: &mut Routes<'_, '_>) {
    catalog::routes(config);
    inventory::routes(config);
    quotations::routes(config);
    quotations::public_routes(config);
    documents::routes(config);
    documents::public_routes(config);
    invoices::routes(config);
    payments::provider_routes(config);
    payments::public_routes(config);
    payments::routes(config);
    subscriptions::routes(config);
}

/// Whether something is used. `active`: it is. `archived`: it is not any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Usage {
    /// It is used.
    Active,
    /// It is not any more.
    Archived,
}

impl Usage {
    /// Whether it is not used any more.
    pub fn is_archived(self) -> bool {
        self == Self::Archived
    }
}

/// `active` or `archived`.
pub fn usage(is_archived: bool) -> &'static str {
    if is_archived { "archived" } else { "active" }
}

//! Customers and all that hangs on them over HTTP.

use actix_web::web::Data;

use crate::identity::People;
use crate::platform::auth::Permission;
use crate::platform::http::Routes;

/// What customers ask of identity, as the server shares it.
pub type PeopleData = Data<dyn People>;

/// `crm:read`
pub struct ReadCustomers;

/// `crm:write`
pub struct WriteCustomers;

/// `crm:delete`
pub struct DeleteCustomers;

/// `tenant:write`: how the company works with customers, such as fields and templates.
pub struct ConfigureCustomers;

impl Permission for ReadCustomers {
    const NAME: &'static str = "crm:read";
}

impl Permission for WriteCustomers {
    const NAME: &'static str = "crm:write";
}

impl Permission for DeleteCustomers {
    const NAME: &'static str = "crm:delete";
}

impl Permission for ConfigureCustomers {
    const NAME: &'static str = "tenant:write";
}

/// Registers every operation; fixed paths stand before those with an identifier.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .configure(super::contracts::routes)
        .configure(super::todos::routes)
        .configure(super::onboarding::routes)
        .configure(super::health::routes)
        .configure(super::customers::routes);
}

//! Journeys and read facades across modules: each is one transaction over the modules' own functions, so none half happens.

mod customer_overview;
mod lead_conversion;

use crate::platform::http::Routes;

/// Registers every operation.
pub fn routes(config: &mut Routes<'_, '_>) {
    config.service(lead_conversion::leads_convert).service(customer_overview::customers_overview);
}

//! Journeys and read facades across modules: each is one transaction over the modules' own functions, so none half happens.

mod customer_overview;
mod lead_conversion;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers every operation.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(lead_conversion::leads_convert).service(customer_overview::customers_overview);
}

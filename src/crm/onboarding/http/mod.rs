//! Onboarding over HTTP.

mod checklists;
mod templates;

use crate::platform::http::Routes;

/// Registers the operations on templates and checklists; fixed paths stand before those with an identifier.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(templates::customers_list_onboarding_templates)
        .service(templates::customers_add_onboarding_template)
        .service(templates::customers_get_onboarding_template)
        .service(templates::customers_change_onboarding_template)
        .service(templates::customers_remove_onboarding_template)
        .service(checklists::customers_start_onboarding)
        .service(checklists::customers_list_onboardings)
        .service(checklists::customers_get_onboarding)
        .service(checklists::customers_tick_onboarding_step);
}

//! Contracts over HTTP.

mod progress;
mod records;
mod views;

use crate::platform::http::Routes;

pub use records::ContractRequest;

/// Registers the operations on contracts.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(records::customers_renewals)
        .service(records::customers_add_contract)
        .service(records::customers_list_contracts)
        .service(records::customers_get_contract)
        .service(records::customers_change_contract)
        .service(progress::customers_activate_contract)
        .service(progress::customers_end_contract)
        .service(progress::customers_cancel_contract)
        .service(progress::customers_renew_contract);
}

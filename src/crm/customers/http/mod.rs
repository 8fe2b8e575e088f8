//! Customers over HTTP.

mod activities;
mod contacts;
mod fields;
mod filter;
mod listing;
mod progress;
mod records;
mod timeline;
mod views;

pub use filter::CustomerFilter;
pub use listing::sort;
pub use records::customer_view;
pub use views::CustomerView;

pub use crate::crm::http::{ConfigureCustomers, DeleteCustomers, PeopleData, ReadCustomers, WriteCustomers};
use crate::platform::http::Routes;

/// Registers the operations on customers; fixed paths stand before those with an identifier.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(listing::customers_list)
        .service(listing::customers_summary)
        .configure(crate::crm::customers::exports::routes)
        .configure(crate::crm::customers::imports::routes)
        .service(fields::customers_list_fields)
        .service(fields::customers_define_field)
        .service(fields::customers_get_field)
        .service(fields::customers_change_field)
        .service(fields::customers_archive_field)
        .service(records::customers_create)
        .service(records::customers_get)
        .service(records::customers_update)
        .service(records::customers_archive)
        .service(records::customers_restore)
        .service(progress::customers_assign)
        .service(progress::customers_churn)
        .service(progress::customers_reactivate)
        .service(timeline::customers_timeline)
        .service(activities::customers_log_activity)
        .service(contacts::customers_add_contact)
        .service(contacts::customers_list_contacts)
        .service(contacts::customers_change_contact)
        .service(contacts::customers_remove_contact);
}

//! Invoices and credit notes over HTTP.

mod credit_notes;
mod listing;
mod records;
mod views;

use crate::platform::http::Routes;

/// Registers the operations on invoices and credit notes.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(listing::invoices_list)
        .service(records::invoices_create)
        .service(records::invoices_get)
        .service(records::invoices_update)
        .service(records::invoices_delete)
        .service(records::invoices_issue)
        .service(records::invoices_void)
        .service(credit_notes::credit_notes_list)
        .service(credit_notes::credit_notes_create)
        .service(credit_notes::credit_notes_get);
}

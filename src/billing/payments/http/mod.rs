//! Payments over HTTP.

mod records;
mod statement;
mod views;

use crate::platform::http::Routes;

/// Registers the operations on payments noted by hand, refunds and statements.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(records::payments_list)
        .service(records::payments_create)
        .service(records::payments_get)
        .service(records::payments_allocate)
        .service(records::payments_refund)
        .service(statement::customers_statement);
}

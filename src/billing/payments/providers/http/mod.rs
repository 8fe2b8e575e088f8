//! Accounts with providers, pages to pay on, and webhooks over HTTP.

mod accounts;
mod checkouts;
mod webhooks;

use crate::platform::http::Routes;

/// Registers the operations on accounts and pages.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(accounts::payment_accounts_list)
        .service(accounts::payment_accounts_create)
        .service(accounts::payment_accounts_get)
        .service(accounts::payment_accounts_replace)
        .service(accounts::payment_accounts_delete)
        .service(checkouts::invoices_checkout);
}

/// Registers what providers call.
pub fn public_routes(config: &mut Routes<'_, '_>) {
    config.service(webhooks::payments_stripe_webhook).service(webhooks::payments_paypal_webhook);
}

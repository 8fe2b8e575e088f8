//! The catalogue over HTTP.

mod fields;
mod filter;
mod lists;
mod products;
mod views;

use crate::platform::http::Routes;

pub use filter::ProductsFilter;
pub use products::{fields_for, sort};

/// Registers the operations on products and prices; fixed paths stand before those with an identifier.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(products::products_list)
        .configure(super::exports::routes)
        .configure(super::imports::routes)
        .service(fields::products_list_fields)
        .service(fields::products_define_field)
        .service(fields::products_get_field)
        .service(fields::products_change_field)
        .service(fields::products_archive_field)
        .service(products::products_create)
        .service(products::products_get)
        .service(products::products_update)
        .service(lists::price_lists_list)
        .service(lists::price_lists_create)
        .service(lists::price_lists_get)
        .service(lists::price_lists_update)
        .service(lists::price_lists_prices)
        .service(lists::price_lists_set_price)
        .service(lists::price_lists_delete_price);
}

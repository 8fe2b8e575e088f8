//! The catalogue over HTTP.

mod lists;
mod products;
mod views;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers the operations on products and prices.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(products::products_list)
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

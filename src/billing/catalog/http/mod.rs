//! The catalogue over HTTP.

mod lists;
mod products;
mod views;

use utoipa_actix_web::service_config::ServiceConfig;

use crate::kernel::text::fold;
use crate::kernel::{Invalid, Line};
use crate::platform::problem::{FieldError, Problem};

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

/// `LIKE` patterns for what somebody typed into a search box.
fn patterns(typed: &str) -> Result<Vec<String>, Problem> {
    let refuse = |reason: Invalid| Problem::invalid(vec![FieldError::parameter("q", reason)]);
    let line = Line::<100>::parse(typed).map_err(refuse)?;
    let text = fold(line.as_str()).replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    Ok(vec![format!("%{text}%")])
}

//! The inventory over HTTP.

mod lot_views;
mod lots;
mod stock_views;
mod warehouses;

use crate::platform::http::Routes;

/// Registers the operations on warehouses, stock and lots.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(warehouses::warehouses_list)
        .service(warehouses::warehouses_create)
        .service(warehouses::warehouses_get)
        .service(warehouses::warehouses_update)
        .service(warehouses::warehouses_stock)
        .service(warehouses::warehouses_movements)
        .service(warehouses::warehouses_move)
        .service(warehouses::products_stock)
        .service(lots::lots_list)
        .service(lots::lots_create)
        .service(lots::lots_get)
        .service(lots::lots_update)
        .service(lots::lots_reserve)
        .service(lots::lots_release);
}

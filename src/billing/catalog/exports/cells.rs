//! The columns that exports of products may have, and the cells of a product.

use serde_json::Value;

use crate::billing::catalog::domain::Details;
use crate::billing::catalog::store::ProductRow;
use crate::billing::domain::tax_words;
use crate::kernel::Decimal6;
use crate::platform::transfers::{custom_cell, joined, moment_cell, text_cell};

/// What an import reads, in the order of the file when no columns are asked for.
pub const READABLE: [&str; 10] = [
    "sku",
    "kind",
    "name",
    "description",
    "sat_product_key",
    "unit_code",
    "taxes",
    "images",
    "tracks_stock",
    "allows_backorder",
];
/// What is only told when it is asked for.
pub const TOLD: [&str; 5] = ["id", "status", "version", "created_at", "updated_at"];
/// The price in the list that was asked for.
pub const PRICE: &str = "unit_price";

/// The cell of a product in `column`: a text, a number, or nothing. `price` is that of the list that was asked for.
pub fn cell(row: &ProductRow, details: &Details, price: Option<Decimal6>, column: &str) -> Value {
    match column {
        "sku" => text_cell(Some(&details.sku)),
        "kind" => text_cell(Some(&row.kind)),
        "name" => text_cell(Some(&details.name)),
        "description" => text_cell(details.description.as_ref()),
        "sat_product_key" => text_cell(row.sat_product_key.as_ref()),
        "unit_code" => text_cell(row.unit_code.as_ref()),
        "taxes" => tax_words::written(&details.taxes).into(),
        "images" => joined(row.images.iter().map(String::as_str)).into(),
        "tracks_stock" => text_cell(Some(details.tracks_stock)),
        "allows_backorder" => text_cell(Some(details.allows_backorder)),
        PRICE => text_cell(price),
        "id" => text_cell(Some(row.id)),
        "status" => text_cell(Some(if details.is_archived { "archived" } else { "active" })),
        "version" => row.version.into(),
        "created_at" => moment_cell(Some(row.created_at)),
        "updated_at" => moment_cell(Some(row.updated_at)),
        _ => {
            let name = column.strip_prefix("custom:").unwrap_or(column);
            custom_cell(details.custom_fields.get(name).unwrap_or(&Value::Null))
        }
    }
}

//! What happens to files of products.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::platform::events::{CatalogueEntry, Event};

/// The events of files of products.
pub fn catalogue() -> Vec<CatalogueEntry> {
    vec![CatalogueEntry::of::<ProductExportRequested>(), CatalogueEntry::of::<ProductExportCompleted>()]
}

/// Somebody asked for products in a file.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductExportRequested {
    /// The export.
    pub export_id: Uuid,
    /// The kind of file: `csv` or `xlsx`.
    pub format: String,
    /// Which products.
    #[schema(value_type = Object)]
    pub filter: Value,
}

/// A file of products is there to be downloaded.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductExportCompleted {
    /// The export.
    pub export_id: Uuid,
    /// The kind of file: `csv` or `xlsx`.
    pub format: String,
    /// Products in it.
    pub rows: i32,
}

fn id() -> Uuid {
    Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c41)
}

impl Event for ProductExportRequested {
    const TYPE: &'static str = "Product.ExportRequested";
    const SUBJECT: &'static str = "product.export.requested";
    const SUMMARY: &'static str = "Somebody asked for products in a file.";

    fn example() -> Self {
        Self { export_id: id(), format: "csv".to_owned(), filter: json!({ "status": "active" }) }
    }
}

impl Event for ProductExportCompleted {
    const TYPE: &'static str = "Product.ExportCompleted";
    const SUBJECT: &'static str = "product.export.completed";
    const SUMMARY: &'static str = "A file of products is there to be downloaded.";

    fn example() -> Self {
        Self { export_id: id(), format: "csv".to_owned(), rows: 1_177 }
    }
}

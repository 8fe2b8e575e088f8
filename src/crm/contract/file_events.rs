//! What happens to files of customers.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::platform::events::{CatalogueEntry, Event};

/// The events of files of customers.
pub fn catalogue() -> Vec<CatalogueEntry> {
    vec![CatalogueEntry::of::<CustomerExportRequested>(), CatalogueEntry::of::<CustomerExportCompleted>()]
}

/// Somebody asked for customers in a file.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerExportRequested {
    /// The export.
    pub export_id: Uuid,
    /// The kind of file: `csv` or `xlsx`.
    pub format: String,
    /// Which customers.
    #[schema(value_type = Object)]
    pub filter: Value,
}

/// A file of customers is there to be downloaded.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerExportCompleted {
    /// The export.
    pub export_id: Uuid,
    /// The kind of file: `csv` or `xlsx`.
    pub format: String,
    /// Customers in it.
    pub rows: i32,
}

fn id() -> Uuid {
    Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c41)
}

impl Event for CustomerExportRequested {
    const TYPE: &'static str = "Customer.ExportRequested";
    const SUBJECT: &'static str = "customer.export.requested";
    const SUMMARY: &'static str = "Somebody asked for customers in a file.";

    fn example() -> Self {
        Self { export_id: id(), format: "csv".to_owned(), filter: json!({ "status": "active" }) }
    }
}

impl Event for CustomerExportCompleted {
    const TYPE: &'static str = "Customer.ExportCompleted";
    const SUBJECT: &'static str = "customer.export.completed";
    const SUMMARY: &'static str = "A file of customers is there to be downloaded.";

    fn example() -> Self {
        Self { export_id: id(), format: "csv".to_owned(), rows: 1_177 }
    }
}

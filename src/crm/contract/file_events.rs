//! What happens to files of customers.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::customer_events::PartChange;
use crate::platform::events::{Event, EventKind};

/// The events of files of customers.
pub fn catalogue() -> Vec<EventKind> {
    vec![
        EventKind::of::<CustomerImportCompleted>(),
        EventKind::of::<CustomerImportUndone>(),
        EventKind::of::<CustomerImportMappingChanged>(),
        EventKind::of::<CustomerExportRequested>(),
        EventKind::of::<CustomerExportCompleted>(),
    ]
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

/// An import came to its end.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerImportCompleted {
    /// The import.
    pub import_id: uuid::Uuid,
    /// Rows in the file.
    pub total: i32,
    /// Customers made.
    pub created: i32,
    /// Customers updated.
    pub updated: i32,
    /// Duplicates passed over.
    pub skipped: i32,
    /// Rows refused.
    pub refused: i32,
}

/// What an import did was taken back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerImportUndone {
    /// The import.
    pub import_id: Uuid,
    /// Customers of the import that are gone.
    pub removed: i32,
    /// Customers that have their former values again.
    pub restored: i32,
    /// Customers of the import that stay, because somebody changed them since.
    pub kept: i32,
}

/// A saved mapping of columns was added, changed or taken away.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerImportMappingChanged {
    /// The mapping.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// What was done: `added`, `changed` or `removed`.
    pub change: PartChange,
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

impl Event for CustomerImportCompleted {
    const TYPE: &'static str = "Customer.ImportCompleted";
    const SUBJECT: &'static str = "customer.import.completed";
    const SUMMARY: &'static str = "Every row of an import was decided.";

    fn example() -> Self {
        Self { import_id: id(), total: 100, created: 90, updated: 0, skipped: 6, refused: 4 }
    }
}

impl Event for CustomerImportUndone {
    const TYPE: &'static str = "Customer.ImportUndone";
    const SUBJECT: &'static str = "customer.import.undone";
    const SUMMARY: &'static str =
        "What an import did was taken back, except for customers that somebody changed since.";

    fn example() -> Self {
        Self { import_id: id(), removed: 88, restored: 4, kept: 2 }
    }
}

impl Event for CustomerImportMappingChanged {
    const TYPE: &'static str = "Customer.ImportMappingChanged";
    const SUBJECT: &'static str = "customer.import-mapping.changed";
    const SUMMARY: &'static str = "A saved mapping of columns was added, changed or taken away.";

    fn example() -> Self {
        Self { id: id(), name: "Directorio de empresas".to_owned(), change: PartChange::Added }
    }
}

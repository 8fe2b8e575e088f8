//! What happens to files of products.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::platform::events::{Event, EventKind};

/// The events of files of products.
pub fn catalogue() -> Vec<EventKind> {
    vec![
        EventKind::of::<ProductImportCompleted>(),
        EventKind::of::<ProductImportUndone>(),
        EventKind::of::<ProductImportMappingChanged>(),
        EventKind::of::<ProductExportRequested>(),
        EventKind::of::<ProductExportCompleted>(),
    ]
}

/// What was done to a saved mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ProductFileChange)]
pub enum FileChange {
    /// It is new.
    Added,
    /// Its name or its columns changed.
    Changed,
    /// It was taken away.
    Removed,
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

/// An import came to its end.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductImportCompleted {
    /// The import.
    pub import_id: uuid::Uuid,
    /// Rows in the file.
    pub total: i32,
    /// Products made.
    pub created: i32,
    /// Products updated.
    pub updated: i32,
    /// Duplicates passed over.
    pub skipped: i32,
    /// Rows refused.
    pub refused: i32,
}

/// What an import did was taken back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductImportUndone {
    /// The import.
    pub import_id: Uuid,
    /// Products of the import that are gone.
    pub removed: i32,
    /// Products that have their former values again.
    pub restored: i32,
    /// Products of the import that stay, because somebody changed them since.
    pub kept: i32,
}

/// A saved mapping of columns was added, changed or taken away.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductImportMappingChanged {
    /// The mapping.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// What was done: `added`, `changed` or `removed`.
    pub change: FileChange,
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

impl Event for ProductImportCompleted {
    const TYPE: &'static str = "Product.ImportCompleted";
    const SUBJECT: &'static str = "product.import.completed";
    const SUMMARY: &'static str = "Every row of an import was decided.";

    fn example() -> Self {
        Self { import_id: id(), total: 100, created: 90, updated: 0, skipped: 6, refused: 4 }
    }
}

impl Event for ProductImportUndone {
    const TYPE: &'static str = "Product.ImportUndone";
    const SUBJECT: &'static str = "product.import.undone";
    const SUMMARY: &'static str =
        "What an import did was taken back, except for products that somebody changed since.";

    fn example() -> Self {
        Self { import_id: id(), removed: 88, restored: 4, kept: 2 }
    }
}

impl Event for ProductImportMappingChanged {
    const TYPE: &'static str = "Product.ImportMappingChanged";
    const SUBJECT: &'static str = "product.import-mapping.changed";
    const SUMMARY: &'static str = "A saved mapping of columns was added, changed or taken away.";

    fn example() -> Self {
        Self { id: id(), name: "Directorio de empresas".to_owned(), change: FileChange::Added }
    }
}

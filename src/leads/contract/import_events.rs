//! What happens to imports beside their rows, and to exports.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::rule_events::RuleChange;
use crate::platform::events::Event;

/// What an import did was taken back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadImportUndone {
    /// The import.
    pub import_id: Uuid,
    /// Leads of the import that are gone.
    pub removed: i32,
    /// Leads that have their former values again.
    pub restored: i32,
    /// Leads of the import that stay, because somebody changed them since or merged them into others.
    pub kept: i32,
}

/// A saved mapping of columns was added, changed or taken away.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadImportMappingChanged {
    /// The mapping.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// What was done: `added`, `changed` or `removed`.
    pub change: RuleChange,
}

/// Somebody asked for leads in a file.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadExportRequested {
    /// The export.
    pub export_id: Uuid,
    /// The kind of file: `csv` or `xlsx`.
    pub format: String,
    /// Which leads.
    #[schema(value_type = Object)]
    pub filter: Value,
}

/// A file of leads is there to be downloaded.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadExportCompleted {
    /// The export.
    pub export_id: Uuid,
    /// The kind of file: `csv` or `xlsx`.
    pub format: String,
    /// Leads in it.
    pub rows: i32,
}

fn id() -> Uuid {
    Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c41)
}

impl Event for LeadImportUndone {
    const TYPE: &'static str = "Lead.ImportUndone";
    const SUBJECT: &'static str = "lead.import.undone";
    const SUMMARY: &'static str =
        "What an import did was taken back, except for leads that somebody changed since.";

    fn example() -> Self {
        Self { import_id: id(), removed: 88, restored: 4, kept: 2 }
    }
}

impl Event for LeadImportMappingChanged {
    const TYPE: &'static str = "Lead.ImportMappingChanged";
    const SUBJECT: &'static str = "lead.import-mapping.changed";
    const SUMMARY: &'static str = "A saved mapping of columns was added, changed or taken away.";

    fn example() -> Self {
        Self { id: id(), name: "Directorio de empresas".to_owned(), change: RuleChange::Added }
    }
}

impl Event for LeadExportRequested {
    const TYPE: &'static str = "Lead.ExportRequested";
    const SUBJECT: &'static str = "lead.export.requested";
    const SUMMARY: &'static str = "Somebody asked for leads in a file.";

    fn example() -> Self {
        Self { export_id: id(), format: "csv".to_owned(), filter: json!({ "status": "qualified" }) }
    }
}

impl Event for LeadExportCompleted {
    const TYPE: &'static str = "Lead.ExportCompleted";
    const SUBJECT: &'static str = "lead.export.completed";
    const SUMMARY: &'static str = "A file of leads is there to be downloaded.";

    fn example() -> Self {
        Self { export_id: id(), format: "csv".to_owned(), rows: 1_177 }
    }
}

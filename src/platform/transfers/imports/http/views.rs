//! Imports as clients see them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::Language;
use crate::platform::transfers::imports::domain::{ImportStatus, OnDuplicate, Undo};
use crate::platform::transfers::imports::store::{ImportRow, ReasonRow};
use crate::platform::transfers::sentence;

/// An import and what it came to so far.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!(import_example()))]
pub struct ImportView {
    /// The import's identifier; lists of records take it as `import_id`.
    pub id: Uuid,
    /// Where it stands.
    #[schema(value_type = ImportStatus)]
    pub status: String,
    /// Whether it only counts: no record is written then.
    pub dry_run: bool,
    /// What the file was called.
    pub file_name: String,
    /// How the file writes its characters; of a workbook `xlsx` or `ods`.
    pub encoding: String,
    /// What separates its cells; nothing in a workbook.
    #[schema(max_length = 1)]
    pub separator: String,
    /// What each column feeds, in the order of the file; may be changed and sent as `options.mapping`.
    #[schema(value_type = Object)]
    pub mapping: Map<String, Value>,
    /// The saved mapping that it is made of.
    #[schema(required)]
    pub mapping_id: Option<Uuid>,
    /// What happens to duplicates.
    #[schema(value_type = OnDuplicate)]
    pub on_duplicate: Value,
    /// Rows in the file, without the header.
    pub total: i32,
    /// Records made.
    pub created: i32,
    /// Rows whose record was there and took what they know.
    pub updated: i32,
    /// Rows passed over because their record was there.
    pub skipped: i32,
    /// Rows that are no record.
    pub refused: i32,
    /// Why rows were skipped or refused, the most frequent reason first.
    pub reasons: Vec<ImportReasonView>,
    /// When it was uploaded.
    pub created_at: DateTime<Utc>,
    /// When it came to its end.
    #[schema(required)]
    pub completed_at: Option<DateTime<Utc>>,
    /// Why it could not go on.
    #[schema(required)]
    pub failure: Option<String>,
    /// What its undoing came to so far.
    #[schema(required)]
    pub undo: Option<UndoView>,
}

/// What the undoing of an import came to so far.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportUndoing, example = json!({
    "removed": 88, "restored": 4, "kept": 1,
    "leads": [{ "lead_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11", "reason": "It was changed after the import, and stays." }]
}))]
pub struct UndoView {
    /// Records that it brought and that are gone.
    pub removed: i32,
    /// Records that it changed and that have their former values again.
    pub restored: i32,
    /// Records that it brought and that stay, because somebody changed them since or merged them into others.
    pub kept: i32,
    /// Of an import of leads: those of which something stays, and why; the first 200.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 200, nullable = false)]
    pub leads: Option<Vec<LeftLeadView>>,
    /// Of an import of anything else: the records of which something stays, and why; the first 200.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 200, nullable = false)]
    pub records: Option<Vec<LeftRecordView>>,
}

/// A lead of which something stays.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportLeftLead, example = json!({
    "lead_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11", "reason": "It was changed after the import, and stays."
}))]
pub struct LeftLeadView {
    /// The lead.
    pub lead_id: Uuid,
    /// Why, in the language asked for.
    pub reason: String,
}

/// A record of which something stays.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportLeftRecord, example = json!({
    "record_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11", "reason": "It was changed after the import, and stays."
}))]
pub struct LeftRecordView {
    /// The record.
    pub record_id: Uuid,
    /// Why, in the language asked for.
    pub reason: String,
}

/// Why rows were not taken.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "outcome": "refused", "reason": "La fila no tiene correo ni teléfono.", "count": 2353, "rows": [3, 8, 9]
}))]
pub struct ImportReasonView {
    /// `refused`, or `skipped` because the record is there.
    pub outcome: String,
    /// The sentence, in the language asked for.
    pub reason: String,
    /// How many rows.
    pub count: i32,
    /// The first 20 of them, as a spreadsheet numbers rows: 1 is the header.
    #[schema(max_items = 20)]
    pub rows: Vec<i32>,
}

/// An example of an import.
fn import_example() -> Value {
    json!({
        "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c21", "status": "completed", "dry_run": false,
        "file_name": "talleres.csv", "encoding": "windows-1252", "separator": ",",
        "mapping": { "nom_estab": "company_name", "telefono": "phone", "correoelec": "email", "municipio": "custom:municipio" },
        "mapping_id": null, "on_duplicate": "skip", "total": 120, "created": 70, "updated": 0, "skipped": 10, "refused": 40,
        "reasons": [
            { "outcome": "refused", "reason": "La fila no tiene correo ni teléfono.", "count": 40, "rows": [3, 8, 9] },
            { "outcome": "skipped", "reason": "Ya existe un prospecto con este correo o teléfono.", "count": 10, "rows": [17] }
        ],
        "created_at": "2026-11-22T18:00:00Z", "completed_at": "2026-11-22T18:00:02Z", "failure": null, "undo": null
    })
}

impl ImportView {
    /// The import of records `name` with those of `reasons` that are its own, in `language`.
    pub fn new(name: &str, row: ImportRow, reasons: &[ReasonRow], language: Language) -> Self {
        let own = reasons.iter().filter(|reason| reason.import_id == row.id);
        let reasons = own
            .map(|reason| ImportReasonView {
                outcome: reason.outcome.clone(),
                reason: reason.sentence(language),
                count: reason.count,
                rows: reason.rows.clone(),
            })
            .collect();
        Self {
            id: row.id,
            status: row.status,
            dry_run: row.dry_run,
            file_name: row.file_name,
            encoding: row.encoding,
            separator: row.separator,
            mapping: columns(&row.mapping),
            mapping_id: row.settings["mapping_id"].as_str().and_then(|id| id.parse().ok()),
            on_duplicate: row.settings["on_duplicate"].clone(),
            total: row.total,
            created: row.created,
            updated: row.updated,
            skipped: row.skipped,
            refused: row.refused,
            reasons,
            created_at: row.created_at,
            completed_at: row.completed_at,
            failure: row.failure.as_ref().map(|failure| sentence(failure, language)),
            undo: row.undo.and_then(|undo| UndoView::new(undo, name, language)),
        }
    }
}

impl UndoView {
    fn new(stored: Value, name: &str, language: Language) -> Option<Self> {
        let undo: Undo = serde_json::from_value(stored).ok()?;
        let left = undo.records.into_iter();
        let left = left.map(|(id, reason)| (id, reason.in_language(language).to_owned()));
        let (leads, records) = if name == "leads" {
            (Some(left.map(|(lead_id, reason)| LeftLeadView { lead_id, reason }).collect()), None)
        } else {
            (None, Some(left.map(|(record_id, reason)| LeftRecordView { record_id, reason }).collect()))
        };
        Some(Self { removed: undo.removed, restored: undo.restored, kept: undo.kept, leads, records })
    }
}

fn columns(mapping: &Value) -> Map<String, Value> {
    let columns = mapping.as_array().into_iter().flatten();
    columns
        .filter_map(|column| Some((column["header"].as_str()?.to_owned(), column["field"].clone())))
        .collect()
}

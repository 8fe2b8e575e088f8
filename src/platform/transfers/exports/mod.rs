//! Exports: any filtered list as a file, made in the background and kept for a week.
//!
//! A batch is one transaction: it reads the records behind the stored place and writes them as one piece of the file, so that
//! an export goes on where it stood, whatever is killed. A workbook is made of the pieces when all are there.
//!
//! **Invariant.** What an export writes, an import reads back: `custom:<name>` columns, and cells that a spreadsheet would run
//! are marked as text.

mod cells;
mod domain;
mod http;
mod service;
mod store;
mod tasks;

use serde_json::Value;

pub use cells::{custom_cell, joined, moment_cell, parse_column, text_cell, usual_columns};
pub use domain::{ExportFormat, ExportId, ExportStatus, MAX_COLUMNS};
pub use http::{
    Export, ExportView, Exports, ExportsQuery, export, export_columns, export_file, exports_page,
};
pub use service::{forget as forget_exports, open_exports};
pub use store::ExportRow;
pub use tasks::start as start_exports;

use super::{TransferError, TransferTables};
use crate::platform::db::TenantTx;
use crate::platform::http::{Page, PageLimit};

/// A kind of record that is let out in files.
pub trait Exportable: Send + Sync + 'static {
    /// Where its exports are kept.
    fn tables(&self) -> TransferTables;

    /// What its records are called: in addresses (`/api/v1/<name>/exports`), in files' names, and on workbooks' sheets.
    fn name(&self) -> &'static str;

    /// The columns when nobody asked for any.
    fn columns(&self, tx: &mut TenantTx<'_>, query: &Value) -> Result<Vec<String>, TransferError>;

    /// Whether the custom fields that `query` narrows and orders by are all there still.
    fn has_fields(&self, tx: &mut TenantTx<'_>, query: &Value) -> Result<bool, TransferError>;

    /// The records behind `place`, each as its cells of `columns`: texts, numbers, or nothing.
    fn page(
        &self,
        tx: &mut TenantTx<'_>,
        query: &Value,
        columns: &[String],
        place: Option<&str>,
        limit: PageLimit,
    ) -> Result<Page<Vec<Value>>, TransferError>;

    /// Tells that somebody asked for an export.
    fn requested(&self, tx: &mut TenantTx<'_>, export: &ExportRow);

    /// Tells that the file of an export is there.
    fn completed(&self, tx: &mut TenantTx<'_>, export: &ExportRow);
}

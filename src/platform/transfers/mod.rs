//! Files of records, in and out, for whatever kind of record: the work, its tables and its words are the same for all.
//!
//! A module that has the tables in its schema says what is its own: which records, which fields, and what is told.

mod error;
mod exports;
mod tables;

pub use error::TransferError;
pub use exports::{
    Export, ExportFormat, ExportId, ExportPage, ExportRow, ExportStatus, ExportView, Exportable, Exports,
    ExportsQuery, MAX_COLUMNS, custom_cell, export, export_columns, export_file, exports_page,
    forget_exports, joined, moment_cell, open_exports, parse_column, start_exports, text_cell, usual_columns,
};
pub use tables::{TransferTables, sentence};

//! Files of records, in and out, for whatever kind of record: the work, its tables and its words are the same for all.
//!
//! A module that has the tables in its schema says what is its own: which records, which fields, and what is told.

mod allowance;
mod error;
mod exports;
mod imports;
mod tables;

pub use error::TransferError;
pub use exports::{
    Export, ExportFormat, ExportId, ExportRow, ExportStatus, ExportView, Exportable, Exports, ExportsQuery,
    MAX_COLUMNS, custom_cell, export, export_columns, export_file, exports_page, forget_exports, joined,
    moment_cell, open_exports, parse_column, start_exports, text_cell, usual_columns,
};
pub use imports::{
    Changed, ColumnView, FileName, Holder, ImportId, ImportMapping, ImportMappingRequest, ImportOptions,
    ImportPreview, ImportRow, ImportStatus, ImportUpload, ImportView, Importable, Importing, Imports,
    ImportsQuery, MappingChange, MappingRow, Merged, Mode, Name, NewImport, OnDuplicate, Options, Origin,
    Preview, PreviewRow, ReasonRow, RowContext, Settings, Sought, TakenBack, Tus, Undo, UploadId,
    add_mapping, append_to_upload, ask_undo, begin_upload, first_reason, forget_imports, forget_uploads,
    get_import, get_mapping, import_quotas, imports_page, kept_as_text, list_mappings, origins, preview,
    preview_view, receive, refused_rows, remove_mapping, remove_upload, replace_mapping, run_alone,
    see_upload, start_imports, upload_options,
};
pub use tables::{TransferTables, sentence};

//! What an import would read, before anything is written.

use actix_web::HttpRequest;
use actix_web::web::Payload;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ImportOptions, Imports, Opened, open_form};
use crate::kernel::Language;
use crate::platform::auth::Actor;
use crate::platform::db::Db;
use crate::platform::http::{Reply, RequestContext};
use crate::platform::problem::Problem;
use crate::platform::sheets::mapping::Basis;
use crate::platform::transfers::TransferError;
use crate::platform::transfers::imports::Importable;
use crate::platform::transfers::imports::service::{self, Preview};

/// What an import would read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecordsPreview, example = json!({
    "encoding": "xlsx", "separator": ",", "mapping_id": null, "total": 120, "problem": null,
    "columns": [{ "column": "Clave", "field": "sku", "basis": "name", "samples": ["UNI-M"] }],
    "rows": [{ "row": 2, "problem": null, "kept_as_text": [], "record": { "sku": "UNI-M", "name": "Uniforme" } }]
}))]
pub struct ImportPreview {
    /// How the file writes its characters; of a workbook `xlsx` or `ods`.
    pub encoding: String,
    /// What separates its cells; nothing in a workbook.
    #[schema(max_length = 1)]
    pub separator: String,
    /// The saved mapping that was recognised or asked for.
    #[schema(required)]
    pub mapping_id: Option<Uuid>,
    /// Rows in the file, without the header.
    pub total: i32,
    /// The columns, in the order of the file.
    pub columns: Vec<ColumnView>,
    /// The first ten rows.
    #[schema(max_items = 10)]
    pub rows: Vec<RowView>,
    /// Why the file cannot be imported like this.
    #[schema(required)]
    pub problem: Option<String>,
}

/// A column and what it feeds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportPreviewColumn, example = json!({ "column": "telefono", "field": "phone", "basis": "name", "samples": ["9711609009"] }))]
pub struct ColumnView {
    /// Its name.
    pub column: String,
    /// A field of the record, `ignore` or `custom:<name>`, as `options.mapping` takes it.
    pub field: String,
    /// How sure that is.
    pub basis: Basis,
    /// Its first different cells.
    #[schema(max_items = 5)]
    pub samples: Vec<String>,
}

/// A row as it would be read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecordsPreviewRow, example = json!({
    "row": 3, "record": null, "problem": "La fila no tiene SKU.", "kept_as_text": []
}))]
pub struct RowView {
    /// Its number, as a spreadsheet numbers rows: 1 is the header.
    pub row: u32,
    /// The record as it would be created, when it is one.
    #[schema(required, value_type = Option<Object>)]
    pub record: Option<Value>,
    /// Why it would be refused.
    #[schema(required)]
    pub problem: Option<String>,
    /// Fields whose text could not be read: it is kept as `<field>_original` among the custom fields.
    pub kept_as_text: Vec<String>,
}

/// Reads a spreadsheet as an import would, and writes nothing; `view` makes the answer.
pub async fn preview<I: Importable, O: ImportOptions, V: Serialize + 'static>(
    request: &HttpRequest,
    payload: Payload,
    actor: Actor,
    imports: &Imports,
    db: &Db,
    view: fn(Preview<I::Candidate>, Language) -> V,
) -> Result<Reply, Problem> {
    let Opened { once, file, room, .. } = open_form::<I, O>(request, payload, imports).await?;
    let (new, sheet) = file?;
    let language = RequestContext::of(request).language();
    db.tenant(actor, move |tx| {
        let _until_it_is_read = room;
        once.run(tx, |tx| {
            let preview = service::preview::<I>(tx, &new, &sheet)?;
            Ok::<_, TransferError>(Reply::ok(&view(preview, language)))
        })
    })
    .await
}

/// The fields of `values` whose text could not be read.
pub fn kept_as_text<'v>(names: impl Iterator<Item = &'v String>) -> Vec<String> {
    names.filter_map(|name| name.strip_suffix("_original")).map(str::to_owned).collect()
}

/// The answer to a preview of anything but leads.
pub fn preview_view<I: Importable>(preview: Preview<I::Candidate>, language: Language) -> ImportPreview {
    let rows = preview.rows.into_iter().map(|row| {
        let (record, problem) = match row.read {
            Ok(candidate) => (Some(I::view(&candidate)), None),
            Err(reason) => (None, Some(reason.in_language(language).to_owned())),
        };
        let values = record.as_ref().and_then(|record| record["custom_fields"].as_object());
        let kept_as_text = kept_as_text(values.into_iter().flat_map(|values| values.keys()));
        RowView { row: row.number, record, problem, kept_as_text }
    });
    ImportPreview {
        encoding: preview.encoding.to_owned(),
        separator: preview.separator,
        mapping_id: preview.saved,
        total: preview.total,
        columns: preview.columns.into_iter().map(ColumnView::from).collect(),
        rows: rows.collect(),
        problem: preview.problem.map(|problem| problem.in_language(language).to_owned()),
    }
}

impl From<(crate::platform::sheets::mapping::Column, Vec<String>)> for ColumnView {
    fn from((column, samples): (crate::platform::sheets::mapping::Column, Vec<String>)) -> Self {
        Self { field: column.field.to_string(), column: column.header, basis: column.basis, samples }
    }
}

//! What exports of all kinds of records have in common over HTTP.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, ContentDisposition, DispositionParam, DispositionType};
use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Notify;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Exportable;
use super::cells::parse_column;
use super::domain::{ExportFormat, ExportId, ExportStatus, MAX_COLUMNS};
use super::service::{self, KEPT_FOR};
use super::store::{self, ExportRow};
use crate::kernel::{Invalid, Language};
use crate::platform::auth::Actor;
use crate::platform::db::{Db, TenantTx};
use crate::platform::http::{Cursor, Fields, Page, PageLimit, Reply};
use crate::platform::problem::Problem;
use crate::platform::transfers::{TransferError, TransferTables, sentence};

/// What requests and the worker share: the worker's bell.
#[derive(Debug, Clone, Default)]
pub struct Exports {
    signal: Arc<Notify>,
}

impl Exports {
    /// Wakes the worker.
    pub fn signal(&self) -> Arc<Notify> {
        self.signal.clone()
    }
}

/// An export and what it came to so far.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c61", "status": "completed", "format": "csv", "columns": ["company_name", "phone"],
    "rows": 1177, "bytes": 81234, "file": "/api/v1/leads/exports/0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c61/file", "failure": null,
    "created_at": "2026-11-22T18:00:00Z", "completed_at": "2026-11-22T18:00:02Z", "expires_at": "2026-11-29T18:00:00Z"
}))]
pub struct ExportView {
    /// The export's identifier.
    pub id: Uuid,
    /// Where it stands.
    #[schema(value_type = ExportStatus)]
    pub status: String,
    /// The kind of file.
    #[schema(value_type = ExportFormat)]
    pub format: String,
    /// The columns of the file, once they are known.
    #[schema(required)]
    pub columns: Option<Vec<String>>,
    /// Records written so far.
    pub rows: i32,
    /// Bytes of the file so far.
    pub bytes: i64,
    /// Where the file is, once it is there.
    #[schema(required)]
    pub file: Option<String>,
    /// Why it could not go on.
    #[schema(required)]
    pub failure: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it came to its end.
    #[schema(required)]
    pub completed_at: Option<DateTime<Utc>>,
    /// When it is forgotten, with its file.
    pub expires_at: DateTime<Utc>,
}

/// An export that somebody asks for.
#[derive(Debug)]
pub struct Export {
    /// The kind of file.
    pub format: ExportFormat,
    /// Which records, in which order, as their kind reads it again.
    pub query: Value,
    /// The columns; the usual ones when not said.
    pub columns: Option<Vec<String>>,
}

impl Export {
    /// Asks for it.
    pub fn ask(
        self,
        tx: &mut TenantTx<'_>,
        of: &dyn Exportable,
        language: Language,
    ) -> Result<Reply, TransferError> {
        let row = service::ask(tx, of, self.format, self.query, self.columns)?;
        let location = format!("/api/v1/{}/exports/{}", of.name(), row.id);
        Ok(Reply::accepted(&ExportView::new(of.name(), row, language), location))
    }
}

/// The columns that were asked for, if any were; `known` are those that there are.
pub fn export_columns(asked: Option<Vec<String>>, known: &[&[&str]]) -> Result<Option<Vec<String>>, Problem> {
    let Some(asked) = asked else { return Ok(None) };
    let mut fields = Fields::default();
    if !(1..=MAX_COLUMNS).contains(&asked.len()) {
        fields.refuse("/columns", Invalid::new("must be 1 to 200 columns", "deben ser de 1 a 200 columnas"));
    }
    let mut columns: Vec<String> = Vec::new();
    for (index, name) in asked.iter().enumerate().take(MAX_COLUMNS) {
        let pointer = format!("/columns/{index}");
        if let Some(column) = fields.take(&pointer, parse_column(known, name)) {
            if columns.contains(&column) {
                fields.refuse(
                    &pointer,
                    Invalid::new("is given twice; give it once", "está repetido; envíelo una vez"),
                );
            }
            columns.push(column);
        }
    }
    fields.finish()?;
    Ok(Some(columns))
}

/// Which page of exports.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportsQuery {
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    pub limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of exports.
pub async fn exports_page(
    of: &'static dyn Exportable,
    query: ExportsQuery,
    actor: Actor,
    language: Language,
    db: &Db,
) -> Result<Reply, Problem> {
    let limit = query.limit.unwrap_or_default();
    let place = query.cursor.as_deref().map(Cursor::read_time).transpose()?;
    db.read(actor, move |tx| {
        let rows = store::list(tx, of.tables(), place, limit)?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&(row.created_at, row.id)));
        Ok::<_, Problem>(Reply::ok(&page.map(|row| ExportView::new(of.name(), row, language))))
    })
    .await
}

/// One export.
pub async fn export(
    of: &'static dyn Exportable,
    id: ExportId,
    actor: Actor,
    language: Language,
    db: &Db,
) -> Result<Reply, Problem> {
    db.read(actor, move |tx| {
        let row = store::find(tx, of.tables(), id)?;
        Ok::<_, Problem>(Reply::ok(&ExportView::new(of.name(), row, language)))
    })
    .await
}

/// The file of an export that is complete.
pub async fn export_file(
    of: &'static dyn Exportable,
    id: ExportId,
    actor: Actor,
    db: &Db,
) -> Result<HttpResponse, Problem> {
    let tables = of.tables();
    let row = db.read(actor.clone(), move |tx| Ok::<_, Problem>(store::find(tx, tables, id)?)).await?;
    if row.status != ExportStatus::Completed.as_str() {
        return Err(TransferError::ExportNotReady.into());
    }
    let name = format!("{}-{}.{}", of.name(), row.created_at.format("%Y-%m-%d"), row.format);
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(name)],
    };
    let kind = match ExportFormat::parse(&row.format) {
        Some(ExportFormat::Xlsx) => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "text/csv; charset=utf-8",
    };
    let reader = Reader { db: Db::clone(db), actor, tables, id, next: 0, pieces: row.pieces };
    let mut response = HttpResponse::Ok();
    response.content_type(kind).insert_header((CONTENT_DISPOSITION, disposition));
    Ok(response.streaming(stream::unfold(reader, Reader::next)))
}

/// Reads piece by piece what is sent.
struct Reader {
    db: Db,
    actor: Actor,
    tables: TransferTables,
    id: ExportId,
    next: i32,
    pieces: i32,
}

impl Reader {
    async fn next(mut self) -> Option<(Result<Bytes, TransferError>, Self)> {
        let (tables, id, number) = (self.tables, self.id, self.next);
        if number == self.pieces {
            return None;
        }
        self.next += 1;
        let piece = self.db.read(self.actor.clone(), move |tx| store::piece(tx, tables, id, number)).await;
        // After an error the answer breaks off, so that nobody takes a part for the whole: the file may be forgotten meanwhile.
        let piece = piece.and_then(|piece| piece.map(Bytes::from).ok_or(TransferError::ExportNotFound));
        Some((piece, self))
    }
}

impl ExportView {
    /// An export of the records `name`.
    pub fn new(name: &str, row: ExportRow, language: Language) -> Self {
        let is_there = row.status == ExportStatus::Completed.as_str();
        Self {
            id: row.id,
            file: is_there.then(|| format!("/api/v1/{name}/exports/{}/file", row.id)),
            status: row.status,
            format: row.format,
            columns: row.fields,
            rows: row.rows,
            bytes: row.bytes,
            failure: row.failure.as_ref().map(|failure| sentence(failure, language)),
            created_at: row.created_at,
            completed_at: row.completed_at,
            expires_at: row.created_at + KEPT_FOR,
        }
    }
}

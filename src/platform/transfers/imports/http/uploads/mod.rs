//! Uploads that may break off and go on (tus 1.0.0: core, creation, termination).

mod arrival;

use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Imports;
use super::tus;
use super::upload::drain;
use crate::platform::auth::Actor;
use crate::platform::db::Db;
use crate::platform::http::Reply;
use crate::platform::idempotency::Once;
use crate::platform::problem::Problem;
use crate::platform::transfers::TransferError;
use crate::platform::transfers::imports::domain::UploadId;
use crate::platform::transfers::imports::store::{self, UPLOADS_KEPT_FOR, UploadRow};
use crate::platform::transfers::imports::{Importable, service};

use arrival::Append;
pub use arrival::{Whole, whole};

/// A file on its way in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11", "file_name": "talleres.csv", "length": 734_003, "received": 0,
    "expires_at": "2026-11-23T16:00:00Z"
}))]
pub struct ImportUpload {
    /// The upload's identifier, `upload_id` of the import.
    pub id: Uuid,
    /// What the file is called.
    pub file_name: String,
    /// Its bytes.
    pub length: i64,
    /// How many of them have arrived.
    pub received: i64,
    /// When it is forgotten unless it was imported.
    pub expires_at: DateTime<Utc>,
}

/// How uploads are spoken to, in headers.
pub fn upload_options(imports: &Imports) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header(("Tus-Resumable", tus::VERSION))
        .insert_header(("Tus-Version", tus::VERSION))
        .insert_header(("Tus-Extension", tus::EXTENSIONS))
        .insert_header(("Tus-Max-Size", imports.max_bytes().to_string()))
        .finish()
}

/// Takes note of a file that will come in parts.
pub async fn begin_upload<I: Importable>(
    request: &HttpRequest,
    actor: Actor,
    imports: &Imports,
    db: &Db,
) -> Result<Reply, Problem> {
    let new = tus::announced(request, imports.max_bytes())?;
    let once = Once::of(request, format!("{} {}", new.length, new.metadata).as_bytes())?;
    db.tenant(actor, move |tx| {
        once.run(tx, |tx| {
            let view = ImportUpload::new(service::begin_upload::<I>(tx, new)?);
            let location = format!("/api/v1/{}/imports/uploads/{}", I::NAME, view.id);
            Ok::<_, TransferError>(Reply::created(&view, location))
        })
    })
    .await
}

/// Tells in headers at which byte an upload goes on.
pub async fn see_upload<I: Importable>(id: UploadId, actor: Actor, db: &Db) -> Result<HttpResponse, Problem> {
    let row = db.read(actor, move |tx| Ok::<_, Problem>(store::find_upload(tx, I::TABLES, id)?)).await?;
    let mut response = HttpResponse::Ok();
    response
        .insert_header(("Upload-Offset", row.received.to_string()))
        .insert_header(("Upload-Length", row.length.to_string()))
        .insert_header(("Cache-Control", "no-store"));
    if !row.metadata.is_empty() {
        response.insert_header(("Upload-Metadata", row.metadata));
    }
    Ok(response.finish())
}

/// Adds what comes next of a file.
pub async fn append_to_upload<I: Importable>(
    id: UploadId,
    request: &HttpRequest,
    mut payload: Payload,
    actor: Actor,
    imports: &Imports,
    db: &Db,
) -> Result<HttpResponse, Problem> {
    let append = Append { db: Db::clone(db), actor, id, tables: I::TABLES };
    match append_from(append, request, &mut payload, imports).await {
        Ok(received) => {
            Ok(HttpResponse::NoContent().insert_header(("Upload-Offset", received.to_string())).finish())
        }
        Err(problem) => {
            drain(payload, imports.max_bytes()).await;
            Err(problem)
        }
    }
}

async fn append_from(
    append: Append,
    request: &HttpRequest,
    payload: &mut Payload,
    imports: &Imports,
) -> Result<i64, Problem> {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !text(CONTENT_TYPE).eq_ignore_ascii_case(tus::PART) {
        return Err(Problem::unsupported_media_type(tus::PART));
    }
    let offset = tus::number(request, "Upload-Offset")?;
    let (id, at) = (append.id, append.tables);
    let row = append.db.read(append.actor.clone(), move |tx| store::find_upload(tx, at, id)).await?;
    if row.received != offset {
        return Err(TransferError::UploadElsewhere(row.received).into());
    }
    let left = usize::try_from(row.length - offset).unwrap_or_default();
    if text(CONTENT_LENGTH).parse::<usize>().is_ok_and(|length| length > left) {
        return Err(Problem::too_large(left));
    }
    append.run(payload, offset, left, imports).await
}

/// Forgets an upload and what has arrived of it.
pub async fn remove_upload<I: Importable>(id: UploadId, actor: Actor, db: &Db) -> Result<Reply, Problem> {
    db.tenant(actor, move |tx| {
        store::delete_upload(tx, I::TABLES, id)?;
        Ok::<_, Problem>(Reply::no_content())
    })
    .await
}

impl ImportUpload {
    fn new(row: UploadRow) -> Self {
        Self {
            id: row.id,
            file_name: row.file_name,
            length: row.length,
            received: row.received,
            expires_at: row.created_at + UPLOADS_KEPT_FOR,
        }
    }
}

//! Uploads that may break off and go on (tus 1.0.0: core, creation, termination).

mod arrival;

use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, delete, head, options, patch, post};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Imports;
use super::tus::{self, Tus};
use super::upload::drain;
use crate::leads::contract::LeadsError;
use crate::leads::http::WriteLeads;
use crate::leads::imports::domain::UploadId;
use crate::leads::imports::service;
use crate::leads::imports::store::{self, UPLOADS_KEPT_FOR, UploadRow};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Body, Empty, Reply};
use crate::platform::idempotency::Once;
use crate::platform::problem::Problem;
use crate::platform::transfers::TransferError;

pub use arrival::{Append, Whole, whole};

/// A file on its way in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportUpload, example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11", "file_name": "talleres.csv", "length": 734_003, "received": 0,
    "expires_at": "2026-11-23T16:00:00Z"
}))]
pub struct UploadView {
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

/// Tell how uploads are spoken to
///
/// Tells the version of tus, its extensions that are known, and the largest file.
#[utoipa::path(operation_id = "leads_upload_options", tag = "leads", security(("bearer" = ["leads:write"])),
    responses((status = 204, description = "In headers.", headers(
        ("Tus-Version" = String, description = "`1.0.0`."),
        ("Tus-Extension" = String, description = "`creation,termination`."),
        ("Tus-Max-Size" = i64, description = "Bytes.")))))]
#[options("/api/v1/leads/imports/uploads")]
pub async fn leads_upload_options(_who: Authorized<WriteLeads>, imports: Data<Imports>) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header(("Tus-Resumable", tus::VERSION))
        .insert_header(("Tus-Version", tus::VERSION))
        .insert_header(("Tus-Extension", tus::EXTENSIONS))
        .insert_header(("Tus-Max-Size", imports.max_bytes().to_string()))
        .finish()
}

/// Begin an upload
///
/// Takes note of a file that will come in parts (tus 1.0.0). `Location` takes them by `PATCH`; when all have arrived, send its
/// `id` as `upload_id` to `POST /api/v1/leads/imports`. What is not imported within 24 hours is forgotten.
#[utoipa::path(operation_id = "leads_begin_upload", tag = "leads", request_body = Empty,
    params(("Tus-Resumable" = String, Header, description = "`1.0.0`.", pattern = r"^1\.0\.0$", example = "1.0.0"),
        ("Upload-Length" = i64, Header, description = "Bytes of the file.", example = 734_003, minimum = 0),
        ("Upload-Metadata" = Option<String>, Header,
            description = "`filename` and its text in base64; other keys are the client's own.")),
    security(("bearer" = ["leads:write"])),
    responses((status = 201, description = "The upload, empty.", body = UploadView),
        (status = 412, description = "Another version of tus."), (status = 413, description = "The file is too large.")))]
#[post("/api/v1/leads/imports/uploads")]
pub async fn leads_begin_upload(
    who: Authorized<WriteLeads>,
    _tus: Tus,
    request: HttpRequest,
    _body: Body<Empty>,
    imports: Data<Imports>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let new = tus::announced(&request, imports.max_bytes())?;
    let once = Once::of(&request, format!("{} {}", new.length, new.metadata).as_bytes())?;
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let view = UploadView::new(service::begin_upload(tx, new)?);
            let location = format!("/api/v1/leads/imports/uploads/{}", view.id);
            Ok::<_, LeadsError>(Reply::created(&view, location))
        })
    })
    .await
}

/// See how far an upload is
///
/// Tells at which byte an upload goes on.
#[utoipa::path(operation_id = "leads_see_upload", tag = "leads",
    params(("id" = UploadId, Path, description = "The upload."),
        ("Tus-Resumable" = String, Header, description = "`1.0.0`.", pattern = r"^1\.0\.0$", example = "1.0.0")),
    security(("bearer" = ["leads:write"])),
    responses((status = 412, description = "Another version of tus."),
        (status = 200, description = "In headers.", headers(
            ("Upload-Offset" = i64, description = "Bytes that have arrived."),
            ("Upload-Length" = i64, description = "Bytes of the file."),
            ("Upload-Metadata" = String, description = "As it was sent.")))))]
#[head("/api/v1/leads/imports/uploads/{id}")]
pub async fn leads_see_upload(
    who: Authorized<WriteLeads>,
    _tus: Tus,
    id: Path<UploadId>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let id = id.into_inner();
    let row = db.tenant(who.actor(), move |tx| Ok::<_, Problem>(store::find_upload(tx, id)?)).await?;
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

/// Go on with an upload
///
/// Adds what comes next of the file. What has arrived is kept, also when the connection breaks: ask with `HEAD` where to go on.
#[utoipa::path(operation_id = "leads_append_to_upload", tag = "leads",
    params(("id" = UploadId, Path, description = "The upload."),
        ("Tus-Resumable" = String, Header, description = "`1.0.0`.", pattern = r"^1\.0\.0$", example = "1.0.0"),
        ("Upload-Offset" = i64, Header, description = "Bytes that have arrived.", example = 0, minimum = 0)),
    request_body(content = String, content_type = "application/offset+octet-stream", description = "The next bytes."),
    security(("bearer" = ["leads:write"])),
    responses(
        (status = 204, description = "They are kept.",
            headers(("Upload-Offset" = i64, description = "Bytes that have arrived now."))),
        (status = 409, description = "The upload goes on at another byte, which `received` names."),
        (status = 412, description = "Another version of tus."),
        (status = 413, description = "More than the file has left.")))]
#[patch("/api/v1/leads/imports/uploads/{id}")]
pub async fn leads_append_to_upload(
    who: Authorized<WriteLeads>,
    _tus: Tus,
    request: HttpRequest,
    id: Path<UploadId>,
    mut payload: Payload,
    imports: Data<Imports>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let append = Append { db: Db::clone(&db), actor: who.actor(), id: id.into_inner() };
    match append_from(append, &request, &mut payload, &imports).await {
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
    let id = append.id;
    let row = append.db.tenant(append.actor.clone(), move |tx| store::find_upload(tx, id)).await?;
    if row.received != offset {
        return Err(LeadsError::Transfer(TransferError::UploadElsewhere(row.received)).into());
    }
    let left = usize::try_from(row.length - offset).unwrap_or_default();
    if text(CONTENT_LENGTH).parse::<usize>().is_ok_and(|length| length > left) {
        return Err(Problem::too_large(left));
    }
    append.run(payload, offset, left, imports).await
}

/// Give an upload up
///
/// Forgets an upload and what has arrived of it.
#[utoipa::path(operation_id = "leads_remove_upload", tag = "leads",
    params(("id" = UploadId, Path, description = "The upload."),
        ("Tus-Resumable" = String, Header, description = "`1.0.0`.", pattern = r"^1\.0\.0$", example = "1.0.0")),
    security(("bearer" = ["leads:write"])),
    responses((status = 204, description = "It is forgotten."), (status = 412, description = "Another version of tus.")))]
#[delete("/api/v1/leads/imports/uploads/{id}")]
pub async fn leads_remove_upload(
    who: Authorized<WriteLeads>,
    _tus: Tus,
    id: Path<UploadId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.tenant(who.actor(), move |tx| {
        store::delete_upload(tx, id)?;
        Ok::<_, Problem>(Reply::no_content())
    })
    .await
}

impl UploadView {
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

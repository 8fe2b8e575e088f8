//! Uploads that may break off and go on (tus 1.0.0: core, creation, termination).

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, delete, head, options, patch, post};

use crate::billing::catalog::imports::importable::ProductImports;
use crate::billing::http::WriteBilling;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Body, Empty, Reply};
use crate::platform::problem::Problem;
use crate::platform::transfers::{
    ImportUpload, Imports, Tus, UploadId, append_to_upload, begin_upload, remove_upload, see_upload,
    upload_options,
};

/// Tell how uploads are spoken to
///
/// Tells the version of tus, its extensions that are known, and the largest file.
#[utoipa::path(operation_id = "products_upload_options", tag = "products", security(("bearer" = ["billing:write"])),
    responses((status = 204, description = "In headers.", headers(
        ("Tus-Version" = String, description = "`1.0.0`."),
        ("Tus-Extension" = String, description = "`creation,termination`."),
        ("Tus-Max-Size" = i64, description = "Bytes.")))))]
#[options("/api/v1/products/imports/uploads")]
pub async fn products_upload_options(_who: Authorized<WriteBilling>, imports: Data<Imports>) -> HttpResponse {
    upload_options(&imports)
}

/// Begin an upload
///
/// Takes note of a file that will come in parts (tus 1.0.0). `Location` takes them by `PATCH`; when all have arrived, send its
/// `id` as `upload_id` to `POST /api/v1/products/imports`. What is not imported within 24 hours is forgotten.
#[utoipa::path(operation_id = "products_begin_upload", tag = "products", request_body = Empty,
    params(("Tus-Resumable" = String, Header, description = "`1.0.0`.", pattern = r"^1\.0\.0$", example = "1.0.0"),
        ("Upload-Length" = i64, Header, description = "Bytes of the file.", example = 734_003, minimum = 0),
        ("Upload-Metadata" = Option<String>, Header,
            description = "`filename` and its text in base64; other keys are the client's own.")),
    security(("bearer" = ["billing:write"])),
    responses((status = 201, description = "The upload, empty.", body = ImportUpload),
        (status = 412, description = "Another version of tus."), (status = 413, description = "The file is too large.")))]
#[post("/api/v1/products/imports/uploads")]
pub async fn products_begin_upload(
    who: Authorized<WriteBilling>,
    _tus: Tus,
    request: HttpRequest,
    _body: Body<Empty>,
    imports: Data<Imports>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    begin_upload::<ProductImports>(&request, who.actor(), &imports, &db).await
}

/// See how far an upload is
///
/// Tells at which byte an upload goes on.
#[utoipa::path(operation_id = "products_see_upload", tag = "products",
    params(("id" = UploadId, Path, description = "The upload."),
        ("Tus-Resumable" = String, Header, description = "`1.0.0`.", pattern = r"^1\.0\.0$", example = "1.0.0")),
    security(("bearer" = ["billing:write"])),
    responses((status = 412, description = "Another version of tus."),
        (status = 200, description = "In headers.", headers(
            ("Upload-Offset" = i64, description = "Bytes that have arrived."),
            ("Upload-Length" = i64, description = "Bytes of the file."),
            ("Upload-Metadata" = String, description = "As it was sent.")))))]
#[head("/api/v1/products/imports/uploads/{id}")]
pub async fn products_see_upload(
    who: Authorized<WriteBilling>,
    _tus: Tus,
    id: Path<UploadId>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    see_upload::<ProductImports>(id.into_inner(), who.actor(), &db).await
}

/// Go on with an upload
///
/// Adds what comes next of the file. What has arrived is kept, also when the connection breaks: ask with `HEAD` where to go on.
#[utoipa::path(operation_id = "products_append_to_upload", tag = "products",
    params(("id" = UploadId, Path, description = "The upload."),
        ("Tus-Resumable" = String, Header, description = "`1.0.0`.", pattern = r"^1\.0\.0$", example = "1.0.0"),
        ("Upload-Offset" = i64, Header, description = "Bytes that have arrived.", example = 0, minimum = 0)),
    request_body(content = String, content_type = "application/offset+octet-stream", description = "The next bytes."),
    security(("bearer" = ["billing:write"])),
    responses(
        (status = 204, description = "They are kept.",
            headers(("Upload-Offset" = i64, description = "Bytes that have arrived now."))),
        (status = 409, description = "The upload goes on at another byte, which `received` names."),
        (status = 412, description = "Another version of tus."),
        (status = 413, description = "More than the file has left.")))]
#[patch("/api/v1/products/imports/uploads/{id}")]
pub async fn products_append_to_upload(
    who: Authorized<WriteBilling>,
    _tus: Tus,
    request: HttpRequest,
    id: Path<UploadId>,
    payload: Payload,
    imports: Data<Imports>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    append_to_upload::<ProductImports>(id.into_inner(), &request, payload, who.actor(), &imports, &db).await
}

/// Give an upload up
///
/// Forgets an upload and what has arrived of it.
#[utoipa::path(operation_id = "products_remove_upload", tag = "products",
    params(("id" = UploadId, Path, description = "The upload."),
        ("Tus-Resumable" = String, Header, description = "`1.0.0`.", pattern = r"^1\.0\.0$", example = "1.0.0")),
    security(("bearer" = ["billing:write"])),
    responses((status = 204, description = "It is forgotten."), (status = 412, description = "Another version of tus.")))]
#[delete("/api/v1/products/imports/uploads/{id}")]
pub async fn products_remove_upload(
    who: Authorized<WriteBilling>,
    _tus: Tus,
    id: Path<UploadId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    remove_upload::<ProductImports>(id.into_inner(), who.actor(), &db).await
}

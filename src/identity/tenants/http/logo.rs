//! The company's logo over HTTP.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, delete, get, put};
use tokio::sync::Semaphore;

use crate::identity::Identity;
use crate::identity::contract::IdentityError;
use crate::identity::permissions::{ReadTenant, WriteTenant};
use crate::identity::tenants::service;
use crate::platform::auth::Authorized;
use crate::platform::http::{Reply, Routes, read_bytes};
use crate::platform::pdf::{Picture, PictureKind};
use crate::platform::problem::{FieldError, Problem};

/// Few bytes may be many megabytes of pixels: they are unpacked one picture at a time.
static UNPACKING: Semaphore = Semaphore::const_new(1);

/// Registers the operations of this file.
pub(super) fn routes(config: &mut Routes<'_, '_>) {
    config.service(tenant_get_logo).service(tenant_set_logo).service(tenant_remove_logo);
}

/// Read the logo
///
/// Reads the picture that the company puts on its documents, as it was sent.
#[utoipa::path(operation_id = "tenant_get_logo", tag = "tenant", security(("bearer" = ["tenant:read"])),
    responses((status = 200, description = "The picture.",
        content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"))),
        (status = 404, description = "There is none.")))]
#[get("/api/v1/tenant/logo")]
async fn tenant_get_logo(
    who: Authorized<ReadTenant>,
    identity: Data<Identity>,
) -> Result<HttpResponse, Problem> {
    let logo = identity.db.read(who.actor(), service::logo).await?.ok_or(IdentityError::LogoNotFound)?;
    Ok(HttpResponse::Ok().content_type(logo.media_type).body(logo.content))
}

/// Set the logo
///
/// Puts a picture on the documents that are made from now on, above the company's name: a PNG or a JPEG of at most 256 KiB and 1,000
/// pixels a side. Documents that were made stay as they are.
#[utoipa::path(operation_id = "tenant_set_logo", tag = "tenant", security(("bearer" = ["tenant:write"])),
    request_body(description = "The picture.", content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"))),
    responses((status = 204, description = "It is on the next document.")))]
#[put("/api/v1/tenant/logo")]
async fn tenant_set_logo(
    request: HttpRequest,
    who: Authorized<WriteTenant>,
    identity: Data<Identity>,
    payload: Payload,
) -> Result<Reply, Problem> {
    let accepted = [PictureKind::Png, PictureKind::Jpeg].map(PictureKind::media_type);
    let content = read_bytes(&request, payload.into_inner(), &accepted).await?;
    let alone = UNPACKING.acquire().await.map_err(|_| Problem::internal())?;
    let unpack = move || {
        // It ends here, also when nobody waits for the answer any more.
        let _alone = alone;
        (Picture::parse(&content), content)
    };
    let read = tokio::task::spawn_blocking(unpack).await;
    let (picture, content) = read.map_err(|_| Problem::internal())?;
    let kind = picture.map_err(|reason| Problem::invalid(vec![FieldError::at("", reason)]))?.kind();
    identity.db.tenant(who.actor(), move |tx| service::set_logo(tx, kind.media_type(), content)).await?;
    Ok(Reply::no_content())
}

/// Remove the logo
///
/// Takes the picture off the documents that are made from now on.
#[utoipa::path(operation_id = "tenant_remove_logo", tag = "tenant", security(("bearer" = ["tenant:write"])),
    responses((status = 204, description = "There is none any more."), (status = 404, description = "There was none.")))]
#[delete("/api/v1/tenant/logo")]
async fn tenant_remove_logo(
    who: Authorized<WriteTenant>,
    identity: Data<Identity>,
) -> Result<Reply, Problem> {
    identity.db.tenant(who.actor(), service::remove_logo).await?;
    Ok(Reply::no_content())
}

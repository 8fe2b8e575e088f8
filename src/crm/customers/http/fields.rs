//! The fields that a company defines for its customers.

use actix_web::web::{Data, Path};
use actix_web::{delete, get, patch, post};
use uuid::Uuid;

use super::{ConfigureCustomers, ReadCustomers};
use crate::crm::contract::CrmError;
use crate::crm::customers::service;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::fields::{FieldPatch, FieldRequest, FieldRow, FieldView};
use crate::platform::http::{Body, Command, IfMatch, Page, Reply};
use crate::platform::problem::Problem;

/// List fields
///
/// Lists the fields that your company defined for customers, by position; there are at most 100.
#[utoipa::path(operation_id = "customers_list_fields", tag = "customers", security(("bearer" = ["crm:read"])),
    responses((status = 200, description = "All fields.", body = Page<FieldView>)))]
#[get("/api/v1/customers/fields")]
pub async fn customers_list_fields(who: Authorized<ReadCustomers>, db: Data<Db>) -> Result<Reply, Problem> {
    db.read(who.actor(), |tx| {
        let data = service::fields(tx)?.into_iter().map(FieldView::from).collect();
        Ok::<_, Problem>(Reply::ok(&Page::whole(data)))
    })
    .await
}

/// Define a field
///
/// Defines a field. From then on the values under its key in `custom_fields` are checked when customers are created or
/// changed, and `GET /api/v1/customers` takes `field.<key>` as a filter and in `sort`. What customers have under the key
/// already stays as it is until it is changed.
#[utoipa::path(operation_id = "customers_define_field", tag = "customers", security(("bearer" = ["tenant:write"])),
    request_body = FieldRequest,
    responses((status = 201, description = "Defined.", body = FieldView),
        (status = 409, description = "There is a field with this key; `existing_id` names it.")))]
#[post("/api/v1/customers/fields")]
pub async fn customers_define_field(
    who: Authorized<ConfigureCustomers>,
    command: Command<FieldRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (request, once) = (command.value, command.once);
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::define_field(tx, request)?;
            let location = format!("/api/v1/customers/fields/{}", row.id);
            let version = row.version;
            Ok::<_, CrmError>(Reply::created(&FieldView::from(row), location).version(version))
        })
    })
    .await
}

/// Get a field
///
/// Gets one field.
#[utoipa::path(operation_id = "customers_get_field", tag = "customers", security(("bearer" = ["crm:read"])),
    params(("id" = Uuid, Path, description = "The field.")),
    responses((status = 200, description = "The field.", body = FieldView)))]
#[get("/api/v1/customers/fields/{id}")]
pub async fn customers_get_field(
    who: Authorized<ReadCustomers>,
    id: Path<Uuid>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.read(who.actor(), move |tx| Ok::<_, Problem>(reply(service::field(tx, id)?))).await
}

/// Change a field
///
/// Changes a field's label, choices, default, position, and whether it is required. Its key, type and uniqueness never
/// change: archive it and define another one.
#[utoipa::path(operation_id = "customers_change_field", tag = "customers", security(("bearer" = ["tenant:write"])),
    params(("id" = Uuid, Path, description = "The field."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = FieldPatch, responses((status = 200, description = "The field as it is now.", body = FieldView)))]
#[patch("/api/v1/customers/fields/{id}")]
pub async fn customers_change_field(
    who: Authorized<ConfigureCustomers>,
    id: Path<Uuid>,
    version: IfMatch,
    body: Body<FieldPatch>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, patch) = (id.into_inner(), body.0);
    db.tenant(who.actor(), move |tx| {
        Ok::<_, Problem>(reply(service::change_field(tx, id, patch, version.0)?))
    })
    .await
}

/// Archive a field
///
/// Archives a field: customers keep their values as free ones, and the key may be defined again.
#[utoipa::path(operation_id = "customers_archive_field", tag = "customers", security(("bearer" = ["tenant:write"])),
    params(("id" = Uuid, Path, description = "The field."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    responses((status = 204, description = "Archived.")))]
#[delete("/api/v1/customers/fields/{id}")]
pub async fn customers_archive_field(
    who: Authorized<ConfigureCustomers>,
    id: Path<Uuid>,
    version: IfMatch,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.tenant(who.actor(), move |tx| {
        service::archive_field(tx, id, version.0)?;
        Ok::<_, Problem>(Reply::no_content())
    })
    .await
}

fn reply(row: FieldRow) -> Reply {
    let version = row.version;
    Reply::ok(&FieldView::from(row)).version(version)
}

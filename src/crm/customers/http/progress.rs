//! Who looks after a customer, and whether it stays.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::records::reply;
use super::views::CustomerView;
use super::{PeopleData, WriteCustomers};
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::customers::service;
use crate::kernel::Prose;
use crate::platform::auth::{Authorized, UserId};
use crate::platform::db::Db;
use crate::platform::http::{Command, Empty, Fields, IfMatch, Reply, RequestContext};
use crate::platform::problem::Problem;

/// Who gets the customer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "owner_id": "0199f3a2-0001-7d40-9b1f-3f6f0a6b2c11" }))]
pub struct CustomerAssignRequest {
    /// An active user of this company.
    owner_id: UserId,
}

/// Why the customer left.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "Cerró la tienda" }))]
pub struct ChurnRequest {
    /// The reason.
    #[schema(value_type = Prose<1000>)]
    reason: String,
}

/// Assign a customer
///
/// Gives the customer to a user.
#[utoipa::path(operation_id = "customers_assign", tag = "customers", security(("bearer" = ["crm:write"])),
    params(("id" = CustomerId, Path, description = "The customer."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = CustomerAssignRequest,
    responses((status = 200, description = "The customer as it is now.", body = CustomerView)))]
#[post("/api/v1/customers/{id}/assign")]
pub async fn customers_assign(
    who: Authorized<WriteCustomers>,
    id: Path<CustomerId>,
    version: IfMatch,
    request: HttpRequest,
    command: Command<CustomerAssignRequest>,
    db: Data<Db>,
    people: PeopleData,
) -> Result<Reply, Problem> {
    let (id, once, language) = (id.into_inner(), command.once, RequestContext::of(&request).language());
    let owner = command.value.owner_id;
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::assign(tx, &**people, id, owner, version.0)?;
            Ok::<_, CrmError>(reply(row, language))
        })
    })
    .await
}

/// Mark a customer as lost
///
/// The customer left, for a reason. Its contracts stay as they are: end or cancel them by themselves.
#[utoipa::path(operation_id = "customers_churn", tag = "customers", security(("bearer" = ["crm:write"])),
    params(("id" = CustomerId, Path, description = "The customer."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = ChurnRequest,
    responses((status = 200, description = "The customer as it is now.", body = CustomerView),
        (status = 409, description = "It had left before; `allowed` tells what may be done.")))]
#[post("/api/v1/customers/{id}/churn")]
pub async fn customers_churn(
    who: Authorized<WriteCustomers>,
    id: Path<CustomerId>,
    version: IfMatch,
    request: HttpRequest,
    command: Command<ChurnRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, once, language) = (id.into_inner(), command.once, RequestContext::of(&request).language());
    let mut fields = Fields::default();
    let reason = fields.take("/reason", Prose::<1000>::parse(&command.value.reason));
    fields.finish()?;
    let reason = reason.ok_or_else(Problem::internal)?.to_string();
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| Ok::<_, CrmError>(reply(service::churn(tx, id, reason, version.0)?, language)))
    })
    .await
}

/// Win a customer back
///
/// The customer that had left is active again.
#[utoipa::path(operation_id = "customers_reactivate", tag = "customers", security(("bearer" = ["crm:write"])),
    params(("id" = CustomerId, Path, description = "The customer."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = Empty,
    responses((status = 200, description = "The customer as it is now.", body = CustomerView),
        (status = 409, description = "It had not left; `allowed` tells what may be done.")))]
#[post("/api/v1/customers/{id}/reactivate")]
pub async fn customers_reactivate(
    who: Authorized<WriteCustomers>,
    id: Path<CustomerId>,
    version: IfMatch,
    request: HttpRequest,
    command: Command<Empty>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, once, language) = (id.into_inner(), command.once, RequestContext::of(&request).language());
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| Ok::<_, CrmError>(reply(service::reactivate(tx, id, version.0)?, language)))
    })
    .await
}

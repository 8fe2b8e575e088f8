//! Moving contracts along over HTTP.

use actix_web::post;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::records::{ContractPatch, reply};
use super::views::ContractView;
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::contracts::domain::ContractStatus;
use crate::crm::contracts::service;
use crate::crm::http::{PeopleData, WriteCustomers};
use crate::kernel::Prose;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Command, Empty, Fields, IfMatch, Reply};
use crate::platform::problem::Problem;

/// Why a contract ends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "Cambió de proveedor" }))]
pub struct ClosingRequest {
    /// The reason.
    #[schema(value_type = Option<Prose<1000>>)]
    reason: Option<String>,
}

impl ClosingRequest {
    fn reason(self) -> Result<Option<String>, Problem> {
        let mut fields = Fields::default();
        let reason = fields.take_optional("/reason", self.reason.as_deref(), Prose::<1000>::parse);
        fields.finish()?;
        Ok(reason.map(|reason| reason.to_string()))
    }
}

/// Activate a contract
///
/// The draft is in force from now on.
#[utoipa::path(operation_id = "customers_activate_contract", tag = "contracts", security(("bearer" = ["crm:write"])),
    params(("id" = CustomerId, Path, description = "The customer."), ("contract_id" = Uuid, Path, description = "The contract."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")), request_body = Empty,
    responses((status = 200, description = "The contract as it is now.", body = ContractView),
        (status = 409, description = "It is in another state; `allowed` tells where it may go.")))]
#[post("/api/v1/customers/{id}/contracts/{contract_id}/activate")]
pub async fn customers_activate_contract(
    who: Authorized<WriteCustomers>,
    path: Path<(CustomerId, Uuid)>,
    version: IfMatch,
    command: Command<Empty>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, contract_id) = path.into_inner();
    let once = command.once;
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| reply(service::go(tx, id, contract_id, ContractStatus::Active, None, version.0)?))
    })
    .await
}

/// End a contract
///
/// The contract came to its end. What has a last day ends by itself on the day after.
#[utoipa::path(operation_id = "customers_end_contract", tag = "contracts", security(("bearer" = ["crm:write"])),
    params(("id" = CustomerId, Path, description = "The customer."), ("contract_id" = Uuid, Path, description = "The contract."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")), request_body = ClosingRequest,
    responses((status = 200, description = "The contract as it is now.", body = ContractView),
        (status = 409, description = "It is in another state; `allowed` tells where it may go.")))]
#[post("/api/v1/customers/{id}/contracts/{contract_id}/end")]
pub async fn customers_end_contract(
    who: Authorized<WriteCustomers>,
    path: Path<(CustomerId, Uuid)>,
    version: IfMatch,
    command: Command<ClosingRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, contract_id) = path.into_inner();
    let reason = command.value.reason()?;
    let once = command.once;
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| reply(service::go(tx, id, contract_id, ContractStatus::Ended, reason, version.0)?))
    })
    .await
}

/// Cancel a contract
///
/// The contract is given up before its end.
#[utoipa::path(operation_id = "customers_cancel_contract", tag = "contracts", security(("bearer" = ["crm:write"])),
    params(("id" = CustomerId, Path, description = "The customer."), ("contract_id" = Uuid, Path, description = "The contract."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")), request_body = ClosingRequest,
    responses((status = 200, description = "The contract as it is now.", body = ContractView),
        (status = 409, description = "It is in another state; `allowed` tells where it may go.")))]
#[post("/api/v1/customers/{id}/contracts/{contract_id}/cancel")]
pub async fn customers_cancel_contract(
    who: Authorized<WriteCustomers>,
    path: Path<(CustomerId, Uuid)>,
    version: IfMatch,
    command: Command<ClosingRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, contract_id) = path.into_inner();
    let reason = command.value.reason()?;
    let once = command.once;
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            reply(service::go(tx, id, contract_id, ContractStatus::Cancelled, reason, version.0)?)
        })
    })
    .await
}

/// Renew a contract
///
/// Puts another contract, in force at once, in the place of one that is in force or ended. It begins on the day of the renewal, or on
/// the day after the end, and lasts as long as the one before, with the same terms, but for what is sent.
#[utoipa::path(operation_id = "customers_renew_contract", tag = "contracts", security(("bearer" = ["crm:write"])),
    params(("id" = CustomerId, Path, description = "The customer."), ("contract_id" = Uuid, Path, description = "The contract."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")), request_body = ContractPatch,
    responses((status = 201, description = "The new contract.", body = ContractView),
        (status = 409, description = "It is in another state; `allowed` tells where it may go.")))]
#[post("/api/v1/customers/{id}/contracts/{contract_id}/renew")]
pub async fn customers_renew_contract(
    who: Authorized<WriteCustomers>,
    path: Path<(CustomerId, Uuid)>,
    version: IfMatch,
    command: Command<ContractPatch>,
    db: Data<Db>,
    people: PeopleData,
) -> Result<Reply, Problem> {
    let (id, contract_id) = path.into_inner();
    let (once, terms) = (command.once, command.value);
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let today = people.settings(tx)?.time_zone.day_of(tx.now());
            let edit = |before| terms.apply(before);
            let row = service::renew(tx, id, contract_id, today, version.0, edit)?;
            let location = format!("/api/v1/customers/{id}/contracts/{}", row.id);
            Ok::<_, CrmError>(Reply::created(&ContractView::try_from(row)?, location).version(1))
        })
    })
    .await
}

//! How quotations move on: approved by colleagues, sent, accepted, cancelled.

use actix_web::post;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::ToSchema;

use super::views::QuotationView;
use super::{Approve, PeopleData, reply};
use crate::billing::contract::QuotationId;
use crate::billing::http::Quote;
use crate::billing::quotations::Quotations;
use crate::billing::quotations::domain::Approval;
use crate::billing::quotations::service::{self, Proof, Sending};
use crate::kernel::{Line, Prose};
use crate::platform::auth::{Authorized, Permission};
use crate::platform::db::Db;
use crate::platform::http::{Command, IfMatch, Reply};
use crate::platform::problem::Problem;

/// What is said to those who approve.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuotationApprovalRequest, example = json!({ "note": "Cliente de muchos años" }))]
pub struct ApprovalRequest {
    /// Why.
    note: Option<Prose<2000>>,
}

/// `approve` or `reject`.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ApprovalDecision)]
enum Decision {
    Approve,
    Reject,
}

/// What is decided.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApprovalDecisionRequest, example = json!({ "decision": "approve", "note": "Por esta vez" }))]
pub struct DecisionRequest {
    /// Whether it may be offered.
    decision: Decision,
    /// Why.
    note: Option<Prose<2000>>,
}

/// How a quotation is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuotationSendRequest, example = json!({ "reserve_stock": true }))]
pub struct SendRequest {
    /// Whether its goods are kept for it while it can be accepted; false when not said. Its lots always are.
    reserve_stock: Option<bool>,
}

/// What the customer said to you.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuotationAcceptRequest, example = json!({ "name": "Inés Nájera", "note": "Por teléfono" }))]
pub struct AcceptRequest {
    /// Who of the customer accepted it.
    name: Option<Line<200>>,
    /// How.
    note: Option<Prose<2000>>,
}

/// Why a quotation is given up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuotationCancelRequest, example = json!({ "reason": "Duplicada" }))]
pub struct CancelRequest {
    /// Why.
    reason: Option<Prose<2000>>,
}

/// Request an approval
///
/// Asks colleagues who hold `billing:approve` to let you offer a draft that passes your company's rules. Changing what it
/// says takes the request back.
#[utoipa::path(operation_id = "quotations_request_approval", tag = "quotations",
    security(("bearer" = ["billing:quote"])),
    params(("id" = QuotationId, Path, description = "The quotation.")), request_body = ApprovalRequest,
    responses((status = 200, description = "The quotation as it is now.", body = QuotationView),
        (status = 409, description = "It is no draft, or somebody asked already.")))]
#[post("/api/v1/quotations/{id}/request-approval")]
pub async fn quotations_request_approval(
    who: Authorized<Quote>,
    id: Path<QuotationId>,
    command: Command<ApprovalRequest>,
    db: Data<Db>,
    people: PeopleData,
    quotations: Data<Quotations>,
) -> Result<Reply, Problem> {
    let (id, request, once) = (id.into_inner(), command.value, command.once);
    let may_approve = who.caller().may(Approve::NAME);
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::request_approval(tx, &**people, id.uuid(), may_approve, request.note)?;
            reply(tx, &quotations, row)
        })
    })
    .await
}

/// Decide an approval
///
/// Lets a colleague offer what they asked for, or not. Nobody decides what they asked for themselves.
#[utoipa::path(operation_id = "quotations_decide_approval", tag = "quotations",
    security(("bearer" = ["billing:approve"])),
    params(("id" = QuotationId, Path, description = "The quotation.")), request_body = DecisionRequest,
    responses((status = 200, description = "The quotation as it is now.", body = QuotationView),
        (status = 409, description = "Nobody asks, or you do.")))]
#[post("/api/v1/quotations/{id}/approval")]
pub async fn quotations_decide_approval(
    who: Authorized<Approve>,
    id: Path<QuotationId>,
    command: Command<DecisionRequest>,
    db: Data<Db>,
    quotations: Data<Quotations>,
) -> Result<Reply, Problem> {
    let (id, request, once) = (id.into_inner(), command.value, command.once);
    let decision = match request.decision {
        Decision::Approve => Approval::Approved,
        Decision::Reject => Approval::Rejected,
    };
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::decide_approval(tx, id.uuid(), decision, request.note)?;
            reply(tx, &quotations, row)
        })
    })
    .await
}

/// Send a quotation
///
/// Makes a draft `PENDING`: from now on the customer can see and answer it at `public_url`, and it changes no more. Its lots
/// are kept for the customer until its time is over, and its goods if you say so. What your company's rules do not let you
/// offer needs a colleague's approval first.
#[utoipa::path(operation_id = "quotations_send", tag = "quotations", security(("bearer" = ["billing:quote"])),
    params(("id" = QuotationId, Path, description = "The quotation."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = SendRequest,
    responses((status = 200, description = "The quotation as it is now.", body = QuotationView),
        (status = 409, description = "It is no draft, has no lines, needs an approval, or what it takes cannot be had.")))]
#[post("/api/v1/quotations/{id}/send")]
pub async fn quotations_send(
    who: Authorized<Quote>,
    id: Path<QuotationId>,
    version: IfMatch,
    command: Command<SendRequest>,
    db: Data<Db>,
    people: PeopleData,
    quotations: Data<Quotations>,
) -> Result<Reply, Problem> {
    let (id, request, once) = (id.into_inner(), command.value, command.once);
    let may_approve = who.caller().may(Approve::NAME);
    let how = Sending { may_approve, reserves_stock: request.reserve_stock.unwrap_or(false) };
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::send(tx, &**people, &quotations.seal, id.uuid(), version.0, how)?;
            reply(tx, &quotations, row)
        })
    })
    .await
}

/// Accept a quotation for the customer
///
/// Notes that the customer accepted a `PENDING` quotation, which is then `SOLD`: its prices are frozen, its stock and its lots
/// are taken. Of those who accept at once one wins.
#[utoipa::path(operation_id = "quotations_accept", tag = "quotations", security(("bearer" = ["billing:quote"])),
    params(("id" = QuotationId, Path, description = "The quotation."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = AcceptRequest,
    responses((status = 200, description = "The quotation as it is now.", body = QuotationView),
        (status = 409, description = "It is not `PENDING`, or what it takes cannot be had.")))]
#[post("/api/v1/quotations/{id}/accept")]
pub async fn quotations_accept(
    who: Authorized<Quote>,
    id: Path<QuotationId>,
    version: IfMatch,
    command: Command<AcceptRequest>,
    db: Data<Db>,
    quotations: Data<Quotations>,
) -> Result<Reply, Problem> {
    let (id, request, once) = (id.into_inner(), command.value, command.once);
    let proof = Proof { name: request.name, reason: request.note, ..Proof::default() };
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::accept(tx, id.uuid(), version.0, &proof)?;
            reply(tx, &quotations, row)
        })
    })
    .await
}

/// Cancel a quotation
///
/// Gives up a draft or a quotation that was sent. What was kept for it can be had again.
#[utoipa::path(operation_id = "quotations_cancel", tag = "quotations", security(("bearer" = ["billing:quote"])),
    params(("id" = QuotationId, Path, description = "The quotation."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = CancelRequest,
    responses((status = 200, description = "The quotation as it is now.", body = QuotationView),
        (status = 409, description = "It is over already.")))]
#[post("/api/v1/quotations/{id}/cancel")]
pub async fn quotations_cancel(
    who: Authorized<Quote>,
    id: Path<QuotationId>,
    version: IfMatch,
    command: Command<CancelRequest>,
    db: Data<Db>,
    quotations: Data<Quotations>,
) -> Result<Reply, Problem> {
    let (id, request, once) = (id.into_inner(), command.value, command.once);
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::cancel(tx, id.uuid(), version.0, request.reason)?;
            reply(tx, &quotations, row)
        })
    })
    .await
}

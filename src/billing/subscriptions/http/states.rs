//! Pausing, resuming and cancelling subscriptions.

use actix_web::post;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::ToSchema;

use super::records::reply;
use super::views::SubscriptionView;
use crate::billing::contract::SubscriptionId;
use crate::billing::http::WriteBilling;
use crate::billing::subscriptions::service;
use crate::identity::People;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Command, Empty, IfMatch, Reply};
use crate::platform::problem::Problem;

/// How a subscription is cancelled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "at_period_end": true }))]
struct CancelRequest {
    /// Whether it goes on until the period ends that was billed; false when not said.
    #[serde(default)]
    at_period_end: bool,
}

/// Pause a subscription
///
/// Stops billing until it is resumed. What was billed stays billed.
#[utoipa::path(operation_id = "billing_subscriptions_pause", tag = "billing-subscriptions",
    security(("bearer" = ["billing:write"])),
    params(("id" = SubscriptionId, Path, description = "The subscription."),
        ("If-Match" = Option<String>, Header, description = "The version that you read.")),
    request_body = Empty,
    responses((status = 200, description = "The subscription as it is now.", body = SubscriptionView)))]
#[post("/api/v1/billing-subscriptions/{id}/pause")]
pub async fn billing_subscriptions_pause(
    who: Authorized<WriteBilling>,
    id: Path<SubscriptionId>,
    expected: IfMatch,
    db: Data<Db>,
    command: Command<Empty>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.tenant(who.actor(), move |tx| {
        command.once.run(tx, |tx| {
            let row = service::pause(tx, id, expected.0)?;
            reply(tx, row)
        })
    })
    .await
}

/// Resume a subscription
///
/// Bills a paused subscription again: from today, or from the end of the period that was billed. The days between cost nothing. What
/// was to end with its period is over when that ended meanwhile.
#[utoipa::path(operation_id = "billing_subscriptions_resume", tag = "billing-subscriptions",
    security(("bearer" = ["billing:write"])),
    params(("id" = SubscriptionId, Path, description = "The subscription."),
        ("If-Match" = Option<String>, Header, description = "The version that you read.")),
    request_body = Empty,
    responses((status = 200, description = "The subscription as it is now.", body = SubscriptionView)))]
#[post("/api/v1/billing-subscriptions/{id}/resume")]
pub async fn billing_subscriptions_resume(
    who: Authorized<WriteBilling>,
    id: Path<SubscriptionId>,
    expected: IfMatch,
    db: Data<Db>,
    people: Data<dyn People>,
    command: Command<Empty>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.tenant(who.actor(), move |tx| {
        command.once.run(tx, |tx| {
            let row = service::resume(tx, &**people, id, expected.0)?;
            reply(tx, row)
        })
    })
    .await
}

/// Cancel a subscription
///
/// Ends a subscription at once, or with the period that was billed. What was billed stays billed; refund it if you like.
#[utoipa::path(operation_id = "billing_subscriptions_cancel", tag = "billing-subscriptions",
    security(("bearer" = ["billing:write"])),
    params(("id" = SubscriptionId, Path, description = "The subscription."),
        ("If-Match" = Option<String>, Header, description = "The version that you read.")),
    request_body = CancelRequest,
    responses((status = 200, description = "The subscription as it is now.", body = SubscriptionView)))]
#[post("/api/v1/billing-subscriptions/{id}/cancel")]
pub async fn billing_subscriptions_cancel(
    who: Authorized<WriteBilling>,
    id: Path<SubscriptionId>,
    expected: IfMatch,
    db: Data<Db>,
    command: Command<CancelRequest>,
) -> Result<Reply, Problem> {
    let (id, Command { value, once }) = (id.into_inner(), command);
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::cancel(tx, id, expected.0, value.at_period_end)?;
            reply(tx, row)
        })
    })
    .await
}

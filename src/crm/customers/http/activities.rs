//! What was done about a customer.

use actix_web::post;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::ToSchema;

use super::WriteCustomers;
use super::views::CustomerActivityView;
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::customers::domain::ActivityKind;
use crate::crm::customers::service::{self, NewActivity};
use crate::kernel::Prose;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Command, Fields, Moment, Reply};
use crate::platform::problem::Problem;

/// Something that was done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kind": "call", "text": "Pidió una cotización" }))]
pub struct CustomerActivityRequest {
    /// What kind.
    kind: ActivityKind,
    /// What was said or done.
    #[schema(value_type = Prose<10_000>)]
    text: String,
    /// When; now when not said, never in the future.
    #[schema(value_type = Option<DateTime<Utc>>)]
    at: Option<Moment>,
}

/// Note an activity
///
/// Notes a call, mail, note, meeting or message.
#[utoipa::path(operation_id = "customers_log_activity", tag = "customers",
    params(("id" = CustomerId, Path, description = "The customer.")), security(("bearer" = ["crm:write"])), request_body = CustomerActivityRequest,
    responses((status = 201, description = "Noted.", body = CustomerActivityView)))]
#[post("/api/v1/customers/{id}/activities")]
pub async fn customers_log_activity(
    who: Authorized<WriteCustomers>,
    id: Path<CustomerId>,
    command: Command<CustomerActivityRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, request, once) = (id.into_inner(), command.value, command.once);
    let mut fields = Fields::default();
    let text = fields.take("/text", Prose::parse(&request.text));
    fields.finish()?;
    let text = text.ok_or_else(Problem::internal)?;
    let new = NewActivity { kind: request.kind, text, at: request.at.map(Moment::utc) };
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::log_activity(tx, id, &new)?;
            let location = format!("/api/v1/customers/{id}/timeline?kind=activity");
            Ok::<_, CrmError>(Reply::created(&CustomerActivityView::from(row), location))
        })
    })
    .await
}

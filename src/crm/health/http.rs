//! Health over HTTP.

use actix_web::get;
use actix_web::web::{Data, Path};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::domain::HealthReason;
use super::service::{self, Health};
use super::store::PastRow;
use crate::crm::contract::CustomerId;
use crate::crm::http::ReadCustomers;
use crate::platform::auth::Authorized;
use crate::platform::db::{Db, RawJson};
use crate::platform::http::{Cursor, Page, PageLimit, Query, Reply, Routes};
use crate::platform::problem::Problem;

/// Registers the operations on health.
pub fn routes(config: &mut Routes<'_, '_>) {
    config.service(customers_health).service(customers_health_history);
}

/// How well it goes with a customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "score": 95, "at_risk": false, "reasons": [{ "rule": "base", "points": 70 }, { "rule": "activity_30_days", "points": 10 },
        { "rule": "active_contract", "points": 15 }], "checked_at": "2026-11-22T18:00:00Z"
}))]
pub struct CustomerHealthView {
    /// 0 to 100.
    pub score: i32,
    /// Whether it is below 40.
    pub at_risk: bool,
    /// The rules that applied; they are listed in the guide.
    pub reasons: Vec<HealthReason>,
    /// When it was last looked at; null until the first time, a moment after the customer was created.
    #[schema(required)]
    pub checked_at: Option<DateTime<Utc>>,
}

impl From<Health> for CustomerHealthView {
    fn from(health: Health) -> Self {
        let Health { score, reasons, checked_at } = health;
        let at_risk = score < crate::crm::customers::service::AT_RISK_BELOW;
        Self { score, at_risk, reasons, checked_at }
    }
}

/// A score that a customer had.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "score": 70, "reasons": [{ "rule": "base", "points": 70 }], "at": "2026-11-22T18:00:00Z"
}))]
pub struct CustomerPastHealthView {
    /// 0 to 100.
    pub score: i32,
    /// The rules that applied.
    #[schema(value_type = Vec<HealthReason>)]
    pub reasons: RawJson,
    /// From when on.
    pub at: DateTime<Utc>,
}

impl From<PastRow> for CustomerPastHealthView {
    fn from(row: PastRow) -> Self {
        let PastRow { score, reasons, at, .. } = row;
        Self { score, reasons, at }
    }
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HealthHistoryQuery {
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Explain a customer's health
///
/// Tells the health score of a customer with the rules that applied. It follows what happens, and is looked at once a day.
#[utoipa::path(operation_id = "customers_health", tag = "customers", security(("bearer" = ["crm:read"])),
    params(("id" = CustomerId, Path, description = "The customer.")),
    responses((status = 200, description = "The health.", body = CustomerHealthView)))]
#[get("/api/v1/customers/{id}/health")]
pub async fn customers_health(
    who: Authorized<ReadCustomers>,
    id: Path<CustomerId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.read(who.actor(), move |tx| {
        Ok::<_, Problem>(Reply::ok(&CustomerHealthView::from(service::health(tx, id)?)))
    })
    .await
}

/// List a customer's past health
///
/// Lists every score that a customer had, the newest first.
#[utoipa::path(operation_id = "customers_health_history", tag = "customers", security(("bearer" = ["crm:read"])),
    params(("id" = CustomerId, Path, description = "The customer."), HealthHistoryQuery),
    responses((status = 200, description = "A page of scores.", body = Page<CustomerPastHealthView>)))]
#[get("/api/v1/customers/{id}/health/history")]
pub async fn customers_health_history(
    who: Authorized<ReadCustomers>,
    id: Path<CustomerId>,
    query: Query<HealthHistoryQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, limit) = (id.into_inner(), query.0.limit.unwrap_or_default());
    let place = query.0.cursor.as_deref().map(Cursor::read::<Uuid>).transpose()?;
    db.read(who.actor(), move |tx| {
        let rows = service::past(tx, id, place, limit)?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&row.id));
        Ok::<_, Problem>(Reply::ok(&page.map(CustomerPastHealthView::from)))
    })
    .await
}

//! Statements of account.

use actix_web::get;
use actix_web::web::{Data, Path};
use chrono::TimeDelta;
use serde::Deserialize;
use utoipa::IntoParams;

use super::views::StatementView;
use crate::billing::http::ReadBilling;
use crate::billing::payments::service;
use crate::crm::CustomerId;
use crate::identity::People;
use crate::kernel::{Currency, Invalid};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Moment, Query, Reply};
use crate::platform::problem::{FieldError, Problem};

/// What a statement covers when nobody says.
const USUAL_SPAN: TimeDelta = TimeDelta::days(90);

/// Of which time, and in which currency.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StatementQuery {
    /// In this currency; the customer's when not said, or else the company's.
    #[param(inline)]
    currency: Option<Currency>,
    /// From this time on; 90 days before its end when not said.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    from: Option<Moment>,
    /// Before this time; now when not said.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    to: Option<Moment>,
}

/// Read a statement of account
///
/// Reads what happened between a customer and the company in one currency: invoices, credit notes, payments and refunds, each with
/// what was owed after it.
#[utoipa::path(operation_id = "customers_statement", tag = "payments", security(("bearer" = ["billing:read"])),
    params(("id" = CustomerId, Path, description = "The customer."), StatementQuery),
    responses((status = 200, description = "The statement.", body = StatementView)))]
#[get("/api/v1/customers/{id}/statement")]
pub async fn customers_statement(
    who: Authorized<ReadBilling>,
    id: Path<CustomerId>,
    query: Query<StatementQuery>,
    db: Data<Db>,
    people: Data<dyn People>,
) -> Result<Reply, Problem> {
    let (id, query) = (id.into_inner(), query.0);
    // The clock's last moment belongs to it.
    let to = query.to.map_or_else(|| db.clock().now() + TimeDelta::seconds(1), Moment::utc);
    let from = query.from.map_or(to - USUAL_SPAN, Moment::utc);
    if from >= to {
        let reason = Invalid::new("must be before `to`", "debe ser anterior a `to`");
        return Err(Problem::invalid(vec![FieldError::parameter("from", reason)]));
    }
    let currency = query.currency;
    let statement =
        db.read(who.actor(), move |tx| service::statement(tx, &**people, id, currency, (from, to))).await?;
    Ok(Reply::ok(&StatementView::from(statement)))
}

//! Making, reading, listing and changing subscriptions.

use actix_web::web::{Data, Path};
use actix_web::{get, patch, post};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::views::SubscriptionView;
use crate::billing::contract::{MoneyError, SubscriptionId};
use crate::billing::customers;
use crate::billing::domain::{Discount, DocumentLine};
use crate::billing::http::{ReadBilling, WriteBilling};
use crate::billing::invoices::{Content, USUAL_TERMS, check_shape};
use crate::billing::subscriptions::domain::{Period, Status};
use crate::billing::subscriptions::service::{self, Change, NewSubscription};
use crate::billing::subscriptions::store::{self, SubscriptionRow};
use crate::crm::CustomerId;
use crate::identity::People;
use crate::kernel::{Currency, Invalid, Line};
use crate::platform::auth::Authorized;
use crate::platform::db::{Db, TenantTx};
use crate::platform::http::{Body, Command, Cursor, Fields, IfMatch, Page, PageLimit, Patch, Query, Reply};
use crate::platform::problem::Problem;

/// A subscription to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "customer_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c72", "name": "Mantenimiento", "period": "month", "billing_day": 1,
    "lines": [{
        "description": "Mantenimiento mensual", "quantity": "1", "unit_code": "E48", "unit_price": "1500",
        "taxes": [{ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" }]
    }]
}))]
struct SubscriptionRequest {
    /// Who pays.
    #[schema(value_type = Uuid)]
    customer_id: CustomerId,
    /// What it is called.
    #[schema(value_type = Line<255>)]
    name: Line<255>,
    /// In which currency; the customer's when not said, or else the company's.
    currency: Option<Currency>,
    /// What each whole period is billed for.
    #[schema(min_items = 1, max_items = 200)]
    lines: Vec<DocumentLine>,
    /// What is taken off the whole.
    discount: Option<Discount>,
    /// How often it is billed, in advance.
    period: Period,
    /// The first day, from today to a year from now; today when not said.
    starts_on: Option<NaiveDate>,
    /// The day of the month on which whole periods begin; the first day's when not said. The days before cost their share.
    #[schema(minimum = 1, maximum = 28)]
    billing_day: Option<u32>,
    /// Days until its invoices are due; 30 when not said.
    #[schema(minimum = 0, maximum = 365)]
    payment_terms_days: Option<i32>,
}

/// What changes in a subscription: what is left out stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Mantenimiento y respaldo", "discount": { "percent": "10" } }))]
struct SubscriptionPatch {
    /// What it is called.
    #[schema(value_type = Option<Line<255>>, nullable = false)]
    name: Option<Line<255>>,
    /// What each whole period is billed for: all of it.
    #[schema(min_items = 1, max_items = 200, nullable = false)]
    lines: Option<Vec<DocumentLine>>,
    /// What is taken off the whole.
    #[serde(default)]
    #[schema(value_type = Option<Discount>)]
    discount: Patch<Discount>,
    /// Days until its invoices are due.
    #[schema(minimum = 0, maximum = 365, nullable = false)]
    payment_terms_days: Option<i32>,
}

/// Which subscriptions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SubscriptionQuery {
    /// Of this customer.
    customer_id: Option<Uuid>,
    /// Standing there.
    #[param(inline)]
    status: Option<Status>,
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// Make a subscription
///
/// Makes a subscription. Its periods are billed in advance, each once, when their first day begins where the company is; a shorter
/// first one costs its share by days.
#[utoipa::path(operation_id = "billing_subscriptions_create", tag = "billing-subscriptions",
    security(("bearer" = ["billing:write"])), request_body = SubscriptionRequest,
    responses((status = 201, description = "Made.", body = SubscriptionView)))]
#[post("/api/v1/billing-subscriptions")]
pub async fn billing_subscriptions_create(
    who: Authorized<WriteBilling>,
    db: Data<Db>,
    people: Data<dyn People>,
    command: Command<SubscriptionRequest>,
) -> Result<Reply, Problem> {
    let Command { value: request, once } = command;
    check_shape(Some(&request.lines), request.payment_terms_days)?;
    let mut fields = Fields::default();
    if request.billing_day.is_some_and(|day| !(1..=28).contains(&day)) {
        fields.refuse("/billing_day", Invalid::new("must be from 1 to 28", "debe ir de 1 a 28"));
    }
    if request.billing_day.is_some() && request.period == Period::Week {
        let reason = Invalid::new("is for months and more", "es para meses o más");
        fields.refuse("/billing_day", reason);
    }
    fields.finish()?;
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let new = request.parse(tx, &**people)?;
            let row = service::create(tx, &**people, new)?;
            let (version, location) = (row.version, format!("/api/v1/billing-subscriptions/{}", row.id));
            let view = SubscriptionView::new(row, Vec::new())?;
            Ok::<_, MoneyError>(Reply::created(&view, location).version(version))
        })
    })
    .await
}

/// Read a subscription
///
/// Reads a subscription with the last periods that were billed.
#[utoipa::path(operation_id = "billing_subscriptions_get", tag = "billing-subscriptions",
    security(("bearer" = ["billing:read"])), params(("id" = SubscriptionId, Path, description = "The subscription.")),
    responses((status = 200, description = "The subscription; its `ETag` is the version.", body = SubscriptionView)))]
#[get("/api/v1/billing-subscriptions/{id}")]
pub async fn billing_subscriptions_get(
    who: Authorized<ReadBilling>,
    id: Path<SubscriptionId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    Ok(db
        .read(who.actor(), move |tx| {
            let row = store::find(tx, id)?;
            reply(tx, row)
        })
        .await?)
}

/// List subscriptions
///
/// Lists subscriptions, the newest first.
#[utoipa::path(operation_id = "billing_subscriptions_list", tag = "billing-subscriptions", params(SubscriptionQuery),
    security(("bearer" = ["billing:read"])),
    responses((status = 200, description = "A page of subscriptions.", body = Page<SubscriptionView>)))]
#[get("/api/v1/billing-subscriptions")]
pub async fn billing_subscriptions_list(
    who: Authorized<ReadBilling>,
    query: Query<SubscriptionQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let query = query.0;
    let limit = query.limit.unwrap_or_default();
    let behind = query.cursor.as_deref().map(Cursor::read_time).transpose()?;
    let (customer, status) = (query.customer_id, query.status);
    let rows = db.read(who.actor(), move |tx| store::list(tx, customer, status, behind, limit)).await?;
    let Page { data, next_cursor } = Page::cut(rows, limit, |row| Cursor::write(&(row.created_at, row.id)));
    let data = data.into_iter().map(|row| SubscriptionView::new(row, Vec::new()));
    let data = data.collect::<Result<Vec<_>, _>>()?;
    Ok(Reply::ok(&Page { data, next_cursor }))
}

/// Change a subscription
///
/// Changes a subscription. What it costs more is billed at once for the days that are left of the period; what it costs less holds
/// from the next one on.
#[utoipa::path(operation_id = "billing_subscriptions_update", tag = "billing-subscriptions",
    security(("bearer" = ["billing:write"])),
    params(("id" = SubscriptionId, Path, description = "The subscription."),
        ("If-Match" = Option<String>, Header, description = "The version that you read.")),
    request_body = SubscriptionPatch,
    responses((status = 200, description = "The subscription as it is now.", body = SubscriptionView)))]
#[patch("/api/v1/billing-subscriptions/{id}")]
pub async fn billing_subscriptions_update(
    who: Authorized<WriteBilling>,
    id: Path<SubscriptionId>,
    expected: IfMatch,
    db: Data<Db>,
    people: Data<dyn People>,
    body: Body<SubscriptionPatch>,
) -> Result<Reply, Problem> {
    let (id, patch) = (id.into_inner(), body.0);
    check_shape(patch.lines.as_deref(), patch.payment_terms_days)?;
    let change = Change {
        name: patch.name.map(|name| name.as_str().to_owned()),
        lines: patch.lines,
        discount: patch.discount,
        payment_terms_days: patch.payment_terms_days,
    };
    Ok(db
        .tenant(who.actor(), move |tx| {
            let row = service::update(tx, &**people, id, expected.0, change)?;
            reply(tx, row)
        })
        .await?)
}

/// The subscription with its periods.
pub(super) fn reply(tx: &mut TenantTx<'_>, row: SubscriptionRow) -> Result<Reply, MoneyError> {
    let version = row.version;
    let periods = store::periods(tx, row.subscription())?;
    Ok(Reply::ok(&SubscriptionView::new(row, periods)?).version(version))
}

impl SubscriptionRequest {
    fn parse(self, tx: &mut TenantTx<'_>, people: &dyn People) -> Result<NewSubscription, MoneyError> {
        let customer = customers::open(tx, self.customer_id)?;
        let currency = match self.currency.or(customer.currency) {
            Some(currency) => currency,
            None => people.settings(tx)?.currency,
        };
        Ok(NewSubscription {
            customer: self.customer_id,
            name: self.name.as_str().to_owned(),
            currency,
            content: Content { lines: self.lines, discount: self.discount, notes: None },
            period: self.period,
            starts_on: self.starts_on,
            billing_day: self.billing_day,
            payment_terms_days: self.payment_terms_days.unwrap_or(USUAL_TERMS),
        })
    }
}

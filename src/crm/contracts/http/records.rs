//! Writing, reading and changing contracts over HTTP.

use actix_web::web::{Data, Path};
use actix_web::{get, patch, post};
use chrono::TimeDelta;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::views::ContractView;
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::contracts::domain::BillingPeriod;
use crate::crm::contracts::service::{self, NewContract, Terms};
use crate::crm::contracts::store::{self, ContractRow};
use crate::crm::http::{ReadCustomers, WriteCustomers};
use crate::kernel::{Line, NonNegativeMoney, Prose};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{
    Body, Command, Cursor, Day, Fields, IfMatch, Page, PageLimit, Patch, Query, Reply,
};
use crate::platform::problem::Problem;

/// A contract.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Mantenimiento 2027", "value": { "amount": "1500.00", "currency": "MXN" }, "billing_period": "month",
    "starts_on": "2027-01-01", "ends_on": "2027-12-31", "renews_on": "2027-12-01", "active": true
}))]
pub struct ContractRequest {
    /// What it is about.
    #[schema(value_type = Line<255>)]
    title: String,
    /// What is paid each time.
    value: NonNegativeMoney,
    /// How often.
    billing_period: BillingPeriod,
    /// Its first day.
    #[schema(value_type = chrono::NaiveDate)]
    starts_on: Day,
    /// Its last day; open when not said.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    ends_on: Option<Day>,
    /// When it is to be renewed.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    renews_on: Option<Day>,
    /// Free text.
    #[schema(value_type = Option<Prose<10_000>>)]
    notes: Option<String>,
    /// Whether it is in force at once; a draft when not said.
    active: Option<bool>,
}

/// What changes in a contract, or in its renewal: what is left out stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "value": { "amount": "1600.00", "currency": "MXN" }, "ends_on": null }))]
pub struct ContractPatch {
    /// What it is about.
    #[schema(value_type = Option<Line<255>>, nullable = false)]
    #[serde(default)]
    title: Option<String>,
    /// What is paid each time.
    #[schema(nullable = false)]
    #[serde(default)]
    value: Option<NonNegativeMoney>,
    /// How often.
    #[schema(nullable = false)]
    #[serde(default)]
    billing_period: Option<BillingPeriod>,
    /// Its first day.
    #[schema(value_type = Option<chrono::NaiveDate>, nullable = false)]
    #[serde(default)]
    starts_on: Option<Day>,
    /// Its last day.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    #[serde(default)]
    ends_on: Patch<Day>,
    /// When it is to be renewed.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    #[serde(default)]
    renews_on: Patch<Day>,
    /// Free text.
    #[schema(value_type = Option<Prose<10_000>>)]
    #[serde(default)]
    notes: Patch<String>,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContractsQuery {
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Which renewals.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RenewalsQuery {
    /// On or before this day; 30 days ahead when not said.
    #[param(value_type = Option<chrono::NaiveDate>)]
    until: Option<Day>,
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List renewals
///
/// Lists the contracts in force, of all customers, that are to be renewed on or before a day, the nearest first.
#[utoipa::path(operation_id = "customers_renewals", tag = "contracts", params(RenewalsQuery),
    security(("bearer" = ["crm:read"])),
    responses((status = 200, description = "A page of contracts.", body = Page<ContractView>)))]
#[get("/api/v1/customers/renewals")]
pub async fn customers_renewals(
    who: Authorized<ReadCustomers>,
    query: Query<RenewalsQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let RenewalsQuery { until, limit, cursor } = query.0;
    let limit = limit.unwrap_or_default();
    let place = cursor.as_deref().map(Cursor::read::<(Day, Uuid)>).transpose()?;
    let place = place.map(|(day, id)| (day.date(), id));
    db.read(who.actor(), move |tx| {
        let soon = (tx.now() + TimeDelta::days(30)).date_naive();
        let rows = store::renewing(tx, until.map_or(soon, Day::date), place, limit)?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&(row.renews_on, row.id)));
        Ok::<_, Problem>(Reply::ok(&views(page)?))
    })
    .await
}

/// Add a contract
///
/// Writes a contract of a customer: a draft, or in force at once.
#[utoipa::path(operation_id = "customers_add_contract", tag = "contracts", security(("bearer" = ["crm:write"])),
    params(("id" = CustomerId, Path, description = "The customer.")), request_body = ContractRequest,
    responses((status = 201, description = "Written.", body = ContractView)))]
#[post("/api/v1/customers/{id}/contracts")]
pub async fn customers_add_contract(
    who: Authorized<WriteCustomers>,
    id: Path<CustomerId>,
    command: Command<ContractRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let once = command.once;
    let new = command.value.parse(id.into_inner())?;
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::create(tx, &new)?;
            let location = format!("/api/v1/customers/{}/contracts/{}", row.customer_id, row.id);
            Ok::<_, CrmError>(Reply::created(&ContractView::try_from(row)?, location).version(1))
        })
    })
    .await
}

/// List contracts
///
/// Lists the contracts of a customer, the newest first.
#[utoipa::path(operation_id = "customers_list_contracts", tag = "contracts", security(("bearer" = ["crm:read"])),
    params(("id" = CustomerId, Path, description = "The customer."), ContractsQuery),
    responses((status = 200, description = "A page of contracts.", body = Page<ContractView>)))]
#[get("/api/v1/customers/{id}/contracts")]
pub async fn customers_list_contracts(
    who: Authorized<ReadCustomers>,
    id: Path<CustomerId>,
    query: Query<ContractsQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, limit) = (id.into_inner(), query.0.limit.unwrap_or_default());
    let place = query.0.cursor.as_deref().map(Cursor::read::<Uuid>).transpose()?;
    db.read(who.actor(), move |tx| {
        let rows = service::of_customer(tx, id, place, limit)?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&row.id));
        Ok::<_, Problem>(Reply::ok(&views(page)?))
    })
    .await
}

/// Read a contract
///
/// Reads a contract of a customer.
#[utoipa::path(operation_id = "customers_get_contract", tag = "contracts", security(("bearer" = ["crm:read"])),
    params(("id" = CustomerId, Path, description = "The customer."), ("contract_id" = Uuid, Path, description = "The contract.")),
    responses((status = 200, description = "The contract; its `ETag` is the version.", body = ContractView)))]
#[get("/api/v1/customers/{id}/contracts/{contract_id}")]
pub async fn customers_get_contract(
    who: Authorized<ReadCustomers>,
    path: Path<(CustomerId, Uuid)>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, contract_id) = path.into_inner();
    db.read(who.actor(), move |tx| Ok::<_, Problem>(reply(service::find(tx, id, contract_id)?)?)).await
}

/// Change a contract
///
/// Changes a contract. Of one in force the value, the period and the first day stay: renew it with others.
#[utoipa::path(operation_id = "customers_change_contract", tag = "contracts", security(("bearer" = ["crm:write"])),
    params(("id" = CustomerId, Path, description = "The customer."), ("contract_id" = Uuid, Path, description = "The contract."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")), request_body = ContractPatch,
    responses((status = 200, description = "The contract as it is now.", body = ContractView),
        (status = 409, description = "What was agreed stays, or the customer is archived.")))]
#[patch("/api/v1/customers/{id}/contracts/{contract_id}")]
pub async fn customers_change_contract(
    who: Authorized<WriteCustomers>,
    path: Path<(CustomerId, Uuid)>,
    version: IfMatch,
    body: Body<ContractPatch>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, contract_id) = path.into_inner();
    let change = body.0;
    db.tenant(who.actor(), move |tx| {
        let row = service::update(tx, id, contract_id, version.0, |terms| change.apply(terms))?;
        Ok::<_, Problem>(reply(row)?)
    })
    .await
}

/// 200 with the contract and its version.
pub fn reply(row: ContractRow) -> Result<Reply, CrmError> {
    let version = row.version;
    Ok(Reply::ok(&ContractView::try_from(row)?).version(version))
}

fn views(page: Page<ContractRow>) -> Result<Page<ContractView>, CrmError> {
    let data = page.data.into_iter().map(ContractView::try_from).collect::<Result<_, _>>()?;
    Ok(Page { data, next_cursor: page.next_cursor })
}

impl ContractRequest {
    /// The contract of `customer` that it describes.
    pub fn parse(self, customer: CustomerId) -> Result<NewContract, Problem> {
        let mut fields = Fields::default();
        let title = fields.take("/title", Line::parse(&self.title));
        let notes = fields.take_optional("/notes", self.notes.as_deref(), Prose::parse);
        fields.finish()?;
        let terms = Terms {
            title: title.ok_or_else(Problem::internal)?,
            value: self.value.into(),
            period: self.billing_period,
            starts_on: self.starts_on.date(),
            ends_on: self.ends_on.map(Day::date),
            renews_on: self.renews_on.map(Day::date),
            notes,
        };
        Ok(NewContract { customer, terms, is_active: self.active.unwrap_or_default() })
    }
}

impl ContractPatch {
    /// The terms as they become; 422 with everything that is wrong.
    pub fn apply(self, terms: Terms) -> Result<Terms, Problem> {
        let mut fields = Fields::default();
        let title = fields.take_optional("/title", self.title.as_deref(), Line::parse);
        let mut notes = terms.notes.as_ref().map(ToString::to_string);
        self.notes.apply(&mut notes);
        let notes = fields.take_optional("/notes", notes.as_deref(), Prose::parse);
        fields.finish()?;
        let day = |patch: Patch<Day>, before| match patch {
            Patch::Keep => before,
            Patch::Clear => None,
            Patch::Set(day) => Some(day.date()),
        };
        Ok(Terms {
            title: title.unwrap_or(terms.title),
            value: self.value.map_or(terms.value, Into::into),
            period: self.billing_period.unwrap_or(terms.period),
            starts_on: self.starts_on.map_or(terms.starts_on, Day::date),
            ends_on: day(self.ends_on, terms.ends_on),
            renews_on: day(self.renews_on, terms.renews_on),
            notes,
        })
    }
}

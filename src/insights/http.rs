//! The dashboard over HTTP.

use std::collections::HashMap;

use actix_web::get;
use actix_web::web::Data;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::domain::{Period, Tally};
use super::service::{self, Dashboard};
use crate::identity::People;
use crate::kernel::Money;
use crate::platform::auth::{Authorized, Permission, UserId};
use crate::platform::db::{Db, TenantTx};
use crate::platform::http::{Day, Query, Reply, Routes};
use crate::platform::problem::Problem;

/// `insights:read`
pub struct ReadInsights;

impl Permission for ReadInsights {
    const NAME: &'static str = "insights:read";
}

/// Registers the operations on figures.
pub fn routes(config: &mut Routes<'_, '_>) {
    config.service(dashboard_get);
}

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DashboardQuery {
    /// The first day, in the company's time zone; 30 days before the last when not said.
    #[param(value_type = Option<NaiveDate>)]
    from: Option<Day>,
    /// The last day; today when not said. At most 366 days in all.
    #[param(value_type = Option<NaiveDate>)]
    to: Option<Day>,
}

/// What happened: counts, and sums by currency, which are left out where they are nothing.
#[derive(Debug, Serialize, ToSchema)]
pub struct FiguresView {
    /// Leads that came.
    pub leads: i64,
    /// Leads that were found worth a seller's time, on the day of the first time.
    pub qualified: i64,
    /// Leads that became customers.
    pub converted: i64,
    /// Quotations that customers got.
    pub quotations: i64,
    /// Quotations that they accepted.
    pub accepted: i64,
    /// What was offered.
    pub quoted: Vec<Money>,
    /// What was accepted.
    pub sold: Vec<Money>,
    /// What was invoiced, less what was credited and voided.
    pub revenue: Vec<Money>,
    /// What was paid, less what was given back.
    pub collected: Vec<Money>,
    /// What was to be paid by the day and is not yet.
    pub overdue: Vec<Money>,
}

/// The figures of a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayFiguresView {
    /// The day.
    pub day: NaiveDate,
    /// What happened on it.
    #[serde(flatten)]
    pub figures: FiguresView,
}

/// The figures of a source or of a campaign.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyFiguresView {
    /// What it is called; none for what has none, such as a customer who was no lead.
    #[schema(required)]
    pub name: Option<String>,
    /// What happened under it.
    #[serde(flatten)]
    pub figures: FiguresView,
}

/// The figures of a seller.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnerFiguresView {
    /// Who; none for what is nobody's.
    #[schema(required)]
    pub owner_id: Option<UserId>,
    /// Their name.
    #[schema(required)]
    pub name: Option<String>,
    /// What happened under them.
    #[serde(flatten)]
    pub figures: FiguresView,
}

/// The whole sale in figures.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "from": "2026-11-01", "to": "2026-11-30",
    "totals": {
        "leads": 120, "qualified": 41, "converted": 12, "quotations": 15, "accepted": 9,
        "quoted": [{ "amount": "182000.00", "currency": "MXN" }], "sold": [{ "amount": "98500.00", "currency": "MXN" }],
        "revenue": [{ "amount": "98500.00", "currency": "MXN" }], "collected": [{ "amount": "61200.00", "currency": "MXN" }],
        "overdue": []
    },
    "by_day": [], "by_source": [], "by_campaign": [], "by_owner": []
}))]
pub struct DashboardView {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// All of it.
    pub totals: FiguresView,
    /// Each day on which something happened, in order.
    pub by_day: Vec<DayFiguresView>,
    /// The 100 sources with most leads.
    pub by_source: Vec<KeyFiguresView>,
    /// The 100 campaigns with most leads.
    pub by_campaign: Vec<KeyFiguresView>,
    /// The 100 sellers with most leads.
    pub by_owner: Vec<OwnerFiguresView>,
}

/// Read the dashboard
///
/// The whole sale in figures, from the first contact to the money, of up to 366 days: in all, by day, by the source and the
/// campaign of the lead that it began with, and by owner. Figures follow what happens within a second or so.
#[utoipa::path(operation_id = "dashboard_get", tag = "insights", params(DashboardQuery),
    security(("bearer" = ["insights:read"])),
    responses((status = 200, description = "The figures.", body = DashboardView)))]
#[get("/api/v1/dashboard")]
pub async fn dashboard_get(
    who: Authorized<ReadInsights>,
    query: Query<DashboardQuery>,
    people: Data<dyn People>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let DashboardQuery { from, to } = query.0;
    db.read(who.actor(), move |tx| {
        let today = people.settings(tx)?.time_zone.day_of(tx.now());
        let period = Period::parse(from.map(Day::date), to.map(Day::date), today)?;
        let dashboard = service::dashboard(tx, period)?;
        let names = names(tx, &**people, &dashboard)?;
        Ok::<_, Problem>(Reply::ok(&view(dashboard, &names)))
    })
    .await
}

/// The names of the owners in a dashboard.
fn names(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    dashboard: &Dashboard,
) -> Result<HashMap<Uuid, String>, Problem> {
    let owners: Vec<UserId> =
        dashboard.owners.iter().filter_map(|(key, _)| Uuid::parse_str(key).ok()).map(UserId::from).collect();
    let known = people.people(tx, &owners)?;
    Ok(known.into_iter().map(|person| (person.id.uuid(), person.name)).collect())
}

fn view(dashboard: Dashboard, names: &HashMap<Uuid, String>) -> DashboardView {
    let keys = |keys: Vec<(String, Tally)>| {
        let views = keys.into_iter().map(|(key, tally)| KeyFiguresView {
            name: Some(key).filter(|key| !key.is_empty()),
            figures: figures(&tally),
        });
        views.collect()
    };
    let owner = |(key, tally): (String, Tally)| {
        let id = Uuid::parse_str(&key).ok().filter(|id| !id.is_max());
        let name = id.and_then(|id| names.get(&id).cloned());
        OwnerFiguresView { owner_id: id.map(UserId::from), name, figures: figures(&tally) }
    };
    let day = |(day, tally): (NaiveDate, Tally)| DayFiguresView { day, figures: figures(&tally) };
    DashboardView {
        from: dashboard.period.from,
        to: dashboard.period.to,
        totals: figures(&dashboard.totals),
        by_day: dashboard.days.into_iter().map(day).collect(),
        by_source: keys(dashboard.sources),
        by_campaign: keys(dashboard.campaigns),
        by_owner: dashboard.owners.into_iter().map(owner).collect(),
    }
}

fn figures(tally: &Tally) -> FiguresView {
    let counts = &tally.counts;
    FiguresView {
        leads: counts.leads,
        qualified: counts.qualified,
        converted: counts.converted,
        quotations: counts.quotations,
        accepted: counts.accepted,
        quoted: tally.money(|sums| sums.quoted),
        sold: tally.money(|sums| sums.sold),
        revenue: tally.money(|sums| sums.revenue),
        collected: tally.money(|sums| sums.collected),
        overdue: tally.money(|sums| sums.overdue),
    }
}

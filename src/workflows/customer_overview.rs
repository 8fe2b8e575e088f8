//! All that is known of a customer, from customers and from money, in one answer.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, get};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::billing::{self, InvoiceId, QuotationId, ReadBilling, SubscriptionId};
use crate::crm::{self, BillingPeriod, CustomerId, CustomerView, HealthReason, ReadCustomers};
use crate::kernel::Money;
use crate::platform::auth::{Authorized, Permission, UserId};
use crate::platform::db::{Db, TenantTx};
use crate::platform::http::{Reply, RequestContext};
use crate::platform::problem::Problem;

/// How many of each are shown; each has a list of its own with all.
const SHOWN: i64 = 5;

/// All that is known of a customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "customer": {}, "health": { "score": 82, "reasons": [], "checked_at": "2026-11-22T18:00:00Z" },
    "active_contracts": [], "total_arr": [{ "amount": "18000.00", "currency": "MXN" }], "open_tasks": [],
    "last_activities": [],
    "money": {
        "last_quotations": [], "total_revenue": [{ "amount": "8607.20", "currency": "MXN" }], "unpaid_invoices": [],
        "due": [], "usage": []
    }
}))]
pub struct CustomerOverviewView {
    /// The customer.
    pub customer: CustomerView,
    /// How well it goes.
    pub health: OverviewHealthView,
    /// What is agreed on and in force.
    pub active_contracts: Vec<OverviewContractView>,
    /// What those make in a year, by currency.
    pub total_arr: Vec<Money>,
    /// The five most urgent tasks.
    pub open_tasks: Vec<OverviewTaskView>,
    /// The five last activities.
    pub last_activities: Vec<OverviewActivityView>,
    /// What was offered, billed and paid; none for whoever lacks `billing:read`.
    #[schema(required)]
    pub money: Option<OverviewMoneyView>,
}

/// How well it goes with a customer, and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewHealthView {
    /// 0 to 100.
    pub score: i32,
    /// The rules that applied.
    pub reasons: Vec<HealthReason>,
    /// When it was last looked at.
    #[schema(required)]
    pub checked_at: Option<DateTime<Utc>>,
}

/// A contract in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewContractView {
    /// The contract.
    pub id: Uuid,
    /// What it is about.
    pub title: String,
    /// What is paid each time.
    pub value: Money,
    /// How often.
    pub billing_period: BillingPeriod,
    /// What that makes in a year.
    pub arr: Money,
    /// When it is to be renewed.
    #[schema(required)]
    pub renews_on: Option<NaiveDate>,
}

/// Something to do.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewTaskView {
    /// The task.
    pub id: Uuid,
    /// In one line.
    pub title: String,
    /// Until when.
    #[schema(required)]
    pub due_at: Option<DateTime<Utc>>,
    /// By whom.
    #[schema(required)]
    pub assignee_id: Option<UserId>,
}

/// Something that was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewActivityView {
    /// The activity.
    pub id: Uuid,
    /// What kind: `call`, `email`, `note`, `meeting` or `message`.
    pub kind: String,
    /// What was said or done.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    #[schema(required)]
    pub user_id: Option<UserId>,
}

/// What a customer was offered, billed and paid.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewMoneyView {
    /// The five last quotations.
    pub last_quotations: Vec<OverviewQuotationView>,
    /// What was billed less what was credited, by currency.
    pub total_revenue: Vec<Money>,
    /// What is owed, by currency; nothing where it is nothing.
    pub due: Vec<Money>,
    /// The five unpaid invoices that are or were due first.
    pub unpaid_invoices: Vec<OverviewInvoiceView>,
    /// What it uses: its subscriptions that are not over, of the twenty newest.
    pub usage: Vec<OverviewSubscriptionView>,
}

/// A quotation.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewQuotationView {
    /// The quotation.
    pub id: QuotationId,
    /// Its number in the company.
    pub folio: i64,
    /// Where it stands.
    pub status: billing::QuotationStatus,
    /// What it is about.
    #[schema(required)]
    pub title: Option<String>,
    /// What it comes to.
    pub total: Money,
    /// Until when it can be accepted.
    pub valid_until: DateTime<Utc>,
}

/// An invoice of which something is owed.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewInvoiceView {
    /// The invoice.
    pub id: InvoiceId,
    /// Its series and number.
    pub folio: String,
    /// What it came to.
    pub total: Money,
    /// What is still owed.
    pub due: Money,
    /// Until when it was to be paid.
    pub due_on: NaiveDate,
}

/// A subscription that is not over.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewSubscriptionView {
    /// The subscription.
    pub id: SubscriptionId,
    /// What it is called.
    pub name: String,
    /// Where it stands.
    pub status: billing::SubscriptionStatus,
    /// What a whole period costs before taxes.
    pub net: Money,
    /// How often it is billed.
    pub period: billing::SubscriptionPeriod,
    /// When it is billed next.
    #[schema(required)]
    pub next_at: Option<DateTime<Utc>>,
}

/// Read the overview
///
/// Tells all that is known of a customer in one answer: who it is, how well it goes, contracts, tasks, activities, and, for whoever
/// may read them, quotations, invoices and subscriptions.
#[utoipa::path(operation_id = "customers_overview", tag = "customers",
    params(("id" = CustomerId, Path, description = "The customer.")), security(("bearer" = ["crm:read"])),
    responses((status = 200, description = "The overview.", body = CustomerOverviewView)))]
#[get("/api/v1/customers/{id}/overview")]
pub async fn customers_overview(
    who: Authorized<ReadCustomers>,
    id: Path<CustomerId>,
    db: Data<Db>,
    request: HttpRequest,
) -> Result<Reply, Problem> {
    let (id, language) = (id.into_inner(), RequestContext::of(&request).language());
    let sees_money = who.caller().may(ReadBilling::NAME);
    db.read(who.actor(), move |tx| {
        let customer = crm::customer_view(tx, id, language)?;
        let money = if sees_money { Some(money(tx, id)?) } else { None };
        let health = crm::health(tx, id)?;
        let health = OverviewHealthView {
            score: health.score,
            reasons: health.reasons,
            checked_at: health.checked_at,
        };
        let overview = CustomerOverviewView {
            customer,
            health,
            active_contracts: contracts(tx, id)?,
            total_arr: crm::total_arr(tx, id)?,
            open_tasks: tasks(tx, id)?,
            last_activities: activities(tx, id)?,
            money,
        };
        Ok::<_, Problem>(Reply::ok(&overview))
    })
    .await
}

fn contracts(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<Vec<OverviewContractView>, Problem> {
    let active = crm::active_contracts(tx, customer)?.into_iter();
    Ok(active
        .map(|contract| OverviewContractView {
            id: contract.id,
            title: contract.title,
            value: contract.value,
            billing_period: contract.period,
            arr: contract.arr,
            renews_on: contract.renews_on,
        })
        .collect())
}

fn tasks(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<Vec<OverviewTaskView>, Problem> {
    let open = crm::open_tasks(tx, customer, SHOWN)?.into_iter();
    Ok(open
        .map(|task| OverviewTaskView {
            id: task.id,
            title: task.title,
            due_at: task.due_at,
            assignee_id: task.assignee,
        })
        .collect())
}

fn activities(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<Vec<OverviewActivityView>, Problem> {
    let last = crm::last_activities(tx, customer, SHOWN)?.into_iter();
    Ok(last
        .map(|activity| OverviewActivityView {
            id: activity.id,
            kind: activity.kind,
            text: activity.text,
            at: activity.at,
            user_id: activity.user,
        })
        .collect())
}

fn money(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<OverviewMoneyView, Problem> {
    let sums = billing::customer_sums(tx, customer)?;
    let quotations = billing::last_quotations(tx, customer, SHOWN)?.into_iter();
    let invoices = billing::unpaid_invoices(tx, customer, SHOWN)?.into_iter();
    let subscriptions = billing::current_subscriptions(tx, customer)?.into_iter();
    Ok(OverviewMoneyView {
        last_quotations: quotations
            .map(|quotation| OverviewQuotationView {
                id: quotation.id,
                folio: quotation.folio,
                status: quotation.status,
                title: quotation.title,
                total: quotation.total,
                valid_until: quotation.valid_until,
            })
            .collect(),
        total_revenue: sums.iter().map(|sums| sums.billed).collect(),
        due: sums.iter().map(|sums| sums.due).filter(|due| due.minor() != 0).collect(),
        unpaid_invoices: invoices
            .map(|invoice| OverviewInvoiceView {
                id: invoice.id,
                folio: invoice.folio,
                total: invoice.total,
                due: invoice.due,
                due_on: invoice.due_on,
            })
            .collect(),
        usage: subscriptions
            .map(|subscription| OverviewSubscriptionView {
                id: subscription.id,
                name: subscription.name,
                status: subscription.status,
                net: subscription.net,
                period: subscription.period,
                next_at: subscription.next_at,
            })
            .collect(),
    })
}

//! Subscriptions in the database.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::domain::{Period, Span, Status, span};
use super::schema::{subscription_periods, subscriptions};
use crate::billing::BILLING;
use crate::billing::contract::{MoneyError, Paper, SubscriptionId};
use crate::billing::invoices::Content;
use crate::kernel::{Currency, Money};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, Prepare, RawJson, SystemTx, TenantTx};
use crate::platform::http::PageLimit;

/// A subscription as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = subscriptions, treat_none_as_default_value = false, treat_none_as_null = true, check_for_backend(diesel::pg::Pg))]
pub struct SubscriptionRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub version: i32,
    pub customer_id: Uuid,
    pub name: String,
    pub status: String,
    pub currency: String,
    pub content: RawJson,
    pub net_minor: i64,
    pub period: String,
    pub starts_on: NaiveDate,
    pub anchor_on: NaiveDate,
    pub next_period: i32,
    pub next_at: Option<DateTime<Utc>>,
    pub payment_terms_days: i32,
    pub ends_with_period: bool,
    pub cancelled_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl SubscriptionRow {
    /// Its identifier.
    pub fn subscription(&self) -> SubscriptionId {
        self.id.into()
    }

    /// Its currency.
    pub fn currency(&self) -> Result<Currency, MoneyError> {
        Currency::parse(&self.currency).map_err(|_| MoneyError::broken("subscription"))
    }

    /// What a whole period costs before taxes.
    pub fn net(&self) -> Result<Money, MoneyError> {
        Ok(Money::from_minor(self.net_minor, self.currency()?))
    }

    /// What is billed.
    pub fn content(&self) -> Result<Content, MoneyError> {
        self.content.read().ok_or_else(|| MoneyError::broken("subscription"))
    }

    /// The period `index` of it.
    pub fn span(&self, index: i32) -> Result<Span, MoneyError> {
        let period = Period::stored(&self.period);
        let found = period.and_then(|period| span(period, self.starts_on, self.anchor_on, index));
        found.ok_or_else(|| MoneyError::broken("subscription"))
    }
}

/// A period that was billed.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = subscription_periods, check_for_backend(diesel::pg::Pg))]
pub struct PeriodRow {
    pub tenant_id: Uuid,
    pub subscription_id: Uuid,
    pub starts_on: NaiveDate,
    pub ends_on: NaiveDate,
    pub invoice_id: Uuid,
    pub created_at: DateTime<Utc>,
}

/// The subscription.
pub fn find(tx: &mut TenantTx<'_>, id: SubscriptionId) -> Result<SubscriptionRow, MoneyError> {
    let tenant = tx.tenant().uuid();
    let row = subscriptions::table.find((tenant, id.uuid())).select(SubscriptionRow::as_select());
    let row = row.first(tx.conn(BILLING)?).optional().map_err(DbError::from)?;
    row.ok_or(MoneyError::NotFound(Paper::Subscription))
}

/// The subscription, locked until the transaction ends.
pub fn lock(tx: &mut TenantTx<'_>, id: SubscriptionId) -> Result<SubscriptionRow, MoneyError> {
    let tenant = tx.tenant().uuid();
    let row = subscriptions::table
        .find((tenant, id.uuid()))
        .for_no_key_update()
        .select(SubscriptionRow::as_select())
        .first(tx.conn(BILLING)?)
        .optional()
        .map_err(DbError::from)?;
    row.ok_or(MoneyError::NotFound(Paper::Subscription))
}

/// Writes a new subscription.
pub fn insert(tx: &mut TenantTx<'_>, row: &SubscriptionRow) -> Result<(), MoneyError> {
    diesel::insert_into(subscriptions::table)
        .values(row)
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Writes a changed subscription back.
pub fn save(tx: &mut TenantTx<'_>, row: &SubscriptionRow) -> Result<(), MoneyError> {
    diesel::update(subscriptions::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Notes that a period was billed; a second time it is refused by the primary key.
pub fn insert_period(tx: &mut TenantTx<'_>, row: &PeriodRow) -> Result<(), MoneyError> {
    diesel::insert_into(subscription_periods::table)
        .values(row)
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// The last periods that were billed, the newest first, at most 24.
pub fn periods(tx: &mut TenantTx<'_>, id: SubscriptionId) -> Result<Vec<PeriodRow>, MoneyError> {
    let tenant = tx.tenant().uuid();
    let rows = subscription_periods::table
        .filter(subscription_periods::tenant_id.eq(tenant))
        .filter(subscription_periods::subscription_id.eq(id.uuid()))
        .order(subscription_periods::starts_on.desc())
        .limit(24)
        .select(PeriodRow::as_select())
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

/// Up to `limit + 1` subscriptions, the newest first.
pub fn list(
    tx: &mut TenantTx<'_>,
    customer: Option<Uuid>,
    status: Option<Status>,
    behind: Option<(DateTime<Utc>, Uuid)>,
    limit: PageLimit,
) -> Result<Vec<SubscriptionRow>, MoneyError> {
    let tenant = tx.tenant().uuid();
    let mut query = subscriptions::table.filter(subscriptions::tenant_id.eq(tenant)).into_boxed();
    if let Some(customer) = customer {
        query = query.filter(subscriptions::customer_id.eq(customer));
    }
    if let Some(status) = status {
        query = query.filter(subscriptions::status.eq(status.as_str()));
    }
    if let Some((at, id)) = behind {
        query = query.filter(
            sql::<Bool>("(created_at, id) < (")
                .bind::<Timestamptz, _>(at)
                .sql(", ")
                .bind::<SqlUuid, _>(id)
                .sql(")"),
        );
    }
    let rows = query
        .order((subscriptions::created_at.desc(), subscriptions::id.desc()))
        .limit(limit.rows_to_read())
        .select(SubscriptionRow::as_select())
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

/// Subscriptions to bill by now, and whose they are.
pub fn to_bill(tx: &mut SystemTx<'_>, at_most: i64) -> Result<Vec<(TenantId, SubscriptionId)>, MoneyError> {
    #[derive(QueryableByName)]
    struct Due {
        #[diesel(sql_type = SqlUuid)]
        tenant_id: Uuid,
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let now = tx.now();
    let due = diesel::sql_query("SELECT tenant_id, id FROM billing.subscriptions_to_bill($1, $2)")
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(at_most)
        .load::<Due>(tx.conn())
        .map_err(DbError::from)?;
    Ok(due.into_iter().map(|due| (due.tenant_id.into(), due.id.into())).collect())
}

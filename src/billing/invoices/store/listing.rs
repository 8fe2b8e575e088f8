//! Lists of invoices: filters and keyset pages.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Date, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::billing::BILLING;
use crate::billing::contract::MoneyError;
use crate::billing::invoices::domain::Standing;
use crate::billing::invoices::schema::invoices;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::http::{Cursor, PageLimit};

/// An invoice as lists show it, without what it says.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = invoices, check_for_backend(diesel::pg::Pg))]
pub struct ListRow {
    pub id: Uuid,
    pub version: i32,
    pub customer_id: Uuid,
    pub quotation_id: Option<Uuid>,
    pub contract_id: Option<Uuid>,
    pub subscription_id: Option<Uuid>,
    pub status: String,
    pub series: String,
    pub number: Option<i64>,
    pub currency: String,
    pub net_minor: i64,
    pub total_minor: i64,
    pub paid_minor: i64,
    pub credited_minor: i64,
    pub issued_at: Option<DateTime<Utc>>,
    pub due_on: Option<NaiveDate>,
    pub fiscal_status: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Which invoices are asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub standing: Option<Standing>,
    pub customer: Option<Uuid>,
    pub currency: Option<String>,
    /// From (included) and to (excluded).
    pub created: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    /// From and to, both included.
    pub due: (Option<NaiveDate>, Option<NaiveDate>),
}

/// What a list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortKey {
    CreatedAt,
    /// Drafts, which are not due, have no place in it.
    DueOn,
}

/// An order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// Whether the greatest comes first.
    pub is_descending: bool,
}

/// The place behind an invoice in a list.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Place {
    sort: Sort,
    value: Value,
    id: Uuid,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Value {
    Time(DateTime<Utc>),
    Day(NaiveDate),
}

impl Place {
    /// The cursor behind `row`.
    pub fn behind(sort: Sort, row: &ListRow) -> String {
        let value = match sort.key {
            SortKey::CreatedAt => Value::Time(row.created_at),
            SortKey::DueOn => Value::Day(row.due_on.unwrap_or_default()),
        };
        Cursor::write(&Self { sort, value, id: row.id })
    }

    /// Whether it is a place in a list ordered by `sort`; anybody can write a cursor, and PostgreSQL's times begin in 4713 BC.
    pub fn fits(&self, sort: Sort) -> bool {
        let is_of_key = match (sort.key, self.value) {
            (SortKey::CreatedAt, Value::Time(at)) => (0..10_000).contains(&at.year()),
            (SortKey::DueOn, Value::Day(day)) => (0..10_000).contains(&day.year()),
            _ => false,
        };
        self.sort == sort && is_of_key
    }
}

/// Up to `limit + 1` invoices behind `place`, as it stands `today`.
pub fn list(
    tx: &mut TenantTx<'_>,
    filter: &Filter,
    sort: Sort,
    place: Option<Place>,
    limit: PageLimit,
    today: NaiveDate,
) -> Result<Vec<ListRow>, MoneyError> {
    let mut query = filtered(tx, filter, today);
    if let Some(place) = place {
        // A row comparison is one index condition, and leakproof as its parts are.
        let comparison = if sort.is_descending { "<" } else { ">" };
        query = match place.value {
            Value::Time(at) => query.filter(
                sql::<Bool>(&format!("(created_at, id) {comparison} ("))
                    .bind::<Timestamptz, _>(at)
                    .sql(", ")
                    .bind::<SqlUuid, _>(place.id)
                    .sql(")"),
            ),
            Value::Day(day) => query.filter(
                sql::<Bool>(&format!("(due_on, id) {comparison} ("))
                    .bind::<Date, _>(day)
                    .sql(", ")
                    .bind::<SqlUuid, _>(place.id)
                    .sql(")"),
            ),
        };
    }
    let query = match (sort.key, sort.is_descending) {
        (SortKey::CreatedAt, false) => query.order((invoices::created_at.asc(), invoices::id.asc())),
        (SortKey::CreatedAt, true) => query.order((invoices::created_at.desc(), invoices::id.desc())),
        (SortKey::DueOn, is_descending) => {
            let query = query.filter(invoices::due_on.is_not_null());
            if is_descending {
                query.order((invoices::due_on.desc(), invoices::id.desc()))
            } else {
                query.order((invoices::due_on.asc(), invoices::id.asc()))
            }
        }
    };
    let query = query.limit(limit.rows_to_read()).select(ListRow::as_select());
    Ok(query.load(tx.conn(BILLING)?).map_err(DbError::from)?)
}

/// The invoices that `filter` lets through, as they stand `today`.
fn filtered<'q>(
    tx: &TenantTx<'_>,
    filter: &Filter,
    today: NaiveDate,
) -> invoices::BoxedQuery<'q, diesel::pg::Pg> {
    let tenant = tx.tenant().uuid();
    let query = invoices::table.filter(invoices::tenant_id.eq(tenant)).into_boxed();
    let mut query = match filter.standing {
        Some(Standing::Overdue) => {
            query.filter(invoices::status.eq("issued").and(invoices::due_on.lt(today)))
        }
        Some(Standing::Issued) => query.filter(invoices::status.eq("issued").and(invoices::due_on.ge(today))),
        Some(standing) => query.filter(invoices::status.eq(standing.as_str())),
        None => query,
    };
    if let Some(customer) = filter.customer {
        query = query.filter(invoices::customer_id.eq(customer));
    }
    if let Some(currency) = filter.currency.clone() {
        query = query.filter(invoices::currency.eq(currency));
    }
    if let Some(from) = filter.created.0 {
        query = query.filter(invoices::created_at.ge(from));
    }
    if let Some(to) = filter.created.1 {
        query = query.filter(invoices::created_at.lt(to));
    }
    if let Some(from) = filter.due.0 {
        query = query.filter(invoices::due_on.ge(from));
    }
    if let Some(to) = filter.due.1 {
        query = query.filter(invoices::due_on.le(to));
    }
    query
}

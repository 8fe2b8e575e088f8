//! Lists of customers: filters, sorts and keyset pages; counts.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Row;
use crate::crm::contract::{CrmError, CustomerKind};
use crate::crm::customers::domain::Status;
use crate::crm::schema::customers::{self, dsl};
use crate::crm::{CRM, FIELDS};
use crate::kernel::Indexed;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::fields::{FieldCondition, FieldOrder};
use crate::platform::http::{Cursor, Direction, Page, PageLimit};

/// Which customers are asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    pub status: Option<Status>,
    pub kind: Option<CustomerKind>,
    pub owner: Option<Uuid>,
    pub parent: Option<Uuid>,
    pub lead: Option<Uuid>,
    pub import: Option<Uuid>,
    pub tag: Option<String>,
    pub health: (Option<i32>, Option<i32>),
    pub created: Range,
    pub updated: Range,
    /// Those in the archive, instead of all others.
    pub archived: bool,
    /// `LIKE` patterns over the search text, any of which must match.
    pub patterns: Option<Vec<String>>,
    /// On custom fields; all must hold.
    pub fields: Vec<FieldCondition>,
}

/// From (included) and to (excluded).
pub type Range = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// What a list is ordered by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortKey {
    CreatedAt,
    UpdatedAt,
    TradeName,
    Health,
    /// A custom field.
    Field(FieldOrder),
}

/// An order: a key and a direction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    /// The key.
    pub key: SortKey,
    /// The direction.
    pub direction: Direction,
}

impl Sort {
    /// The custom field that it is by, if it is by one.
    pub fn field(&self) -> Option<&FieldOrder> {
        match &self.key {
            SortKey::Field(order) => Some(order),
            _ => None,
        }
    }
}

/// The place behind a customer in a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Place {
    sort: Sort,
    value: Value,
    id: Uuid,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Value {
    Time(DateTime<Utc>),
    Number(i32),
    Text(String),
    Indexed(Indexed),
}

impl Place {
    /// The cursor behind the customer `id`, which stands at `value`.
    fn behind(sort: &Sort, value: Value, id: Uuid) -> String {
        Cursor::write(&Self { sort: sort.clone(), value, id })
    }

    /// Whether it is a place in a list ordered by `sort`.
    pub fn fits(&self, sort: &Sort) -> bool {
        let kind = match &sort.key {
            SortKey::Health => matches!(self.value, Value::Number(_)),
            SortKey::TradeName => matches!(&self.value, Value::Text(text) if !text.contains('\0')),
            SortKey::Field(order) => matches!(&self.value, Value::Indexed(value) if order.holds(value)),
            // Anybody can write a cursor, and PostgreSQL's times begin in 4713 BC.
            SortKey::CreatedAt | SortKey::UpdatedAt => {
                matches!(self.value, Value::Time(at) if at.year() >= 0)
            }
        };
        self.sort == *sort && kind
    }
}

impl Value {
    /// Where `row` stands by `key`.
    fn of(key: &SortKey, row: &Row) -> Self {
        match key {
            SortKey::CreatedAt => Self::Time(row.created_at),
            SortKey::UpdatedAt => Self::Time(row.updated_at),
            SortKey::TradeName => Self::Text(row.trade_name.clone()),
            // A field has a list of its own.
            SortKey::Health | SortKey::Field(_) => Self::Number(row.health_score),
        }
    }
}

type Query = customers::BoxedQuery<'static, diesel::pg::Pg>;

/// A page of the customers behind `place`.
pub fn list(
    tx: &mut TenantTx<'_>,
    filter: &Filter,
    sort: &Sort,
    place: Option<Place>,
    limit: PageLimit,
) -> Result<Page<Row>, CrmError> {
    let query = narrowed(tx, filter)?;
    if let SortKey::Field(order) = &sort.key {
        let place = place.and_then(|place| match place.value {
            Value::Indexed(value) => Some((value, place.id)),
            _ => None,
        });
        let within = Some(query.select(dsl::id));
        let found = FIELDS.ordered(tx, order, sort.direction, place, limit, within)?;
        let cursor = |(value, id): &(Indexed, Uuid)| Place::behind(sort, Value::Indexed(value.clone()), *id);
        return in_order(tx, Page::cut(found, limit, cursor));
    }
    let query = match place {
        Some(place) => behind(query, place),
        None => query,
    };
    let query = order(query, sort).limit(limit.rows_to_read()).select(Row::as_select());
    let rows: Vec<Row> = query.load(tx.conn(CRM)?).map_err(DbError::from)?;
    Ok(Page::cut(rows, limit, |row| Place::behind(sort, Value::of(&sort.key, row), row.id)))
}

/// The rows of the customers that were found, in their order; one that is gone since has none.
fn in_order(tx: &mut TenantTx<'_>, found: Page<(Indexed, Uuid)>) -> Result<Page<Row>, CrmError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = found.data.iter().map(|(_, id)| *id).collect();
    let rows = customers::table
        .filter(dsl::tenant_id.eq(tenant).and(dsl::id.eq_any(ids)))
        .select(Row::as_select())
        .load::<Row>(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    let mut rows: HashMap<Uuid, Row> = rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(found.filter_map(|(_, id)| rows.remove(&id)))
}

/// The names of all custom fields of the customers that `filter` leaves, at most `at_most`.
pub fn custom_keys(tx: &mut TenantTx<'_>, filter: &Filter, at_most: i64) -> Result<Vec<String>, CrmError> {
    let keys = sql::<Text>("jsonb_object_keys(custom_fields)");
    let query = narrowed(tx, filter)?.select(keys).distinct().limit(at_most);
    Ok(query.load(tx.conn(CRM)?).map_err(DbError::from)?)
}

/// How many customers there are.
#[derive(Debug, Default)]
pub struct Counts {
    /// Not archived, in each state.
    pub by_status: Vec<(String, i64)>,
    /// Active ones whose health is below the threshold.
    pub at_risk: i64,
    /// In the archive.
    pub archived: i64,
}

/// Counts customers by state; those `below` that health are at risk.
pub fn counts(tx: &mut TenantTx<'_>, below: i32) -> Result<Counts, CrmError> {
    let tenant = tx.tenant().uuid();
    let mut by_status = customers::table
        .filter(dsl::tenant_id.eq(tenant).and(dsl::archived_at.is_null()))
        .group_by(dsl::status)
        .select((dsl::status, diesel::dsl::count_star()))
        .into_boxed();
    if let Some(people) = tx.actor().sight().people() {
        by_status = by_status.filter(dsl::owner_id.eq_any(people));
    }
    let by_status = by_status.load(tx.conn(CRM)?).map_err(DbError::from)?;
    let at_risk = customers::table
        .filter(dsl::tenant_id.eq(tenant).and(dsl::archived_at.is_null()))
        .filter(dsl::status.eq(Status::Active.as_str()).and(dsl::health_score.lt(below)))
        .count()
        .get_result(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    let archived = customers::table
        .filter(dsl::tenant_id.eq(tenant).and(dsl::archived_at.is_not_null()))
        .count()
        .get_result(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(Counts { by_status, at_risk, archived })
}

/// The customers that `filter` leaves.
fn narrowed(tx: &mut TenantTx<'_>, filter: &Filter) -> Result<Query, CrmError> {
    let tenant = tx.tenant().uuid();
    let mut query = narrow(customers::table.filter(dsl::tenant_id.eq(tenant)).into_boxed(), filter);
    // The policy says the same where no index is chosen by it.
    match tx.actor().sight().people().as_deref() {
        Some([one]) => query = query.filter(dsl::owner_id.eq(*one)),
        Some(people) => query = query.filter(dsl::owner_id.eq_any(people.to_vec())),
        None => {}
    }
    for condition in &filter.fields {
        query = query.filter(FIELDS.matching(tx, condition)?);
    }
    Ok(query)
}

fn narrow(mut query: Query, filter: &Filter) -> Query {
    query = if filter.archived {
        query.filter(dsl::archived_at.is_not_null())
    } else {
        query.filter(dsl::archived_at.is_null())
    };
    if let Some(status) = filter.status {
        query = query.filter(dsl::status.eq(status.as_str()));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(dsl::kind.eq(super::rows::kind_name(kind)));
    }
    if let Some(owner) = filter.owner {
        query = query.filter(dsl::owner_id.eq(owner));
    }
    if let Some(parent) = filter.parent {
        query = query.filter(dsl::parent_id.eq(parent));
    }
    if let Some(lead) = filter.lead {
        query = query.filter(dsl::lead_id.eq(lead));
    }
    if let Some(import) = filter.import {
        query = query.filter(dsl::import_id.eq(import));
    }
    if filter.patterns.is_some() || filter.tag.is_some() {
        let found = sql::<Bool>("id IN (SELECT crm.find(")
            .bind::<Nullable<Array<Text>>, _>(filter.patterns.clone())
            .sql(", ")
            .bind::<Nullable<Text>, _>(filter.tag.clone())
            .sql("))");
        query = query.filter(found);
    }
    within(query, filter)
}

fn within(mut query: Query, filter: &Filter) -> Query {
    if let Some(least) = filter.health.0 {
        query = query.filter(dsl::health_score.ge(least));
    }
    if let Some(most) = filter.health.1 {
        query = query.filter(dsl::health_score.le(most));
    }
    if let Some(from) = filter.created.0 {
        query = query.filter(dsl::created_at.ge(from));
    }
    if let Some(to) = filter.created.1 {
        query = query.filter(dsl::created_at.lt(to));
    }
    if let Some(from) = filter.updated.0 {
        query = query.filter(dsl::updated_at.ge(from));
    }
    if let Some(to) = filter.updated.1 {
        query = query.filter(dsl::updated_at.lt(to));
    }
    query
}

// A row comparison is one index condition, and leakproof as its parts are.
fn behind(query: Query, place: Place) -> Query {
    let column = match place.sort.key {
        SortKey::CreatedAt => "created_at",
        SortKey::UpdatedAt => "updated_at",
        SortKey::TradeName => "trade_name",
        SortKey::Health | SortKey::Field(_) => "health_score",
    };
    let comparison = match place.sort.direction {
        Direction::Ascending => ">",
        Direction::Descending => "<",
    };
    let start = sql::<Bool>(&format!("({column}, id) {comparison} ("));
    let id = place.id;
    match place.value {
        Value::Time(at) => {
            query.filter(start.bind::<Timestamptz, _>(at).sql(", ").bind::<SqlUuid, _>(id).sql(")"))
        }
        Value::Number(number) => {
            query.filter(start.bind::<Integer, _>(number).sql(", ").bind::<SqlUuid, _>(id).sql(")"))
        }
        Value::Text(text) => {
            query.filter(start.bind::<Text, _>(text).sql(", ").bind::<SqlUuid, _>(id).sql(")"))
        }
        // It has a list of its own.
        Value::Indexed(_) => query,
    }
}

fn order(query: Query, sort: &Sort) -> Query {
    use Direction::{Ascending, Descending};
    match (&sort.key, sort.direction) {
        (SortKey::CreatedAt, Ascending) => query.order((dsl::created_at.asc(), dsl::id.asc())),
        (SortKey::CreatedAt, Descending) => query.order((dsl::created_at.desc(), dsl::id.desc())),
        (SortKey::UpdatedAt, Ascending) => query.order((dsl::updated_at.asc(), dsl::id.asc())),
        (SortKey::UpdatedAt, Descending) => query.order((dsl::updated_at.desc(), dsl::id.desc())),
        (SortKey::TradeName, Ascending) => query.order((dsl::trade_name.asc(), dsl::id.asc())),
        (SortKey::TradeName, Descending) => query.order((dsl::trade_name.desc(), dsl::id.desc())),
        (SortKey::Health, Ascending) => query.order((dsl::health_score.asc(), dsl::id.asc())),
        (SortKey::Health, Descending) => query.order((dsl::health_score.desc(), dsl::id.desc())),
        // It has a list of its own.
        (SortKey::Field(_), _) => query,
    }
}

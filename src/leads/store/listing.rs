//! Lists of leads: filters, sorts and keyset pages; counts by state.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Datelike, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Nullable, Text};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Row;
use crate::kernel::Indexed;
use crate::leads::contract::LeadsError;
use crate::leads::domain::Status;
use crate::leads::schema::leads::{self, dsl};
use crate::leads::{FIELDS, LEADS};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::fields::{FieldCondition, FieldOrder};
use crate::platform::http::{Cursor, Direction, Page, PageLimit};

/// Which leads are asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    pub status: Option<Status>,
    pub owner: Option<Uuid>,
    pub source: Option<String>,
    pub tag: Option<String>,
    pub import: Option<Uuid>,
    pub score: (Option<i32>, Option<i32>),
    pub created: Range,
    pub updated: Range,
    pub follow_up: Range,
    pub forgotten: Option<bool>,
    /// `LIKE` patterns over the search text, any of which must match.
    pub patterns: Option<Vec<String>>,
    /// On custom fields; all must hold.
    pub fields: Vec<FieldCondition>,
}

impl Filter {
    /// Whether it leaves every lead.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// From (included) and to (excluded).
pub type Range = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// What a list is ordered by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortKey {
    CreatedAt,
    UpdatedAt,
    Score,
    CompanyName,
    NextFollowUpAt,
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

/// The place behind a lead in a list.
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
    /// The cursor behind the lead `id`, which stands at `value`.
    fn behind(sort: &Sort, value: Value, id: Uuid) -> String {
        Cursor::write(&Self { sort: sort.clone(), value, id })
    }

    /// Whether it is a place in a list ordered by `sort`.
    pub fn fits(&self, sort: &Sort) -> bool {
        let kind = match &sort.key {
            SortKey::Score => matches!(self.value, Value::Number(_)),
            SortKey::CompanyName => matches!(&self.value, Value::Text(text) if !text.contains('\0')),
            SortKey::Field(order) => matches!(&self.value, Value::Indexed(value) if order.holds(value)),
            // Anybody can write a cursor, and PostgreSQL's times begin in 4713 BC.
            _ => matches!(self.value, Value::Time(at) if at.year() >= 0),
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
            SortKey::Score => Self::Number(row.score),
            SortKey::CompanyName => Self::Text(row.company_name.clone()),
            // A field has a list of its own.
            SortKey::NextFollowUpAt | SortKey::Field(_) => {
                Self::Time(row.next_follow_up_at.unwrap_or_default())
            }
        }
    }
}

pub(super) type Query = leads::BoxedQuery<'static, diesel::pg::Pg>;

/// A page of the leads behind `place`.
pub fn list(
    tx: &mut TenantTx<'_>,
    filter: &Filter,
    sort: &Sort,
    place: Option<Place>,
    limit: PageLimit,
) -> Result<Page<Row>, LeadsError> {
    if let SortKey::Field(order) = &sort.key {
        let within = if filter.is_empty() { None } else { Some(narrowed(tx, filter)?) };
        let place = place.and_then(|place| match place.value {
            Value::Indexed(value) => Some((value, place.id)),
            _ => None,
        });
        let within = within.map(|within| within.select(dsl::id));
        let found = FIELDS.ordered(tx, order, sort.direction, place, limit, within)?;
        let cursor = |(value, id): &(Indexed, Uuid)| Place::behind(sort, Value::Indexed(value.clone()), *id);
        return in_order(tx, Page::cut(found, limit, cursor));
    }
    let query = narrowed(tx, filter)?;
    let query = match place {
        Some(place) => behind(query, place),
        None => query,
    };
    let query = order(query, sort).limit(limit.rows_to_read()).select(Row::as_select());
    let rows: Vec<Row> = query.load(tx.conn(LEADS)?).map_err(DbError::from)?;
    Ok(Page::cut(rows, limit, |row| Place::behind(sort, Value::of(&sort.key, row), row.id)))
}

/// The rows of the leads that were found, in their order; one that was deleted since has none.
fn in_order(tx: &mut TenantTx<'_>, found: Page<(Indexed, Uuid)>) -> Result<Page<Row>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = found.data.iter().map(|(_, id)| *id).collect();
    let rows = leads::table
        .filter(dsl::tenant_id.eq(tenant).and(dsl::id.eq_any(ids)))
        .select(Row::as_select())
        .load::<Row>(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    let mut rows: HashMap<Uuid, Row> = rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(found.filter_map(|(_, id)| rows.remove(&id)))
}

/// Up to `at_most` leads that `filter` leaves behind the lead `behind`, by identifier.
pub fn ids(
    tx: &mut TenantTx<'_>,
    filter: &Filter,
    behind: Option<Uuid>,
    at_most: usize,
) -> Result<Vec<Uuid>, LeadsError> {
    let mut query = narrowed(tx, filter)?;
    if let Some(behind) = behind {
        query = query.filter(dsl::id.gt(behind));
    }
    let query = query.order(dsl::id).limit(i64::try_from(at_most).unwrap_or(i64::MAX)).select(dsl::id);
    Ok(query.load(tx.conn(LEADS)?).map_err(DbError::from)?)
}

/// Those of the leads `of` that `filter` leaves.
pub fn ids_among(tx: &mut TenantTx<'_>, filter: &Filter, of: &[Uuid]) -> Result<HashSet<Uuid>, LeadsError> {
    let query = narrowed(tx, filter)?.filter(dsl::id.eq_any(of.to_vec())).select(dsl::id);
    let ids: Vec<Uuid> = query.load(tx.conn(LEADS)?).map_err(DbError::from)?;
    Ok(ids.into_iter().collect())
}

/// The names of all custom fields of the leads that `filter` leaves, at most `at_most`.
pub fn custom_keys(tx: &mut TenantTx<'_>, filter: &Filter, at_most: i64) -> Result<Vec<String>, LeadsError> {
    let keys = sql::<Text>("jsonb_object_keys(custom_fields)");
    let query = narrowed(tx, filter)?.select(keys).distinct().limit(at_most);
    Ok(query.load(tx.conn(LEADS)?).map_err(DbError::from)?)
}

/// How many leads are in each state.
pub fn counts(tx: &mut TenantTx<'_>) -> Result<Vec<(String, i64)>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let mut counts = leads::table
        .filter(dsl::tenant_id.eq(tenant))
        .group_by(dsl::status)
        .select((dsl::status, diesel::dsl::count_star()))
        .into_boxed();
    if let Some(people) = tx.actor().sight().people() {
        counts = counts.filter(dsl::owner_id.eq_any(people));
    }
    Ok(counts.load(tx.conn(LEADS)?).map_err(DbError::from)?)
}

/// How many leads are marked as forgotten, and how many have a follow-up that is due.
pub fn attention(tx: &mut TenantTx<'_>) -> Result<(i64, i64), LeadsError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let forgotten = leads::table
        .filter(dsl::tenant_id.eq(tenant).and(dsl::forgotten_at.is_not_null()))
        .count()
        .get_result(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    let due = leads::table
        .filter(dsl::tenant_id.eq(tenant).and(dsl::next_follow_up_at.le(now)))
        .filter(dsl::status.eq_any(["new", "contacted", "qualified"]))
        .count()
        .get_result(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok((forgotten, due))
}

/// The leads that `filter` leaves.
pub(super) fn narrowed(tx: &mut TenantTx<'_>, filter: &Filter) -> Result<Query, LeadsError> {
    let tenant = tx.tenant().uuid();
    let mut query = narrow(leads::table.filter(dsl::tenant_id.eq(tenant)).into_boxed(), filter);
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
    if let Some(status) = filter.status {
        query = query.filter(dsl::status.eq(status.as_str()));
    }
    if let Some(owner) = filter.owner {
        query = query.filter(dsl::owner_id.eq(owner));
    }
    if let Some(source) = filter.source.clone() {
        query = query.filter(dsl::source.eq(source));
    }
    if let Some(import) = filter.import {
        query = query.filter(dsl::import_id.eq(import));
    }
    match filter.forgotten {
        Some(true) => query = query.filter(dsl::forgotten_at.is_not_null()),
        Some(false) => query = query.filter(dsl::forgotten_at.is_null()),
        None => {}
    }
    if filter.patterns.is_some() || filter.tag.is_some() {
        let found = sql::<Bool>("id IN (SELECT leads.find(")
            .bind::<Nullable<Array<Text>>, _>(filter.patterns.clone())
            .sql(", ")
            .bind::<Nullable<Text>, _>(filter.tag.clone())
            .sql("))");
        query = query.filter(found);
    }
    within(query, filter)
}

fn within(mut query: Query, filter: &Filter) -> Query {
    if let Some(least) = filter.score.0 {
        query = query.filter(dsl::score.ge(least));
    }
    if let Some(most) = filter.score.1 {
        query = query.filter(dsl::score.le(most));
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
    if let Some(from) = filter.follow_up.0 {
        query = query.filter(dsl::next_follow_up_at.ge(from));
    }
    if let Some(to) = filter.follow_up.1 {
        query = query.filter(dsl::next_follow_up_at.lt(to));
    }
    query
}

// A row comparison is one index condition, and leakproof as its parts are.
fn behind(query: Query, place: Place) -> Query {
    let column = match place.sort.key {
        SortKey::CreatedAt => "created_at",
        SortKey::UpdatedAt => "updated_at",
        SortKey::Score => "score",
        SortKey::CompanyName => "company_name",
        SortKey::NextFollowUpAt | SortKey::Field(_) => "next_follow_up_at",
    };
    let comparison = match place.sort.direction {
        Direction::Ascending => ">",
        Direction::Descending => "<",
    };
    let start = sql::<Bool>(&format!("({column}, id) {comparison} ("));
    let id = place.id;
    match place.value {
        Value::Time(at) => query.filter(
            start
                .bind::<diesel::sql_types::Timestamptz, _>(at)
                .sql(", ")
                .bind::<diesel::sql_types::Uuid, _>(id)
                .sql(")"),
        ),
        Value::Number(number) => query.filter(
            start
                .bind::<diesel::sql_types::Integer, _>(number)
                .sql(", ")
                .bind::<diesel::sql_types::Uuid, _>(id)
                .sql(")"),
        ),
        Value::Indexed(_) => query,
        Value::Text(text) => query
            .filter(start.bind::<Text, _>(text).sql(", ").bind::<diesel::sql_types::Uuid, _>(id).sql(")")),
    }
}

fn order(query: Query, sort: &Sort) -> Query {
    use Direction::{Ascending, Descending};
    match (&sort.key, sort.direction) {
        (SortKey::CreatedAt, Ascending) => query.order((dsl::created_at.asc(), dsl::id.asc())),
        (SortKey::CreatedAt, Descending) => query.order((dsl::created_at.desc(), dsl::id.desc())),
        (SortKey::UpdatedAt, Ascending) => query.order((dsl::updated_at.asc(), dsl::id.asc())),
        (SortKey::UpdatedAt, Descending) => query.order((dsl::updated_at.desc(), dsl::id.desc())),
        (SortKey::Score, Ascending) => query.order((dsl::score.asc(), dsl::id.asc())),
        (SortKey::Score, Descending) => query.order((dsl::score.desc(), dsl::id.desc())),
        (SortKey::CompanyName, Ascending) => query.order((dsl::company_name.asc(), dsl::id.asc())),
        (SortKey::CompanyName, Descending) => query.order((dsl::company_name.desc(), dsl::id.desc())),
        // Leads without a follow-up have no place in an order by follow-ups.
        (SortKey::NextFollowUpAt, Ascending) => query
            .filter(dsl::next_follow_up_at.is_not_null())
            .order((dsl::next_follow_up_at.asc(), dsl::id.asc())),
        (SortKey::NextFollowUpAt, Descending) => query
            .filter(dsl::next_follow_up_at.is_not_null())
            .order((dsl::next_follow_up_at.desc(), dsl::id.desc())),
        // It has a list of its own.
        (SortKey::Field(_), _) => query,
    }
}

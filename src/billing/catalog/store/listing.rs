//! Lists of products: filters, orders and keyset pages.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ProductRow, among};
use crate::billing::catalog::schema::products;
use crate::billing::contract::SalesError;
use crate::billing::{BILLING, FIELDS};
use crate::kernel::Indexed;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::fields::{FieldCondition, FieldOrder};
use crate::platform::http::{Cursor, Direction, Page, PageLimit};

/// Which products.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ProductFilter {
    pub kind: Option<String>,
    pub is_archived: Option<bool>,
    pub sku_key: Option<String>,
    pub import: Option<Uuid>,
    pub patterns: Option<Vec<String>>,
    /// On custom fields; all must hold.
    pub fields: Vec<FieldCondition>,
}

/// What a list of products is ordered by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProductSortKey {
    CreatedAt,
    Name,
    /// A custom field.
    Field(FieldOrder),
}

/// The order of a list of products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductSort {
    /// The key.
    pub key: ProductSortKey,
    /// The direction.
    pub direction: Direction,
}

impl ProductSort {
    /// The custom field that it is by, if it is by one.
    pub fn field(&self) -> Option<&FieldOrder> {
        match &self.key {
            ProductSortKey::Field(order) => Some(order),
            _ => None,
        }
    }
}

/// The place behind a product in a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProductPlace {
    sort: ProductSort,
    key: PlaceKey,
    id: Uuid,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum PlaceKey {
    Time(DateTime<Utc>),
    Name(String),
    Indexed(Indexed),
}

impl ProductPlace {
    /// The cursor behind the product `id`, which stands at `key`.
    fn behind(sort: &ProductSort, key: PlaceKey, id: Uuid) -> String {
        Cursor::write(&Self { sort: sort.clone(), key, id })
    }

    /// Whether it is a place in a list of this order.
    pub fn fits(&self, sort: &ProductSort) -> bool {
        let fits = match (&sort.key, &self.key) {
            // Anybody can write a cursor, and PostgreSQL's times begin in 4713 BC.
            (ProductSortKey::CreatedAt, PlaceKey::Time(at)) => at.timestamp() >= 0,
            (ProductSortKey::Name, PlaceKey::Name(name)) => !name.contains('\0'),
            (ProductSortKey::Field(order), PlaceKey::Indexed(value)) => order.holds(value),
            _ => false,
        };
        self.sort == *sort && fits
    }
}

impl PlaceKey {
    /// Where `row` stands by `key`.
    fn of(key: &ProductSortKey, row: &ProductRow) -> Self {
        match key {
            ProductSortKey::Name => Self::Name(row.name.clone()),
            // A field has a list of its own.
            ProductSortKey::CreatedAt | ProductSortKey::Field(_) => Self::Time(row.created_at),
        }
    }
}

type Query = products::BoxedQuery<'static, diesel::pg::Pg>;

/// A page of products.
pub fn list(
    tx: &mut TenantTx<'_>,
    filter: &ProductFilter,
    sort: &ProductSort,
    place: Option<ProductPlace>,
    limit: PageLimit,
) -> Result<Page<ProductRow>, SalesError> {
    let mut query = narrowed(tx, filter)?;
    if let ProductSortKey::Field(order) = &sort.key {
        let place = place.and_then(|place| match place.key {
            PlaceKey::Indexed(value) => Some((value, place.id)),
            _ => None,
        });
        let within = Some(query.select(products::id));
        let found = FIELDS.ordered(tx, order, sort.direction, place, limit, within)?;
        let cursor =
            |(value, id): &(Indexed, Uuid)| ProductPlace::behind(sort, PlaceKey::Indexed(value.clone()), *id);
        return in_order(tx, Page::cut(found, limit, cursor));
    }
    let comparison = if sort.direction == Direction::Ascending { ">" } else { "<" };
    let column = if sort.key == ProductSortKey::Name { "name" } else { "created_at" };
    // A row comparison is one index condition, and leakproof as its parts are.
    let start = sql::<Bool>(&format!("({column}, id) {comparison} ("));
    if let Some(place) = place {
        query = match place.key {
            PlaceKey::Time(at) => {
                query.filter(start.bind::<Timestamptz, _>(at).sql(", ").bind::<SqlUuid, _>(place.id).sql(")"))
            }
            PlaceKey::Name(name) => {
                query.filter(start.bind::<Text, _>(name).sql(", ").bind::<SqlUuid, _>(place.id).sql(")"))
            }
            // It has a list of its own.
            PlaceKey::Indexed(_) => query,
        };
    }
    let query = match (column, sort.direction) {
        ("name", Direction::Ascending) => query.order((products::name.asc(), products::id.asc())),
        ("name", Direction::Descending) => query.order((products::name.desc(), products::id.desc())),
        (_, Direction::Ascending) => query.order((products::created_at.asc(), products::id.asc())),
        (_, Direction::Descending) => query.order((products::created_at.desc(), products::id.desc())),
    };
    let query = query.limit(limit.rows_to_read()).select(ProductRow::as_select());
    let rows: Vec<ProductRow> = query.load(tx.conn(BILLING)?).map_err(DbError::from)?;
    Ok(Page::cut(rows, limit, |row| ProductPlace::behind(sort, PlaceKey::of(&sort.key, row), row.id)))
}

/// The rows of the products that were found, in their order; one that is gone since has none.
fn in_order(tx: &mut TenantTx<'_>, found: Page<(Indexed, Uuid)>) -> Result<Page<ProductRow>, SalesError> {
    let ids: Vec<Uuid> = found.data.iter().map(|(_, id)| *id).collect();
    let mut rows: HashMap<Uuid, ProductRow> = among(tx, &ids)?.into_iter().map(|row| (row.id, row)).collect();
    Ok(found.filter_map(|(_, id)| rows.remove(&id)))
}

/// The names of all custom fields of the products that `filter` leaves, at most `at_most`.
pub fn custom_keys(
    tx: &mut TenantTx<'_>,
    filter: &ProductFilter,
    at_most: i64,
) -> Result<Vec<String>, SalesError> {
    let keys = sql::<Text>("jsonb_object_keys(custom_fields)");
    let query = narrowed(tx, filter)?.select(keys).distinct().limit(at_most);
    Ok(query.load(tx.conn(BILLING)?).map_err(DbError::from)?)
}

fn narrowed(tx: &mut TenantTx<'_>, filter: &ProductFilter) -> Result<Query, SalesError> {
    let mut query = products::table.filter(products::tenant_id.eq(tx.tenant().uuid())).into_boxed();
    if let Some(kind) = &filter.kind {
        query = query.filter(products::kind.eq(kind.clone()));
    }
    match filter.is_archived {
        Some(true) => query = query.filter(products::archived_at.is_not_null()),
        Some(false) => query = query.filter(products::archived_at.is_null()),
        None => {}
    }
    if let Some(key) = &filter.sku_key {
        query = query.filter(products::sku_key.eq(key.clone()));
    }
    if let Some(import) = filter.import {
        query = query.filter(products::import_id.eq(import));
    }
    if let Some(patterns) = &filter.patterns {
        let found = sql::<Bool>("id IN (SELECT billing.find_products(");
        query = query.filter(found.bind::<Array<Text>, _>(patterns.clone()).sql("))"));
    }
    for condition in &filter.fields {
        query = query.filter(FIELDS.matching(tx, condition)?);
    }
    Ok(query)
}

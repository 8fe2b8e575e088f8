//! Custom fields in lists: the leads with a value, and leads in the order of a field.

use std::collections::HashMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Double, Text, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::listing::{Direction, Query};
use super::{LEADS, Row};
use crate::kernel::{FieldDefinition, FieldKind, Indexed};
use crate::leads::contract::LeadsError;
use crate::leads::schema::field_values::{self, dsl};
use crate::leads::schema::leads;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::fields::{FieldCondition, FieldTest};
use crate::platform::http::PageLimit;

/// The order by a custom field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldOrder {
    id: Uuid,
    key: String,
    kind: FieldKind,
}

impl FieldOrder {
    /// The order by `field`.
    pub fn by(field: &FieldDefinition) -> Self {
        Self { id: field.id, key: field.key.to_string(), kind: field.kind }
    }

    /// The value that `row` stands at.
    pub(super) fn value_of(&self, row: &Row) -> Indexed {
        let fields: serde_json::Map<String, serde_json::Value> = row.custom_fields.read().unwrap_or_default();
        let value = fields.get(&self.key).unwrap_or_default();
        let found = FieldDefinition::index_of(self.kind, value).into_iter().next();
        found.unwrap_or(Indexed::Text(String::new()))
    }

    /// Whether `value` can be a place in it.
    pub(super) fn holds(&self, value: &Indexed) -> bool {
        match value {
            Indexed::Text(text) => !self.kind.is_ordered() && !text.contains('\0'),
            Indexed::Number(_) => self.kind.is_ordered(),
        }
    }
}

type Ids = field_values::BoxedQuery<'static, diesel::pg::Pg, SqlUuid>;

/// The leads that meet `condition`.
pub(super) fn matching(tenant: Uuid, condition: &FieldCondition) -> Ids {
    let mut values = field_values::table
        .filter(dsl::tenant_id.eq(tenant))
        .filter(dsl::field_id.eq(condition.field))
        .select(dsl::record_id)
        .into_boxed();
    match &condition.test {
        FieldTest::Is(Indexed::Text(text)) => values.filter(dsl::text_value.eq(text.clone())),
        FieldTest::Is(Indexed::Number(number)) => values.filter(dsl::number_value.eq(*number)),
        FieldTest::Within(from, to) => {
            if let Some(from) = from {
                values = values.filter(dsl::number_value.ge(*from));
            }
            if let Some(to) = to {
                values = values.filter(dsl::number_value.lt(*to));
            }
            values
        }
    }
}

/// Whether more than a thousand leads meet `condition`.
pub(super) fn is_broad(tx: &mut TenantTx<'_>, condition: &FieldCondition) -> Result<bool, LeadsError> {
    let values = matching(tx.tenant().uuid(), condition).offset(1000).limit(1);
    let next: Option<Uuid> = values.first(tx.conn(LEADS)?).optional().map_err(DbError::from)?;
    Ok(next.is_some())
}

/// Up to `limit + 1` leads that have the field, behind `place` and among `within`, in the order of its values.
pub(super) fn ordered(
    tx: &mut TenantTx<'_>,
    order: &FieldOrder,
    direction: Direction,
    place: Option<(Indexed, Uuid)>,
    limit: PageLimit,
    within: Option<Query>,
) -> Result<Vec<Row>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let mut values = field_values::table
        .filter(dsl::tenant_id.eq(tenant))
        .filter(dsl::field_id.eq(order.id))
        .limit(limit.rows_to_read())
        .select(dsl::record_id)
        .into_boxed();
    let column = if order.kind.is_ordered() { "number_value" } else { "text_value" };
    let sign = if direction == Direction::Ascending { ">" } else { "<" };
    let start = sql::<Bool>(&format!("({column}, record_id) {sign} ("));
    match place {
        Some((Indexed::Text(text), id)) => {
            values = values.filter(start.bind::<Text, _>(text).sql(", ").bind::<SqlUuid, _>(id).sql(")"));
        }
        Some((Indexed::Number(number), id)) => {
            values = values.filter(start.bind::<Double, _>(number).sql(", ").bind::<SqlUuid, _>(id).sql(")"));
        }
        None => {}
    }
    if let Some(within) = within {
        values = values.filter(dsl::record_id.eq_any(within.select(leads::id)));
    }
    let values = match (order.kind.is_ordered(), direction) {
        (true, Direction::Ascending) => values
            .filter(dsl::number_value.is_not_null())
            .order((dsl::number_value.asc(), dsl::record_id.asc())),
        (true, Direction::Descending) => values
            .filter(dsl::number_value.is_not_null())
            .order((dsl::number_value.desc(), dsl::record_id.desc())),
        (false, Direction::Ascending) => {
            values.filter(dsl::text_value.is_not_null()).order((dsl::text_value.asc(), dsl::record_id.asc()))
        }
        (false, Direction::Descending) => values
            .filter(dsl::text_value.is_not_null())
            .order((dsl::text_value.desc(), dsl::record_id.desc())),
    };
    let ids: Vec<Uuid> = values.load(tx.conn(LEADS)?).map_err(DbError::from)?;
    let rows = leads::table
        .filter(leads::tenant_id.eq(tenant).and(leads::id.eq_any(&ids)))
        .select(Row::as_select())
        .load::<Row>(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    let mut rows: HashMap<Uuid, Row> = rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
}

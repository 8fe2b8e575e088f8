//! Custom fields in lists: the records with a value, and records in the order of a field.

use diesel::expression::{ValidGrouping, is_aggregate};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Double, Nullable, Text, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{FieldCondition, FieldTables, FieldTest};
use crate::kernel::{FieldDefinition, FieldKind, Indexed};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::http::{Direction, PageLimit};

/// Above so many records, a condition is not looked up record by record.
const BROAD: i64 = 1_000;

/// The order by a custom field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldOrder {
    id: Uuid,
    kind: FieldKind,
}

impl FieldOrder {
    /// The order by `field`.
    pub fn by(field: &FieldDefinition) -> Self {
        Self { id: field.id, kind: field.kind }
    }

    /// Whether `value` can be a place in it.
    pub fn holds(&self, value: &Indexed) -> bool {
        match value {
            Indexed::Text(text) => !self.kind.is_ordered() && !text.contains('\0'),
            Indexed::Number(_) => self.kind.is_ordered(),
        }
    }
}

/// Whether a row of the records is among those that meet a condition; in a query whose only column `id` is theirs.
#[derive(Debug)]
pub struct Matching {
    table: String,
    tenant: Uuid,
    condition: FieldCondition,
    is_broad: bool,
}

impl FieldTables {
    /// The filter that `condition` is.
    pub fn matching(self, tx: &mut TenantTx<'_>, condition: &FieldCondition) -> Result<Matching, DbError> {
        let (tenant, table) = (tx.tenant().uuid(), self.table("field_values"));
        let mut matching = Matching { table, tenant, condition: condition.clone(), is_broad: false };
        let next: Vec<Uuid> = Next(&matching).load(tx.conn(self.module)?)?;
        matching.is_broad = !next.is_empty();
        Ok(matching)
    }

    /// Whether the fields of `conditions` and `order` are all there still. Once one of them is archived, what has its values
    /// is found less and less.
    pub fn has_all(
        self,
        tx: &mut TenantTx<'_>,
        conditions: &[FieldCondition],
        order: Option<&FieldOrder>,
    ) -> Result<bool, DbError> {
        let mut asked = conditions.iter().map(|condition| condition.field).chain(order.map(|order| order.id));
        let there = self.list(tx)?;
        Ok(asked.all(|field| there.iter().any(|row| row.id == field)))
    }

    /// Up to `limit + 1` records that have the field, behind `place` and among `within`, in the order of its values: each
    /// with the value at which it stands.
    pub fn ordered(
        self,
        tx: &mut TenantTx<'_>,
        order: &FieldOrder,
        direction: Direction,
        place: Option<(Indexed, Uuid)>,
        limit: PageLimit,
        within: Option<impl QueryFragment<Pg>>,
    ) -> Result<Vec<(Indexed, Uuid)>, DbError> {
        let (tenant, table) = (tx.tenant().uuid(), self.table("field_values"));
        let ordered = Ordered { table, tenant, order, direction, place, limit, within };
        let found: Vec<(Option<String>, Option<f64>, Uuid)> = ordered.load(tx.conn(self.module)?)?;
        // Each row has one of both.
        let value = |text: Option<String>, number: Option<f64>| {
            text.map_or_else(|| Indexed::Number(number.unwrap_or_default()), Indexed::Text)
        };
        Ok(found.into_iter().map(|(text, number, id)| (value(text, number), id)).collect())
    }
}

impl Matching {
    fn records<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT record_id FROM ");
        out.push_sql(&self.table);
        out.push_sql(" WHERE tenant_id = ");
        out.push_bind_param::<SqlUuid, _>(&self.tenant)?;
        out.push_sql(" AND field_id = ");
        out.push_bind_param::<SqlUuid, _>(&self.condition.field)?;
        match &self.condition.test {
            FieldTest::Is(Indexed::Text(text)) => {
                out.push_sql(" AND text_value = ");
                out.push_bind_param::<Text, _>(text)?;
            }
            FieldTest::Is(Indexed::Number(number)) => {
                out.push_sql(" AND number_value = ");
                out.push_bind_param::<Double, _>(number)?;
            }
            FieldTest::Within(from, to) => {
                for (comparison, bound) in [(" AND number_value >= ", from), (" AND number_value < ", to)] {
                    if let Some(bound) = bound {
                        out.push_sql(comparison);
                        out.push_bind_param::<Double, _>(bound)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl QueryFragment<Pg> for Matching {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("(id IN (");
        self.records(&mut out)?;
        // Few records are looked up one by one. Of many, OR keeps PostgreSQL from a probe for each: it hashes what is
        // found and goes through the list in its order, which ends when the page is full.
        out.push_sql(if self.is_broad { ") OR FALSE)" } else { "))" });
        Ok(())
    }
}

impl QueryId for Matching {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Expression for Matching {
    type SqlType = Bool;
}

impl<GB> ValidGrouping<GB> for Matching {
    type IsAggregate = is_aggregate::Never;
}

impl<QS> AppearsOnTable<QS> for Matching {}

impl<QS> SelectableExpression<QS> for Matching {}

/// The first record behind those that may be looked up one by one.
struct Next<'a>(&'a Matching);

impl QueryFragment<Pg> for Next<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        self.0.records(&mut out)?;
        out.push_sql(" LIMIT 1 OFFSET ");
        out.push_bind_param::<BigInt, _>(&BROAD)
    }
}

impl QueryId for Next<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Next<'_> {
    type SqlType = SqlUuid;
}

impl RunQueryDsl<PgConnection> for Next<'_> {}

/// Records in the order of a field, each behind its value: a text or a number.
struct Ordered<'a, W> {
    table: String,
    tenant: Uuid,
    order: &'a FieldOrder,
    direction: Direction,
    place: Option<(Indexed, Uuid)>,
    limit: PageLimit,
    within: Option<W>,
}

impl<W: QueryFragment<Pg>> QueryFragment<Pg> for Ordered<'_, W> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // The other column, which the index does not have, is not read: the index alone can answer.
        let (column, columns) = if self.order.kind.is_ordered() {
            ("number_value", "NULL::text, number_value")
        } else {
            ("text_value", "text_value, NULL::float8")
        };
        let (sign, way) = match self.direction {
            Direction::Ascending => (">", "ASC"),
            Direction::Descending => ("<", "DESC"),
        };
        out.unsafe_to_cache_prepared();
        out.push_sql(&format!("SELECT {columns}, record_id FROM {} WHERE tenant_id = ", self.table));
        out.push_bind_param::<SqlUuid, _>(&self.tenant)?;
        out.push_sql(" AND field_id = ");
        out.push_bind_param::<SqlUuid, _>(&self.order.id)?;
        out.push_sql(&format!(" AND {column} IS NOT NULL"));
        if let Some((value, id)) = &self.place {
            out.push_sql(&format!(" AND ({column}, record_id) {sign} ("));
            match value {
                Indexed::Text(text) => out.push_bind_param::<Text, _>(text)?,
                Indexed::Number(number) => out.push_bind_param::<Double, _>(number)?,
            }
            out.push_sql(", ");
            out.push_bind_param::<SqlUuid, _>(id)?;
            out.push_sql(")");
        }
        if let Some(within) = &self.within {
            out.push_sql(" AND record_id IN (");
            within.walk_ast(out.reborrow())?;
            out.push_sql(")");
        }
        out.push_sql(&format!(
            " ORDER BY {column} {way}, record_id {way} LIMIT {}",
            self.limit.rows_to_read()
        ));
        Ok(())
    }
}

impl<W> QueryId for Ordered<'_, W> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<W> Query for Ordered<'_, W> {
    type SqlType = (Nullable<Text>, Nullable<Double>, SqlUuid);
}

impl<W> RunQueryDsl<PgConnection> for Ordered<'_, W> {}

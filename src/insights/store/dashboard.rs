//! Figures as a dashboard shows them, summed by the database.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;

use crate::insights::INSIGHTS;
use crate::insights::domain::{Figures, Period};
use crate::kernel::Currency;
use crate::platform::db::{DbError, TenantTx};

/// What figures are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Where leads came from.
    Source,
    /// The campaign that they came by.
    Campaign,
    /// Whose they are.
    Owner,
}

impl Dimension {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Campaign => "campaign",
            Self::Owner => "owner",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Source, Self::Campaign, Self::Owner].into_iter().find(|one| one.as_str() == name)
    }
}

/// What figures are summed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Group {
    /// A day.
    Day(NaiveDate),
    /// A key of a dimension; the key of what has none is empty.
    Key(Dimension, String),
}

/// The owner under which the figures of everybody stand.
const EVERYBODY: Uuid = Uuid::nil();

const SUMS: &str = "sum(leads)::bigint AS leads, sum(qualified)::bigint AS qualified, sum(converted)::bigint AS converted, \
    sum(quotations)::bigint AS quotations, sum(accepted)::bigint AS accepted, sum(quoted)::bigint AS quoted, \
    sum(sold)::bigint AS sold, sum(revenue)::bigint AS revenue, sum(collected)::bigint AS collected, \
    sum(overdue)::bigint AS overdue";

#[derive(QueryableByName)]
struct GroupRow {
    #[diesel(sql_type = Nullable<Text>)]
    dimension: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    key: Option<String>,
    #[diesel(sql_type = Nullable<Date>)]
    day: Option<NaiveDate>,
    #[diesel(embed)]
    sums: SumsRow,
}

impl GroupRow {
    fn group(&mut self) -> Option<Group> {
        match self.day {
            Some(day) => Some(Group::Day(day)),
            None => Some(Group::Key(Dimension::parse(self.dimension.as_deref()?)?, self.key.take()?)),
        }
    }
}

#[derive(QueryableByName)]
struct SumsRow {
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = BigInt)]
    leads: i64,
    #[diesel(sql_type = BigInt)]
    qualified: i64,
    #[diesel(sql_type = BigInt)]
    converted: i64,
    #[diesel(sql_type = BigInt)]
    quotations: i64,
    #[diesel(sql_type = BigInt)]
    accepted: i64,
    #[diesel(sql_type = BigInt)]
    quoted: i64,
    #[diesel(sql_type = BigInt)]
    sold: i64,
    #[diesel(sql_type = BigInt)]
    revenue: i64,
    #[diesel(sql_type = BigInt)]
    collected: i64,
    #[diesel(sql_type = BigInt)]
    overdue: i64,
}

impl SumsRow {
    fn parted(self) -> (Option<Currency>, Figures) {
        let figures = Figures {
            leads: self.leads,
            qualified: self.qualified,
            converted: self.converted,
            quotations: self.quotations,
            accepted: self.accepted,
            quoted: self.quoted,
            sold: self.sold,
            revenue: self.revenue,
            collected: self.collected,
            overdue: self.overdue,
        };
        (Currency::parse(&self.currency).ok(), figures)
    }
}

/// Under which owners the figures stand that whoever acts sees.
fn whose(tx: &TenantTx<'_>) -> String {
    match tx.actor().sight().people() {
        None => format!("owner_id = '{EVERYBODY}'"),
        Some(people) => {
            let people: Vec<String> = people.iter().map(ToString::to_string).collect();
            format!("owner_id = ANY ('{{{}}}'::uuid[])", people.join(","))
        }
    }
}

/// The figures of each key and of each day that has any, in one pass over them: keys by dimension and in order, then days in
/// order. Days, and owners of whoever sees some only, are summed from sources, which are the fewest.
pub fn sums(
    tx: &mut TenantTx<'_>,
    period: Period,
) -> Result<Vec<(Group, Option<Currency>, Figures)>, DbError> {
    let (tenant, whose) = (tx.tenant().uuid(), whose(tx));
    let query = format!(
        "SELECT CASE WHEN owner_of IS NULL THEN dimension ELSE 'owner' END AS dimension, coalesce(key, owner_of) AS key, \
                day_of AS day, currency, {SUMS} \
         FROM (SELECT *, CASE WHEN dimension = 'source' THEN day END AS day_of, \
                      CASE WHEN dimension = 'source' AND owner_id <> '{EVERYBODY}' THEN owner_id::text END AS owner_of \
               FROM insights.figures \
               WHERE tenant_id = $1 AND {whose} AND dimension IN ('source', 'campaign', 'owner') \
                 AND day BETWEEN $2 AND $3) AS figures \
         GROUP BY GROUPING SETS ((dimension, key, currency), (day_of, currency), (owner_of, currency)) \
         HAVING dimension IS NOT NULL OR day_of IS NOT NULL OR owner_of IS NOT NULL \
         ORDER BY day_of NULLS FIRST, 1, 2, currency"
    );
    let rows = diesel::sql_query(query)
        .bind::<SqlUuid, _>(tenant)
        .bind::<Date, _>(period.from)
        .bind::<Date, _>(period.to)
        .load::<GroupRow>(tx.conn(INSIGHTS)?)?;
    let parted = rows.into_iter().filter_map(|mut row| {
        let group = row.group()?;
        let (currency, figures) = row.sums.parted();
        Some((group, currency, figures))
    });
    Ok(parted.collect())
}

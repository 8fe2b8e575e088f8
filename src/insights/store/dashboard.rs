//! Figures as a dashboard shows them, summed by the database.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Text, Uuid as SqlUuid};
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
}

/// The owner under which the figures of everybody stand.
const EVERYBODY: Uuid = Uuid::nil();

const SUMS: &str = "sum(leads)::bigint AS leads, sum(qualified)::bigint AS qualified, sum(converted)::bigint AS converted, \
    sum(quotations)::bigint AS quotations, sum(accepted)::bigint AS accepted, sum(quoted)::bigint AS quoted, \
    sum(sold)::bigint AS sold, sum(revenue)::bigint AS revenue, sum(collected)::bigint AS collected, \
    sum(overdue)::bigint AS overdue";

#[derive(QueryableByName)]
struct DayRow {
    #[diesel(sql_type = Date)]
    day: NaiveDate,
    #[diesel(embed)]
    sums: SumsRow,
}

#[derive(QueryableByName)]
struct KeyRow {
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(embed)]
    sums: SumsRow,
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

/// The figures of each day that has any, in order.
pub fn by_day(
    tx: &mut TenantTx<'_>,
    period: Period,
) -> Result<Vec<(NaiveDate, Option<Currency>, Figures)>, DbError> {
    let (tenant, whose) = (tx.tenant().uuid(), whose(tx));
    let query = format!(
        "SELECT day, currency, {SUMS} FROM insights.figures \
         WHERE tenant_id = $1 AND {whose} AND dimension = 'owner' AND day BETWEEN $2 AND $3 \
         GROUP BY day, currency ORDER BY day, currency"
    );
    let rows = diesel::sql_query(query)
        .bind::<SqlUuid, _>(tenant)
        .bind::<Date, _>(period.from)
        .bind::<Date, _>(period.to)
        .load::<DayRow>(tx.conn(INSIGHTS)?)?;
    let parted = rows.into_iter().map(|row| {
        let (currency, figures) = row.sums.parted();
        (row.day, currency, figures)
    });
    Ok(parted.collect())
}

/// The figures of each key of a dimension; the key of what has none is empty.
pub fn by_key(
    tx: &mut TenantTx<'_>,
    dimension: Dimension,
    period: Period,
) -> Result<Vec<(String, Option<Currency>, Figures)>, DbError> {
    let (tenant, whose) = (tx.tenant().uuid(), whose(tx));
    let query = format!(
        "SELECT key, currency, {SUMS} FROM insights.figures \
         WHERE tenant_id = $1 AND {whose} AND dimension = $2 AND day BETWEEN $3 AND $4 \
         GROUP BY key, currency ORDER BY key, currency"
    );
    let rows = diesel::sql_query(query)
        .bind::<SqlUuid, _>(tenant)
        .bind::<Text, _>(dimension.as_str())
        .bind::<Date, _>(period.from)
        .bind::<Date, _>(period.to)
        .load::<KeyRow>(tx.conn(INSIGHTS)?)?;
    let parted = rows.into_iter().map(|row| {
        let (currency, figures) = row.sums.parted();
        (row.key, currency, figures)
    });
    Ok(parted.collect())
}

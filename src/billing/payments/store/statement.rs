//! Statements of account: everything that happened between a customer and us in one currency.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use crate::billing::BILLING;
use crate::billing::contract::MoneyError;
use crate::platform::db::{DbError, TenantTx};

/// Something that changed what a customer owes.
#[derive(Debug, Clone, QueryableByName)]
pub struct Entry {
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    /// `invoice`, `credit_note`, `payment` or `refund`.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Which.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Its number or reference.
    #[diesel(sql_type = Nullable<Text>)]
    pub label: Option<String>,
    /// What it adds to the debt, or takes off it.
    #[diesel(sql_type = BigInt)]
    pub minor: i64,
}

const ENTRIES: &str = "
    SELECT issued_at AS at, 'invoice' AS kind, id, series || '-' || number AS label, total_minor AS minor
    FROM billing.invoices
    WHERE tenant_id = $1 AND customer_id = $2 AND currency = $3 AND status IN ('issued', 'paid')
    UNION ALL
    SELECT created_at, 'credit_note', id, series || '-' || number, -total_minor FROM billing.credit_notes
    WHERE tenant_id = $1 AND customer_id = $2 AND currency = $3
    UNION ALL
    SELECT received_at, 'payment', id, reference, -amount_minor FROM billing.payments
    WHERE tenant_id = $1 AND customer_id = $2 AND currency = $3
    UNION ALL
    SELECT r.finished_at, 'refund', r.id, r.reason, r.amount_minor
    FROM billing.refunds r JOIN billing.payments p ON p.tenant_id = r.tenant_id AND p.id = r.payment_id
    WHERE p.tenant_id = $1 AND p.customer_id = $2 AND p.currency = $3 AND r.status = 'succeeded'";

/// The first entries of a span of time, at most `at_most`.
pub fn entries(
    tx: &mut TenantTx<'_>,
    customer: Uuid,
    currency: &str,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    at_most: i64,
) -> Result<Vec<Entry>, MoneyError> {
    let tenant = tx.tenant().uuid();
    let query = format!(
        "SELECT at, kind, id, label, minor FROM ({ENTRIES}) e WHERE at >= $4 AND at < $5 ORDER BY at, id LIMIT $6"
    );
    let rows = diesel::sql_query(query)
        .bind::<SqlUuid, _>(tenant)
        .bind::<SqlUuid, _>(customer)
        .bind::<Text, _>(currency)
        .bind::<Timestamptz, _>(from)
        .bind::<Timestamptz, _>(to)
        .bind::<BigInt, _>(at_most)
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

/// What the customer owed at `from`; below zero when they had paid more.
pub fn opening(
    tx: &mut TenantTx<'_>,
    customer: Uuid,
    currency: &str,
    from: DateTime<Utc>,
) -> Result<i64, MoneyError> {
    #[derive(QueryableByName)]
    struct Sum {
        #[diesel(sql_type = Nullable<BigInt>)]
        minor: Option<i64>,
    }
    let tenant = tx.tenant().uuid();
    let query = format!("SELECT sum(minor)::bigint AS minor FROM ({ENTRIES}) e WHERE at < $4");
    let sum = diesel::sql_query(query)
        .bind::<SqlUuid, _>(tenant)
        .bind::<SqlUuid, _>(customer)
        .bind::<Text, _>(currency)
        .bind::<Timestamptz, _>(from)
        .get_result::<Sum>(tx.conn(BILLING)?);
    Ok(sum.map_err(DbError::from)?.minor.unwrap_or_default())
}

//! Refunds in the database.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use uuid::Uuid;

use crate::billing::BILLING;
use crate::billing::contract::{MoneyError, Paper, PaymentId};
use crate::billing::payments::schema::refunds;
use crate::platform::db::{DbError, Prepare, TenantTx};

/// A refund as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = refunds, treat_none_as_default_value = false, treat_none_as_null = true, check_for_backend(diesel::pg::Pg))]
pub struct RefundRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub payment_id: Uuid,
    pub status: String,
    pub amount_minor: i64,
    pub reason: Option<String>,
    pub provider_refund_id: Option<String>,
    pub attempts: i32,
    pub next_at: Option<DateTime<Utc>>,
    pub failure: Option<String>,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// Writes a new refund.
pub fn insert_refund(tx: &mut TenantTx<'_>, row: &RefundRow) -> Result<(), MoneyError> {
    diesel::insert_into(refunds::table).values(row).execute(tx.conn(BILLING)?).map_err(DbError::from)?;
    Ok(())
}

/// Which payment a refund is of.
pub fn payment_of_refund(tx: &mut TenantTx<'_>, id: Uuid) -> Result<PaymentId, MoneyError> {
    let tenant = tx.tenant().uuid();
    let payment = refunds::table.find((tenant, id)).select(refunds::payment_id);
    let payment = payment.first::<Uuid>(tx.conn(BILLING)?).optional().map_err(DbError::from)?;
    payment.map(PaymentId::from).ok_or(MoneyError::NotFound(Paper::Refund))
}

/// The refund, locked until the transaction ends; its payment must be locked before.
pub fn lock_refund(tx: &mut TenantTx<'_>, id: Uuid) -> Result<RefundRow, MoneyError> {
    let tenant = tx.tenant().uuid();
    let row = refunds::table
        .find((tenant, id))
        .for_no_key_update()
        .select(RefundRow::as_select())
        .first(tx.conn(BILLING)?)
        .optional()
        .map_err(DbError::from)?;
    row.ok_or(MoneyError::NotFound(Paper::Refund))
}

/// Writes a changed refund back.
pub fn save_refund(tx: &mut TenantTx<'_>, row: &RefundRow) -> Result<(), MoneyError> {
    diesel::update(refunds::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// The refunds of some payments, in the order in which they were asked for.
pub fn refunds_of(tx: &mut TenantTx<'_>, of: &[Uuid]) -> Result<Vec<RefundRow>, MoneyError> {
    let tenant = tx.tenant().uuid();
    let rows = refunds::table
        .filter(refunds::tenant_id.eq(tenant))
        .filter(refunds::payment_id.eq_any(of))
        .order(refunds::id)
        .select(RefundRow::as_select())
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

/// What a provider is still asked to give back of a payment.
pub fn pending_minor(tx: &mut TenantTx<'_>, payment: Uuid) -> Result<i64, MoneyError> {
    let tenant = tx.tenant().uuid();
    let sum = refunds::table
        .filter(refunds::tenant_id.eq(tenant).and(refunds::payment_id.eq(payment)))
        .filter(refunds::status.eq("pending"))
        .select(sql::<Nullable<BigInt>>("sum(amount_minor)::bigint"))
        .first::<Option<i64>>(tx.conn(BILLING)?);
    Ok(sum.map_err(DbError::from)?.unwrap_or_default())
}

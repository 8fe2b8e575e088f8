//! Payments in the database.

mod refunds;
mod statement;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

pub use refunds::{
    RefundRow, insert_refund, lock_refund, payment_of_refund, pending_minor, refunds_of, save_refund,
};
pub use statement::{Entry, entries, opening};

use super::schema::{allocations, payments};
use crate::billing::BILLING;
use crate::billing::contract::{MoneyError, Paper, PaymentId};
use crate::kernel::{Currency, Money};
use crate::platform::db::{DbError, Prepare, TenantTx};
use crate::platform::http::PageLimit;

/// A payment as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = payments, treat_none_as_default_value = false, treat_none_as_null = true, check_for_backend(diesel::pg::Pg))]
pub struct PaymentRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub version: i32,
    pub customer_id: Uuid,
    pub method: String,
    pub currency: String,
    pub amount_minor: i64,
    pub allocated_minor: i64,
    pub refunded_minor: i64,
    pub reference: Option<String>,
    pub notes: Option<String>,
    pub provider_payment_id: Option<String>,
    pub received_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl PaymentRow {
    /// Its identifier.
    pub fn payment(&self) -> PaymentId {
        self.id.into()
    }

    /// What of it pays no invoice and was not given back.
    pub fn credit_minor(&self) -> i64 {
        self.amount_minor - self.allocated_minor - self.refunded_minor
    }

    /// An amount of its currency.
    pub fn money(&self, minor: i64) -> Result<Money, MoneyError> {
        let currency = Currency::parse(&self.currency).map_err(|_| MoneyError::broken("payment"))?;
        Ok(Money::from_minor(minor, currency))
    }
}

/// What of a payment pays an invoice.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = allocations, check_for_backend(diesel::pg::Pg))]
pub struct AllocationRow {
    pub tenant_id: Uuid,
    pub payment_id: Uuid,
    pub invoice_id: Uuid,
    pub amount_minor: i64,
    pub created_at: DateTime<Utc>,
}

/// Which payments are asked for.
#[derive(Debug, Clone, Default)]
pub struct PaymentFilter {
    pub customer: Option<Uuid>,
    pub invoice: Option<Uuid>,
    pub method: Option<&'static str>,
    /// The place behind a payment: when it was noted, and its identifier.
    pub behind: Option<(DateTime<Utc>, Uuid)>,
}

/// The payment.
pub fn find(tx: &mut TenantTx<'_>, id: PaymentId) -> Result<PaymentRow, MoneyError> {
    let tenant = tx.tenant().uuid();
    let row = payments::table.find((tenant, id.uuid())).select(PaymentRow::as_select());
    let row = row.first(tx.conn(BILLING)?).optional().map_err(DbError::from)?;
    row.ok_or(MoneyError::NotFound(Paper::Payment))
}

/// The payment, locked until the transaction ends.
pub fn lock(tx: &mut TenantTx<'_>, id: PaymentId) -> Result<PaymentRow, MoneyError> {
    let tenant = tx.tenant().uuid();
    let row = payments::table
        .find((tenant, id.uuid()))
        .for_no_key_update()
        .select(PaymentRow::as_select())
        .first(tx.conn(BILLING)?)
        .optional()
        .map_err(DbError::from)?;
    row.ok_or(MoneyError::NotFound(Paper::Payment))
}

/// The payment that a provider calls `external`, if we know it.
pub fn of_provider(
    tx: &mut TenantTx<'_>,
    method: &str,
    external: &str,
) -> Result<Option<PaymentId>, MoneyError> {
    let tenant = tx.tenant().uuid();
    let id = payments::table
        .filter(payments::tenant_id.eq(tenant).and(payments::method.eq(method)))
        .filter(payments::provider_payment_id.eq(external))
        .select(payments::id)
        .first::<Uuid>(tx.conn(BILLING)?)
        .optional();
    Ok(id.map_err(DbError::from)?.map(PaymentId::from))
}

/// Writes a new payment; answers false when the provider's payment was noted before.
pub fn insert(tx: &mut TenantTx<'_>, row: &PaymentRow) -> Result<bool, MoneyError> {
    let written = diesel::insert_into(payments::table)
        .values(row)
        .on_conflict((payments::tenant_id, payments::method, payments::provider_payment_id))
        .do_nothing()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(written == 1)
}

/// Writes a changed payment back.
pub fn save(tx: &mut TenantTx<'_>, row: &PaymentRow) -> Result<(), MoneyError> {
    diesel::update(payments::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Adds what a payment pays of an invoice.
pub fn allocate(tx: &mut TenantTx<'_>, row: &AllocationRow) -> Result<(), MoneyError> {
    diesel::insert_into(allocations::table)
        .values(row)
        .on_conflict((allocations::tenant_id, allocations::payment_id, allocations::invoice_id))
        .do_update()
        .set(allocations::amount_minor.eq(allocations::amount_minor + row.amount_minor))
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Takes `minor` back of what a payment pays of an invoice.
pub fn take_back(
    tx: &mut TenantTx<'_>,
    payment: PaymentId,
    invoice: Uuid,
    minor: i64,
) -> Result<(), MoneyError> {
    let tenant = tx.tenant().uuid();
    let row = allocations::table.find((tenant, payment.uuid(), invoice));
    let connection = tx.conn(BILLING)?;
    let emptied = diesel::delete(row.filter(allocations::amount_minor.eq(minor)))
        .execute(connection)
        .map_err(DbError::from)?;
    if emptied == 0 {
        diesel::update(row)
            .set(allocations::amount_minor.eq(allocations::amount_minor - minor))
            .execute(connection)
            .map_err(DbError::from)?;
    }
    Ok(())
}

/// What `of` pay of which invoices, the last one first.
pub fn allocations_of(tx: &mut TenantTx<'_>, of: &[Uuid]) -> Result<Vec<AllocationRow>, MoneyError> {
    let tenant = tx.tenant().uuid();
    let rows = allocations::table
        .filter(allocations::tenant_id.eq(tenant))
        .filter(allocations::payment_id.eq_any(of))
        .order((allocations::created_at.desc(), allocations::invoice_id.desc()))
        .select(AllocationRow::as_select())
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

/// Up to `limit + 1` payments, the newest first.
pub fn list(
    tx: &mut TenantTx<'_>,
    filter: &PaymentFilter,
    limit: PageLimit,
) -> Result<Vec<PaymentRow>, MoneyError> {
    let tenant = tx.tenant().uuid();
    let mut query = payments::table.filter(payments::tenant_id.eq(tenant)).into_boxed();
    if let Some(customer) = filter.customer {
        query = query.filter(payments::customer_id.eq(customer));
    }
    if let Some(invoice) = filter.invoice {
        let paying = allocations::table
            .filter(allocations::tenant_id.eq(tenant).and(allocations::invoice_id.eq(invoice)))
            .select(allocations::payment_id);
        query = query.filter(payments::id.eq_any(paying));
    }
    if let Some(method) = filter.method {
        query = query.filter(payments::method.eq(method));
    }
    if let Some((at, id)) = filter.behind {
        query = query.filter(
            sql::<Bool>("(created_at, id) < (")
                .bind::<Timestamptz, _>(at)
                .sql(", ")
                .bind::<SqlUuid, _>(id)
                .sql(")"),
        );
    }
    let rows = query
        .order((payments::created_at.desc(), payments::id.desc()))
        .limit(limit.rows_to_read())
        .select(PaymentRow::as_select())
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

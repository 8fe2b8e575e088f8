//! Lots in the database.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, Timestamptz, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

use crate::billing::BILLING;
use crate::billing::contract::{SalesError, Thing};
use crate::billing::inventory::schema::lots;
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, Prepare, SystemTx, TenantTx};
use crate::platform::http::PageLimit;
use crate::platform::id::Id;

/// A lot as it is stored; the product of the same identifier has its name.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = lots, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct LotRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub version: i32,
    pub number: String,
    pub polygon: Value,
    pub area: i64,
    pub price_minor: i64,
    pub currency: String,
    pub down_payment_minor: i64,
    pub instalments: i32,
    pub status: String,
    pub customer_id: Option<Uuid>,
    pub quotation_id: Option<Uuid>,
    pub reserved_until: Option<DateTime<Utc>>,
    pub sold_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
}

/// Which lots.
#[derive(Debug, Clone, Copy, Default)]
pub struct LotFilter {
    pub status: Option<&'static str>,
    pub customer: Option<Uuid>,
}

/// A page of lots, the oldest first.
pub fn list_lots(
    tx: &mut TenantTx<'_>,
    filter: LotFilter,
    behind: Option<Uuid>,
    limit: PageLimit,
) -> Result<Vec<LotRow>, SalesError> {
    let mut query = lots::table.filter(lots::tenant_id.eq(tx.tenant().uuid())).into_boxed();
    if let Some(status) = filter.status {
        query = query.filter(lots::status.eq(status));
    }
    if let Some(customer) = filter.customer {
        query = query.filter(lots::customer_id.eq(customer));
    }
    if let Some(behind) = behind {
        query = query.filter(lots::id.gt(behind));
    }
    let query = query.order(lots::id).limit(limit.rows_to_read()).select(LotRow::as_select());
    Ok(query.load(tx.conn(BILLING)?).map_err(DbError::from)?)
}

/// The lot.
pub fn find_lot(tx: &mut TenantTx<'_>, id: Uuid) -> Result<LotRow, SalesError> {
    let row = lots::table.find((tx.tenant().uuid(), id)).select(LotRow::as_select());
    let row = row.first(tx.conn(BILLING)?).optional().map_err(DbError::from)?;
    row.ok_or(SalesError::NotFound(Thing::Lot))
}

/// The lot, locked until the transaction ends.
pub fn lock_lot(tx: &mut TenantTx<'_>, id: Uuid) -> Result<LotRow, SalesError> {
    let row = lots::table.find((tx.tenant().uuid(), id)).for_no_key_update();
    let row = row.select(LotRow::as_select()).first(tx.conn(BILLING)?).optional();
    row.map_err(DbError::from)?.ok_or(SalesError::NotFound(Thing::Lot))
}

/// The lots that are kept for a quotation, in their order, locked until the transaction ends.
pub fn lots_of(tx: &mut TenantTx<'_>, quotation: Uuid) -> Result<Vec<LotRow>, SalesError> {
    let rows = lots::table
        .filter(lots::tenant_id.eq(tx.tenant().uuid()))
        .filter(lots::status.eq("reserved"))
        .filter(lots::quotation_id.eq(quotation))
        .order(lots::id)
        .for_no_key_update()
        .select(LotRow::as_select())
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

/// Lots that were kept until now or before, in their order, locked; those that somebody works on are left out.
pub fn due_lots(tx: &mut TenantTx<'_>, at_most: i64) -> Result<Vec<LotRow>, SalesError> {
    let now = tx.now();
    let rows = lots::table
        .filter(lots::tenant_id.eq(tx.tenant().uuid()))
        .filter(lots::reserved_until.le(now))
        .order(lots::id)
        .limit(at_most)
        .for_no_key_update()
        .skip_locked()
        .select(LotRow::as_select())
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

/// Writes a new lot.
pub fn insert_lot(tx: &mut TenantTx<'_>, row: &LotRow) -> Result<(), SalesError> {
    diesel::insert_into(lots::table).values(row).execute(tx.conn(BILLING)?).map_err(DbError::from)?;
    Ok(())
}

/// Writes a changed lot back.
pub fn save_lot(tx: &mut TenantTx<'_>, row: &LotRow) -> Result<(), SalesError> {
    diesel::update(lots::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Tenants with lots that were kept until now or before.
pub fn tenants_with_lots_due(tx: &mut SystemTx<'_>) -> Result<Vec<TenantId>, SalesError> {
    let tenants = sql::<Array<SqlUuid>>("ARRAY(SELECT billing.tenants_with_lots_due(")
        .bind::<Timestamptz, _>(tx.now())
        .sql("))");
    let tenants = diesel::select(tenants).get_result::<Vec<Uuid>>(tx.conn()).map_err(DbError::from)?;
    Ok(tenants.into_iter().map(Id::from).collect())
}

//! Quotations and their lines in the database; what hangs on them is in `parts`.

mod parts;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, Timestamptz, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

pub use parts::{
    AnswerRow, ApprovalRow, LinkRow, RulesRow, VersionRow, answer, approvals, find_by_token, insert_answer,
    insert_link, insert_version, link, next_folio, open_approval, rules, save_approval, save_rules, version,
    versions,
};

use super::schema::{quotation_lines, quotations};
use crate::billing::BILLING;
use crate::billing::contract::{SalesError, Thing};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, Prepare, SystemTx, TenantTx};
use crate::platform::id::Id;

/// A quotation as it is stored.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = quotations, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct QuotationRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub version: i32,
    pub folio: i64,
    pub status: String,
    pub customer_id: Uuid,
    pub customer_name: String,
    pub currency: String,
    pub title: Option<String>,
    pub notes: Option<String>,
    pub terms: Option<String>,
    pub discount: Option<Value>,
    pub price_list_id: Option<Uuid>,
    pub warehouse_id: Option<Uuid>,
    pub valid_until: DateTime<Utc>,
    pub owner_id: Option<Uuid>,
    pub revision: i32,
    pub line_count: i32,
    pub subtotal_minor: i64,
    pub discount_minor: i64,
    pub transferred_minor: i64,
    pub withheld_minor: i64,
    pub total_minor: i64,
    pub highest_discount: i64,
    pub approval: String,
    pub cancel_reason: Option<String>,
    pub sent_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A line as it is stored.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = quotation_lines, treat_none_as_default_value = false)]
pub struct LineRow {
    pub tenant_id: Uuid,
    pub quotation_id: Uuid,
    pub position: i32,
    pub product_id: Option<Uuid>,
    pub description: String,
    pub quantity: i64,
    pub unit_code: Option<String>,
    pub sat_product_key: Option<String>,
    pub unit_price: i64,
    pub list_price: Option<i64>,
    pub discount: Option<Value>,
    pub taxes: Value,
    pub amount: i64,
    pub taken_off: i64,
}

/// Which quotations.
#[derive(Debug, Clone, Default)]
pub struct QuotationFilter {
    pub status: Option<&'static str>,
    pub approval: Option<&'static str>,
    pub customer: Option<Uuid>,
    pub owner: Option<Uuid>,
    pub folio: Option<i64>,
    pub created: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
}

/// A page of quotations, the newest first, or the oldest.
pub fn list(
    tx: &mut TenantTx<'_>,
    filter: &QuotationFilter,
    is_oldest_first: bool,
    behind: Option<Uuid>,
    rows: i64,
) -> Result<Vec<QuotationRow>, SalesError> {
    let mut query = quotations::table.filter(quotations::tenant_id.eq(tx.tenant().uuid())).into_boxed();
    if let Some(status) = filter.status {
        query = query.filter(quotations::status.eq(status));
    }
    if let Some(approval) = filter.approval {
        query = query.filter(quotations::approval.eq(approval));
    }
    if let Some(customer) = filter.customer {
        query = query.filter(quotations::customer_id.eq(customer));
    }
    if let Some(owner) = filter.owner {
        query = query.filter(quotations::owner_id.eq(owner));
    }
    if let Some(folio) = filter.folio {
        query = query.filter(quotations::folio.eq(folio));
    }
    if let Some(from) = filter.created.0 {
        query = query.filter(quotations::created_at.ge(from));
    }
    if let Some(to) = filter.created.1 {
        query = query.filter(quotations::created_at.lt(to));
    }
    query = match (behind, is_oldest_first) {
        (Some(behind), true) => query.filter(quotations::id.gt(behind)),
        (Some(behind), false) => query.filter(quotations::id.lt(behind)),
        (None, _) => query,
    };
    let query =
        if is_oldest_first { query.order(quotations::id.asc()) } else { query.order(quotations::id.desc()) };
    let found = query.limit(rows).select(QuotationRow::as_select()).load(tx.conn(BILLING)?);
    Ok(found.map_err(DbError::from)?)
}

/// The quotation.
pub fn find(tx: &mut TenantTx<'_>, id: Uuid) -> Result<QuotationRow, SalesError> {
    let row = quotations::table.find((tx.tenant().uuid(), id)).select(QuotationRow::as_select());
    let row = row.first(tx.conn(BILLING)?).optional().map_err(DbError::from)?;
    row.ok_or(SalesError::NotFound(Thing::Quotation))
}

/// The quotation, locked until the transaction ends.
pub fn lock(tx: &mut TenantTx<'_>, id: Uuid) -> Result<QuotationRow, SalesError> {
    let row = quotations::table.find((tx.tenant().uuid(), id)).for_no_key_update();
    let row = row.select(QuotationRow::as_select()).first(tx.conn(BILLING)?).optional();
    row.map_err(DbError::from)?.ok_or(SalesError::NotFound(Thing::Quotation))
}

/// Writes a new quotation.
pub fn insert(tx: &mut TenantTx<'_>, row: &QuotationRow) -> Result<(), SalesError> {
    diesel::insert_into(quotations::table).values(row).execute(tx.conn(BILLING)?).map_err(DbError::from)?;
    Ok(())
}

/// Writes a changed quotation back.
pub fn save(tx: &mut TenantTx<'_>, row: &QuotationRow) -> Result<(), SalesError> {
    diesel::update(quotations::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// A quotation's lines, in their order.
pub fn lines(tx: &mut TenantTx<'_>, quotation: Uuid) -> Result<Vec<LineRow>, SalesError> {
    let rows = quotation_lines::table
        .filter(quotation_lines::tenant_id.eq(tx.tenant().uuid()))
        .filter(quotation_lines::quotation_id.eq(quotation))
        .order(quotation_lines::position)
        .select(LineRow::as_select())
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

/// Writes all lines of a quotation.
pub fn replace_lines(tx: &mut TenantTx<'_>, quotation: Uuid, rows: &[LineRow]) -> Result<(), SalesError> {
    let before = quotation_lines::table
        .filter(quotation_lines::tenant_id.eq(tx.tenant().uuid()))
        .filter(quotation_lines::quotation_id.eq(quotation));
    diesel::delete(before).execute(tx.conn(BILLING)?).map_err(DbError::from)?;
    diesel::insert_into(quotation_lines::table)
        .values(rows)
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Quotations that were good until now or before and were not answered, in their order, locked; those that somebody works on
/// are left out.
pub fn due(tx: &mut TenantTx<'_>, at_most: i64) -> Result<Vec<QuotationRow>, SalesError> {
    let now = tx.now();
    let rows = quotations::table
        .filter(quotations::tenant_id.eq(tx.tenant().uuid()))
        .filter(quotations::status.eq("PENDING"))
        .filter(quotations::valid_until.le(now))
        .order(quotations::id)
        .limit(at_most)
        .for_no_key_update()
        .skip_locked()
        .select(QuotationRow::as_select())
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

/// Tenants with quotations that were good until now or before.
pub fn tenants_with_quotations_due(tx: &mut SystemTx<'_>) -> Result<Vec<TenantId>, SalesError> {
    let tenants = sql::<Array<SqlUuid>>("ARRAY(SELECT billing.tenants_with_quotations_due(")
        .bind::<Timestamptz, _>(tx.now())
        .sql("))");
    let tenants = diesel::select(tenants).get_result::<Vec<Uuid>>(tx.conn()).map_err(DbError::from)?;
    Ok(tenants.into_iter().map(Id::from).collect())
}

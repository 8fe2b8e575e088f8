//! What hangs on quotations in the database: versions, approvals, answers, links; and the company's rules and folios.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bytea, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

use crate::billing::BILLING;
use crate::billing::contract::{SalesError, Thing};
use crate::billing::quotations::schema::{
    quotation_answers, quotation_approvals, quotation_folios, quotation_links, quotation_rules,
    quotation_versions,
};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, Prepare, SystemTx, TenantTx};
use crate::platform::http::PageLimit;
use crate::platform::id::Id;

/// The company's rules as they are stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = quotation_rules)]
pub struct RulesRow {
    pub tenant_id: Uuid,
    pub version: i32,
    pub discount_limits: Value,
    pub amount_limits: Value,
    pub updated_at: DateTime<Utc>,
}

/// A version as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = quotation_versions, treat_none_as_default_value = false)]
pub struct VersionRow {
    pub tenant_id: Uuid,
    pub quotation_id: Uuid,
    pub number: i32,
    pub content: Value,
    pub created_by: Option<Uuid>,
    pub created_at: DateTime<Utc>,
}

/// A request for approval as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = quotation_approvals, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ApprovalRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub quotation_id: Uuid,
    pub revision: i32,
    pub status: String,
    pub reasons: Vec<String>,
    pub note: Option<String>,
    pub requested_by: Option<Uuid>,
    pub requested_at: DateTime<Utc>,
    pub decided_by: Option<Uuid>,
    pub decided_at: Option<DateTime<Utc>>,
    pub decision_note: Option<String>,
}

/// The customer's answer as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = quotation_answers, treat_none_as_default_value = false)]
pub struct AnswerRow {
    pub tenant_id: Uuid,
    pub quotation_id: Uuid,
    pub answer: String,
    pub revision: i32,
    pub document_hash: Vec<u8>,
    pub file_hash: Option<Vec<u8>>,
    pub name: Option<String>,
    pub reason: Option<String>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub noted_by: Option<Uuid>,
    pub answered_at: DateTime<Utc>,
}

/// The customer's link as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = quotation_links)]
pub struct LinkRow {
    pub tenant_id: Uuid,
    pub quotation_id: Uuid,
    pub token_hash: Vec<u8>,
    pub token_sealed: Vec<u8>,
    pub created_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Owner {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    quotation_id: Uuid,
}

/// The next folio of the company, which nobody else gets until the transaction ends.
pub fn next_folio(tx: &mut TenantTx<'_>) -> Result<i64, SalesError> {
    let folio = diesel::insert_into(quotation_folios::table)
        .values((quotation_folios::tenant_id.eq(tx.tenant().uuid()), quotation_folios::last.eq(1)))
        .on_conflict(quotation_folios::tenant_id)
        .do_update()
        .set(quotation_folios::last.eq(quotation_folios::last + 1))
        .returning(quotation_folios::last)
        .get_result(tx.conn(BILLING)?);
    Ok(folio.map_err(DbError::from)?)
}

/// The company's rules; none when it never set any.
pub fn rules(tx: &mut TenantTx<'_>) -> Result<Option<RulesRow>, SalesError> {
    let row = quotation_rules::table.find(tx.tenant().uuid()).select(RulesRow::as_select());
    Ok(row.first(tx.conn(BILLING)?).optional().map_err(DbError::from)?)
}

/// Writes the company's rules over version `over`; false when somebody else was first.
pub fn save_rules(tx: &mut TenantTx<'_>, row: &RulesRow, over: i32) -> Result<bool, SalesError> {
    let upsert = diesel::insert_into(quotation_rules::table)
        .values(row)
        .on_conflict(quotation_rules::tenant_id)
        .do_update()
        .set(row);
    let guarded = diesel::query_dsl::methods::FilterDsl::filter(upsert, quotation_rules::version.eq(over));
    let written = guarded.execute(tx.conn(BILLING)?).map_err(DbError::from)?;
    Ok(written == 1)
}

/// Writes a version.
pub fn insert_version(tx: &mut TenantTx<'_>, row: &VersionRow) -> Result<(), SalesError> {
    diesel::insert_into(quotation_versions::table)
        .values(row)
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// The version of this number.
pub fn version(tx: &mut TenantTx<'_>, quotation: Uuid, number: i32) -> Result<VersionRow, SalesError> {
    let row = quotation_versions::table.find((tx.tenant().uuid(), quotation, number));
    let row = row.select(VersionRow::as_select()).first(tx.conn(BILLING)?).optional();
    row.map_err(DbError::from)?.ok_or(SalesError::NotFound(Thing::QuotationVersion))
}

/// A page of versions, the newest first.
pub fn versions(
    tx: &mut TenantTx<'_>,
    quotation: Uuid,
    behind: Option<i32>,
    limit: PageLimit,
) -> Result<Vec<VersionRow>, SalesError> {
    let mut query = quotation_versions::table
        .filter(quotation_versions::tenant_id.eq(tx.tenant().uuid()))
        .filter(quotation_versions::quotation_id.eq(quotation))
        .into_boxed();
    if let Some(behind) = behind {
        query = query.filter(quotation_versions::number.lt(behind));
    }
    let query = query.order(quotation_versions::number.desc()).limit(limit.rows_to_read());
    Ok(query.select(VersionRow::as_select()).load(tx.conn(BILLING)?).map_err(DbError::from)?)
}

/// All that was asked and decided about a quotation, the newest first.
pub fn approvals(tx: &mut TenantTx<'_>, quotation: Uuid) -> Result<Vec<ApprovalRow>, SalesError> {
    let rows = quotation_approvals::table
        .filter(quotation_approvals::tenant_id.eq(tx.tenant().uuid()))
        .filter(quotation_approvals::quotation_id.eq(quotation))
        .order(quotation_approvals::id.desc())
        .select(ApprovalRow::as_select())
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

/// What is asked about a quotation and not decided.
pub fn open_approval(tx: &mut TenantTx<'_>, quotation: Uuid) -> Result<Option<ApprovalRow>, SalesError> {
    let row = quotation_approvals::table
        .filter(quotation_approvals::tenant_id.eq(tx.tenant().uuid()))
        .filter(quotation_approvals::quotation_id.eq(quotation))
        .filter(quotation_approvals::status.eq("requested"))
        .select(ApprovalRow::as_select())
        .first(tx.conn(BILLING)?);
    Ok(row.optional().map_err(DbError::from)?)
}

/// Writes a request for approval, new or decided.
pub fn save_approval(tx: &mut TenantTx<'_>, row: &ApprovalRow) -> Result<(), SalesError> {
    diesel::insert_into(quotation_approvals::table)
        .values(row)
        .on_conflict((quotation_approvals::tenant_id, quotation_approvals::id))
        .do_update()
        .set(row)
        .prepared()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// What the customer answered.
pub fn answer(tx: &mut TenantTx<'_>, quotation: Uuid) -> Result<Option<AnswerRow>, SalesError> {
    let row = quotation_answers::table.find((tx.tenant().uuid(), quotation)).select(AnswerRow::as_select());
    Ok(row.first(tx.conn(BILLING)?).optional().map_err(DbError::from)?)
}

/// Writes what the customer answered.
pub fn insert_answer(tx: &mut TenantTx<'_>, row: &AnswerRow) -> Result<(), SalesError> {
    diesel::insert_into(quotation_answers::table)
        .values(row)
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// The customer's link; none before the quotation was sent.
pub fn link(tx: &mut TenantTx<'_>, quotation: Uuid) -> Result<Option<LinkRow>, SalesError> {
    let row = quotation_links::table.find((tx.tenant().uuid(), quotation)).select(LinkRow::as_select());
    Ok(row.first(tx.conn(BILLING)?).optional().map_err(DbError::from)?)
}

/// Writes the customer's link.
pub fn insert_link(tx: &mut TenantTx<'_>, row: &LinkRow) -> Result<(), SalesError> {
    diesel::insert_into(quotation_links::table)
        .values(row)
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Whose quotation the link with this hash shows.
pub fn find_by_token(tx: &mut SystemTx<'_>, hash: &[u8]) -> Result<Option<(TenantId, Uuid)>, SalesError> {
    let owner = diesel::sql_query("SELECT tenant_id, quotation_id FROM billing.find_quotation($1)")
        .bind::<Bytea, _>(hash)
        .get_result::<Owner>(tx.conn())
        .optional()
        .map_err(DbError::from)?;
    Ok(owner.map(|owner| (Id::from(owner.tenant_id), owner.quotation_id)))
}

//! Accounts, pages and news of providers in the database.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

use crate::billing::BILLING;
use crate::billing::contract::{InvoiceId, MoneyError, Paper, PaymentAccountId};
use crate::billing::payments::schema::{checkouts, payment_accounts, provider_events};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, Prepare, SystemTx, TenantTx};

/// An account as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = payment_accounts, check_for_backend(diesel::pg::Pg))]
pub struct AccountRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub version: i32,
    pub provider: String,
    pub credentials: Vec<u8>,
    pub hint: String,
    pub return_url: String,
    pub webhook_token: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A page as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = checkouts, treat_none_as_default_value = false, treat_none_as_null = true, check_for_backend(diesel::pg::Pg))]
pub struct CheckoutRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub invoice_id: Uuid,
    pub provider: String,
    pub status: String,
    pub currency: String,
    pub amount_minor: i64,
    pub external_id: Option<String>,
    pub url: Option<String>,
    pub expires_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Something that a provider told.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = provider_events, treat_none_as_default_value = false, treat_none_as_null = true, check_for_backend(diesel::pg::Pg))]
pub struct NewsRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub provider: String,
    pub event_id: String,
    pub kind: String,
    pub payload: Value,
    pub status: String,
    pub note: Option<String>,
    pub attempts: i32,
    pub next_at: Option<DateTime<Utc>>,
    pub received_at: DateTime<Utc>,
    pub handled_at: Option<DateTime<Utc>>,
}

/// Something to go on with.
#[derive(Debug, Clone, Copy)]
pub struct Work {
    /// Whose it is.
    pub tenant: TenantId,
    /// News or a refund.
    pub id: Uuid,
    /// Whether it is a refund.
    pub is_refund: bool,
}

/// Every account of the tenant.
pub fn accounts(tx: &mut TenantTx<'_>) -> Result<Vec<AccountRow>, MoneyError> {
    let tenant = tx.tenant().uuid();
    let rows = payment_accounts::table
        .filter(payment_accounts::tenant_id.eq(tenant))
        .order(payment_accounts::provider)
        .select(AccountRow::as_select())
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

/// The account.
pub fn find_account(tx: &mut TenantTx<'_>, id: PaymentAccountId) -> Result<AccountRow, MoneyError> {
    let found = accounts(tx)?.into_iter().find(|row| row.id == id.uuid());
    found.ok_or(MoneyError::NotFound(Paper::PaymentAccount))
}

/// The account, locked until the transaction ends.
pub fn lock_account(tx: &mut TenantTx<'_>, id: PaymentAccountId) -> Result<AccountRow, MoneyError> {
    let tenant = tx.tenant().uuid();
    let row = payment_accounts::table
        .find((tenant, id.uuid()))
        .for_no_key_update()
        .select(AccountRow::as_select())
        .first(tx.conn(BILLING)?)
        .optional()
        .map_err(DbError::from)?;
    row.ok_or(MoneyError::NotFound(Paper::PaymentAccount))
}

/// Writes a new account; answers false when the tenant has one with this provider.
pub fn insert_account(tx: &mut TenantTx<'_>, row: &AccountRow) -> Result<bool, MoneyError> {
    let written = diesel::insert_into(payment_accounts::table)
        .values(row)
        .on_conflict((payment_accounts::tenant_id, payment_accounts::provider))
        .do_nothing()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(written == 1)
}

/// Writes a changed account back.
pub fn save_account(tx: &mut TenantTx<'_>, row: &AccountRow) -> Result<(), MoneyError> {
    diesel::update(payment_accounts::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Forgets an account.
pub fn delete_account(tx: &mut TenantTx<'_>, id: PaymentAccountId) -> Result<(), MoneyError> {
    let tenant = tx.tenant().uuid();
    diesel::delete(payment_accounts::table.find((tenant, id.uuid())))
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Whose account is called under `token`.
pub fn find_by_token(
    tx: &mut SystemTx<'_>,
    token: &str,
) -> Result<Option<(TenantId, PaymentAccountId)>, MoneyError> {
    #[derive(QueryableByName)]
    struct Owner {
        #[diesel(sql_type = SqlUuid)]
        tenant_id: Uuid,
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let owner = diesel::sql_query("SELECT tenant_id, id FROM billing.find_payment_account($1)")
        .bind::<Text, _>(token)
        .get_result::<Owner>(tx.conn())
        .optional()
        .map_err(DbError::from)?;
    Ok(owner.map(|owner| (owner.tenant_id.into(), owner.id.into())))
}

/// The page that is made or open for an invoice, locked until the transaction ends.
pub fn under_way(
    tx: &mut TenantTx<'_>,
    invoice: InvoiceId,
    provider: &str,
) -> Result<Option<CheckoutRow>, MoneyError> {
    let tenant = tx.tenant().uuid();
    let row = checkouts::table
        .filter(checkouts::tenant_id.eq(tenant).and(checkouts::invoice_id.eq(invoice.uuid())))
        .filter(checkouts::provider.eq(provider).and(checkouts::status.eq_any(["making", "open"])))
        .for_no_key_update()
        .select(CheckoutRow::as_select())
        .first(tx.conn(BILLING)?)
        .optional();
    Ok(row.map_err(DbError::from)?)
}

/// The page that a provider calls `external`.
pub fn find_external(
    tx: &mut TenantTx<'_>,
    provider: &str,
    external: &str,
) -> Result<Option<CheckoutRow>, MoneyError> {
    let tenant = tx.tenant().uuid();
    let row = checkouts::table
        .filter(checkouts::tenant_id.eq(tenant).and(checkouts::provider.eq(provider)))
        .filter(checkouts::external_id.eq(external))
        .select(CheckoutRow::as_select())
        .first(tx.conn(BILLING)?)
        .optional();
    Ok(row.map_err(DbError::from)?)
}

/// The page that a provider calls `external`, locked until the transaction ends.
pub fn lock_external(
    tx: &mut TenantTx<'_>,
    provider: &str,
    external: &str,
) -> Result<Option<CheckoutRow>, MoneyError> {
    let tenant = tx.tenant().uuid();
    let row = checkouts::table
        .filter(checkouts::tenant_id.eq(tenant).and(checkouts::provider.eq(provider)))
        .filter(checkouts::external_id.eq(external))
        .for_no_key_update()
        .select(CheckoutRow::as_select())
        .first(tx.conn(BILLING)?)
        .optional();
    Ok(row.map_err(DbError::from)?)
}

/// The page, locked until the transaction ends.
pub fn lock_checkout(tx: &mut TenantTx<'_>, id: Uuid) -> Result<Option<CheckoutRow>, MoneyError> {
    let tenant = tx.tenant().uuid();
    let row = checkouts::table
        .find((tenant, id))
        .for_no_key_update()
        .select(CheckoutRow::as_select())
        .first(tx.conn(BILLING)?)
        .optional();
    Ok(row.map_err(DbError::from)?)
}

/// Writes a new page or a changed one.
pub fn save_checkout(tx: &mut TenantTx<'_>, row: &CheckoutRow) -> Result<(), MoneyError> {
    diesel::insert_into(checkouts::table)
        .values(row)
        .on_conflict((checkouts::tenant_id, checkouts::id))
        .do_update()
        .set(row)
        .prepared()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Keeps what a provider told; answers false when it told it before.
pub fn insert_news(tx: &mut TenantTx<'_>, row: &NewsRow) -> Result<bool, MoneyError> {
    let written = diesel::insert_into(provider_events::table)
        .values(row)
        .on_conflict((provider_events::tenant_id, provider_events::provider, provider_events::event_id))
        .do_nothing()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(written == 1)
}

/// News, locked until the transaction ends.
pub fn lock_news(tx: &mut TenantTx<'_>, id: Uuid) -> Result<Option<NewsRow>, MoneyError> {
    let tenant = tx.tenant().uuid();
    let row = provider_events::table
        .find((tenant, id))
        .for_no_key_update()
        .select(NewsRow::as_select())
        .first(tx.conn(BILLING)?)
        .optional();
    Ok(row.map_err(DbError::from)?)
}

/// Writes changed news back.
pub fn save_news(tx: &mut TenantTx<'_>, row: &NewsRow) -> Result<(), MoneyError> {
    diesel::update(provider_events::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(BILLING)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// News and refunds to go on with by now.
pub fn work(tx: &mut SystemTx<'_>, at_most: i64) -> Result<Vec<Work>, MoneyError> {
    #[derive(QueryableByName)]
    struct Due {
        #[diesel(sql_type = SqlUuid)]
        tenant_id: Uuid,
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
        #[diesel(sql_type = Bool)]
        is_refund: bool,
    }
    let now = tx.now();
    let due = diesel::sql_query("SELECT tenant_id, id, is_refund FROM billing.provider_work($1, $2)")
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(at_most)
        .load::<Due>(tx.conn())
        .map_err(DbError::from)?;
    let work = |due: Due| Work { tenant: due.tenant_id.into(), id: due.id, is_refund: due.is_refund };
    Ok(due.into_iter().map(work).collect())
}

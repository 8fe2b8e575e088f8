//! Credit notes in the database.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use crate::billing::BILLING;
use crate::billing::contract::{CreditNoteId, MoneyError, Paper};
use crate::billing::invoices::schema::credit_notes;
use crate::platform::db::{DbError, RawJson, TenantTx};
use crate::platform::http::PageLimit;

/// A credit note as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = credit_notes, treat_none_as_default_value = false, check_for_backend(diesel::pg::Pg))]
pub struct CreditNoteRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub invoice_id: Uuid,
    pub customer_id: Uuid,
    pub bill_to: RawJson,
    pub series: String,
    pub number: i64,
    pub currency: String,
    pub content: RawJson,
    pub totals: RawJson,
    pub net_minor: i64,
    pub total_minor: i64,
    pub reason: String,
    pub fiscal_status: String,
    pub fiscal_uuid: Option<Uuid>,
    pub fiscal_xml_key: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// Writes a new credit note.
pub fn insert_credit_note(tx: &mut TenantTx<'_>, row: &CreditNoteRow) -> Result<(), MoneyError> {
    diesel::insert_into(credit_notes::table).values(row).execute(tx.conn(BILLING)?).map_err(DbError::from)?;
    Ok(())
}

/// The credit note.
pub fn find_credit_note(tx: &mut TenantTx<'_>, id: CreditNoteId) -> Result<CreditNoteRow, MoneyError> {
    let tenant = tx.tenant().uuid();
    let row = credit_notes::table.find((tenant, id.uuid())).select(CreditNoteRow::as_select());
    let row = row.first(tx.conn(BILLING)?).optional().map_err(DbError::from)?;
    row.ok_or(MoneyError::NotFound(Paper::CreditNote))
}

/// Up to `limit + 1` credit notes, the newest first, of a customer or an invoice if one is given, behind a place.
pub fn credit_notes(
    tx: &mut TenantTx<'_>,
    customer: Option<Uuid>,
    invoice: Option<Uuid>,
    behind: Option<(DateTime<Utc>, Uuid)>,
    limit: PageLimit,
) -> Result<Vec<CreditNoteRow>, MoneyError> {
    let tenant = tx.tenant().uuid();
    let mut query = credit_notes::table.filter(credit_notes::tenant_id.eq(tenant)).into_boxed();
    if let Some(customer) = customer {
        query = query.filter(credit_notes::customer_id.eq(customer));
    }
    if let Some(invoice) = invoice {
        query = query.filter(credit_notes::invoice_id.eq(invoice));
    }
    if let Some((at, id)) = behind {
        query = query.filter(
            sql::<Bool>("(created_at, id) < (")
                .bind::<Timestamptz, _>(at)
                .sql(", ")
                .bind::<SqlUuid, _>(id)
                .sql(")"),
        );
    }
    let rows = query
        .order((credit_notes::created_at.desc(), credit_notes::id.desc()))
        .limit(limit.rows_to_read())
        .select(CreditNoteRow::as_select())
        .load(tx.conn(BILLING)?);
    Ok(rows.map_err(DbError::from)?)
}

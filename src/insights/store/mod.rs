//! Figures in the database, and what is known of what they count.

mod dashboard;

use chrono::NaiveDate;
use diesel::prelude::*;
use uuid::Uuid;

pub use dashboard::{Dimension, Group, sums};

use super::INSIGHTS;
use super::domain::{Figures, Place};
use super::schema::{add_figures, customers, invoices, leads, quotations};
use crate::kernel::Currency;
use crate::platform::db::{DbError, Prepare, TenantTx};

/// A row of `insights.leads`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = leads, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct LeadRow {
    pub tenant_id: Uuid,
    pub lead_id: Uuid,
    pub source: Option<String>,
    pub campaign: Option<String>,
    pub owner_id: Option<Uuid>,
    pub created_on: NaiveDate,
    pub qualified_on: Option<NaiveDate>,
    pub converted_on: Option<NaiveDate>,
    pub counted: bool,
}

/// A row of `insights.customers`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = customers, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct CustomerRow {
    pub tenant_id: Uuid,
    pub customer_id: Uuid,
    pub source: Option<String>,
    pub campaign: Option<String>,
    pub owner_id: Option<Uuid>,
}

/// A row of `insights.quotations`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = quotations, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct QuotationRow {
    pub tenant_id: Uuid,
    pub quotation_id: Uuid,
    pub customer_id: Uuid,
    pub owner_id: Option<Uuid>,
    pub sent_on: Option<NaiveDate>,
}

/// A row of `insights.invoices`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = invoices, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct InvoiceRow {
    pub tenant_id: Uuid,
    pub invoice_id: Uuid,
    pub customer_id: Uuid,
    pub owner_id: Option<Uuid>,
    pub currency: String,
    pub revenue: i64,
    pub overdue_on: Option<NaiveDate>,
    pub overdue: i64,
}

/// Adds `figures` to those of `day` at `place`.
pub fn add(
    tx: &mut TenantTx<'_>,
    day: NaiveDate,
    place: &Place,
    currency: Option<Currency>,
    figures: Figures,
) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let added = add_figures(
        tenant,
        day,
        place.owner,
        place.source.as_deref().unwrap_or_default(),
        place.campaign.as_deref().unwrap_or_default(),
        currency.map(Currency::as_str).unwrap_or_default(),
        figures.in_order().to_vec(),
    );
    diesel::select(added).get_result::<bool>(tx.conn(INSIGHTS)?)?;
    Ok(())
}

/// What is known of the lead.
pub fn lead(tx: &mut TenantTx<'_>, id: Uuid) -> Result<Option<LeadRow>, DbError> {
    let row = leads::table.find((tx.tenant().uuid(), id)).select(LeadRow::as_select());
    Ok(row.first(tx.conn(INSIGHTS)?).optional()?)
}

/// Keeps what is known of a lead.
pub fn save_lead(tx: &mut TenantTx<'_>, row: &LeadRow) -> Result<(), DbError> {
    diesel::insert_into(leads::table)
        .values(row)
        .on_conflict((leads::tenant_id, leads::lead_id))
        .do_update()
        .set(row)
        .prepared()
        .execute(tx.conn(INSIGHTS)?)?;
    Ok(())
}

/// Forgets a lead.
pub fn forget_lead(tx: &mut TenantTx<'_>, id: Uuid) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    diesel::delete(leads::table.find((tenant, id))).execute(tx.conn(INSIGHTS)?)?;
    Ok(())
}

/// What is known of the customer.
pub fn customer(tx: &mut TenantTx<'_>, id: Uuid) -> Result<Option<CustomerRow>, DbError> {
    let row = customers::table.find((tx.tenant().uuid(), id)).select(CustomerRow::as_select());
    Ok(row.first(tx.conn(INSIGHTS)?).optional()?)
}

/// Keeps what is known of a customer.
pub fn save_customer(tx: &mut TenantTx<'_>, row: &CustomerRow) -> Result<(), DbError> {
    diesel::insert_into(customers::table)
        .values(row)
        .on_conflict((customers::tenant_id, customers::customer_id))
        .do_update()
        .set(row)
        .prepared()
        .execute(tx.conn(INSIGHTS)?)?;
    Ok(())
}

/// What is known of the quotation.
pub fn quotation(tx: &mut TenantTx<'_>, id: Uuid) -> Result<Option<QuotationRow>, DbError> {
    let row = quotations::table.find((tx.tenant().uuid(), id)).select(QuotationRow::as_select());
    Ok(row.first(tx.conn(INSIGHTS)?).optional()?)
}

/// Keeps what is known of a quotation.
pub fn save_quotation(tx: &mut TenantTx<'_>, row: &QuotationRow) -> Result<(), DbError> {
    diesel::insert_into(quotations::table)
        .values(row)
        .on_conflict((quotations::tenant_id, quotations::quotation_id))
        .do_update()
        .set(row)
        .prepared()
        .execute(tx.conn(INSIGHTS)?)?;
    Ok(())
}

/// What is known of the issued invoice.
pub fn invoice(tx: &mut TenantTx<'_>, id: Uuid) -> Result<Option<InvoiceRow>, DbError> {
    let row = invoices::table.find((tx.tenant().uuid(), id)).select(InvoiceRow::as_select());
    Ok(row.first(tx.conn(INSIGHTS)?).optional()?)
}

/// Keeps what is known of an issued invoice.
pub fn save_invoice(tx: &mut TenantTx<'_>, row: &InvoiceRow) -> Result<(), DbError> {
    diesel::insert_into(invoices::table)
        .values(row)
        .on_conflict((invoices::tenant_id, invoices::invoice_id))
        .do_update()
        .set(row)
        .prepared()
        .execute(tx.conn(INSIGHTS)?)?;
    Ok(())
}

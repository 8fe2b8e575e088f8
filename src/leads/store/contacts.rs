//! The people of a lead.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::leads::LEADS;
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::schema::contacts;
use crate::platform::db::{DbError, Prepare, TenantTx};

/// A row of `leads.contacts`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = contacts, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ContactRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub lead_id: Uuid,
    pub name: String,
    pub role: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// All people of the lead, the first one first; a lead has at most 100.
pub fn contacts(tx: &mut TenantTx<'_>, lead: LeadId) -> Result<Vec<ContactRow>, LeadsError> {
    let tenant = tx.tenant().uuid();
    let rows = contacts::table
        .filter(contacts::tenant_id.eq(tenant))
        .filter(contacts::lead_id.eq(lead.uuid()))
        .order(contacts::id)
        .select(ContactRow::as_select())
        .load(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(rows)
}

/// One person of the lead.
pub fn find_contact(tx: &mut TenantTx<'_>, lead: LeadId, id: Uuid) -> Result<ContactRow, LeadsError> {
    let tenant = tx.tenant().uuid();
    contacts::table
        .find((tenant, id))
        .filter(contacts::lead_id.eq(lead.uuid()))
        .select(ContactRow::as_select())
        .first(tx.conn(LEADS)?)
        .optional()
        .map_err(DbError::from)?
        .ok_or(LeadsError::ContactNotFound)
}

/// Adds a person.
pub fn insert_contact(tx: &mut TenantTx<'_>, row: &ContactRow) -> Result<(), LeadsError> {
    diesel::insert_into(contacts::table).values(row).execute(tx.conn(LEADS)?).map_err(DbError::from)?;
    Ok(())
}

/// Writes a changed person back.
pub fn save_contact(tx: &mut TenantTx<'_>, row: &ContactRow) -> Result<(), LeadsError> {
    diesel::update(contacts::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(LEADS)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Takes a person away.
pub fn delete_contact(tx: &mut TenantTx<'_>, id: Uuid) -> Result<(), LeadsError> {
    let tenant = tx.tenant().uuid();
    diesel::delete(contacts::table.find((tenant, id))).execute(tx.conn(LEADS)?).map_err(DbError::from)?;
    Ok(())
}

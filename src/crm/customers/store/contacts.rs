//! The people of a customer.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::crm::CRM;
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::schema::contacts;
use crate::platform::db::{DbError, Prepare, TenantTx};

/// A row of `crm.contacts`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = contacts, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ContactRow {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub customer_id: Uuid,
    pub name: String,
    pub role: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub is_primary: bool,
    pub created_at: DateTime<Utc>,
}

/// All people of the customer, the primary one first; a customer has at most 100.
pub fn contacts(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<Vec<ContactRow>, CrmError> {
    let tenant = tx.tenant().uuid();
    let rows = contacts::table
        .filter(contacts::tenant_id.eq(tenant))
        .filter(contacts::customer_id.eq(customer.uuid()))
        .order((contacts::is_primary.desc(), contacts::id))
        .select(ContactRow::as_select())
        .load(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(rows)
}

/// One person of the customer.
pub fn find_contact(tx: &mut TenantTx<'_>, customer: CustomerId, id: Uuid) -> Result<ContactRow, CrmError> {
    let tenant = tx.tenant().uuid();
    contacts::table
        .find((tenant, id))
        .filter(contacts::customer_id.eq(customer.uuid()))
        .select(ContactRow::as_select())
        .first(tx.conn(CRM)?)
        .optional()
        .map_err(DbError::from)?
        .ok_or(CrmError::ContactNotFound)
}

/// Adds a person.
pub fn insert_contact(tx: &mut TenantTx<'_>, row: &ContactRow) -> Result<(), CrmError> {
    diesel::insert_into(contacts::table).values(row).execute(tx.conn(CRM)?).map_err(DbError::from)?;
    Ok(())
}

/// Writes a changed person back.
pub fn save_contact(tx: &mut TenantTx<'_>, row: &ContactRow) -> Result<(), CrmError> {
    diesel::update(contacts::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// Takes a person away.
pub fn delete_contact(tx: &mut TenantTx<'_>, id: Uuid) -> Result<(), CrmError> {
    let tenant = tx.tenant().uuid();
    diesel::delete(contacts::table.find((tenant, id))).execute(tx.conn(CRM)?).map_err(DbError::from)?;
    Ok(())
}

/// Leaves the customer without a primary person, so that another one can be it.
pub fn no_primary(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<(), CrmError> {
    let tenant = tx.tenant().uuid();
    let primary = contacts::table
        .filter(contacts::tenant_id.eq(tenant).and(contacts::customer_id.eq(customer.uuid())))
        .filter(contacts::is_primary);
    diesel::update(primary)
        .set(contacts::is_primary.eq(false))
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(())
}

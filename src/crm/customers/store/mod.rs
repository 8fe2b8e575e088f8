//! Customers in the database: reading, writing, and the tax identifiers that make duplicates.

mod activities;
mod contacts;
mod hierarchy;
mod listing;
mod rows;

use diesel::prelude::*;
use diesel::sql_types::{Array, Uuid as SqlUuid};
use uuid::Uuid;

pub use activities::{ActivityRow, activity_texts, insert_activity, latest};
pub use contacts::{
    ContactRow, contacts, delete_contact, find_contact, insert_contact, no_primary, save_contact,
};
pub use hierarchy::{above, children, height, is_archived, lock_hierarchy};
pub use listing::{Counts, Filter, Place, Sort, SortKey, counts, custom_keys, list};
use rows::row;
pub use rows::{Row, restore};

use super::domain::Record;
use crate::crm::CRM;
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::schema::{customers, tax_ids};
use crate::platform::auth::TenantId;
use crate::platform::db::{DbError, Prepare, SystemTx, TenantTx};
use crate::platform::id::Id;

#[derive(Insertable)]
#[diesel(table_name = tax_ids)]
struct TaxIdRow {
    tenant_id: Uuid,
    country: String,
    number: String,
    customer_id: Uuid,
}

/// The customer's row.
pub fn find(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<Row, CrmError> {
    let tenant = tx.tenant().uuid();
    let row = customers::table.find((tenant, id.uuid())).select(Row::as_select()).first(tx.conn(CRM)?);
    row.optional().map_err(DbError::from)?.ok_or(CrmError::NotFound(id))
}

/// The customer, locked until the transaction ends; what hangs on it may still be written beside.
pub fn lock(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<Record, CrmError> {
    let tenant = tx.tenant().uuid();
    let row = customers::table
        .find((tenant, id.uuid()))
        .for_no_key_update()
        .select(Row::as_select())
        .first::<Row>(tx.conn(CRM)?)
        .optional()
        .map_err(DbError::from)?;
    restore(&row.ok_or(CrmError::NotFound(id))?)
}

/// The customer's row, locked until the transaction ends.
pub fn lock_row(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<Row, CrmError> {
    let tenant = tx.tenant().uuid();
    let row = customers::table.find((tenant, id.uuid())).for_no_key_update().select(Row::as_select());
    row.first(tx.conn(CRM)?).optional().map_err(DbError::from)?.ok_or(CrmError::NotFound(id))
}

/// Those of the customers that are there and not archived, locked until the transaction ends, by identifier, with their
/// versions.
pub fn lock_all(tx: &mut TenantTx<'_>, of: &[Uuid]) -> Result<Vec<(Uuid, i32)>, CrmError> {
    let tenant = tx.tenant().uuid();
    let rows = customers::table
        .filter(customers::tenant_id.eq(tenant).and(customers::id.eq_any(of)))
        .filter(customers::archived_at.is_null())
        .order(customers::id)
        .for_no_key_update()
        .select((customers::id, customers::version))
        .load(tx.conn(CRM)?);
    Ok(rows.map_err(DbError::from)?)
}

/// Writes a row as it is.
pub fn put_row(tx: &mut TenantTx<'_>, row: &Row) -> Result<(), CrmError> {
    diesel::update(customers::table.find((row.tenant_id, row.id)))
        .set(row)
        .prepared()
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(())
}

/// The customer, locked until the transaction ends, unless somebody else holds it: for whoever locks several, because whoever
/// waits for none is in no circle of those who wait for each other.
pub fn try_lock(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<Option<Record>, CrmError> {
    let tenant = tx.tenant().uuid();
    let row = customers::table
        .find((tenant, id.uuid()))
        .for_no_key_update()
        .skip_locked()
        .select(Row::as_select())
        .first::<Row>(tx.conn(CRM)?)
        .optional()
        .map_err(DbError::from)?;
    row.as_ref().map(restore).transpose()
}

/// The customer that a lead became.
pub fn of_lead(tx: &mut TenantTx<'_>, lead: Uuid) -> Result<Option<Row>, CrmError> {
    let tenant = tx.tenant().uuid();
    let row = customers::table
        .filter(customers::tenant_id.eq(tenant).and(customers::lead_id.eq(lead)))
        .select(Row::as_select())
        .first(tx.conn(CRM)?);
    Ok(row.optional().map_err(DbError::from)?)
}

/// Writes a new customer; answers its row, or none when its lead is a customer already.
pub fn insert(tx: &mut TenantTx<'_>, record: &Record) -> Result<Option<Row>, CrmError> {
    let row = row(tx.tenant().uuid(), record);
    let written = diesel::insert_into(customers::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok((written == 1).then_some(row))
}

/// Writes a changed customer back; answers its row.
pub fn save(tx: &mut TenantTx<'_>, record: &Record) -> Result<Row, CrmError> {
    let tenant = tx.tenant().uuid();
    let row = row(tenant, record);
    diesel::update(customers::table.find((tenant, record.id.uuid())))
        .set(&row)
        .prepared()
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    Ok(row)
}

/// What came of claiming a tax identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaxIdClaim {
    /// It is the customer's, or nobody claims such a one.
    Granted,
    /// It is another customer's; none where whoever acts does not see that one.
    Taken(Option<CustomerId>),
}

/// Claims the customer's tax identifier.
pub fn claim_tax_id(tx: &mut TenantTx<'_>, record: &Record) -> Result<TaxIdClaim, CrmError> {
    let Some(tax_id) = record.details.tax_id.as_ref().filter(|tax_id| !tax_id.is_shared()) else {
        return Ok(TaxIdClaim::Granted);
    };
    let tenant = tx.tenant().uuid();
    let (country, number) = (tax_id.country().as_str().to_owned(), tax_id.to_string());
    let key = (tenant, country.clone(), number.clone());
    let claim = TaxIdRow { tenant_id: tenant, country, number, customer_id: record.id.uuid() };
    let claimed = diesel::insert_into(tax_ids::table)
        .values(&claim)
        .on_conflict_do_nothing()
        .execute(tx.conn(CRM)?)
        .map_err(DbError::from)?;
    if claimed == 1 {
        return Ok(TaxIdClaim::Granted);
    }
    let holder: Option<Uuid> = tax_ids::table
        .find(key)
        .select(tax_ids::customer_id)
        .first(tx.conn(CRM)?)
        .optional()
        .map_err(DbError::from)?;
    Ok(match holder {
        Some(holder) if holder != record.id.uuid() => TaxIdClaim::Taken(Some(Id::from(holder))),
        None if !tx.actor().sight().is_everything() => TaxIdClaim::Taken(None),
        _ => TaxIdClaim::Granted,
    })
}

/// Gives up the customer's tax identifier, so that another one may have it.
pub fn release_tax_id(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<(), CrmError> {
    let tenant = tx.tenant().uuid();
    let own = tax_ids::table.filter(tax_ids::tenant_id.eq(tenant).and(tax_ids::customer_id.eq(id.uuid())));
    diesel::delete(own).execute(tx.conn(CRM)?).map_err(DbError::from)?;
    Ok(())
}

/// Every tenant that has customers.
pub fn tenants(tx: &mut SystemTx<'_>) -> Result<Vec<TenantId>, CrmError> {
    let tenants = diesel::select(diesel::dsl::sql::<Array<SqlUuid>>("ARRAY(SELECT crm.tenants())"))
        .get_result::<Vec<Uuid>>(tx.conn())
        .map_err(DbError::from)?;
    Ok(tenants.into_iter().map(Id::from).collect())
}

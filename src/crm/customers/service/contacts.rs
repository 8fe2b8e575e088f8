//! The people of a customer.

use uuid::Uuid;

use super::{commit, held};
use crate::crm::contract::events::{CustomerContactChanged, PartChange};
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::customers::store::{self, ContactRow};
use crate::kernel::{EmailAddress, Invalid, Line, Phone};
use crate::platform::db::TenantTx;
use crate::platform::problem::{FieldError, Problem};

const CONTACTS_AT_MOST: usize = 100;

/// A person to add, or what a person becomes.
#[derive(Debug, Clone)]
pub struct NewContact {
    /// Their name.
    pub name: Line<255>,
    /// What they do there.
    pub role: Option<Line<100>>,
    /// Their e-mail address.
    pub email: Option<EmailAddress>,
    /// Their phone.
    pub phone: Option<Phone>,
    /// Whether they are the one to speak to first; one person of a customer is.
    pub is_primary: bool,
}

impl NewContact {
    fn row(&self, tx: &TenantTx<'_>, customer: CustomerId, id: Uuid, is_primary: bool) -> ContactRow {
        ContactRow {
            tenant_id: tx.tenant().uuid(),
            id,
            customer_id: customer.uuid(),
            name: self.name.to_string(),
            role: self.role.as_ref().map(ToString::to_string),
            email: self.email.as_ref().map(ToString::to_string),
            phone: self.phone.as_ref().map(ToString::to_string),
            is_primary,
            created_at: tx.now(),
        }
    }
}

/// Writes a person of a customer that is locked or new.
pub(super) fn insert(
    tx: &mut TenantTx<'_>,
    id: CustomerId,
    new: &NewContact,
    is_primary: bool,
) -> Result<ContactRow, CrmError> {
    let row = new.row(tx, id, Uuid::now_v7(), is_primary);
    store::insert_contact(tx, &row)?;
    Ok(row)
}

/// Adds a person to a customer; the first one is primary, and a later one when it says so, in the place of who was.
pub fn add_contact(tx: &mut TenantTx<'_>, id: CustomerId, new: &NewContact) -> Result<ContactRow, CrmError> {
    let mut record = held(tx, id, None)?;
    let there = store::contacts(tx, id)?;
    if there.len() >= CONTACTS_AT_MOST {
        let reason =
            Invalid::new("a customer has at most 100 contacts", "un cliente tiene como máximo 100 contactos");
        return Err(Problem::invalid(vec![FieldError::at("", reason)]).into());
    }
    if new.is_primary {
        store::no_primary(tx, id)?;
    }
    let row = insert(tx, id, new, new.is_primary || there.is_empty())?;
    let contact_id = row.id;
    commit(tx, &mut record, |_| CustomerContactChanged { id, contact_id, change: PartChange::Added })?;
    Ok(row)
}

/// All people of a customer, the primary one first.
pub fn contacts(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<Vec<ContactRow>, CrmError> {
    store::find(tx, id)?;
    store::contacts(tx, id)
}

/// Replaces what is known of a person. Who is primary stays so until another one is.
pub fn change_contact(
    tx: &mut TenantTx<'_>,
    id: CustomerId,
    contact_id: Uuid,
    new: &NewContact,
) -> Result<ContactRow, CrmError> {
    let mut record = held(tx, id, None)?;
    let before = store::find_contact(tx, id, contact_id)?;
    if new.is_primary && !before.is_primary {
        store::no_primary(tx, id)?;
    }
    let is_primary = new.is_primary || before.is_primary;
    let row = ContactRow { created_at: before.created_at, ..new.row(tx, id, contact_id, is_primary) };
    store::save_contact(tx, &row)?;
    commit(tx, &mut record, |_| CustomerContactChanged { id, contact_id, change: PartChange::Changed })?;
    Ok(row)
}

/// Takes a person from a customer; when it was the primary one, who came first of the others is from then on.
pub fn remove_contact(tx: &mut TenantTx<'_>, id: CustomerId, contact_id: Uuid) -> Result<(), CrmError> {
    let mut record = held(tx, id, None)?;
    let gone = store::find_contact(tx, id, contact_id)?;
    store::delete_contact(tx, contact_id)?;
    let next = if gone.is_primary { store::contacts(tx, id)?.into_iter().next() } else { None };
    if let Some(next) = next {
        store::save_contact(tx, &ContactRow { is_primary: true, ..next })?;
    }
    commit(tx, &mut record, |_| CustomerContactChanged { id, contact_id, change: PartChange::Removed })?;
    Ok(())
}

//! The people of a lead.

use uuid::Uuid;

use super::commit;
use crate::kernel::{EmailAddress, Invalid, Line, Phone};
use crate::leads::contract::events::{ContactChange, LeadContactChanged};
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::store::{self, ContactRow};
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
}

impl NewContact {
    fn row(&self, tx: &TenantTx<'_>, lead: LeadId, id: Uuid) -> ContactRow {
        ContactRow {
            tenant_id: tx.tenant().uuid(),
            id,
            lead_id: lead.uuid(),
            name: self.name.to_string(),
            role: self.role.as_ref().map(ToString::to_string),
            email: self.email.as_ref().map(ToString::to_string),
            phone: self.phone.as_ref().map(ToString::to_string),
            created_at: tx.now(),
        }
    }
}

/// Adds a person to a lead.
pub fn add_contact(tx: &mut TenantTx<'_>, id: LeadId, new: &NewContact) -> Result<ContactRow, LeadsError> {
    let mut lead = store::lock(tx, id)?;
    if store::contacts(tx, id)?.len() >= CONTACTS_AT_MOST {
        let reason =
            Invalid::new("a lead has at most 100 contacts", "un prospecto tiene como máximo 100 contactos");
        return Err(Problem::invalid(vec![FieldError::at("", reason)]).into());
    }
    let row = new.row(tx, id, Uuid::now_v7());
    store::insert_contact(tx, &row)?;
    let contact_id = row.id;
    commit(tx, &mut lead, |_| LeadContactChanged { id, contact_id, change: ContactChange::Added })?;
    Ok(row)
}

/// All people of a lead.
pub fn contacts(tx: &mut TenantTx<'_>, id: LeadId) -> Result<Vec<ContactRow>, LeadsError> {
    store::find(tx, id)?;
    store::contacts(tx, id)
}

/// Replaces what is known of a person.
pub fn change_contact(
    tx: &mut TenantTx<'_>,
    id: LeadId,
    contact_id: Uuid,
    new: &NewContact,
) -> Result<ContactRow, LeadsError> {
    let mut lead = store::lock(tx, id)?;
    let before = store::find_contact(tx, id, contact_id)?;
    let row = ContactRow { created_at: before.created_at, ..new.row(tx, id, contact_id) };
    store::save_contact(tx, &row)?;
    commit(tx, &mut lead, |_| LeadContactChanged { id, contact_id, change: ContactChange::Changed })?;
    Ok(row)
}

/// Takes a person from a lead.
pub fn remove_contact(tx: &mut TenantTx<'_>, id: LeadId, contact_id: Uuid) -> Result<(), LeadsError> {
    let mut lead = store::lock(tx, id)?;
    store::find_contact(tx, id, contact_id)?;
    store::delete_contact(tx, contact_id)?;
    commit(tx, &mut lead, |_| LeadContactChanged { id, contact_id, change: ContactChange::Removed })?;
    Ok(())
}

//! Who looks after a customer, and whether it stays.

use super::{commit, held};
use crate::crm::contract::events::{CustomerAssigned, CustomerChurned, CustomerReactivated};
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::customers::store::{self, Row};
use crate::identity::People;
use crate::platform::auth::UserId;
use crate::platform::db::TenantTx;

/// Gives a customer to an active user of the tenant; giving it to its owner changes nothing.
pub fn assign(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    id: CustomerId,
    owner: UserId,
    version: Option<i32>,
) -> Result<Row, CrmError> {
    let mut record = held(tx, id, version)?;
    check_owner(tx, people, owner)?;
    if record.owner == Some(owner) {
        return store::find(tx, id);
    }
    let from = record.owner.replace(owner);
    commit(tx, &mut record, |_| CustomerAssigned { id, from, to: owner })
}

/// Refuses an owner who is not an active user of the tenant, or whose customers whoever acts does not see.
pub fn check_owner(tx: &mut TenantTx<'_>, people: &dyn People, owner: UserId) -> Result<(), CrmError> {
    match people.person(tx, owner)? {
        Some(person) if person.is_active() => Ok(tx.actor().sight().check_owner(owner)?),
        _ => Err(CrmError::UnknownOwner(owner)),
    }
}

/// The customer leaves, for a reason.
pub fn churn(
    tx: &mut TenantTx<'_>,
    id: CustomerId,
    reason: String,
    version: Option<i32>,
) -> Result<Row, CrmError> {
    let mut record = held(tx, id, version)?;
    record.churn(reason.clone(), tx.now())?;
    commit(tx, &mut record, |_| CustomerChurned { id, reason })
}

/// The customer comes back.
pub fn reactivate(tx: &mut TenantTx<'_>, id: CustomerId, version: Option<i32>) -> Result<Row, CrmError> {
    let mut record = held(tx, id, version)?;
    record.reactivate()?;
    commit(tx, &mut record, |_| CustomerReactivated { id })
}

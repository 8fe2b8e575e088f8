//! Into the archive and out of it.

use super::{commit, held};
use crate::crm::contract::events::{CustomerArchived, CustomerRestored};
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::contracts::store as contracts;
use crate::crm::customers::store::{self, Row, TaxIdClaim};
use crate::platform::db::TenantTx;

/// Puts a customer into the archive, unless something hangs on it; its tax identifier is free from then on.
pub fn archive(tx: &mut TenantTx<'_>, id: CustomerId, version: Option<i32>) -> Result<(), CrmError> {
    store::lock_hierarchy(tx)?;
    let mut record = held(tx, id, version)?;
    let (children, has_hidden_children) = store::children(tx, id)?;
    let contracts = i64::try_from(contracts::active(tx, id)?.len()).unwrap_or(i64::MAX);
    if children > 0 || has_hidden_children || contracts > 0 {
        return Err(CrmError::InUse { customer: id, children, has_hidden_children, contracts });
    }
    store::release_tax_id(tx, id)?;
    record.archived_at = Some(tx.now());
    let trade_name = record.details.trade_name.to_string();
    commit(tx, &mut record, |_| CustomerArchived { id, trade_name })?;
    Ok(())
}

/// Brings a customer back; refused when its tax identifier is another one's by now, or the account above it is in the archive. One that is not in the archive stays as
/// it is.
pub fn restore(tx: &mut TenantTx<'_>, id: CustomerId) -> Result<Row, CrmError> {
    store::lock_hierarchy(tx)?;
    let mut record = store::lock(tx, id)?;
    if record.archived_at.is_none() {
        return store::find(tx, id);
    }
    if let Some(parent) = record.parent
        && store::is_archived(tx, parent)?
    {
        return Err(CrmError::Archived(parent));
    }
    if let TaxIdClaim::Taken(existing) = store::claim_tax_id(tx, &record)? {
        return Err(CrmError::Duplicate(existing));
    }
    record.archived_at = None;
    commit(tx, &mut record, |_| CustomerRestored { id })
}

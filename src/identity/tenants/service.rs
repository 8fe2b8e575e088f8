//! What is done with companies, inside the caller's transaction.

use std::collections::BTreeMap;

use super::domain::{Tenant, TenantChange};
use super::store;
pub(super) use super::store::find;
use crate::identity::contract::IdentityError;
use crate::identity::contract::events::TenantUpdated;
use crate::platform::db::TenantTx;

/// Changes the transaction's tenant; a change that changes nothing leaves no trace.
pub(super) fn change(
    tx: &mut TenantTx<'_>,
    change: TenantChange,
    limits: &WantedLimits,
    read: Option<i32>,
) -> Result<Tenant, IdentityError> {
    let mut tenant = store::find_locked(tx)?;
    let own = tenant
        .limits
        .with(&limits.wanted, &limits.instance)
        .map_err(|(name, reason)| IdentityError::LimitRefused(name, reason))?;
    let changed = tenant.change(TenantChange { limits: Some(own), ..change }, read)?;
    if changed.is_empty() {
        return Ok(tenant);
    }
    tenant.updated_at = tx.now();
    store::update(tx, &tenant)?;
    let changed = changed.into_iter().map(str::to_owned).collect();
    tx.emit(tenant.id.uuid(), tenant.version, &TenantUpdated { changed });
    Ok(tenant)
}

/// Limits that a tenant asks for, and the instance's own, which bound them.
pub(super) struct WantedLimits {
    /// Requests a minute by name; none to fall back to the instance's.
    pub wanted: BTreeMap<String, Option<u32>>,
    /// The instance's figures.
    pub instance: Vec<(String, u32)>,
}

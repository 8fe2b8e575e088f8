//! What is done with companies, inside the caller's transaction.

use std::collections::BTreeMap;

use super::domain::{Tenant, TenantChange};
use super::store::{self, LogoRow};
pub(super) use super::store::{find, logo};
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

/// Puts a logo on the tenant's documents from now on; the one that is there already leaves no trace.
pub(super) fn set_logo(
    tx: &mut TenantTx<'_>,
    media_type: &str,
    content: Vec<u8>,
) -> Result<(), IdentityError> {
    let tenant = store::find_locked(tx)?;
    let row = LogoRow { tenant_id: tenant.id.uuid(), media_type: media_type.to_owned(), content };
    if store::logo(tx)?.as_ref() == Some(&row) {
        return Ok(());
    }
    store::save_logo(tx, &row)?;
    logo_changed(tx, tenant)
}

/// Takes the logo off the tenant's documents.
pub(super) fn remove_logo(tx: &mut TenantTx<'_>) -> Result<(), IdentityError> {
    let tenant = store::find_locked(tx)?;
    store::delete_logo(tx)?;
    logo_changed(tx, tenant)
}

fn logo_changed(tx: &mut TenantTx<'_>, mut tenant: Tenant) -> Result<(), IdentityError> {
    tenant.version += 1;
    tenant.updated_at = tx.now();
    store::update(tx, &tenant)?;
    tx.emit(tenant.id.uuid(), tenant.version, &TenantUpdated { changed: vec!["logo".to_owned()] });
    Ok(())
}

/// Limits that a tenant asks for, and the instance's own, which bound them.
pub(super) struct WantedLimits {
    /// Requests a minute by name; none to fall back to the instance's.
    pub wanted: BTreeMap<String, Option<u32>>,
    /// The instance's figures.
    pub instance: Vec<(String, u32)>,
}

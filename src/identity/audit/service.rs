//! What the audit log tells, inside the caller's transaction.

use crate::identity::IDENTITY;
use crate::identity::contract::IdentityError;
use crate::platform::db::TenantTx;
use crate::platform::events::{HistoryFilter, HistoryOrder, Stretch, history};

/// A stretch of what happened in the transaction's tenant, the newest first, behind the position `after`.
pub(super) fn list(
    tx: &mut TenantTx<'_>,
    filter: &HistoryFilter,
    after: Option<i64>,
    rows: i64,
) -> Result<Stretch, IdentityError> {
    Ok(history(tx, IDENTITY, filter, HistoryOrder::NewestFirst, after, rows)?)
}

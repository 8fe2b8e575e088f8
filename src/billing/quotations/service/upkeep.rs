//! What time does to quotations: nobody answers, and they expire.

use super::go;
use crate::billing::contract::SalesError;
use crate::billing::contract::events::QuotationExpired;
use crate::billing::inventory;
use crate::billing::quotations::domain::Status;
use crate::billing::quotations::store;
use crate::platform::db::TenantTx;
use crate::platform::id::Id;

/// Quotations that expire in one transaction.
const AT_ONCE: i64 = 100;

/// Ends quotations whose time is over; answers whether there may be more.
pub fn keep_up(tx: &mut TenantTx<'_>) -> Result<bool, SalesError> {
    let due = store::due(tx, AT_ONCE)?;
    let is_full = i64::try_from(due.len()).is_ok_and(|count| count == AT_ONCE);
    for mut row in due {
        go(tx, &mut row, Status::Expired)?;
        store::save(tx, &row)?;
        inventory::release(tx, row.id)?;
        let (quotation_id, customer_id) = (row.id.into(), row.customer_id.into());
        let owner_id = row.owner_id.map(Id::from);
        tx.emit(row.id, row.version, &QuotationExpired { quotation_id, customer_id, owner_id });
    }
    Ok(is_full)
}

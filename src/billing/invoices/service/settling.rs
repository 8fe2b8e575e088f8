//! What payments and credit notes do to invoices.

use super::touch;
use crate::billing::contract::MoneyError;
use crate::billing::contract::events::{InvoicePaid, InvoiceReopened};
use crate::billing::invoices::domain::{Standing, next_reminder};
use crate::billing::invoices::store::{self, InvoiceRow};
use crate::identity::People;
use crate::platform::db::TenantTx;

/// Which of both took off what was owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// A payment.
    Payment,
    /// A credit note.
    Credit,
}

/// Notes that `minor` of an invoice that is locked was paid; it is never more than is due.
pub fn settle(tx: &mut TenantTx<'_>, row: &mut InvoiceRow, minor: i64) -> Result<(), MoneyError> {
    take_off(tx, row, minor, By::Payment)
}

pub(super) fn take_off(
    tx: &mut TenantTx<'_>,
    row: &mut InvoiceRow,
    minor: i64,
    by: By,
) -> Result<(), MoneyError> {
    match by {
        By::Payment => row.paid_minor += minor,
        By::Credit => row.credited_minor += minor,
    }
    touch(tx, row);
    let is_paid = row.due_minor() == 0;
    if is_paid {
        mark_paid(tx, row);
    }
    store::save(tx, row)?;
    if is_paid {
        let total = row.money(row.total_minor)?;
        let event = InvoicePaid { id: row.invoice(), customer_id: row.customer_id.into(), total };
        tx.emit(row.id, row.version, &event);
    }
    Ok(())
}

/// Notes that `minor` that was paid of an invoice that is locked was given back: it is owed again.
pub fn unsettle(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    row: &mut InvoiceRow,
    minor: i64,
) -> Result<(), MoneyError> {
    let was_paid = row.status == Standing::Paid.as_str();
    row.paid_minor -= minor;
    touch(tx, row);
    if was_paid {
        Standing::Issued.as_str().clone_into(&mut row.status);
        row.paid_at = None;
        let zone = people.settings(tx)?.time_zone.tz();
        let told = usize::try_from(row.reminders).unwrap_or_default();
        let reminder = row.due_on.and_then(|due| next_reminder(due, told, tx.now(), zone));
        row.next_reminder_at = reminder.map(|reminder| reminder.at);
    }
    store::save(tx, row)?;
    if was_paid {
        let due = row.money(row.due_minor())?;
        let event = InvoiceReopened { id: row.invoice(), customer_id: row.customer_id.into(), due };
        tx.emit(row.id, row.version, &event);
    }
    Ok(())
}

pub(super) fn mark_paid(tx: &TenantTx<'_>, row: &mut InvoiceRow) {
    Standing::Paid.as_str().clone_into(&mut row.status);
    row.paid_at = Some(tx.now());
    row.next_reminder_at = None;
}

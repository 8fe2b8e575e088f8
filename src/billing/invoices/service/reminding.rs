//! Reminders, told as events.

use chrono::NaiveDate;

use crate::billing::contract::events::{InvoiceOverdue, InvoiceReminderDue};
use crate::billing::contract::{InvoiceId, MoneyError};
use crate::billing::invoices::domain::{OVERDUE, REMINDERS, day_of, next_reminder};
use crate::billing::invoices::store;
use crate::identity::People;
use crate::platform::db::TenantTx;

/// Tells that a customer is to be reminded of an invoice, once for each reminder, and sets when the next one is.
pub fn remind(tx: &mut TenantTx<'_>, people: &dyn People, id: InvoiceId) -> Result<(), MoneyError> {
    let mut row = store::lock(tx, id)?;
    let now = tx.now();
    // Somebody else told it, or it was paid meanwhile.
    let (Some(due_on), true) = (row.due_on, row.next_reminder_at.is_some_and(|at| at <= now)) else {
        return Ok(());
    };
    let zone = people.settings(tx)?.time_zone.tz();
    let told = usize::try_from(row.reminders).unwrap_or_default();
    let next = next_reminder(due_on, told + 1, now, zone);
    row.reminders = i32::try_from(next.map_or(REMINDERS.len(), |next| next.index)).unwrap_or(i32::MAX);
    row.next_reminder_at = next.map(|next| next.at);
    store::save(tx, &row)?;
    let (customer_id, due) = (row.customer_id.into(), row.money(row.due_minor())?);
    if REMINDERS.get(told) == Some(&OVERDUE) {
        tx.emit(row.id, row.version, &InvoiceOverdue { id, customer_id, due, due_on });
    }
    let days_overdue = days_between(due_on, day_of(now, zone));
    let event = InvoiceReminderDue { id, customer_id, due, due_on, days_overdue };
    tx.emit(row.id, row.version, &event);
    Ok(())
}

fn days_between(due_on: NaiveDate, today: NaiveDate) -> i64 {
    today.signed_duration_since(due_on).num_days()
}

//! What happens to quotations, invoices and payments, in figures.

use chrono::NaiveDate;
use uuid::Uuid;

use super::Calendar;
use crate::billing::events::{
    Allocation, CreditNoteCreated, InvoiceIssued, InvoiceOverdue, InvoicePaid, InvoiceReopened,
    InvoiceVoided, PaymentAllocated, PaymentRefunded, PaymentSucceeded, QuotationAccepted, QuotationCreated,
    QuotationSent,
};
use crate::crm::events::{CustomerAssigned, CustomerCreated};
use crate::insights::contract::InsightsError;
use crate::insights::domain::{Figures, Place};
use crate::insights::store::{self, CustomerRow, InvoiceRow, QuotationRow};
use crate::kernel::{Currency, Money};
use crate::platform::auth::UserId;
use crate::platform::db::TenantTx;
use crate::platform::events::LoggedEvent;

/// There is a customer: what it brings stands under the source and the campaign of the lead that it was.
pub fn customer_created(tx: &mut TenantTx<'_>, created: &CustomerCreated) -> Result<(), InsightsError> {
    let lead = match created.lead_id {
        Some(lead) => store::lead(tx, lead)?,
        None => None,
    };
    let (source, campaign) = lead.map(|lead| (lead.source, lead.campaign)).unwrap_or_default();
    let row = CustomerRow {
        tenant_id: tx.tenant().uuid(),
        customer_id: created.id.uuid(),
        source,
        campaign,
        owner_id: created.owner_id.map(UserId::uuid),
    };
    Ok(store::save_customer(tx, &row)?)
}

/// A customer has another owner, whose its sales are from now on.
pub fn customer_assigned(tx: &mut TenantTx<'_>, assigned: &CustomerAssigned) -> Result<(), InsightsError> {
    let Some(mut row) = store::customer(tx, assigned.id.uuid())? else { return Ok(()) };
    row.owner_id = Some(assigned.to.uuid());
    Ok(store::save_customer(tx, &row)?)
}

/// There is a quotation; it counts when the customer gets it.
pub fn quotation_created(tx: &mut TenantTx<'_>, created: &QuotationCreated) -> Result<(), InsightsError> {
    let row = QuotationRow {
        tenant_id: tx.tenant().uuid(),
        quotation_id: created.quotation_id.uuid(),
        customer_id: created.customer_id.uuid(),
        owner_id: created.owner_id.map(UserId::uuid),
        sent_on: None,
    };
    Ok(store::save_quotation(tx, &row)?)
}

/// A customer got a quotation.
pub fn quotation_sent(
    tx: &mut TenantTx<'_>,
    calendar: &Calendar,
    sent: &QuotationSent,
    event: &LoggedEvent,
) -> Result<(), InsightsError> {
    let day = calendar.day(tx, event)?;
    let Some(mut row) = store::quotation(tx, sent.quotation_id.uuid())? else { return Ok(()) };
    if row.sent_on.is_some() {
        return Ok(());
    }
    row.sent_on = Some(day);
    store::save_quotation(tx, &row)?;
    let place = place_of(tx, row.customer_id, row.owner_id)?;
    let quoted = Figures { quotations: 1, quoted: sent.total.minor(), ..Figures::NONE };
    Ok(store::add(tx, day, &place, Some(sent.total.currency()), quoted)?)
}

/// A quotation is sold.
pub fn quotation_accepted(
    tx: &mut TenantTx<'_>,
    calendar: &Calendar,
    accepted: &QuotationAccepted,
    event: &LoggedEvent,
) -> Result<(), InsightsError> {
    let day = calendar.day(tx, event)?;
    let place = place_of(tx, accepted.customer_id.uuid(), accepted.owner_id.map(UserId::uuid))?;
    let sold = Figures { accepted: 1, sold: accepted.total.minor(), ..Figures::NONE };
    Ok(store::add(tx, day, &place, Some(accepted.total.currency()), sold)?)
}

/// An invoice is owed.
pub fn invoice_issued(
    tx: &mut TenantTx<'_>,
    calendar: &Calendar,
    issued: &InvoiceIssued,
    event: &LoggedEvent,
) -> Result<(), InsightsError> {
    let day = calendar.day(tx, event)?;
    let customer_id = issued.customer_id.uuid();
    let sold_by = match issued.quotation_id {
        Some(quotation) => store::quotation(tx, quotation.uuid())?.and_then(|row| row.owner_id),
        None => None,
    };
    let owner = match sold_by {
        Some(owner) => Some(owner),
        None => store::customer(tx, customer_id)?.and_then(|row| row.owner_id),
    };
    let row = InvoiceRow {
        tenant_id: tx.tenant().uuid(),
        invoice_id: issued.id.uuid(),
        customer_id,
        owner_id: owner,
        currency: issued.total.currency().to_string(),
        revenue: issued.total.minor(),
        overdue_on: None,
        overdue: 0,
    };
    store::save_invoice(tx, &row)?;
    let place = place_of(tx, customer_id, owner)?;
    let revenue = Figures { revenue: row.revenue, ..Figures::NONE };
    Ok(store::add(tx, day, &place, Some(issued.total.currency()), revenue)?)
}

/// An invoice counts no more.
pub fn invoice_voided(
    tx: &mut TenantTx<'_>,
    calendar: &Calendar,
    voided: &InvoiceVoided,
    event: &LoggedEvent,
) -> Result<(), InsightsError> {
    let day = calendar.day(tx, event)?;
    let Some(mut row) = store::invoice(tx, voided.id.uuid())? else { return Ok(()) };
    set_overdue(tx, &mut row, None, 0)?;
    take_back(tx, &mut row, day, i64::MAX)
}

/// Something was taken back of an invoice.
pub fn credit_note_created(
    tx: &mut TenantTx<'_>,
    calendar: &Calendar,
    created: &CreditNoteCreated,
    event: &LoggedEvent,
) -> Result<(), InsightsError> {
    let day = calendar.day(tx, event)?;
    let Some(mut row) = store::invoice(tx, created.invoice_id.uuid())? else { return Ok(()) };
    let left = row.overdue - created.total.minor();
    set_overdue(tx, &mut row, None, left)?;
    take_back(tx, &mut row, day, created.total.minor())
}

/// An invoice was not paid in time.
pub fn invoice_overdue(
    tx: &mut TenantTx<'_>,
    calendar: &Calendar,
    overdue: &InvoiceOverdue,
    event: &LoggedEvent,
) -> Result<(), InsightsError> {
    let day = calendar.day(tx, event)?;
    let Some(mut row) = store::invoice(tx, overdue.id.uuid())? else { return Ok(()) };
    set_overdue(tx, &mut row, Some(day), overdue.due.minor())
}

/// Nothing is owed of an invoice any more.
pub fn invoice_paid(tx: &mut TenantTx<'_>, paid: &InvoicePaid) -> Result<(), InsightsError> {
    let Some(mut row) = store::invoice(tx, paid.id.uuid())? else { return Ok(()) };
    set_overdue(tx, &mut row, None, 0)
}

/// An invoice is owed again; it is overdue when it had been.
pub fn invoice_reopened(tx: &mut TenantTx<'_>, reopened: &InvoiceReopened) -> Result<(), InsightsError> {
    let Some(mut row) = store::invoice(tx, reopened.id.uuid())? else { return Ok(()) };
    if row.overdue_on.is_none() {
        return Ok(());
    }
    set_overdue(tx, &mut row, None, reopened.due.minor())
}

/// Money came.
pub fn payment_succeeded(
    tx: &mut TenantTx<'_>,
    calendar: &Calendar,
    paid: &PaymentSucceeded,
    event: &LoggedEvent,
) -> Result<(), InsightsError> {
    let day = calendar.day(tx, event)?;
    pay_off(tx, &paid.allocations)?;
    collect(tx, day, paid.customer_id.uuid(), paid.amount, &paid.allocations, 1)
}

/// What was left of a payment pays invoices; it was collected when it came.
pub fn payment_allocated(tx: &mut TenantTx<'_>, allocated: &PaymentAllocated) -> Result<(), InsightsError> {
    pay_off(tx, &allocated.allocations)
}

/// Money was given back.
pub fn payment_refunded(
    tx: &mut TenantTx<'_>,
    calendar: &Calendar,
    refunded: &PaymentRefunded,
    event: &LoggedEvent,
) -> Result<(), InsightsError> {
    let day = calendar.day(tx, event)?;
    collect(tx, day, refunded.customer_id.uuid(), refunded.amount, &refunded.allocations, -1)
}

/// Adds what was paid, or with the sign -1 given back, under the owners of the invoices; the rest under the customer's.
fn collect(
    tx: &mut TenantTx<'_>,
    day: NaiveDate,
    customer: Uuid,
    amount: Money,
    allocations: &[Allocation],
    sign: i64,
) -> Result<(), InsightsError> {
    let mut rest = amount.minor();
    let mut parts = Vec::new();
    for part in allocations {
        let owner = store::invoice(tx, part.invoice_id.uuid())?.and_then(|row| row.owner_id);
        rest -= part.amount.minor();
        parts.push((owner, part.amount.minor()));
    }
    if rest != 0 {
        parts.push((store::customer(tx, customer)?.and_then(|row| row.owner_id), rest));
    }
    for (owner, minor) in parts {
        let place = place_of(tx, customer, owner)?;
        let collected = Figures { collected: sign * minor, ..Figures::NONE };
        store::add(tx, day, &place, Some(amount.currency()), collected)?;
    }
    Ok(())
}

/// Less is overdue of invoices that are paid.
fn pay_off(tx: &mut TenantTx<'_>, allocations: &[Allocation]) -> Result<(), InsightsError> {
    for part in allocations {
        if let Some(mut row) = store::invoice(tx, part.invoice_id.uuid())? {
            let left = row.overdue - part.amount.minor();
            set_overdue(tx, &mut row, None, left)?;
        }
    }
    Ok(())
}

/// Sets what is overdue of an invoice, since `day` when it was not before; never less than nothing.
fn set_overdue(
    tx: &mut TenantTx<'_>,
    row: &mut InvoiceRow,
    day: Option<NaiveDate>,
    minor: i64,
) -> Result<(), InsightsError> {
    row.overdue_on = row.overdue_on.or(day);
    let (Some(since), minor) = (row.overdue_on, minor.max(0)) else { return Ok(()) };
    let more = minor - row.overdue;
    row.overdue = minor;
    store::save_invoice(tx, row)?;
    if more == 0 {
        return Ok(());
    }
    let place = place_of(tx, row.customer_id, row.owner_id)?;
    let overdue = Figures { overdue: more, ..Figures::NONE };
    Ok(store::add(tx, since, &place, Currency::parse(&row.currency).ok(), overdue)?)
}

/// Takes back up to `minor` of what an invoice counts for.
fn take_back(
    tx: &mut TenantTx<'_>,
    row: &mut InvoiceRow,
    day: NaiveDate,
    minor: i64,
) -> Result<(), InsightsError> {
    let less = minor.min(row.revenue);
    row.revenue -= less;
    store::save_invoice(tx, row)?;
    let place = place_of(tx, row.customer_id, row.owner_id)?;
    let revenue = Figures { revenue: -less, ..Figures::NONE };
    Ok(store::add(tx, day, &place, Currency::parse(&row.currency).ok(), revenue)?)
}

/// Where what a customer brings stands, when `owner` sold it.
fn place_of(tx: &mut TenantTx<'_>, customer: Uuid, owner: Option<Uuid>) -> Result<Place, InsightsError> {
    let known = store::customer(tx, customer)?;
    let (source, campaign) = known.map(|row| (row.source, row.campaign)).unwrap_or_default();
    Ok(Place { source, campaign, owner })
}

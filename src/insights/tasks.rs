//! The reader of the log that figures come from.

use std::sync::Arc;

use super::service::{self, Calendar};
use crate::billing::events::{
    CreditNoteCreated, InvoiceIssued, InvoiceOverdue, InvoicePaid, InvoiceReopened, InvoiceVoided,
    PaymentAllocated, PaymentRefunded, PaymentSucceeded, QuotationAccepted, QuotationCreated, QuotationSent,
};
use crate::crm::events::{CustomerAssigned, CustomerCreated};
use crate::identity::People;
use crate::leads::events::{
    LeadAssigned, LeadConverted, LeadCreated, LeadDeleted, LeadMergeUndone, LeadMerged, LeadQualified,
    LeadUpdated,
};
use crate::platform::events::Subscription;

/// The readers of the log that insights have.
pub fn subscriptions(people: &Arc<dyn People>) -> Vec<Subscription> {
    let calendar = Arc::new(Calendar::new(people));
    let figures = Subscription::new("insights-figures");
    vec![of_money(of_leads(figures, &calendar), &calendar)]
}

fn of_leads(figures: Subscription, calendar: &Arc<Calendar>) -> Subscription {
    let [created, qualified, converted] = [(); 3].map(|()| calendar.clone());
    figures
        .on::<LeadCreated>(move |tx, lead, event| Ok(service::lead_created(tx, &created, lead, event)?))
        .on::<LeadUpdated>(|tx, lead, _| Ok(service::lead_updated(tx, &lead)?))
        .on::<LeadAssigned>(|tx, lead, _| Ok(service::lead_assigned(tx, &lead)?))
        .on::<LeadQualified>(move |tx, lead, event| {
            Ok(service::lead_qualified(tx, &qualified, &lead, event)?)
        })
        .on::<LeadConverted>(move |tx, lead, event| {
            Ok(service::lead_converted(tx, &converted, &lead, event)?)
        })
        .on::<LeadDeleted>(|tx, lead, _| Ok(service::lead_deleted(tx, &lead)?))
        .on::<LeadMerged>(|tx, lead, _| Ok(service::lead_merged(tx, &lead)?))
        .on::<LeadMergeUndone>(|tx, lead, _| Ok(service::lead_unmerged(tx, &lead)?))
}

fn of_money(figures: Subscription, calendar: &Arc<Calendar>) -> Subscription {
    let [sent, sold, issued, voided, credited, overdue, paid, refunded] = [(); 8].map(|()| calendar.clone());
    figures
        .on::<CustomerCreated>(|tx, customer, _| Ok(service::customer_created(tx, &customer)?))
        .on::<CustomerAssigned>(|tx, customer, _| Ok(service::customer_assigned(tx, &customer)?))
        .on::<QuotationCreated>(|tx, quotation, _| Ok(service::quotation_created(tx, &quotation)?))
        .on::<QuotationSent>(move |tx, quotation, event| {
            Ok(service::quotation_sent(tx, &sent, &quotation, event)?)
        })
        .on::<QuotationAccepted>(move |tx, quotation, event| {
            Ok(service::quotation_accepted(tx, &sold, &quotation, event)?)
        })
        .on::<InvoiceIssued>(move |tx, invoice, event| {
            Ok(service::invoice_issued(tx, &issued, &invoice, event)?)
        })
        .on::<InvoiceVoided>(move |tx, invoice, event| {
            Ok(service::invoice_voided(tx, &voided, &invoice, event)?)
        })
        .on::<CreditNoteCreated>(move |tx, note, event| {
            Ok(service::credit_note_created(tx, &credited, &note, event)?)
        })
        .on::<InvoiceOverdue>(move |tx, invoice, event| {
            Ok(service::invoice_overdue(tx, &overdue, &invoice, event)?)
        })
        .on::<InvoicePaid>(|tx, invoice, _| Ok(service::invoice_paid(tx, &invoice)?))
        .on::<InvoiceReopened>(|tx, invoice, _| Ok(service::invoice_reopened(tx, &invoice)?))
        .on::<PaymentSucceeded>(move |tx, payment, event| {
            Ok(service::payment_succeeded(tx, &paid, &payment, event)?)
        })
        .on::<PaymentAllocated>(|tx, payment, _| Ok(service::payment_allocated(tx, &payment)?))
        .on::<PaymentRefunded>(move |tx, payment, event| {
            Ok(service::payment_refunded(tx, &refunded, &payment, event)?)
        })
}

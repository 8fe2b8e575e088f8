//! What happens to invoices and credit notes.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{CreditNoteId, InvoiceId, QuotationId};
use crate::crm::CustomerId;
use crate::kernel::{Currency, Money};
use crate::platform::events::{Event, EventKind};
use crate::platform::id::Id;

/// The events of invoices and credit notes, for the catalogue.
pub fn catalogue() -> Vec<EventKind> {
    vec![
        EventKind::of::<InvoiceCreated>(),
        EventKind::of::<InvoiceUpdated>(),
        EventKind::of::<InvoiceDeleted>(),
        EventKind::of::<InvoiceIssued>(),
        EventKind::of::<InvoicePaid>(),
        EventKind::of::<InvoiceReopened>(),
        EventKind::of::<InvoiceVoided>(),
        EventKind::of::<InvoiceReminderDue>(),
        EventKind::of::<InvoiceOverdue>(),
        EventKind::of::<CreditNoteCreated>(),
    ]
}

/// There is a draft.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InvoiceCreated {
    /// The invoice.
    pub id: InvoiceId,
    /// Who is billed.
    pub customer_id: CustomerId,
    /// The accepted quotation that it comes from.
    pub quotation_id: Option<QuotationId>,
    /// The contract that it comes from.
    pub contract_id: Option<Uuid>,
    /// The subscription that it comes from.
    pub subscription_id: Option<Uuid>,
    /// What it comes to.
    pub total: Money,
}

/// Somebody changed a draft.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InvoiceUpdated {
    /// The invoice.
    pub id: InvoiceId,
    /// Who is billed now.
    pub customer_id: CustomerId,
    /// What it comes to now.
    pub total: Money,
}

/// Somebody deleted a draft.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InvoiceDeleted {
    /// The invoice.
    pub id: InvoiceId,
}

/// An invoice got its number.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InvoiceIssued {
    /// The invoice.
    pub id: InvoiceId,
    /// Who owes it.
    pub customer_id: CustomerId,
    /// The accepted quotation that it comes from.
    pub quotation_id: Option<QuotationId>,
    /// Its series.
    pub series: String,
    /// Its number in the series.
    pub number: i64,
    /// What is to be paid.
    pub total: Money,
    /// Until when.
    pub due_on: NaiveDate,
}

/// Nothing is owed of an invoice any more.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InvoicePaid {
    /// The invoice.
    pub id: InvoiceId,
    /// Who owed it.
    pub customer_id: CustomerId,
    /// What it came to.
    pub total: Money,
}

/// A paid invoice is owed again, because a payment was given back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InvoiceReopened {
    /// The invoice.
    pub id: InvoiceId,
    /// Who owes it.
    pub customer_id: CustomerId,
    /// What is owed again.
    pub due: Money,
}

/// An invoice counts no more.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InvoiceVoided {
    /// The invoice.
    pub id: InvoiceId,
    /// Who owed it.
    pub customer_id: CustomerId,
    /// Why.
    pub reason: String,
}

/// A customer is to be reminded.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InvoiceReminderDue {
    /// The invoice.
    pub id: InvoiceId,
    /// Who owes it.
    pub customer_id: CustomerId,
    /// What is still owed.
    pub due: Money,
    /// Until when it was to be paid.
    pub due_on: NaiveDate,
    /// How many days ago that was; below zero when the day is still to come.
    pub days_overdue: i64,
}

/// An invoice was not paid in time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InvoiceOverdue {
    /// The invoice.
    pub id: InvoiceId,
    /// Who owes it.
    pub customer_id: CustomerId,
    /// What is still owed.
    pub due: Money,
    /// Until when it was to be paid.
    pub due_on: NaiveDate,
}

/// Something was taken back of an invoice.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CreditNoteCreated {
    /// The credit note.
    pub id: CreditNoteId,
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// Who owes it.
    pub customer_id: CustomerId,
    /// Its series.
    pub series: String,
    /// Its number in the series.
    pub number: i64,
    /// What is taken back.
    pub total: Money,
}

const fn uuid(last: u128) -> Uuid {
    Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c00 + last)
}

fn invoice() -> InvoiceId {
    Id::from(uuid(0x71))
}

fn customer() -> CustomerId {
    Id::from(uuid(0x72))
}

const TOTAL: Money = Money::from_minor(116_000, Currency::MXN);

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 12, 22).unwrap_or_default()
}

impl Event for InvoiceCreated {
    const TYPE: &'static str = "Invoice.Created";
    const SUBJECT: &'static str = "invoice.created";
    const SUMMARY: &'static str = "An invoice was drafted, by hand or from what was sold.";

    fn example() -> Self {
        let (id, customer_id, quotation_id) = (invoice(), customer(), Some(Id::from(uuid(0x73))));
        Self { id, customer_id, quotation_id, contract_id: None, subscription_id: None, total: TOTAL }
    }
}

impl Event for InvoiceUpdated {
    const TYPE: &'static str = "Invoice.Updated";
    const SUBJECT: &'static str = "invoice.updated";
    const SUMMARY: &'static str = "A draft was changed.";

    fn example() -> Self {
        Self { id: invoice(), customer_id: customer(), total: TOTAL }
    }
}

impl Event for InvoiceDeleted {
    const TYPE: &'static str = "Invoice.Deleted";
    const SUBJECT: &'static str = "invoice.deleted";
    const SUMMARY: &'static str = "A draft was deleted.";

    fn example() -> Self {
        Self { id: invoice() }
    }
}

impl Event for InvoiceIssued {
    const TYPE: &'static str = "Invoice.Issued";
    const SUBJECT: &'static str = "invoice.issued";
    const SUMMARY: &'static str = "An invoice got its number and is owed from now on.";

    fn example() -> Self {
        let (id, customer_id) = (invoice(), customer());
        let series = "A".to_owned();
        Self { id, customer_id, quotation_id: None, series, number: 17, total: TOTAL, due_on: day() }
    }
}

impl Event for InvoicePaid {
    const TYPE: &'static str = "Invoice.Paid";
    const SUBJECT: &'static str = "invoice.paid";
    const SUMMARY: &'static str =
        "Nothing is owed of an invoice any more: it was paid, or credit notes took off the rest.";

    fn example() -> Self {
        Self { id: invoice(), customer_id: customer(), total: TOTAL }
    }
}

impl Event for InvoiceReopened {
    const TYPE: &'static str = "Invoice.Reopened";
    const SUBJECT: &'static str = "invoice.reopened";
    const SUMMARY: &'static str = "A paid invoice is owed again, because a payment was given back.";

    fn example() -> Self {
        Self { id: invoice(), customer_id: customer(), due: TOTAL }
    }
}

impl Event for InvoiceVoided {
    const TYPE: &'static str = "Invoice.Voided";
    const SUBJECT: &'static str = "invoice.voided";
    const SUMMARY: &'static str = "An issued invoice counts no more; its number stays taken.";

    fn example() -> Self {
        Self { id: invoice(), customer_id: customer(), reason: "Datos equivocados".to_owned() }
    }
}

impl Event for InvoiceReminderDue {
    const TYPE: &'static str = "Invoice.ReminderDue";
    const SUBJECT: &'static str = "invoice.reminder.due";
    const SUMMARY: &'static str =
        "A customer is to be reminded: 3 days before an invoice is due, and 1, 7, 14 and 30 after.";

    fn example() -> Self {
        Self { id: invoice(), customer_id: customer(), due: TOTAL, due_on: day(), days_overdue: -3 }
    }
}

impl Event for InvoiceOverdue {
    const TYPE: &'static str = "Invoice.Overdue";
    const SUBJECT: &'static str = "invoice.overdue";
    const SUMMARY: &'static str = "An invoice was not paid in time.";

    fn example() -> Self {
        Self { id: invoice(), customer_id: customer(), due: TOTAL, due_on: day() }
    }
}

impl Event for CreditNoteCreated {
    const TYPE: &'static str = "CreditNote.Created";
    const SUBJECT: &'static str = "credit-note.created";
    const SUMMARY: &'static str = "A credit note took something off an invoice.";

    fn example() -> Self {
        let (id, invoice_id, customer_id) = (Id::from(uuid(0x74)), invoice(), customer());
        Self { id, invoice_id, customer_id, series: "NC".to_owned(), number: 3, total: TOTAL }
    }
}

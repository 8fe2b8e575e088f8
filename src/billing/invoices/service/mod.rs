//! What is done with invoices.

mod credit;
mod reminding;
mod settling;

use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

pub use credit::{NewCreditNote, credit};
pub use reminding::remind;
pub use settling::{settle, unsettle};

use super::domain::{Content, Standing, day_of, next_reminder};
use super::store::{self, InvoiceRow, Numbered};
use crate::billing::contract::events::{
    InvoiceCreated, InvoiceDeleted, InvoiceIssued, InvoicePaid, InvoiceUpdated, InvoiceVoided,
};
use crate::billing::contract::{InvoiceId, MoneyError, QuotationId};
use crate::billing::customers;
use crate::billing::domain::{self, Series};
use crate::crm::CustomerId;
use crate::identity::People;
use crate::kernel::{Currency, Message};
use crate::platform::db::{RawJson, TenantTx};
use crate::platform::problem::Problem;

/// Days until an invoice is due when nobody says.
pub const USUAL_TERMS: i32 = 30;

/// The state of an invoice that is not stamped.
pub const NOT_STAMPED: &str = "not_stamped";

/// An invoice to be.
#[derive(Debug, Clone)]
pub struct NewInvoice {
    /// Who is billed.
    pub customer: CustomerId,
    /// In which currency.
    pub currency: Currency,
    /// In which series it will be numbered.
    pub series: Series,
    /// What it says.
    pub content: Content,
    /// Days from its issue until it is due.
    pub payment_terms_days: i32,
    /// What it comes from.
    pub origin: Origin,
}

/// What an invoice comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Somebody's hand.
    Hand,
    /// An accepted quotation.
    Quotation(Uuid),
    /// A contract.
    Contract(Uuid),
    /// A period of a subscription.
    Subscription(Uuid),
}

/// What changes in a draft.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Who is billed.
    pub customer: Option<CustomerId>,
    /// In which currency.
    pub currency: Option<Currency>,
    /// In which series.
    pub series: Option<Series>,
    /// What it says: how it is made of what it said before.
    pub lines: Option<Vec<domain::DocumentLine>>,
    /// What is taken off the whole.
    pub discount: crate::platform::http::Patch<domain::Discount>,
    /// What else the customer is told.
    pub notes: crate::platform::http::Patch<crate::kernel::Prose<2000>>,
    /// Days until it is due.
    pub payment_terms_days: Option<i32>,
}

/// Makes a draft; none when its quotation has an invoice already.
pub fn create(tx: &mut TenantTx<'_>, new: &NewInvoice) -> Result<Option<InvoiceRow>, MoneyError> {
    match new.origin {
        // What was sold is billed, whatever became of the customer since.
        Origin::Quotation(_) | Origin::Subscription(_) => customers::known(tx, new.customer)?,
        Origin::Hand | Origin::Contract(_) => customers::open(tx, new.customer)?,
    };
    let totals = domain::totals(&new.content.lines, new.content.discount.as_ref(), new.currency)?;
    let id = InvoiceId::new();
    let of = |wanted: fn(Origin) -> Option<Uuid>| wanted(new.origin);
    let row = InvoiceRow {
        tenant_id: tx.tenant().uuid(),
        id: id.uuid(),
        version: 1,
        customer_id: new.customer.uuid(),
        bill_to: None,
        quotation_id: of(|origin| if let Origin::Quotation(id) = origin { Some(id) } else { None }),
        contract_id: of(|origin| if let Origin::Contract(id) = origin { Some(id) } else { None }),
        subscription_id: of(|origin| if let Origin::Subscription(id) = origin { Some(id) } else { None }),
        status: Standing::Draft.as_str().to_owned(),
        series: new.series.as_str().to_owned(),
        number: None,
        currency: new.currency.as_str().to_owned(),
        content: RawJson::of(&new.content),
        net_minor: totals.subtotal.minor() - totals.discount.minor(),
        total_minor: totals.total.minor(),
        totals: RawJson::of(&totals),
        paid_minor: 0,
        credited_minor: 0,
        payment_terms_days: new.payment_terms_days,
        issued_at: None,
        due_on: None,
        next_reminder_at: None,
        reminders: 0,
        paid_at: None,
        voided_at: None,
        void_reason: None,
        fiscal_status: NOT_STAMPED.to_owned(),
        fiscal_uuid: None,
        fiscal_xml_key: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    if !store::insert(tx, &row)? {
        return Ok(None);
    }
    let event = InvoiceCreated {
        id,
        customer_id: new.customer,
        quotation_id: row.quotation_id.map(Into::into),
        contract_id: row.contract_id,
        subscription_id: row.subscription_id,
        total: totals.total,
    };
    tx.emit(row.id, row.version, &event);
    Ok(Some(row))
}

/// What was sold, as an accepted quotation says it.
#[derive(Debug, Clone)]
pub struct SoldQuotation {
    /// The quotation.
    pub quotation: QuotationId,
    /// Who bought.
    pub customer: CustomerId,
    /// In which currency.
    pub currency: Currency,
    /// What.
    pub lines: Vec<domain::DocumentLine>,
    /// What is taken off the whole.
    pub discount: Option<domain::Discount>,
}

/// Drafts the invoice of an accepted quotation, once; none when there is one.
pub fn from_quotation(tx: &mut TenantTx<'_>, sold: SoldQuotation) -> Result<Option<InvoiceId>, MoneyError> {
    let content = Content { lines: sold.lines, discount: sold.discount, notes: None };
    let new = NewInvoice {
        customer: sold.customer,
        currency: sold.currency,
        series: Series::of_invoices(),
        content,
        payment_terms_days: USUAL_TERMS,
        origin: Origin::Quotation(sold.quotation.uuid()),
    };
    Ok(create(tx, &new)?.map(|row| row.invoice()))
}

/// Changes a draft that still has the version `expected`, if one is given.
pub fn update(
    tx: &mut TenantTx<'_>,
    id: InvoiceId,
    expected: Option<i32>,
    change: Change,
) -> Result<InvoiceRow, MoneyError> {
    let mut row = lock_draft(tx, id, expected, "changed")?;
    if let Some(customer) = change.customer {
        customers::open(tx, customer)?;
        row.customer_id = customer.uuid();
    }
    if let Some(currency) = change.currency {
        currency.as_str().clone_into(&mut row.currency);
    }
    if let Some(series) = change.series {
        series.as_str().clone_into(&mut row.series);
    }
    if let Some(days) = change.payment_terms_days {
        row.payment_terms_days = days;
    }
    let mut content = row.content()?;
    if let Some(lines) = change.lines {
        content.lines = lines;
    }
    change.discount.apply(&mut content.discount);
    change.notes.apply(&mut content.notes);
    let totals = domain::totals(&content.lines, content.discount.as_ref(), row.currency()?)?;
    row.content = RawJson::of(&content);
    row.net_minor = totals.subtotal.minor() - totals.discount.minor();
    row.total_minor = totals.total.minor();
    row.totals = RawJson::of(&totals);
    touch(tx, &mut row);
    store::save(tx, &row)?;
    let event = InvoiceUpdated { id, customer_id: row.customer_id.into(), total: totals.total };
    tx.emit(row.id, row.version, &event);
    Ok(row)
}

/// Deletes a draft.
pub fn delete(tx: &mut TenantTx<'_>, id: InvoiceId, expected: Option<i32>) -> Result<(), MoneyError> {
    let row = lock_draft(tx, id, expected, "deleted")?;
    store::delete(tx, id)?;
    tx.emit(row.id, row.version + 1, &InvoiceDeleted { id });
    Ok(())
}

/// Issues a draft: it gets the next number of its series and is owed from then on, for ever as it is.
pub fn issue(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    id: InvoiceId,
    expected: Option<i32>,
) -> Result<InvoiceRow, MoneyError> {
    let mut row = lock_draft(tx, id, expected, "issued")?;
    let bill_to = customers::bill_to(tx, row.customer_id.into())?;
    let zone = people.settings(tx)?.time_zone.tz();
    let due_on = due_on(day_of(tx.now(), zone), row.payment_terms_days);
    let reminder = next_reminder(due_on, 0, tx.now(), zone);
    row.bill_to = Some(RawJson::of(&bill_to));
    row.issued_at = Some(tx.now());
    row.due_on = Some(due_on);
    Standing::Issued.as_str().clone_into(&mut row.status);
    row.next_reminder_at = reminder.map(|reminder| reminder.at);
    row.reminders = reminder.map_or(0, |reminder| i32::try_from(reminder.index).unwrap_or_default());
    // The last lock: whoever issues in the same series waits only for the end of this transaction.
    let number = store::next_number(tx, Numbered::Invoices, &row.series)?;
    row.number = Some(number);
    touch(tx, &mut row);
    let total = row.money(row.total_minor)?;
    let event = InvoiceIssued {
        id,
        customer_id: row.customer_id.into(),
        quotation_id: row.quotation_id.map(Into::into),
        series: row.series.clone(),
        number,
        total,
        due_on,
    };
    // Of nothing, nothing is owed.
    let is_paid = row.total_minor == 0;
    if is_paid {
        settling::mark_paid(tx, &mut row);
    }
    store::save(tx, &row)?;
    tx.emit(row.id, row.version, &event);
    if is_paid {
        tx.emit(row.id, row.version, &InvoicePaid { id, customer_id: row.customer_id.into(), total });
    }
    Ok(row)
}

/// Voids an issued invoice of which nothing was paid or credited.
pub fn void(
    tx: &mut TenantTx<'_>,
    id: InvoiceId,
    expected: Option<i32>,
    reason: String,
) -> Result<InvoiceRow, MoneyError> {
    let mut row = store::lock(tx, id)?;
    refuse_stale(&row, expected)?;
    if row.status != "issued" {
        return Err(wrong_state(&row, "voided", &["issued", "overdue"]));
    }
    if row.paid_minor + row.credited_minor > 0 {
        return Err(Problem::conflict(
            "invoice-has-payments",
            Message::new(
                "The invoice has payments or credit notes: refund them, or write a credit note for the rest",
                "La factura tiene pagos o notas de crédito: devuélvalos, o haga una nota de crédito por el resto",
            ),
        )
        .into());
    }
    Standing::Void.as_str().clone_into(&mut row.status);
    row.voided_at = Some(tx.now());
    row.void_reason = Some(reason.clone());
    row.next_reminder_at = None;
    touch(tx, &mut row);
    store::save(tx, &row)?;
    tx.emit(row.id, row.version, &InvoiceVoided { id, customer_id: row.customer_id.into(), reason });
    Ok(row)
}

/// The day that it is now in the company's time zone.
pub fn today(tx: &mut TenantTx<'_>, people: &dyn People) -> Result<NaiveDate, MoneyError> {
    Ok(day_of(tx.now(), people.settings(tx)?.time_zone.tz()))
}

fn due_on(issued_on: NaiveDate, terms: i32) -> NaiveDate {
    let days = chrono::Days::new(u64::try_from(terms).unwrap_or_default());
    issued_on.checked_add_days(days).unwrap_or(issued_on)
}

fn lock_draft(
    tx: &mut TenantTx<'_>,
    id: InvoiceId,
    expected: Option<i32>,
    done: &str,
) -> Result<InvoiceRow, MoneyError> {
    let row = store::lock(tx, id)?;
    refuse_stale(&row, expected)?;
    if row.status == "draft" { Ok(row) } else { Err(wrong_state(&row, done, &["draft"])) }
}

fn refuse_stale(row: &InvoiceRow, expected: Option<i32>) -> Result<(), MoneyError> {
    if expected.is_some_and(|version| version != row.version) {
        return Err(MoneyError::Stale(row.version));
    }
    Ok(())
}

/// 409: it cannot be `done` to an invoice that stands there; `allowed` are those to which it can.
pub fn wrong_state(row: &InvoiceRow, done: &str, allowed: &[&str]) -> MoneyError {
    let (status, list) = (&row.status, allowed.join(", "));
    let spanish = match done {
        "changed" => "cambiarse",
        "deleted" => "eliminarse",
        "issued" => "emitirse",
        "voided" => "anularse",
        "credited" => "acreditarse",
        _ => "pagarse",
    };
    Problem::conflict(
        "invoice-wrong-state",
        Message::new("The invoice is in another state", "La factura está en otro estado"),
    )
    .detail(Message::formatted(
        format!("An invoice that is `{status}` cannot be {done}; only: {list}"),
        format!("Una factura en `{status}` no puede {spanish}; solo: {list}"),
    ))
    .member("invoice_status", json!(status))
    .member("allowed", json!(allowed))
    .into()
}

fn touch(tx: &TenantTx<'_>, row: &mut InvoiceRow) {
    row.version += 1;
    row.updated_at = tx.now();
}

/// The subscription that an invoice is of.
pub fn subscription_of(tx: &mut TenantTx<'_>, id: InvoiceId) -> Result<Option<Uuid>, MoneyError> {
    Ok(store::find(tx, id)?.subscription_id)
}

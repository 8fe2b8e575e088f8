//! Credit notes: what is taken back of an invoice.

use serde_json::json;

use super::NOT_STAMPED;
use super::settling::{By, take_off};
use super::wrong_state;
use crate::billing::contract::events::CreditNoteCreated;
use crate::billing::contract::{CreditNoteId, InvoiceId, MoneyError};
use crate::billing::domain::{self, Series};
use crate::billing::invoices::domain::Content;
use crate::billing::invoices::store::{self, CreditNoteRow, Numbered};
use crate::kernel::{Invalid, Message};
use crate::platform::db::{RawJson, TenantTx};
use crate::platform::problem::Problem;

/// A credit note to be.
#[derive(Debug, Clone)]
pub struct NewCreditNote {
    /// Of which invoice.
    pub invoice: InvoiceId,
    /// In which series.
    pub series: Series,
    /// What is taken back.
    pub content: Content,
    /// Why.
    pub reason: String,
}

/// Writes a credit note over at most what is still owed; to take back what was paid, refund it first.
pub fn credit(tx: &mut TenantTx<'_>, new: NewCreditNote) -> Result<CreditNoteRow, MoneyError> {
    let mut invoice = store::lock(tx, new.invoice)?;
    if invoice.status != "issued" {
        return Err(wrong_state(&invoice, "credited", &["issued", "overdue"]));
    }
    let totals = domain::totals(&new.content.lines, new.content.discount.as_ref(), invoice.currency()?)?;
    let minor = totals.total.minor();
    if minor == 0 {
        return Err(MoneyError::at(
            "/lines",
            Invalid::new("A credit note takes back more than 0.", "Una nota de crédito es por más de 0."),
        ));
    }
    if minor > invoice.due_minor() {
        let left = invoice.money(invoice.due_minor())?;
        return Err(too_much(left).into());
    }
    let id = CreditNoteId::new();
    take_off(tx, &mut invoice, minor, By::Credit)?;
    let number = store::next_number(tx, Numbered::CreditNotes, new.series.as_str())?;
    let row = CreditNoteRow {
        tenant_id: invoice.tenant_id,
        id: id.uuid(),
        invoice_id: invoice.id,
        customer_id: invoice.customer_id,
        bill_to: invoice.bill_to.clone().ok_or_else(|| MoneyError::broken("invoice"))?,
        series: new.series.as_str().to_owned(),
        number,
        currency: invoice.currency.clone(),
        content: RawJson::of(&new.content),
        net_minor: totals.subtotal.minor() - totals.discount.minor(),
        total_minor: minor,
        totals: RawJson::of(&totals),
        reason: new.reason,
        fiscal_status: NOT_STAMPED.to_owned(),
        fiscal_uuid: None,
        fiscal_xml_key: None,
        created_at: tx.now(),
    };
    store::insert_credit_note(tx, &row)?;
    let event = CreditNoteCreated {
        id,
        invoice_id: new.invoice,
        customer_id: invoice.customer_id.into(),
        series: row.series.clone(),
        number,
        total: totals.total,
    };
    tx.emit(row.id, 1, &event);
    Ok(row)
}

fn too_much(left: crate::kernel::Money) -> Problem {
    Problem::conflict(
        "credit-above-due",
        Message::new(
            "The credit note is above what is left of the invoice",
            "La nota de crédito supera lo que queda de la factura",
        ),
    )
    .detail(Message::formatted(
        format!("{left} is left to pay; refund payments first to take back more"),
        format!("Queda por pagar {left}; para acreditar más, devuelva antes los pagos"),
    ))
    .member("left", json!(left))
}

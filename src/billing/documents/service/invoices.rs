//! What the papers of invoices and credit notes say.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::parts::{seller, sums, unit};
use crate::billing::contract::{MoneyError, SalesError};
use crate::billing::documents::domain::{Party, Printed, PrintedLine, price};
use crate::billing::documents::store::DocumentRow;
use crate::billing::domain::{DocumentLine, LineTotals, Totals, rounded};
use crate::billing::invoices::{self, BillTo, Content};
use crate::crm::CustomerId;
use crate::identity::{self, Letterhead};
use crate::kernel::{Country, Currency, Decimal6, Locale, Message};
use crate::platform::db::TenantTx;

/// How far an invoice got, and whose it is; 409 of a draft, which can still change.
pub fn standing(tx: &mut TenantTx<'_>, id: Uuid) -> Result<(i32, &'static str, CustomerId), SalesError> {
    let row = invoices::find(tx, id.into())?;
    let stage = match row.status.as_str() {
        "draft" => {
            return Err(invoices::wrong_state(&row, "printed", &["issued", "overdue", "paid", "void"]).into());
        }
        "void" => "void",
        _ => "issued",
    };
    Ok((1, stage, row.customer_id.into()))
}

/// Credit notes never change.
pub fn standing_of_note(
    tx: &mut TenantTx<'_>,
    id: Uuid,
) -> Result<(i32, &'static str, CustomerId), SalesError> {
    Ok((1, "issued", invoices::find_credit_note(tx, id.into())?.customer_id.into()))
}

/// What is printed of an invoice.
pub fn printed(tx: &mut TenantTx<'_>, row: &DocumentRow, id: Uuid) -> Result<Printed, SalesError> {
    let invoice = invoices::find(tx, id.into())?;
    let (Some(number), Some(issued_at), Some(due_on), Some(bill_to)) =
        (invoice.number, invoice.issued_at, invoice.due_on, invoice.bill_to())
    else {
        return Err(MoneyError::broken("invoice").into());
    };
    let letterhead = identity::letterhead(tx)?;
    let dates = vec![
        (Message::new("Date", "Fecha"), day(&letterhead, issued_at)),
        (Message::new("Due", "Vence"), due_on),
    ];
    let paper = Paper {
        title: Message::new("Invoice", "Factura"),
        folio: format!("{}-{number}", invoice.series),
        dates,
        bill_to,
        currency: invoice.currency()?,
        content: invoice.content()?,
        totals: invoice.totals()?,
        remark: (row.stage == "void").then(|| Message::new("Void", "Anulada")),
        why: None,
    };
    Ok(paper.on(&letterhead, row))
}

/// What is printed of a credit note.
pub fn printed_note(tx: &mut TenantTx<'_>, row: &DocumentRow, id: Uuid) -> Result<Printed, SalesError> {
    let note = invoices::find_credit_note(tx, id.into())?;
    let invoice = invoices::find(tx, note.invoice_id.into())?;
    let letterhead = identity::letterhead(tx)?;
    let broken = || MoneyError::broken("credit note");
    let of = format!("{}-{}", invoice.series, invoice.number.unwrap_or_default());
    let paper = Paper {
        title: Message::new("Credit note", "Nota de crédito"),
        folio: format!("{}-{}", note.series, note.number),
        dates: vec![(Message::new("Date", "Fecha"), day(&letterhead, note.created_at))],
        bill_to: note.bill_to.read().ok_or_else(broken)?,
        currency: invoice.currency()?,
        content: note.content.read().ok_or_else(broken)?,
        totals: note.totals.read().ok_or_else(broken)?,
        remark: None,
        why: Some(Message::formatted(
            format!("To invoice {of}: {}", note.reason),
            format!("De la factura {of}: {}", note.reason),
        )),
    };
    Ok(paper.on(&letterhead, row))
}

/// An invoice or a credit note on its way to a page.
struct Paper {
    title: Message,
    folio: String,
    dates: Vec<(Message, NaiveDate)>,
    bill_to: BillTo,
    currency: Currency,
    content: Content,
    totals: Totals,
    remark: Option<Message>,
    /// What it is about, besides its notes.
    why: Option<Message>,
}

impl Paper {
    fn on(self, letterhead: &Letterhead, row: &DocumentRow) -> Printed {
        let locale = Locale::parse(&row.language).unwrap_or(letterhead.settings.locale);
        let lines = self.content.lines.iter().zip(&self.totals.lines);
        let why = self.why.map(|why| why.in_language(locale.language()).to_owned());
        let notes = self.content.notes.map(|notes| notes.as_str().to_owned());
        Printed {
            title: self.title,
            folio: self.folio,
            remark: self.remark.or_else(|| unstamped(letterhead)),
            locale,
            logo: letterhead.logo.clone(),
            primary: letterhead.primary_color.clone(),
            secondary: letterhead.secondary_color.clone(),
            dates: self.dates,
            seller: seller(letterhead),
            buyer: billed(self.bill_to),
            lines: lines.map(|(line, sums)| printed_line(line, sums, self.currency)).collect(),
            sums: sums(self.totals.subtotal, self.totals.discount, &self.totals.taxes, self.totals.total),
            notes: [why, notes].into_iter().flatten().collect::<Vec<_>>().join("\n\n"),
            link: None,
        }
    }
}

/// In Mexico an invoice is a CFDI, which this is not.
fn unstamped(letterhead: &Letterhead) -> Option<Message> {
    let is_mexican = letterhead.tax_id.as_ref().is_some_and(|tax_id| tax_id.country() == Country::MEXICO);
    is_mexican.then(|| Message::new("Not stamped: this is no CFDI", "Sin timbrar: no es un CFDI"))
}

fn printed_line(line: &DocumentLine, sums: &LineTotals, currency: Currency) -> PrintedLine {
    PrintedLine {
        description: line.description.to_string(),
        quantity: line.quantity().to_string(),
        unit: line.unit_code.as_ref().map(|code| unit(code.as_str())).unwrap_or_default(),
        unit_price: price(line.unit_price(), currency),
        discount: (sums.discount > Decimal6::ZERO).then(|| rounded(sums.discount, currency)),
        amount: rounded(sums.amount, currency),
    }
}

/// Who is billed, as they were that day.
fn billed(bill_to: BillTo) -> Party {
    let legal = bill_to.legal_name.filter(|legal| *legal != bill_to.name);
    let regime = bill_to.fiscal_regime.map(|regime| format!("Régimen fiscal {regime}"));
    let place = bill_to.fiscal_postal_code.map(|code| format!("C.P. {code}"));
    let fiscal = [regime, place].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let details = [legal, bill_to.tax_number, Some(fiscal), bill_to.email];
    Party {
        name: bill_to.name,
        details: details.into_iter().flatten().filter(|line| !line.is_empty()).collect(),
    }
}

fn day(letterhead: &Letterhead, at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&letterhead.settings.time_zone.tz()).date_naive()
}

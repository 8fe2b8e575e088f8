//! What may be done with documents: asking for one, and the steps by which it is made.

use chrono::TimeDelta;
use uuid::Uuid;

use super::domain::{Party, Printed, PrintedLine};
use super::store::{self, DocumentRow};
use crate::billing::contract::SalesError;
use crate::billing::domain::{Factor, TaxKind, TaxName, TaxTotal, rounded};
use crate::billing::quotations::{self, Quotations};
use crate::crm::{self, Customer};
use crate::identity::{self, Letterhead};
use crate::kernel::{Decimal6, Language, Locale, Message, Money, WebUrl};
use crate::platform::db::TenantTx;
use crate::platform::problem::Problem;

/// How long a worker that says nothing keeps a document.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How often a document is taken up without being made, before it is given up.
pub const MAX_ATTEMPTS: i32 = 8;

/// The document of the quotation as it stands, asked for if nobody did: in `language`, or else in the customer's.
pub fn ask(
    tx: &mut TenantTx<'_>,
    quotation: Uuid,
    language: Option<Language>,
) -> Result<DocumentRow, SalesError> {
    let (revision, is_sent) = quotations::standing(tx, quotation)?;
    let locale = locale(tx, quotation, language)?;
    let stage = if is_sent { "sent" } else { "draft" };
    let row = DocumentRow {
        tenant_id: tx.tenant().uuid(),
        id: Uuid::now_v7(),
        quotation_id: quotation,
        revision,
        stage: stage.to_owned(),
        language: locale.as_str().to_owned(),
        attempts: 0,
        leased_until: None,
        sha256: None,
        bytes: None,
        content: None,
        file_key: None,
        created_at: tx.now(),
        made_at: None,
    };
    if let Some(known) = store::of_version(tx, quotation, revision, stage, locale.as_str())? {
        return Ok(known);
    }
    store::insert(tx, &row)?;
    let there = store::of_version(tx, quotation, revision, stage, locale.as_str())?;
    there.ok_or_else(|| Problem::internal().into())
}

/// The hash of the file that the customer was sent of a version; none while it is being made.
pub fn file_hash(
    tx: &mut TenantTx<'_>,
    quotation: Uuid,
    revision: i32,
) -> Result<Option<Vec<u8>>, SalesError> {
    store::sent_hash(tx, quotation, revision)
}

/// What is to be done next for a document.
#[derive(Debug)]
pub enum Step {
    /// Its file is to be made of this.
    Make(Box<Printed>),
    /// Its file is to be put into the store of files.
    Keep(Vec<u8>),
    /// Nothing, or somebody else does it.
    Nothing,
}

/// Takes a document up, counted before it begins.
pub fn take_up(tx: &mut TenantTx<'_>, quotations: &Quotations, id: Uuid) -> Result<Step, SalesError> {
    let mut row = store::lock(tx, id)?;
    if row.file_key.is_some() || row.leased_until.is_some_and(|until| until >= tx.now()) {
        return Ok(Step::Nothing);
    }
    row.attempts += 1;
    row.leased_until = Some(tx.now() + LEASE);
    store::save(tx, &row)?;
    match row.content {
        Some(content) => Ok(Step::Keep(content)),
        None => Ok(Step::Make(Box::new(printed(tx, quotations, &row)?))),
    }
}

/// Writes down the file that was made; it can be had from now on.
pub fn made(tx: &mut TenantTx<'_>, id: Uuid, sha256: Vec<u8>, content: Vec<u8>) -> Result<(), SalesError> {
    let mut row = store::lock(tx, id)?;
    if row.sha256.is_none() {
        row.bytes = i32::try_from(content.len()).ok();
        (row.sha256, row.content, row.made_at) = (Some(sha256), Some(content), Some(tx.now()));
        store::save(tx, &row)?;
    }
    Ok(())
}

/// Writes down that the file is in the store of files.
pub fn kept(tx: &mut TenantTx<'_>, id: Uuid, key: &str) -> Result<(), SalesError> {
    let mut row = store::lock(tx, id)?;
    (row.content, row.leased_until, row.file_key) = (None, None, Some(key.to_owned()));
    store::save(tx, &row)
}

fn locale(tx: &mut TenantTx<'_>, quotation: Uuid, language: Option<Language>) -> Result<Locale, SalesError> {
    let own = identity::letterhead(tx)?.settings.locale;
    let customer = quotations::customer_of(tx, quotation)?;
    let usual = crm::customer(tx, customer).map_err(Problem::from)?.language.unwrap_or(own);
    let Some(language) = language else { return Ok(usual) };
    let fallback = match language {
        Language::Spanish => Locale::ES_MX,
        Language::English => Locale::EN_US,
    };
    Ok([usual, own].into_iter().find(|locale| locale.language() == language).unwrap_or(fallback))
}

fn printed(tx: &mut TenantTx<'_>, quotations: &Quotations, row: &DocumentRow) -> Result<Printed, SalesError> {
    let letterhead = identity::letterhead(tx)?;
    let paper = quotations::paper(tx, quotations, row.quotation_id, row.revision)?;
    let customer = crm::customer(tx, paper.customer).map_err(Problem::from)?;
    let (content, zone) = (paper.content, letterhead.settings.time_zone.tz());
    let is_draft = row.stage == "draft";
    let day = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).date_naive();
    let link = paper.link.filter(|_| !is_draft).and_then(|link| WebUrl::parse(&link).ok());
    let lines = content.lines.iter().map(|line| PrintedLine {
        description: line.line.description.to_string(),
        quantity: line.line.quantity().to_string(),
        unit: line.line.unit_code.as_ref().map(|code| unit(code.as_str())).unwrap_or_default(),
        unit_price: line.line.unit_price().to_string(),
        discount: (line.taken_off > Decimal6::ZERO).then(|| rounded(line.taken_off, content.currency)),
        amount: rounded(line.amount, content.currency),
    });
    let notes = [&content.title, &content.notes, &content.terms].into_iter().flatten().map(String::as_str);
    Ok(Printed {
        title: Message::new("Quotation", "Cotización"),
        folio: format!("{:05}", content.folio),
        remark: is_draft.then(|| Message::new("Draft: not an offer yet", "Borrador: aún no es una oferta")),
        locale: Locale::parse(&row.language).unwrap_or(letterhead.settings.locale),
        primary: letterhead.primary_color.clone(),
        secondary: letterhead.secondary_color.clone(),
        dates: vec![
            (Message::new("Date", "Fecha"), day(paper.dated)),
            (Message::new("Valid until", "Vigente hasta"), day(content.valid_until)),
        ],
        lines: lines.collect(),
        sums: sums(content.subtotal, content.discounts, &content.taxes, content.total),
        notes: notes.collect::<Vec<_>>().join("\n\n"),
        link: link.map(|link| (Message::new("See and answer it here", "Véala y respóndala aquí"), link)),
        seller: seller(&letterhead),
        buyer: buyer(&customer, &content.customer_name),
    })
}

fn seller(letterhead: &Letterhead) -> Party {
    let details = letterhead.tax_id.iter().map(ToString::to_string).collect();
    Party { name: letterhead.name.clone(), details }
}

fn buyer(customer: &Customer, name: &str) -> Party {
    let legal = customer.legal_name.clone().filter(|legal| legal != name);
    let tax_id = customer.tax_id.as_ref().map(ToString::to_string);
    let email = customer.email.as_ref().map(ToString::to_string);
    Party { name: name.to_owned(), details: [legal, tax_id, email].into_iter().flatten().collect() }
}

fn sums(subtotal: Money, discounts: Money, taxes: &[TaxTotal], total: Money) -> Vec<(Message, Money)> {
    let mut sums = vec![(Message::new("Subtotal", "Subtotal"), subtotal)];
    let less = |money: Money| Money::from_minor(-money.minor(), money.currency());
    if discounts.minor() > 0 {
        sums.push((Message::new("Discount", "Descuento"), less(discounts)));
    }
    for tax in taxes {
        let Some(amount) = tax.amount else { continue };
        let name = match tax.tax {
            TaxName::Isr => "ISR",
            TaxName::Iva => "IVA",
            TaxName::Ieps => "IEPS",
        };
        let rate = match (tax.factor, tax.rate) {
            (Some(Factor::Rate), Some(rate)) => format!(" {} %", percent(rate)),
            _ => String::new(),
        };
        let (name, amount) = match tax.kind {
            TaxKind::Transferred => {
                (Message::formatted(format!("{name}{rate}"), format!("{name}{rate}")), amount)
            }
            TaxKind::Withheld => (
                Message::formatted(format!("{name}{rate} withheld"), format!("Retención {name}{rate}")),
                less(amount),
            ),
        };
        sums.push((name, amount));
    }
    sums.push((Message::new("Total", "Total"), total));
    sums
}

/// 0.16 as 16.
fn percent(rate: Decimal6) -> Decimal6 {
    Decimal6::from_millionths(rate.millionths().saturating_mul(100))
}

/// The commonest units of the SAT's catalogue `c_ClaveUnidad` as people write them; others by their code.
fn unit(code: &str) -> String {
    const UNITS: [(&str, &str); 9] = [
        ("H87", "pz"),
        ("E48", "serv."),
        ("HUR", "h"),
        ("KGM", "kg"),
        ("GRM", "g"),
        ("LTR", "l"),
        ("MTR", "m"),
        ("MTK", "m²"),
        ("ACT", "act."),
    ];
    UNITS.iter().find(|(known, _)| *known == code).map_or(code, |(_, short)| short).to_owned()
}

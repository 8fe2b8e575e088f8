//! What may be done with documents: asking for one, and the steps by which it is made.

mod invoices;
mod parts;
mod quotations;

use chrono::TimeDelta;
use uuid::Uuid;

use super::domain::{Printed, Subject, Version};
use super::store::{self, DocumentRow};
use crate::billing::contract::SalesError;
use crate::billing::quotations::Quotations;
use crate::crm::{self, CustomerId};
use crate::identity;
use crate::kernel::{Language, Locale};
use crate::platform::db::TenantTx;
use crate::platform::problem::Problem;

/// How long a worker that says nothing keeps a document.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How often a document is taken up without being made, before it is given up.
pub const MAX_ATTEMPTS: i32 = 8;

/// The document of `subject` as it stands, in `language`, or else in the customer's; none if nobody asked for it.
pub fn known(
    tx: &mut TenantTx<'_>,
    subject: Subject,
    language: Option<Language>,
) -> Result<Option<DocumentRow>, SalesError> {
    let version = version(tx, subject, language)?;
    store::of_version(tx, &version)
}

/// The same, asked for if nobody did.
pub fn ask(
    tx: &mut TenantTx<'_>,
    subject: Subject,
    language: Option<Language>,
) -> Result<DocumentRow, SalesError> {
    let version = version(tx, subject, language)?;
    if let Some(known) = store::of_version(tx, &version)? {
        return Ok(known);
    }
    let of = |wanted: bool| wanted.then_some(subject.id());
    let row = DocumentRow {
        tenant_id: tx.tenant().uuid(),
        id: Uuid::now_v7(),
        quotation_id: of(matches!(subject, Subject::Quotation(_))),
        revision: version.revision,
        stage: version.stage.to_owned(),
        language: version.locale.as_str().to_owned(),
        attempts: 0,
        leased_until: None,
        sha256: None,
        bytes: None,
        content: None,
        file_key: None,
        created_at: tx.now(),
        made_at: None,
        invoice_id: of(matches!(subject, Subject::Invoice(_))),
        credit_note_id: of(matches!(subject, Subject::CreditNote(_))),
    };
    store::insert(tx, &row)?;
    store::of_version(tx, &version)?.ok_or_else(|| Problem::internal().into())
}

/// What `subject` is now, and in whose language.
fn version(
    tx: &mut TenantTx<'_>,
    subject: Subject,
    language: Option<Language>,
) -> Result<Version, SalesError> {
    let (revision, stage, customer) = match subject {
        Subject::Quotation(id) => quotations::standing(tx, id)?,
        Subject::Invoice(id) => invoices::standing(tx, id)?,
        Subject::CreditNote(id) => invoices::standing_of_note(tx, id)?,
    };
    Ok(Version { subject, revision, stage, locale: locale(tx, customer, language)? })
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
pub fn take_up(tx: &mut TenantTx<'_>, offers: &Quotations, id: Uuid) -> Result<(Subject, Step), SalesError> {
    let mut row = store::lock(tx, id)?;
    let subject = row.subject()?;
    if row.file_key.is_some() || row.leased_until.is_some_and(|until| until >= tx.now()) {
        return Ok((subject, Step::Nothing));
    }
    row.attempts += 1;
    row.leased_until = Some(tx.now() + LEASE);
    store::save(tx, &row)?;
    let step = match row.content {
        Some(content) => Step::Keep(content),
        None => Step::Make(Box::new(printed(tx, offers, &row)?)),
    };
    Ok((subject, step))
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

fn locale(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    language: Option<Language>,
) -> Result<Locale, SalesError> {
    let own = identity::people().settings(tx)?.locale;
    let usual = crm::customer(tx, customer).map_err(Problem::from)?.language.unwrap_or(own);
    let Some(language) = language else { return Ok(usual) };
    let fallback = match language {
        Language::Spanish => Locale::ES_MX,
        Language::English => Locale::EN_US,
    };
    Ok([usual, own].into_iter().find(|locale| locale.language() == language).unwrap_or(fallback))
}

fn printed(tx: &mut TenantTx<'_>, offers: &Quotations, row: &DocumentRow) -> Result<Printed, SalesError> {
    match row.subject()? {
        Subject::Quotation(id) => quotations::printed(tx, offers, row, id),
        Subject::Invoice(id) => invoices::printed(tx, row, id),
        Subject::CreditNote(id) => invoices::printed_note(tx, row, id),
    }
}

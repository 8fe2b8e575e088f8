//! Quotations with all that hangs on them, and what workflows ask.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::lines::content;
use crate::billing::contract::{QuotationId, SalesError};
use crate::billing::quotations::domain::{Comparison, Content, Status, compare};
use crate::billing::quotations::store::{self, AnswerRow, ApprovalRow, QuotationFilter, QuotationRow};
use crate::crm::CustomerId;
use crate::kernel::Money;
use crate::platform::db::TenantTx;
use crate::platform::id::Id;
use crate::platform::problem::Problem;

/// A quotation with what it says, and what was asked and answered about it.
#[derive(Debug, Clone)]
pub struct Whole {
    /// The quotation.
    pub row: QuotationRow,
    /// What it says.
    pub content: Content,
    /// What was asked and decided, the newest first.
    pub approvals: Vec<ApprovalRow>,
    /// What the customer answered.
    pub answer: Option<AnswerRow>,
}

/// What others may know of one of a customer's quotations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastQuotation {
    /// The quotation.
    pub id: QuotationId,
    /// Its number in the company.
    pub folio: i64,
    /// Where it stands.
    pub status: Status,
    /// What it is about.
    pub title: Option<String>,
    /// What it comes to.
    pub total: Money,
    /// Until when it can be accepted.
    pub valid_until: DateTime<Utc>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A quotation with all that hangs on it.
pub fn whole(tx: &mut TenantTx<'_>, row: QuotationRow) -> Result<Whole, SalesError> {
    Ok(Whole {
        content: content(tx, &row)?,
        approvals: store::approvals(tx, row.id)?,
        answer: store::answer(tx, row.id)?,
        row,
    })
}

/// What a customer sees by the link: a quotation that was sent, and what it says.
pub fn shown(tx: &mut TenantTx<'_>, id: Uuid) -> Result<Whole, SalesError> {
    let row = store::find(tx, id)?;
    whole(tx, row)
}

/// What is different in two versions; the last two when nothing is said.
pub fn compare_versions(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    from: Option<i32>,
    to: Option<i32>,
) -> Result<Comparison, SalesError> {
    let row = store::find(tx, id)?;
    let to = to.unwrap_or(row.revision);
    let from = from.unwrap_or_else(|| (to - 1).max(1));
    let (before, after) = (said(tx, id, from)?, said(tx, id, to)?);
    Ok(compare((from, &before), (to, &after)))
}

/// The last quotations of a customer, the newest first.
pub fn last_quotations(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    at_most: i64,
) -> Result<Vec<LastQuotation>, SalesError> {
    let filter = QuotationFilter { customer: Some(customer.uuid()), ..QuotationFilter::default() };
    let rows = store::list(tx, &filter, false, None, at_most)?;
    let told = rows.into_iter().map(|row| {
        Ok(LastQuotation {
            id: Id::from(row.id),
            folio: row.folio,
            status: row.status()?,
            total: row.total()?,
            title: row.title,
            valid_until: row.valid_until,
            created_at: row.created_at,
        })
    });
    told.collect::<Result<_, Problem>>().map_err(SalesError::from)
}

fn said(tx: &mut TenantTx<'_>, quotation: Uuid, number: i32) -> Result<Content, SalesError> {
    let version = store::version(tx, quotation, number)?;
    Ok(serde_json::from_value(version.content).map_err(|_| Problem::internal())?)
}

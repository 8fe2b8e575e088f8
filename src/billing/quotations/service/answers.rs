//! How quotations end: accepted, rejected, cancelled.
//!
//! Each locks the quotation first; of those who answer at once one finds it PENDING.

use serde_json::json;
use uuid::Uuid;

use super::lines::{discount, document_lines, quantities};
use super::{go, held};
use crate::billing::contract::SalesError;
use crate::billing::contract::events::{
    QuotationAccepted, QuotationCancelled, QuotationRejected, RejectedBy,
};
use crate::billing::documents;
use crate::billing::inventory;
use crate::billing::quotations::domain::{Status, document_hash};
use crate::billing::quotations::store::{self, AnswerRow, QuotationRow};
use crate::kernel::{Line, Message, Prose};
use crate::platform::db::TenantTx;
use crate::platform::id::Id;
use crate::platform::problem::Problem;

/// Who answers, and from where.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// The number of the version that they saw, where they say it.
    pub seen: Option<i32>,
    /// The name that they gave.
    pub name: Option<Line<200>>,
    /// What they or a colleague said of it.
    pub reason: Option<Prose<2000>>,
    /// Their address.
    pub address: Option<String>,
    /// Their program.
    pub user_agent: Option<String>,
}

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// Yes.
    Accepted,
    /// No.
    Rejected,
}

/// Sells a quotation: the answer is kept, stock and lots are taken, and whoever invoices is told, all at once.
pub fn accept(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    expected: Option<i32>,
    proof: &Proof,
) -> Result<QuotationRow, SalesError> {
    let mut row = held_pending(tx, id, expected)?;
    keep(tx, &row, Answered::Accepted, proof)?;
    let lines = document_lines(tx, id)?;
    let wanted = inventory::demand(tx, &quantities(&lines))?;
    inventory::sell(tx, id, row.customer_id, row.warehouse_id, &wanted)?;
    go(tx, &mut row, Status::Sold)?;
    store::save(tx, &row)?;
    let told = QuotationAccepted {
        quotation_id: row.id.into(),
        folio: row.folio,
        customer_id: row.customer_id.into(),
        currency: row.money()?,
        total: row.total()?,
        discount: discount(&row)?,
        lines,
        owner_id: row.owner_id.map(Id::from),
    };
    tx.emit(row.id, row.version, &told);
    Ok(row)
}

/// The customer does not want it: it is cancelled, and what was reserved for it can be had again.
pub fn reject(tx: &mut TenantTx<'_>, id: Uuid, proof: &Proof) -> Result<QuotationRow, SalesError> {
    let row = held_pending(tx, id, None)?;
    keep(tx, &row, Answered::Rejected, proof)?;
    let reason = proof.reason.as_ref().map(|reason| reason.as_str().to_owned());
    let (quotation_id, by) = (row.id.into(), RejectedBy::Customer);
    let told = QuotationRejected { quotation_id, by, reason: reason.clone(), requested_by: None };
    tx.emit(row.id, row.version, &told);
    close(tx, row, reason)
}

/// Gives a draft or a sent quotation up.
pub fn cancel(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    expected: Option<i32>,
    reason: Option<Prose<2000>>,
) -> Result<QuotationRow, SalesError> {
    let row = held(tx, id, expected)?;
    if let Some(mut asked) = store::open_approval(tx, id)? {
        "withdrawn".clone_into(&mut asked.status);
        store::save_approval(tx, &asked)?;
    }
    close(tx, row, reason.map(|reason| reason.as_str().to_owned()))
}

fn close(
    tx: &mut TenantTx<'_>,
    mut row: QuotationRow,
    reason: Option<String>,
) -> Result<QuotationRow, SalesError> {
    go(tx, &mut row, Status::Cancelled)?;
    row.cancel_reason.clone_from(&reason);
    store::save(tx, &row)?;
    inventory::release(tx, row.id)?;
    let told =
        QuotationCancelled { quotation_id: row.id.into(), customer_id: row.customer_id.into(), reason };
    tx.emit(row.id, row.version, &told);
    Ok(row)
}

/// Keeps what was answered, with what proves it.
fn keep(
    tx: &mut TenantTx<'_>,
    row: &QuotationRow,
    answered: Answered,
    proof: &Proof,
) -> Result<(), SalesError> {
    if proof.seen.is_some_and(|seen| seen != row.revision) {
        return Err(Problem::conflict(
            "quotation-other-version",
            Message::new(
                "The quotation has another version than you saw; look at it again",
                "La cotización tiene otra versión que la que usted vio; revísela de nuevo",
            ),
        )
        .member("revision", json!(row.revision))
        .into());
    }
    let version = store::version(tx, row.id, row.revision)?;
    let answer = AnswerRow {
        tenant_id: row.tenant_id,
        quotation_id: row.id,
        answer: if answered == Answered::Accepted { "accepted" } else { "rejected" }.to_owned(),
        revision: row.revision,
        document_hash: document_hash(&version.content),
        file_hash: documents::file_hash(tx, row.id, row.revision)?,
        name: proof.name.as_ref().map(|name| name.as_str().to_owned()),
        reason: proof.reason.as_ref().map(|reason| reason.as_str().to_owned()),
        address: proof.address.clone(),
        user_agent: proof.user_agent.clone(),
        noted_by: tx.actor().user().map(Id::uuid),
        answered_at: tx.now(),
    };
    store::insert_answer(tx, &answer)
}

/// The locked quotation, while it can be answered.
fn held_pending(tx: &mut TenantTx<'_>, id: Uuid, expected: Option<i32>) -> Result<QuotationRow, SalesError> {
    let row = held(tx, id, expected)?;
    let status = row.status()?;
    // Its time is over, although nobody said so yet.
    let is_late = status == Status::Pending && row.valid_until <= tx.now();
    if status == Status::Pending && !is_late {
        return Ok(row);
    }
    let stands = if is_late { Status::Expired } else { status };
    Err(Problem::conflict(
        "quotation-not-pending",
        Message::new(
            // The documents' own words.
            "Only PENDING quotations can be approved",
            "Solo cotizaciones PENDING pueden aprobarse",
        ),
    )
    .detail(Message::formatted(
        format!("This one is {}", stands.as_str()),
        format!("Esta es {}", stands.as_str()),
    ))
    .member("quotation_status", json!(stands))
    .member("allowed", json!(stands.ways()))
    .into())
}

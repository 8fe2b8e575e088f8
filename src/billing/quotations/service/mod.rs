//! What people do with quotations, inside the caller's transaction.

mod answers;
mod approvals;
mod drafts;
mod lines;
mod links;
mod paper;
mod rules;
mod upkeep;
mod views;

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

pub use answers::{Proof, accept, cancel, reject};
pub use approvals::{decide_approval, request_approval};
pub use drafts::{DraftChange, NewQuotation, draft, draft_quotation, duplicate, update};
pub use lines::{LinesInput, replace_lines};
pub use links::{Sending, find_by_token, send, token};
pub use paper::{customer_of, paper, standing};
pub use rules::{RulesInput, rules, set_rules};
pub use upkeep::keep_up;
pub use views::{LastQuotation, Whole, compare_versions, last_quotations, shown, whole};

use super::domain::{Approval, Status};
use super::store::{self, QuotationRow};
use crate::billing::contract::SalesError;
use crate::kernel::{Currency, Message, Money};
use crate::platform::db::TenantTx;
use crate::platform::problem::Problem;

/// How long a quotation can be accepted when nobody says.
const USUAL_VALIDITY: TimeDelta = TimeDelta::days(30);

/// The quotation, locked, while it still has the version `expected`, if one is given.
fn held(tx: &mut TenantTx<'_>, id: Uuid, expected: Option<i32>) -> Result<QuotationRow, SalesError> {
    let row = store::lock(tx, id)?;
    match expected {
        Some(version) if version != row.version => Err(SalesError::Stale(row.version)),
        _ => Ok(row),
    }
}

/// A locked draft; 409 for anything else.
fn held_draft(tx: &mut TenantTx<'_>, id: Uuid, expected: Option<i32>) -> Result<QuotationRow, SalesError> {
    let row = held(tx, id, expected)?;
    if row.status()? == Status::Draft {
        return Ok(row);
    }
    let problem = Problem::conflict(
        "quotation-not-draft",
        Message::new(
            "Only DRAFT quotations can be changed; duplicate it to offer something else",
            "Solo cotizaciones DRAFT pueden cambiarse; duplíquela para ofrecer otra cosa",
        ),
    );
    Err(problem
        .member("quotation_status", json!(row.status))
        .member("allowed", json!(row.status()?.ways()))
        .into())
}

/// Moves a locked quotation on; 409 where there is no such way.
fn go(tx: &mut TenantTx<'_>, row: &mut QuotationRow, to: Status) -> Result<(), SalesError> {
    let from = row.status()?;
    if !from.ways().contains(&to) {
        return Err(wrong_state(from, to).into());
    }
    let now = tx.now();
    to.as_str().clone_into(&mut row.status);
    if to == Status::Pending {
        row.sent_at = Some(now);
    } else {
        row.closed_at = Some(now);
    }
    touch(tx, row);
    Ok(())
}

fn touch(tx: &TenantTx<'_>, row: &mut QuotationRow) {
    row.version += 1;
    row.updated_at = tx.now();
}

fn wrong_state(from: Status, to: Status) -> Problem {
    let (from_name, to_name, allowed) = (from.as_str(), to.as_str(), json!(from.ways()));
    let list = from.ways().iter().map(|status| status.as_str()).collect::<Vec<_>>().join(", ");
    Problem::conflict(
        "quotation-wrong-state",
        Message::new("The quotation is in another state", "La cotización está en otro estado"),
    )
    .detail(if list.is_empty() {
        Message::formatted(
            format!("A quotation that is {from_name} stays so; duplicate it"),
            format!("Una cotización {from_name} ya no cambia; duplíquela"),
        )
    } else {
        Message::formatted(
            format!("A quotation that is {from_name} cannot become {to_name}; from here: {list}"),
            format!("Una cotización {from_name} no puede pasar a {to_name}; desde aquí: {list}"),
        )
    })
    .member("quotation_status", json!(from))
    .member("allowed", allowed)
}

impl QuotationRow {
    /// Where it stands.
    pub fn status(&self) -> Result<Status, Problem> {
        Status::parse(&self.status).ok_or_else(Problem::internal)
    }

    /// The currency of its prices.
    pub fn money(&self) -> Result<Currency, Problem> {
        Currency::parse(&self.currency).map_err(|_| Problem::internal())
    }

    /// What it comes to.
    pub fn total(&self) -> Result<Money, Problem> {
        Ok(Money::from_minor(self.total_minor, self.money()?))
    }

    /// Whether a colleague lets it be offered.
    fn is_approved(&self) -> bool {
        self.approval == Approval::Approved.as_str()
    }
}

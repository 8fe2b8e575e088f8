//! What a seller may not offer by themselves is approved by a colleague.

use uuid::Uuid;

use super::{held, held_draft, touch};
use crate::billing::contract::SalesError;
use crate::billing::contract::events::{
    QuotationApprovalRequested, QuotationApproved, QuotationRejected, RejectedBy,
};
use crate::billing::quotations::domain::{Approval, Reason};
use crate::billing::quotations::service::rules::parsed_rules;
use crate::billing::quotations::store::{self, ApprovalRow, QuotationRow};
use crate::identity::{People, Role};
use crate::kernel::{Decimal6, Message, Prose};
use crate::platform::db::TenantTx;
use crate::platform::id::Id;
use crate::platform::problem::Problem;

/// Which rules do not let whoever acts offer this; none when they may.
pub fn reasons(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    row: &QuotationRow,
    may_approve: bool,
) -> Result<Vec<Reason>, SalesError> {
    let roles = match tx.actor().user() {
        Some(user) => people.person(tx, user)?.map(|person| person.roles).unwrap_or_default(),
        None => Vec::new(),
    };
    let roles: Vec<String> = roles.into_iter().map(name).collect();
    let highest = Decimal6::from_millionths(row.highest_discount);
    Ok(parsed_rules(tx)?.reasons(&roles, may_approve, highest, row.total()?))
}

/// Asks for a colleague's approval of a draft.
pub fn request_approval(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    id: Uuid,
    may_approve: bool,
    note: Option<Prose<2000>>,
) -> Result<QuotationRow, SalesError> {
    let mut row = held_draft(tx, id, None)?;
    if store::open_approval(tx, id)?.is_some() {
        return Err(Problem::conflict(
            "quotation-approval-requested",
            Message::new(
                "A colleague was asked already; wait for their answer",
                "Ya se pidió la autorización; espere la respuesta",
            ),
        )
        .into());
    }
    let reasons = reasons(tx, people, &row, may_approve)?;
    let reasons: Vec<String> = reasons.into_iter().map(|reason| reason.as_str().to_owned()).collect();
    let asked = ApprovalRow {
        tenant_id: row.tenant_id,
        id: Uuid::now_v7(),
        quotation_id: row.id,
        revision: row.revision,
        status: Approval::Requested.as_str().to_owned(),
        reasons: reasons.clone(),
        note: note.map(|note| note.as_str().to_owned()),
        requested_by: tx.actor().user().map(Id::uuid),
        requested_at: tx.now(),
        decided_by: None,
        decided_at: None,
        decision_note: None,
    };
    store::save_approval(tx, &asked)?;
    Approval::Requested.as_str().clone_into(&mut row.approval);
    touch(tx, &mut row);
    store::save(tx, &row)?;
    let told = QuotationApprovalRequested {
        quotation_id: row.id.into(),
        requested_by: tx.actor().user(),
        reasons,
        highest_discount: Decimal6::from_millionths(row.highest_discount),
        total: row.total()?,
    };
    tx.emit(row.id, row.version, &told);
    Ok(row)
}

/// Approves or rejects what a colleague asked for.
pub fn decide_approval(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    decision: Approval,
    note: Option<Prose<2000>>,
) -> Result<QuotationRow, SalesError> {
    let mut row = held(tx, id, None)?;
    let mut asked = store::open_approval(tx, id)?.ok_or_else(|| {
        Problem::conflict(
            "quotation-approval-not-requested",
            Message::new(
                "Nobody asks for an approval of this quotation",
                "Nadie pide autorización de esta cotización",
            ),
        )
    })?;
    let user = tx.actor().user();
    if asked.requested_by == user.map(Id::uuid) {
        return Err(Problem::conflict(
            "quotation-approval-own",
            Message::new(
                "Nobody approves what they ask for themselves; have a colleague do it",
                "Nadie autoriza lo que pide; que lo haga un colega",
            ),
        )
        .into());
    }
    decision.as_str().clone_into(&mut asked.status);
    asked.decided_by = user.map(Id::uuid);
    asked.decided_at = Some(tx.now());
    asked.decision_note = note.map(|note| note.as_str().to_owned());
    store::save_approval(tx, &asked)?;
    decision.as_str().clone_into(&mut row.approval);
    touch(tx, &mut row);
    store::save(tx, &row)?;
    let (quotation_id, requested_by) = (row.id.into(), asked.requested_by.map(Id::from));
    if decision == Approval::Approved {
        let note = asked.decision_note;
        tx.emit(
            row.id,
            row.version,
            &QuotationApproved { quotation_id, decided_by: user, requested_by, note },
        );
    } else {
        let (by, reason) = (RejectedBy::Reviewer, asked.decision_note);
        tx.emit(row.id, row.version, &QuotationRejected { quotation_id, by, reason, requested_by });
    }
    Ok(row)
}

/// The role's name in JSON.
fn name(role: Role) -> String {
    let name = serde_json::to_value(role).ok();
    name.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

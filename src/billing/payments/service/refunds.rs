//! Giving money back.

use serde_json::json;
use uuid::Uuid;

use super::{above_zero, told_back};
use crate::billing::contract::events::{PaymentRefundFailed, PaymentRefundRequested, PaymentRefunded};
use crate::billing::contract::{MoneyError, PaymentId};
use crate::billing::invoices;
use crate::billing::payments::domain::{RefundStatus, taken_back};
use crate::billing::payments::store::{self, PaymentRow, RefundRow};
use crate::identity::People;
use crate::kernel::{Message, Money};
use crate::platform::db::TenantTx;
use crate::platform::problem::Problem;

/// What came of asking a provider for a refund.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It took it, and calls it so.
    Taken(String),
    /// It refused, and says why.
    Refused(String),
}

/// Gives `amount` of a payment back: at once when it came by hand, or else by asking the provider.
///
/// The customer's credit is taken first, then what pays the invoice that was paid last; that one is owed again.
pub fn refund(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    id: PaymentId,
    amount: Money,
    reason: Option<String>,
) -> Result<RefundRow, MoneyError> {
    let mut payment = store::lock(tx, id)?;
    if amount.minor() <= 0 {
        return Err(MoneyError::at("/amount", above_zero()));
    }
    let pending = store::pending_minor(tx, payment.id)?;
    let left = payment.money(payment.amount_minor - payment.refunded_minor - pending)?;
    let after = left.checked_sub(amount).map_err(|reason| MoneyError::at("/amount", reason))?;
    if after.minor() < 0 {
        return Err(too_much(left).into());
    }
    let is_by_hand = payment.provider_payment_id.is_none();
    let mut refund = RefundRow {
        tenant_id: payment.tenant_id,
        id: Uuid::now_v7(),
        payment_id: payment.id,
        status: RefundStatus::Pending.as_str().to_owned(),
        amount_minor: amount.minor(),
        reason,
        provider_refund_id: None,
        attempts: 0,
        next_at: Some(tx.now()),
        failure: None,
        created_at: tx.now(),
        finished_at: None,
    };
    if is_by_hand {
        succeed(tx, people, &mut payment, &mut refund)?;
        store::insert_refund(tx, &refund)?;
    } else {
        store::insert_refund(tx, &refund)?;
        let event = PaymentRefundRequested { id, refund_id: refund.id, amount };
        tx.emit(payment.id, payment.version, &event);
    }
    Ok(refund)
}

/// Notes what came of asking the provider for a refund; nothing when that was noted before.
pub fn finish(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    (payment, refund): (PaymentId, Uuid),
    outcome: Outcome,
) -> Result<(), MoneyError> {
    let mut payment = store::lock(tx, payment)?;
    let mut refund = store::lock_refund(tx, refund)?;
    if refund.finished_at.is_some() {
        return Ok(());
    }
    match outcome {
        Outcome::Taken(name) => {
            refund.provider_refund_id = Some(name);
            succeed(tx, people, &mut payment, &mut refund)?;
        }
        Outcome::Refused(words) => {
            RefundStatus::Failed.as_str().clone_into(&mut refund.status);
            refund.failure = Some(words);
            (refund.next_at, refund.finished_at) = (None, Some(tx.now()));
            let amount = payment.money(refund.amount_minor)?;
            let event = PaymentRefundFailed { id: payment.payment(), refund_id: refund.id, amount };
            tx.emit(payment.id, payment.version, &event);
        }
    }
    store::save_refund(tx, &refund)
}

/// Notes that a provider gave back `total` of a payment in all; what we did not ask for ourselves becomes a refund of its own.
/// Answers false when that cannot be told yet, because the provider was asked for a refund and did not answer so far.
pub fn note_given_back(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    payment: PaymentId,
    total: Money,
    name: &str,
) -> Result<bool, MoneyError> {
    let mut payment = store::lock(tx, payment)?;
    let more = total.minor().min(payment.amount_minor) - payment.refunded_minor;
    if payment.money(0)?.currency() != total.currency() {
        return Err(MoneyError::broken("payment's currency"));
    }
    if more <= 0 {
        return Ok(true);
    }
    if store::pending_minor(tx, payment.id)? > 0 {
        return Ok(false);
    }
    let mut refund = RefundRow {
        tenant_id: payment.tenant_id,
        id: Uuid::now_v7(),
        payment_id: payment.id,
        status: RefundStatus::Pending.as_str().to_owned(),
        amount_minor: more,
        reason: None,
        provider_refund_id: Some(name.to_owned()),
        attempts: 0,
        next_at: None,
        failure: None,
        created_at: tx.now(),
        finished_at: None,
    };
    succeed(tx, people, &mut payment, &mut refund)?;
    store::insert_refund(tx, &refund)?;
    Ok(true)
}

fn succeed(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    payment: &mut PaymentRow,
    refund: &mut RefundRow,
) -> Result<(), MoneyError> {
    let allocations = store::allocations_of(tx, &[payment.id])?;
    let shares: Vec<_> = allocations.iter().map(|row| (row.invoice_id, row.amount_minor)).collect();
    let taken = taken_back(refund.amount_minor, payment.credit_minor(), &shares);
    let ids: Vec<_> = taken.iter().map(|(invoice, _)| *invoice).collect();
    payment.allocated_minor -= taken.iter().map(|(_, minor)| minor).sum::<i64>();
    payment.refunded_minor += refund.amount_minor;
    payment.version += 1;
    payment.updated_at = tx.now();
    store::save(tx, payment)?;
    let rows = if ids.is_empty() { Vec::new() } else { invoices::lock_all(tx, &ids)? };
    for mut row in rows {
        let share = taken.iter().find(|(invoice, _)| *invoice == row.id).map_or(0, |(_, minor)| *minor);
        store::take_back(tx, payment.payment(), row.id, share)?;
        invoices::unsettle(tx, people, &mut row, share)?;
    }
    RefundStatus::Succeeded.as_str().clone_into(&mut refund.status);
    (refund.next_at, refund.finished_at) = (None, Some(tx.now()));
    let event = PaymentRefunded {
        id: payment.payment(),
        refund_id: refund.id,
        customer_id: payment.customer_id.into(),
        amount: payment.money(refund.amount_minor)?,
        allocations: told_back(payment, &taken)?,
    };
    tx.emit(payment.id, payment.version, &event);
    Ok(())
}

fn too_much(left: Money) -> Problem {
    Problem::conflict(
        "refund-above-payment",
        Message::new(
            "The refund is above what is left of the payment",
            "La devolución supera lo que queda del pago",
        ),
    )
    .detail(Message::formatted(format!("{left} can be given back"), format!("Se pueden devolver {left}")))
    .member("left", json!(left))
}

//! Refunds that a provider is asked for.

use chrono::TimeDelta;
use uuid::Uuid;

use super::accounts::{Account, account_of};
use super::next_try;
use crate::billing::contract::{MoneyError, PaymentId};
use crate::billing::payments::providers::domain::Provider;
use crate::billing::payments::store as rows;
use crate::kernel::Money;
use crate::platform::db::TenantTx;
use crate::platform::seal::Seal;

/// How long a provider is asked. Stripe keeps the names of requests for a day; after that a second one would pay again.
const PATIENCE: TimeDelta = TimeDelta::hours(20);

/// A refund that was taken up.
#[derive(Debug)]
pub struct RefundWork {
    /// Our name of it, which keeps the provider from doing it twice.
    pub refund: Uuid,
    /// The payment.
    pub payment: PaymentId,
    /// The provider's name of the payment.
    pub external: String,
    /// How much.
    pub amount: Money,
    /// Who is asked.
    pub provider: Provider,
    /// The account to call with; none when it was disconnected.
    pub account: Option<Account>,
    /// Whether there is no more time to ask.
    pub is_late: bool,
}

/// Takes a refund up that is due; none when somebody else has.
pub fn take_refund(tx: &mut TenantTx<'_>, seal: &Seal, id: Uuid) -> Result<Option<RefundWork>, MoneyError> {
    let now = tx.now();
    let payment = rows::payment_of_refund(tx, id)?;
    let payment = rows::lock(tx, payment)?;
    let mut refund = rows::lock_refund(tx, id)?;
    if refund.next_at.is_none_or(|at| at > now) {
        return Ok(None);
    }
    refund.attempts += 1;
    refund.next_at = Some(next_try(refund.attempts, now));
    rows::save_refund(tx, &refund)?;
    let provider = Provider::stored(&payment.method).ok_or_else(|| MoneyError::broken("refund"))?;
    Ok(Some(RefundWork {
        refund: id,
        payment: payment.payment(),
        amount: payment.money(refund.amount_minor)?,
        external: payment.provider_payment_id.ok_or_else(|| MoneyError::broken("refund"))?,
        provider,
        account: account_of(tx, seal, provider)?,
        is_late: refund.created_at + PATIENCE < now,
    }))
}

//! What providers tell: kept once, then acted on.

use chrono::TimeDelta;
use serde_json::Value;
use uuid::Uuid;

use super::accounts::{Account, account_of};
use super::next_try;
use crate::billing::contract::MoneyError;
use crate::billing::contract::events::{PaymentNoticeRefused, PaymentPageEnded};
use crate::billing::invoices;
use crate::billing::payments::providers::domain::{News, Provider, paypal, stripe};
use crate::billing::payments::providers::store::{self, CheckoutRow, NewsRow};
use crate::billing::payments::service::{self as payments, NewPayment};
use crate::billing::payments::store as payment_rows;
use crate::identity::People;
use crate::kernel::Money;
use crate::platform::db::TenantTx;
use crate::platform::seal::Seal;

/// How often news are tried that other news must come before; some two days.
const MOST_ATTEMPTS: i32 = 100;
/// What an attempt may last before another server takes it up.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// News that were taken up.
#[derive(Debug)]
pub struct Taken {
    /// Whose they are.
    pub provider: Provider,
    /// What they mean.
    pub news: News,
    /// The account to call with; none when it was disconnected.
    pub account: Option<Account>,
    /// Our name of the page that they are about.
    pub checkout: Option<Uuid>,
}

/// What became of news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// They are done with.
    Done,
    /// Others must come before.
    Later,
}

/// Keeps what a provider told; answers whether it is new.
pub fn receive(
    tx: &mut TenantTx<'_>,
    provider: Provider,
    (event_id, kind): (String, String),
    payload: Value,
) -> Result<bool, MoneyError> {
    let row = NewsRow {
        tenant_id: tx.tenant().uuid(),
        id: Uuid::now_v7(),
        provider: provider.as_str().to_owned(),
        event_id,
        kind,
        payload,
        status: "waiting".to_owned(),
        note: None,
        attempts: 0,
        next_at: Some(tx.now()),
        received_at: tx.now(),
        handled_at: None,
    };
    store::insert_news(tx, &row)
}

/// Takes news up that are due; none when somebody else has.
pub fn take(tx: &mut TenantTx<'_>, seal: &Seal, id: Uuid) -> Result<Option<Taken>, MoneyError> {
    let now = tx.now();
    let Some(mut row) = store::lock_news(tx, id)? else { return Ok(None) };
    if row.next_at.is_none_or(|at| at > now) {
        return Ok(None);
    }
    row.attempts += 1;
    row.next_at = Some(now + LEASE);
    store::save_news(tx, &row)?;
    let provider = Provider::stored(&row.provider).ok_or_else(|| MoneyError::broken("notice"))?;
    let news = match provider {
        Provider::Stripe => stripe::news(&row.payload),
        Provider::Paypal => paypal::news(&row.payload),
    };
    let mut taken = Taken { provider, news, account: None, checkout: None };
    if let News::Approved { external } = &taken.news {
        taken.checkout = store::find_external(tx, provider.as_str(), external)?.map(|row| row.id);
        taken.account = account_of(tx, seal, provider)?;
    }
    Ok(Some(taken))
}

/// Acts on news, with what the provider answered if it was asked.
pub fn handle(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    (id, provider): (Uuid, Provider),
    news: News,
) -> Result<Next, MoneyError> {
    let Some(mut row) = store::lock_news(tx, id)? else { return Ok(Next::Done) };
    if row.next_at.is_none() {
        return Ok(Next::Done);
    }
    let outcome = match news {
        News::Paid { external, payment, amount } => paid(tx, provider, &external, &payment, amount)?,
        News::Ended { external } => ended(tx, provider, &external)?,
        News::GivenBack { payment, total } => {
            let known = payment_rows::of_provider(tx, provider.as_str(), &payment)?;
            match (known, total) {
                (Some(known), Some(total)) => {
                    if payments::note_given_back(tx, people, known, total, &row.event_id)? {
                        Outcome::Handled
                    } else {
                        // What it told may be that one.
                        Outcome::Later("a refund of ours is under way".to_owned())
                    }
                }
                (_, None) => Outcome::Refused("the amount cannot be read".to_owned()),
                // It may overtake the news of the payment.
                (None, _) => Outcome::Later("no such payment yet".to_owned()),
            }
        }
        News::Approved { .. } | News::Nothing => Outcome::Ignored,
    };
    settle(tx, &mut row, outcome)
}

/// Notes why news could not be acted on yet.
pub fn put_off(tx: &mut TenantTx<'_>, id: Uuid, why: &str) -> Result<(), MoneyError> {
    if let Some(mut row) = store::lock_news(tx, id)?
        && row.next_at.is_some()
    {
        settle(tx, &mut row, Outcome::Later(why.to_owned()))?;
    }
    Ok(())
}

enum Outcome {
    Handled,
    Ignored,
    Refused(String),
    Later(String),
}

fn settle(tx: &mut TenantTx<'_>, row: &mut NewsRow, outcome: Outcome) -> Result<Next, MoneyError> {
    let (status, note) = match outcome {
        Outcome::Later(why) if row.attempts < MOST_ATTEMPTS => {
            row.note = Some(why);
            row.next_at = Some(next_try(row.attempts, tx.now()));
            store::save_news(tx, row)?;
            return Ok(Next::Later);
        }
        Outcome::Handled => ("handled", None),
        Outcome::Ignored => ("ignored", None),
        Outcome::Refused(why) | Outcome::Later(why) => ("refused", Some(why)),
    };
    status.clone_into(&mut row.status);
    row.note.clone_from(&note);
    (row.next_at, row.handled_at) = (None, Some(tx.now()));
    store::save_news(tx, row)?;
    if let Some(reason) = note {
        let (provider, event) = (row.provider.clone(), row.event_id.clone());
        tx.emit(
            row.id,
            1,
            &PaymentNoticeRefused { id: row.id, provider, event, kind: row.kind.clone(), reason },
        );
    }
    Ok(Next::Done)
}

/// Notes the payment of a page, once. Of the invoice it pays what is due; the rest is the customer's credit.
fn paid(
    tx: &mut TenantTx<'_>,
    provider: Provider,
    external: &str,
    payment: &str,
    amount: Option<Money>,
) -> Result<Outcome, MoneyError> {
    // The invoice before its pages, as whoever asks for a page locks them.
    let Some(checkout) = store::find_external(tx, provider.as_str(), external)? else {
        return Ok(Outcome::Refused("the page is none of ours".to_owned()));
    };
    let Some(amount) = amount.filter(|_| !payment.is_empty()) else {
        return Ok(Outcome::Refused("the payment cannot be read".to_owned()));
    };
    let asked = (checkout.amount_minor, checkout.currency.as_str());
    if (amount.minor(), amount.currency().as_str()) != asked {
        let why = format!("{amount} came, and {} {} minor units were asked for", asked.1, asked.0);
        return Ok(Outcome::Refused(why));
    }
    let invoice = invoices::lock(tx, checkout.invoice_id.into())?;
    let Some(mut checkout) = store::lock_checkout(tx, checkout.id)? else {
        return Err(MoneyError::broken("checkout"));
    };
    let due = invoice.due_minor().min(amount.minor());
    let share = (invoice.invoice(), Money::from_minor(due, amount.currency()));
    let new = NewPayment {
        customer: invoice.customer_id.into(),
        method: provider.method(),
        amount,
        reference: invoice.number.map(|number| format!("{}-{number}", invoice.series)),
        notes: None,
        provider_payment_id: Some(payment.to_owned()),
        received_at: tx.now(),
        allocations: if due > 0 { vec![share] } else { Vec::new() },
    };
    if payments::record(tx, &new)?.is_none() {
        return Ok(Outcome::Handled);
    }
    close(tx, &mut checkout, "paid")?;
    Ok(Outcome::Handled)
}

fn ended(tx: &mut TenantTx<'_>, provider: Provider, external: &str) -> Result<Outcome, MoneyError> {
    let Some(mut checkout) = store::lock_external(tx, provider.as_str(), external)? else {
        return Ok(Outcome::Ignored);
    };
    // It may come after the payment of the same page.
    if checkout.status == "open" {
        close(tx, &mut checkout, "ended")?;
        let event = PaymentPageEnded { id: checkout.id, invoice_id: checkout.invoice_id.into() };
        tx.emit(checkout.id, 1, &event);
    }
    Ok(Outcome::Handled)
}

fn close(tx: &mut TenantTx<'_>, checkout: &mut CheckoutRow, status: &str) -> Result<(), MoneyError> {
    status.clone_into(&mut checkout.status);
    checkout.updated_at = tx.now();
    store::save_checkout(tx, checkout)
}

//! What is done with subscriptions.

use chrono::NaiveDate;
use serde_json::json;

use super::domain::{Period, Status, anchor, lines_for};
use super::store::{self, PeriodRow, SubscriptionRow};
use crate::billing::contract::events::{
    SubscriptionBilled, SubscriptionCancelled, SubscriptionChanged, SubscriptionCreated, SubscriptionPastDue,
    SubscriptionPaused, SubscriptionRecovered, SubscriptionResumed,
};
use crate::billing::contract::{InvoiceId, MoneyError, SubscriptionId};
use crate::billing::customers;
use crate::billing::domain::{self, Discount, DocumentLine, Series};
use crate::billing::invoices::{self, Content, NewInvoice, Origin, day_of, first_moment};
use crate::crm::CustomerId;
use crate::identity::People;
use crate::kernel::{Currency, Invalid, Message, Money, NonNegativeMoney};
use crate::platform::db::{RawJson, TenantTx};
use crate::platform::http::Patch;
use crate::platform::problem::Problem;

/// A subscription to be.
#[derive(Debug, Clone)]
pub struct NewSubscription {
    /// Who pays.
    pub customer: CustomerId,
    /// What it is called.
    pub name: String,
    /// In which currency.
    pub currency: Currency,
    /// What a whole period costs.
    pub content: Content,
    /// How often.
    pub period: Period,
    /// The first day; today when not said.
    pub starts_on: Option<NaiveDate>,
    /// The day of the month on which whole periods begin.
    pub billing_day: Option<u32>,
    /// Days until its invoices are due.
    pub payment_terms_days: i32,
}

/// What changes in a subscription.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// What it is called.
    pub name: Option<String>,
    /// What a whole period costs.
    pub lines: Option<Vec<DocumentLine>>,
    /// What is taken off.
    pub discount: Patch<Discount>,
    /// Days until its invoices are due.
    pub payment_terms_days: Option<i32>,
}

/// Makes a subscription; its first invoice follows when its first day begins.
pub fn create(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    new: NewSubscription,
) -> Result<SubscriptionRow, MoneyError> {
    customers::open(tx, new.customer)?;
    let totals = domain::totals(&new.content.lines, new.content.discount.as_ref(), new.currency)?;
    let zone = people.settings(tx)?.time_zone.tz();
    let today = day_of(tx.now(), zone);
    let starts_on = new.starts_on.unwrap_or(today);
    let too_far = || {
        let reason =
            Invalid::new("must be from today to a year from now", "debe ir de hoy a dentro de un año");
        MoneyError::at("/starts_on", reason)
    };
    if starts_on < today || (starts_on - today).num_days() > 366 {
        return Err(too_far());
    }
    let anchor_on = anchor(starts_on, new.billing_day).ok_or_else(too_far)?;
    let id = SubscriptionId::new();
    let row = SubscriptionRow {
        tenant_id: tx.tenant().uuid(),
        id: id.uuid(),
        version: 1,
        customer_id: new.customer.uuid(),
        name: new.name,
        status: Status::Active.as_str().to_owned(),
        currency: new.currency.as_str().to_owned(),
        content: RawJson::of(&new.content),
        net_minor: totals.subtotal.minor() - totals.discount.minor(),
        period: new.period.as_str().to_owned(),
        starts_on,
        anchor_on,
        next_period: 0,
        next_at: first_moment(starts_on, zone),
        payment_terms_days: new.payment_terms_days,
        ends_with_period: false,
        cancelled_at: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::insert(tx, &row)?;
    let event = SubscriptionCreated { id, customer_id: new.customer, period: new.period, net: row.net()? };
    tx.emit(row.id, row.version, &event);
    Ok(row)
}

/// Changes a subscription. What it costs more is billed at once for the days that are left of a period that was billed; what it
/// costs less holds from the next period on.
pub fn update(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    id: SubscriptionId,
    expected: Option<i32>,
    change: Change,
) -> Result<SubscriptionRow, MoneyError> {
    let mut row = lock(tx, id, expected)?;
    if row.status == Status::Cancelled.as_str() {
        return Err(wrong_state(&row, &["active", "past_due", "paused"]));
    }
    if let Some(name) = change.name {
        row.name = name;
    }
    if let Some(days) = change.payment_terms_days {
        row.payment_terms_days = days;
    }
    let before = row.net()?;
    let mut content = row.content()?;
    if let Some(lines) = change.lines {
        content.lines = lines;
    }
    change.discount.apply(&mut content.discount);
    let totals = domain::totals(&content.lines, content.discount.as_ref(), row.currency()?)?;
    row.net_minor = totals.subtotal.minor() - totals.discount.minor();
    row.content = RawJson::of(&content);
    touch(tx, &mut row);
    store::save(tx, &row)?;
    let event = SubscriptionChanged { id, customer_id: row.customer_id.into(), net: row.net()? };
    tx.emit(row.id, row.version, &event);
    if row.net_minor > before.minor() && row.next_at.is_some() && row.next_period > 0 {
        bill_difference(tx, people, &row, &content, before)?;
    }
    Ok(row)
}

/// Bills what a period costs more for the days that are left of it: the new lines, less what of them is not more.
fn bill_difference(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    row: &SubscriptionRow,
    content: &Content,
    before: Money,
) -> Result<(), MoneyError> {
    let today = invoices::today(tx, people)?;
    let rest = row.span(row.next_period - 1)?.from(today);
    if rest.days() <= 0 {
        return Ok(());
    }
    let currency = before.currency();
    let lines = lines_for(rest, &content.lines).map_err(|reason| MoneyError::at("/lines", reason))?;
    let whole = domain::totals(&lines, None, currency)?;
    let net = whole.subtotal.minor() - whole.discount.minor();
    let more = rest.share_of(row.net_minor - before.minor());
    let not_more = NonNegativeMoney::try_from(Money::from_minor((net - more).max(0), currency));
    let discount = not_more.ok().map(Discount::Amount);
    invoice(tx, people, row, Content { lines, discount, notes: None })?;
    Ok(())
}

/// Bills the period that is due, once. Whoever comes second finds another period, or none.
pub fn bill(tx: &mut TenantTx<'_>, people: &dyn People, id: SubscriptionId) -> Result<(), MoneyError> {
    let mut row = store::lock(tx, id)?;
    if row.next_at.is_none_or(|at| at > tx.now()) {
        return Ok(());
    }
    if row.ends_with_period && row.next_period > 0 {
        return end(tx, &mut row);
    }
    let span = row.span(row.next_period)?;
    let content = row.content()?;
    let lines = lines_for(span, &content.lines).map_err(|reason| MoneyError::at("/lines", reason))?;
    let discount = match content.discount {
        Some(Discount::Amount(money)) => {
            let share = span.share_of(Money::from(money).minor());
            NonNegativeMoney::try_from(Money::from_minor(share, row.currency()?)).ok().map(Discount::Amount)
        }
        other => other,
    };
    let invoice_id = invoice(tx, people, &row, Content { lines, discount, notes: content.notes })?;
    let period = PeriodRow {
        tenant_id: row.tenant_id,
        subscription_id: row.id,
        starts_on: span.starts_on,
        ends_on: span.ends_on,
        invoice_id: invoice_id.uuid(),
        created_at: tx.now(),
    };
    store::insert_period(tx, &period)?;
    row.next_period += 1;
    let zone = people.settings(tx)?.time_zone.tz();
    row.next_at = first_moment(span.ends_on, zone);
    touch(tx, &mut row);
    store::save(tx, &row)?;
    let event = SubscriptionBilled { id, invoice_id, starts_on: span.starts_on, ends_on: span.ends_on };
    tx.emit(row.id, row.version, &event);
    Ok(())
}

/// Issues an invoice of the subscription.
fn invoice(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    row: &SubscriptionRow,
    content: Content,
) -> Result<InvoiceId, MoneyError> {
    let new = NewInvoice {
        customer: row.customer_id.into(),
        currency: row.currency()?,
        series: Series::of_invoices(),
        content,
        payment_terms_days: row.payment_terms_days,
        origin: Origin::Subscription(row.id),
    };
    let drafted = invoices::create(tx, &new)?.ok_or_else(|| MoneyError::broken("invoice"))?;
    invoices::issue(tx, people, drafted.invoice(), None)?;
    Ok(drafted.invoice())
}

/// Stops billing until it is resumed.
pub fn pause(
    tx: &mut TenantTx<'_>,
    id: SubscriptionId,
    expected: Option<i32>,
) -> Result<SubscriptionRow, MoneyError> {
    let mut row = lock(tx, id, expected)?;
    if row.next_at.is_none() {
        return Err(wrong_state(&row, &["active", "past_due"]));
    }
    stop(tx, &mut row, "by_user")?;
    Ok(row)
}

fn stop(tx: &mut TenantTx<'_>, row: &mut SubscriptionRow, reason: &str) -> Result<(), MoneyError> {
    Status::Paused.as_str().clone_into(&mut row.status);
    row.next_at = None;
    touch(tx, row);
    store::save(tx, row)?;
    let (id, customer_id) = (row.subscription(), row.customer_id.into());
    tx.emit(row.id, row.version, &SubscriptionPaused { id, customer_id, reason: reason.to_owned() });
    Ok(())
}

/// Bills a paused subscription again: from today, or from the end of the period that was billed.
pub fn resume(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    id: SubscriptionId,
    expected: Option<i32>,
) -> Result<SubscriptionRow, MoneyError> {
    let mut row = lock(tx, id, expected)?;
    if row.status != Status::Paused.as_str() {
        return Err(wrong_state(&row, &["paused"]));
    }
    let zone = people.settings(tx)?.time_zone.tz();
    let today = day_of(tx.now(), zone);
    let paid_until = if row.next_period > 0 { row.span(row.next_period - 1)?.ends_on } else { row.starts_on };
    if row.ends_with_period && paid_until <= today {
        end(tx, &mut row)?;
        return Ok(row);
    }
    if paid_until < today {
        // The days between were not billed, and never will be.
        (row.starts_on, row.anchor_on, row.next_period) = (today, today, 0);
    }
    row.next_at = first_moment(paid_until.max(today), zone);
    Status::Active.as_str().clone_into(&mut row.status);
    touch(tx, &mut row);
    store::save(tx, &row)?;
    tx.emit(row.id, row.version, &SubscriptionResumed { id, customer_id: row.customer_id.into() });
    Ok(row)
}

/// Cancels at once, or when the period that was billed ends. What was billed stays billed.
pub fn cancel(
    tx: &mut TenantTx<'_>,
    id: SubscriptionId,
    expected: Option<i32>,
    with_period: bool,
) -> Result<SubscriptionRow, MoneyError> {
    let mut row = lock(tx, id, expected)?;
    if row.status == Status::Cancelled.as_str() {
        return Err(wrong_state(&row, &["active", "past_due", "paused"]));
    }
    if with_period && row.next_at.is_some() && row.next_period > 0 {
        row.ends_with_period = true;
        touch(tx, &mut row);
        store::save(tx, &row)?;
        let event = SubscriptionChanged { id, customer_id: row.customer_id.into(), net: row.net()? };
        tx.emit(row.id, row.version, &event);
    } else {
        end(tx, &mut row)?;
    }
    Ok(row)
}

fn end(tx: &mut TenantTx<'_>, row: &mut SubscriptionRow) -> Result<(), MoneyError> {
    Status::Cancelled.as_str().clone_into(&mut row.status);
    row.cancelled_at = Some(tx.now());
    row.next_at = None;
    touch(tx, row);
    store::save(tx, row)?;
    let (id, customer_id) = (row.subscription(), row.customer_id.into());
    tx.emit(row.id, row.version, &SubscriptionCancelled { id, customer_id });
    Ok(())
}

/// What an overdue invoice does to its subscription: it is past due, and paused when the last reminder was in vain.
pub fn dun(tx: &mut TenantTx<'_>, invoice: InvoiceId, is_last: bool) -> Result<(), MoneyError> {
    let Some(mut row) = of_invoice(tx, invoice)? else { return Ok(()) };
    if row.next_at.is_none() {
        return Ok(());
    }
    if is_last {
        return stop(tx, &mut row, "unpaid");
    }
    if row.status == Status::Active.as_str() {
        Status::PastDue.as_str().clone_into(&mut row.status);
        touch(tx, &mut row);
        store::save(tx, &row)?;
        let (id, customer_id) = (row.subscription(), row.customer_id.into());
        tx.emit(row.id, row.version, &SubscriptionPastDue { id, customer_id, invoice_id: invoice });
    }
    Ok(())
}

/// What a paid invoice does to its subscription: it is active again once none of its invoices is overdue.
pub fn recover(tx: &mut TenantTx<'_>, people: &dyn People, invoice: InvoiceId) -> Result<(), MoneyError> {
    let Some(mut row) = of_invoice(tx, invoice)? else { return Ok(()) };
    let today = invoices::today(tx, people)?;
    if row.status != Status::PastDue.as_str() || invoices::has_overdue(tx, row.id, today)? {
        return Ok(());
    }
    Status::Active.as_str().clone_into(&mut row.status);
    touch(tx, &mut row);
    store::save(tx, &row)?;
    let (id, customer_id) = (row.subscription(), row.customer_id.into());
    tx.emit(row.id, row.version, &SubscriptionRecovered { id, customer_id });
    Ok(())
}

fn of_invoice(tx: &mut TenantTx<'_>, invoice: InvoiceId) -> Result<Option<SubscriptionRow>, MoneyError> {
    let subscription = invoices::subscription_of(tx, invoice)?;
    subscription.map(|id| store::lock(tx, id.into())).transpose()
}

fn lock(
    tx: &mut TenantTx<'_>,
    id: SubscriptionId,
    expected: Option<i32>,
) -> Result<SubscriptionRow, MoneyError> {
    let row = store::lock(tx, id)?;
    if expected.is_some_and(|version| version != row.version) {
        return Err(MoneyError::Stale(row.version));
    }
    Ok(row)
}

fn touch(tx: &TenantTx<'_>, row: &mut SubscriptionRow) {
    row.version += 1;
    row.updated_at = tx.now();
}

fn wrong_state(row: &SubscriptionRow, allowed: &[&str]) -> MoneyError {
    let (status, list) = (&row.status, allowed.join(", "));
    Problem::conflict(
        "subscription-wrong-state",
        Message::new("The subscription is in another state", "La suscripción está en otro estado"),
    )
    .detail(Message::formatted(
        format!("It is `{status}`; this needs one of: {list}"),
        format!("Está en `{status}`; esto requiere: {list}"),
    ))
    .member("subscription_status", json!(status))
    .member("allowed", json!(allowed))
    .into()
}

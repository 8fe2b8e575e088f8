//! Statements of account.

use chrono::{DateTime, Utc};

use crate::billing::contract::MoneyError;
use crate::billing::payments::store::{self, Entry};
use crate::crm::{self, CustomerId};
use crate::identity::People;
use crate::kernel::{Currency, Invalid, Money};
use crate::platform::db::TenantTx;
use crate::platform::problem::{FieldError, Problem};

/// Entries that a statement shows at most.
const MOST: usize = 1_000;

/// What happened between a customer and us in a span of time.
#[derive(Debug, Clone)]
pub struct Statement {
    /// What was owed at its beginning.
    pub opening: Money,
    /// What happened, in order, each with what was owed after it.
    pub entries: Vec<(Entry, Money)>,
    /// What was owed at its end.
    pub closing: Money,
}

/// The statement of a customer in `currency`, or else in the customer's or the company's own.
pub fn statement(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    customer: CustomerId,
    currency: Option<Currency>,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Statement, MoneyError> {
    let known = crm::customer(tx, customer)?;
    let currency = match currency.or(known.currency) {
        Some(currency) => currency,
        None => people.settings(tx)?.currency,
    };
    let money = |minor| Money::from_minor(minor, currency);
    let code = currency.as_str();
    let opening = store::opening(tx, customer.uuid(), code, from)?;
    let most = i64::try_from(MOST).unwrap_or(i64::MAX) + 1;
    let found = store::entries(tx, customer.uuid(), code, (from, to), most)?;
    if found.len() > MOST {
        let reason = Invalid::new(
            "more than 1000 entries lie between `from` and `to`; ask for a shorter time",
            "hay más de 1000 movimientos entre `from` y `to`; pida un periodo más corto",
        );
        return Err(Problem::invalid(vec![FieldError::parameter("from", reason)]).into());
    }
    let mut balance = opening;
    let entries = found.into_iter().map(|entry| {
        balance += entry.minor;
        (entry, money(balance))
    });
    let entries: Vec<_> = entries.collect();
    Ok(Statement { opening: money(opening), entries, closing: money(balance) })
}

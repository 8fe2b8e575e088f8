//! The calculation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Discount, DocumentLine, Factor, Tax, TaxKind, TaxName};
use crate::kernel::{Currency, Decimal6, Invalid, Money};
use crate::platform::problem::{FieldError, Problem};

/// What a document comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    /// All lines before discounts and taxes.
    pub subtotal: Money,
    /// All that is taken off, the document's discount included.
    pub discount: Money,
    /// The taxes that are added.
    pub transferred: Money,
    /// The taxes that the customer keeps back.
    pub withheld: Money,
    /// What is to be paid.
    pub total: Money,
    /// The taxes: those that are added by rate, then those that are kept back, one a tax.
    pub taxes: Vec<TaxTotal>,
    /// What each line comes to.
    pub lines: Vec<LineTotals>,
}

/// A tax of a whole document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaxTotal {
    /// Which.
    pub tax: TaxName,
    /// Added, or kept back.
    pub kind: TaxKind,
    /// How it is computed; null where a tax is kept back at several rates.
    #[schema(required)]
    pub factor: Option<Factor>,
    /// Its rate; null for `exempt`, and where a tax is kept back at several rates.
    #[schema(required)]
    pub rate: Option<Decimal6>,
    /// What it is computed on: money, or units for a quota.
    pub base: Decimal6,
    /// What it comes to; null for `exempt`.
    #[schema(required)]
    pub amount: Option<Money>,
}

/// What a line comes to, with six decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineTotals {
    /// Quantity × unit price.
    pub amount: Decimal6,
    /// Its own discount and its share of the document's.
    pub discount: Decimal6,
    /// Its taxes; none when everything is taken off.
    pub taxes: Vec<LineTax>,
}

/// A tax of a line, with six decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineTax {
    /// The tax.
    pub tax: Tax,
    /// What it is computed on: money, or units for a quota.
    pub base: Decimal6,
    /// What it comes to; null for `exempt`.
    #[schema(required)]
    pub amount: Option<Decimal6>,
}

/// Millionths. Products of two numbers of 64 bits fit.
type Exact = i128;

const ONE: Exact = 1_000_000;

/// Computes a document of `lines`, less a `discount` of the whole.
///
/// Refused: a discount in another currency or above what it is taken off, the same tax twice in a line, more kept back than
/// there is, and anything beyond 64 bits of millionths.
pub fn totals(
    lines: &[DocumentLine],
    discount: Option<&Discount>,
    currency: Currency,
) -> Result<Totals, Problem> {
    let mut priced = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let amount = half_up(exact(line.quantity()) * exact(line.unit_price()), ONE);
        fits(amount, || format!("/lines/{index}/unit_price"))?;
        let own = taken_off(line.discount.as_ref(), amount, currency)
            .map_err(|reason| refused(format!("/lines/{index}/discount"), reason))?;
        priced.push((amount, own));
    }
    let net: Exact = priced.iter().map(|(amount, own)| amount - own).sum();
    fits(priced.iter().map(|(amount, _)| amount).sum(), || "/lines".to_owned())?;
    let whole =
        taken_off(discount, net, currency).map_err(|reason| refused("/discount".to_owned(), reason))?;
    spread(&mut priced, whole, net);
    let mut computed = Vec::with_capacity(lines.len());
    for (index, (line, (amount, off))) in lines.iter().zip(priced).enumerate() {
        refuse_twice(&line.taxes).map_err(|reason| refused(format!("/lines/{index}/taxes"), reason))?;
        computed.push(taxed(line, amount, off, index)?);
    }
    summed(computed, currency)
}

/// What `discount` takes off `amount`.
fn taken_off(discount: Option<&Discount>, amount: Exact, currency: Currency) -> Result<Exact, Invalid> {
    let off = match discount {
        None => 0,
        Some(Discount::Percent(percent)) => half_up(amount * exact(percent.value()), 100 * ONE),
        Some(Discount::Amount(money)) => {
            let money = Money::from(*money);
            if money.currency() != currency {
                return Err(Invalid::formatted(
                    format!("The document is in {currency}: write its discounts in {currency}, too."),
                    format!("El documento está en {currency}: escriba también sus descuentos en {currency}."),
                ));
            }
            Exact::from(money.minor()) * per_minor(currency)
        }
    };
    if off > amount {
        return Err(Invalid::new(
            "The discount is more than what it is taken off.",
            "El descuento es mayor que aquello de lo que se descuenta.",
        ));
    }
    Ok(off)
}

/// Spreads `whole` over the lines in proportion to what is left of each. Each line gets the difference of two shares that are
/// rounded down, of all lines up to it and up to the one before, so that the sum is exact and no line gets more than it has.
fn spread(priced: &mut [(Exact, Exact)], whole: Exact, net: Exact) {
    let mut before = 0;
    for (amount, off) in priced.iter_mut().filter(|_| net > 0) {
        let up_to = before + *amount - *off;
        *off += whole * up_to / net - whole * before / net;
        before = up_to;
    }
}

fn refuse_twice(taxes: &[Tax]) -> Result<(), Invalid> {
    let name = |tax: &Tax| (tax.tax, tax.kind, tax.factor);
    let is_twice = |(index, tax): (usize, &Tax)| taxes[..index].iter().any(|other| name(other) == name(tax));
    if taxes.iter().enumerate().any(is_twice) {
        return Err(Invalid::new(
            "A line has each tax once: leave the second one out.",
            "Un renglón lleva cada impuesto una vez: quite el segundo.",
        ));
    }
    Ok(())
}

/// The taxes of a line. IEPS that is added is part of the base of IVA (Ley del IVA, article 12).
fn taxed(line: &DocumentLine, amount: Exact, off: Exact, index: usize) -> Result<LineTotals, Problem> {
    let net = amount - off;
    let of = |tax: &Tax, base: Exact| half_up(base * tax.rate.map_or(0, exact), ONE);
    let base_before_ieps = |tax: &Tax| if tax.factor == Factor::Quota { exact(line.quantity()) } else { net };
    let is_added_ieps = |tax: &&Tax| tax.tax == TaxName::Ieps && tax.kind == TaxKind::Transferred;
    let ieps: Exact = line.taxes.iter().filter(is_added_ieps).map(|tax| of(tax, base_before_ieps(tax))).sum();
    let mut taxes = Vec::with_capacity(line.taxes.len());
    for tax in &line.taxes {
        let base = base_before_ieps(tax) + if tax.tax == TaxName::Iva { ieps } else { 0 };
        // The SAT takes no tax on nothing.
        if base > 0 {
            let place = || format!("/lines/{index}/taxes");
            let amount = match tax.factor {
                Factor::Exempt => None,
                Factor::Rate | Factor::Quota => Some(fits(of(tax, base), place)?),
            };
            taxes.push(LineTax { tax: *tax, base: fits(base, place)?, amount });
        }
    }
    let place = || format!("/lines/{index}");
    Ok(LineTotals { amount: fits(amount, place)?, discount: fits(off, place)?, taxes })
}

/// What is summed of one tax.
struct Sum {
    first: Tax,
    is_of_one_rate: bool,
    base: Exact,
    amount: Exact,
}

fn summed(lines: Vec<LineTotals>, currency: Currency) -> Result<Totals, Problem> {
    let mut sums = BTreeMap::new();
    for line_tax in lines.iter().flat_map(|line| &line.taxes) {
        let tax = line_tax.tax;
        // A CFDI has one entry for each rate that is added, and one for each tax that is kept back.
        let rate = (tax.kind == TaxKind::Transferred).then_some((tax.factor, tax.rate));
        let sum = sums.entry((tax.kind, tax.tax, rate)).or_insert(Sum {
            first: tax,
            is_of_one_rate: true,
            base: 0,
            amount: 0,
        });
        sum.is_of_one_rate &= (sum.first.factor, sum.first.rate) == (tax.factor, tax.rate);
        sum.base += exact(line_tax.base);
        sum.amount += line_tax.amount.map_or(0, exact);
    }
    let taxes = sums.into_values().map(|sum| sum.total(currency)).collect::<Result<Vec<_>, _>>()?;
    let sum_of = |part: fn(&LineTotals) -> Decimal6| lines.iter().map(|line| exact(part(line))).sum();
    let subtotal = money(sum_of(|line| line.amount), currency)?;
    let discount = money(sum_of(|line| line.discount), currency)?;
    let of_kind = |kind| {
        let amounts = taxes.iter().filter(move |tax| tax.kind == kind).filter_map(|tax| tax.amount);
        let zero = Money::from_minor(0, currency);
        amounts.into_iter().try_fold(zero, Money::checked_add)
    };
    let transferred = of_kind(TaxKind::Transferred).map_err(whole_refused)?;
    let withheld = of_kind(TaxKind::Withheld).map_err(whole_refused)?;
    let total = subtotal
        .checked_sub(discount)
        .and_then(|net| net.checked_add(transferred))
        .and_then(|gross| gross.checked_sub(withheld))
        .map_err(whole_refused)?;
    if total.minor() < 0 {
        return Err(whole_refused(Invalid::new(
            "The taxes that are kept back are more than what is to be paid.",
            "Los impuestos retenidos son más que lo que se paga.",
        )));
    }
    Ok(Totals { subtotal, discount, transferred, withheld, total, taxes, lines })
}

impl Sum {
    fn total(self, currency: Currency) -> Result<TaxTotal, Problem> {
        let Sum { first, is_of_one_rate, base, amount } = self;
        let per_minor = per_minor(currency);
        Ok(TaxTotal {
            tax: first.tax,
            kind: first.kind,
            factor: is_of_one_rate.then_some(first.factor),
            rate: if is_of_one_rate { first.rate } else { None },
            base: fits(half_up(base, per_minor) * per_minor, || "/lines".to_owned())?,
            amount: if first.factor == Factor::Exempt { None } else { Some(money(amount, currency)?) },
        })
    }
}

fn exact(decimal: Decimal6) -> Exact {
    decimal.millionths().into()
}

/// How many millionths the smallest coin is.
fn per_minor(currency: Currency) -> Exact {
    ONE / Exact::from(currency.minor_per_unit())
}

/// An amount of a line as people read it: rounded half-up to the currency's decimals. Nothing is computed with it.
pub fn rounded(amount: Decimal6, currency: Currency) -> Money {
    let minor = half_up(exact(amount), per_minor(currency));
    Money::from_minor(i64::try_from(minor).unwrap_or(i64::MAX), currency)
}

/// `number / divisor`, rounded half-up; nothing here is below zero.
fn half_up(number: Exact, divisor: Exact) -> Exact {
    number / divisor + Exact::from(number % divisor * 2 >= divisor)
}

fn money(sum: Exact, currency: Currency) -> Result<Money, Problem> {
    fits(sum, || "/lines".to_owned())?;
    let minor = i64::try_from(half_up(sum, per_minor(currency))).map_err(|_| whole_refused(too_large()))?;
    Ok(Money::from_minor(minor, currency))
}

fn fits(number: Exact, place: impl FnOnce() -> String) -> Result<Decimal6, Problem> {
    let millionths = i64::try_from(number).map_err(|_| refused(place(), too_large()))?;
    Ok(Decimal6::from_millionths(millionths))
}

fn too_large() -> Invalid {
    Invalid::new("The amount is too large.", "La cantidad es demasiado grande.")
}

fn whole_refused(reason: Invalid) -> Problem {
    refused("/lines".to_owned(), reason)
}

fn refused(pointer: String, reason: Invalid) -> Problem {
    Problem::invalid(vec![FieldError::at(pointer, reason)])
}

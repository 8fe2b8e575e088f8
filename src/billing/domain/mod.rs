//! What a document of lines comes to: prices, discounts, taxes, totals. Pure; quotations and invoices compute with it.
//!
//! Everything is exact. A line's amount, its discount and its taxes have six decimals, each rounded half-up; sums are rounded
//! half-up to the currency's decimals once, at the end, as the SAT asks (domain rules 40107 to 40119, 40203 to 40221).

mod codes;
mod discount;
mod line;
mod tax;
pub mod tax_words;
#[cfg(test)]
mod tests;
mod totals;

pub use codes::{ProductKey, Series, UnitCode};
pub use discount::{Discount, Percent};
pub use line::DocumentLine;
pub use tax::{Factor, Tax, TaxKind, TaxName};
pub use totals::{LineTax, LineTotals, TaxTotal, Totals, rounded, totals};

//! What a quotation says: its lines as people write them, its versions, and the hash that proves one of them.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::billing::contract::ProductId;
use crate::billing::domain::{
    Discount, DocumentLine, LineTotals, ProductKey, Tax, TaxTotal, Totals, UnitCode,
};
use crate::kernel::{Currency, Decimal6, Line, Money, NonNegativeDecimal6, PositiveDecimal6};

/// A line as somebody writes it; what is left out is the product's.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuotationLineInput, example = json!({
    "description": "Uniforme escolar, talla M", "quantity": "40", "unit_code": "H87", "sat_product_key": "53102700",
    "unit_price": "185.5", "discount": { "percent": "10" },
    "taxes": [{ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" }]
}))]
pub struct LineInput {
    /// The product of the catalogue, if it is one.
    pub product_id: Option<ProductId>,
    /// What it is, for the customer; of a product its name when not said.
    pub description: Option<Line<1000>>,
    /// How much.
    pub quantity: PositiveDecimal6,
    /// The unit, by the SAT's catalogue; the product's when not said.
    pub unit_code: Option<UnitCode>,
    /// The kind of product, by the SAT's catalogue; the product's when not said.
    pub sat_product_key: Option<ProductKey>,
    /// The price of one, before discount and taxes; the price list's when not said.
    pub unit_price: Option<NonNegativeDecimal6>,
    /// What is taken off this line.
    pub discount: Option<Discount>,
    /// Its taxes, at most one of each tax, kind and factor; the product's when not said.
    #[schema(max_items = 8)]
    pub taxes: Option<Vec<Tax>>,
}

/// A version of a quotation: everything that the customer sees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = QuotationDocument, example = json!(content_example()))]
pub struct Content {
    /// The quotation's number in the company.
    pub folio: i64,
    /// Whom it is for.
    pub customer_name: String,
    /// The currency of the prices.
    pub currency: Currency,
    /// What it is about.
    #[schema(required)]
    pub title: Option<String>,
    /// What is said to the customer.
    #[schema(required)]
    pub notes: Option<String>,
    /// Under which terms.
    #[schema(required)]
    pub terms: Option<String>,
    /// Until when it can be accepted.
    pub valid_until: DateTime<Utc>,
    /// What is taken off the whole.
    #[schema(required)]
    pub discount: Option<Discount>,
    /// What is offered.
    pub lines: Vec<ContentLine>,
    /// All lines before discounts and taxes.
    pub subtotal: Money,
    /// All that is taken off.
    pub discounts: Money,
    /// The taxes that are added.
    pub transferred: Money,
    /// The taxes that the customer keeps back.
    pub withheld: Money,
    /// Each tax.
    pub taxes: Vec<TaxTotal>,
    /// What is to be paid.
    pub total: Money,
}

/// A line of a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = QuotationDocumentLine)]
pub struct ContentLine {
    /// The line.
    #[serde(flatten)]
    pub line: DocumentLine,
    /// Quantity × unit price.
    pub amount: Decimal6,
    /// What is taken off, with its share of the whole's discount.
    pub taken_off: Decimal6,
}

impl Content {
    /// Writes lines and what they come to.
    pub fn fill(&mut self, lines: &[DocumentLine], discount: Option<Discount>, totals: &Totals) {
        self.discount = discount;
        self.lines = lines
            .iter()
            .zip(&totals.lines)
            .map(|(line, sums)| ContentLine {
                line: line.clone(),
                amount: sums.amount,
                taken_off: sums.discount,
            })
            .collect();
        (self.subtotal, self.discounts, self.total) = (totals.subtotal, totals.discount, totals.total);
        (self.transferred, self.withheld) = (totals.transferred, totals.withheld);
        self.taxes.clone_from(&totals.taxes);
    }
}

/// The proof of what was accepted: SHA-256 of the version as JSON with sorted names and without white space.
///
/// The one place that says what the hash is of; when the customer is shown a file, it is the file's.
pub fn document_hash(content: &Value) -> Vec<u8> {
    digest(&SHA256, sorted(content).to_string().as_bytes()).as_ref().to_vec()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let sorted_members: BTreeMap<&String, Value> =
                members.iter().map(|(name, value)| (name, sorted(value))).collect();
            sorted_members.into_iter().map(|(name, value)| (name.clone(), value)).collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// The most percent that is taken off any line: of the list's price where the line's own price is below it.
pub fn highest_discount(lines: &[(DocumentLine, Option<Decimal6>)], totals: &[LineTotals]) -> Decimal6 {
    let share = |((line, list_price), sums): (&(DocumentLine, Option<Decimal6>), &LineTotals)| {
        let exact = |decimal: Decimal6| i128::from(decimal.millionths());
        let price = list_price.map_or(line.unit_price(), |list| list.max(line.unit_price()));
        let full = exact(line.quantity()) * exact(price) / 1_000_000;
        let paid = exact(sums.amount) - exact(sums.discount);
        // Rounding a price never makes a discount.
        if full <= paid { 0 } else { percent_of(full - paid, full) }
    };
    let highest = lines.iter().zip(totals).map(share).max().unwrap_or(0);
    Decimal6::from_millionths(i64::try_from(highest).unwrap_or(i64::MAX))
}

/// How many millionths of a percent `part` is of `whole`. Of all that round to `part` the plainest is meant: nobody who takes 10 %
/// off is told that a millionth more was taken.
fn percent_of(part: i128, whole: i128) -> i128 {
    const PERCENT: i128 = 100_000_000;
    let (least, most) = (((part - 1) * PERCENT + whole - 1) / whole, part * PERCENT / whole);
    let plain = |step: i128| most / step * step;
    [1_000_000, 100_000, 10_000, 1_000, 100, 10]
        .map(plain)
        .into_iter()
        .find(|found| *found >= least)
        .unwrap_or(most)
}

fn content_example() -> Value {
    json!({
        "folio": 12, "customer_name": "Escuela Benito Juárez", "currency": "MXN", "title": "Uniformes 2027", "notes": null,
        "terms": "50 % de anticipo", "valid_until": "2027-01-31T05:59:59Z", "discount": null,
        "lines": [{
            "product_id": null, "description": "Uniforme escolar, talla M", "quantity": "40", "unit_code": "H87",
            "sat_product_key": "53102700", "unit_price": "185.5", "discount": { "percent": "10" },
            "taxes": [{ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" }],
            "amount": "7420", "taken_off": "742"
        }],
        "subtotal": { "amount": "7420.00", "currency": "MXN" }, "discounts": { "amount": "742.00", "currency": "MXN" },
        "transferred": { "amount": "1068.48", "currency": "MXN" }, "withheld": { "amount": "0.00", "currency": "MXN" },
        "taxes": [{
            "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16", "base": "6678",
            "amount": { "amount": "1068.48", "currency": "MXN" }
        }],
        "total": { "amount": "7746.48", "currency": "MXN" }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::domain::totals;

    #[test]
    fn the_same_document_has_the_same_hash_whatever_the_order_of_its_names() {
        let one: Value = serde_json::from_str(r#"{"b":[{"y":1,"x":"ñ"}],"a":null}"#).unwrap();
        let other: Value = serde_json::from_str(r#"{ "a": null, "b": [ {"x": "ñ", "y": 1} ] }"#).unwrap();
        assert_eq!(document_hash(&one), document_hash(&other));
        // printf '{"a":null,"b":[{"x":"ñ","y":1}]}' | sha256sum
        let hex = crate::kernel::text::hex(&document_hash(&one));
        assert_eq!(hex, "0b8f3ca1097b565d2fd990204cfbaabfc8905d1c2917ee8e9a68eb411739952b");
        let changed: Value = serde_json::from_str(r#"{"a":null,"b":[{"x":"ñ","y":2}]}"#).unwrap();
        assert_ne!(document_hash(&one), document_hash(&changed));
    }

    #[test]
    fn a_price_below_the_list_is_a_discount() {
        let line = |price: &str, discount: Value| -> DocumentLine {
            serde_json::from_value(json!({
                "product_id": null, "description": "x", "quantity": "3", "unit_code": null, "sat_product_key": null,
                "unit_price": price, "discount": discount, "taxes": []
            }))
            .unwrap()
        };
        for (price, discount, list, whole, expected) in [
            ("100", json!(null), None, json!(null), "0"),
            ("100", json!({ "percent": "10" }), None, json!(null), "10"),
            ("80", json!(null), Some("100"), json!(null), "20"),
            ("120", json!({ "percent": "10" }), Some("100"), json!(null), "10"),
            ("80", json!({ "percent": "50" }), Some("100"), json!(null), "60"),
            ("100", json!(null), None, json!({ "percent": "25" }), "25"),
            ("100", json!({ "amount": { "amount": "300", "currency": "MXN" } }), None, json!(null), "100"),
            ("0", json!(null), None, json!(null), "0"),
            ("0.333333", json!({ "percent": "10" }), None, json!(null), "10"),
            ("0.333333", json!({ "percent": "12.345" }), None, json!(null), "12.345"),
        ] {
            let line = line(price, discount);
            let whole: Option<Discount> = serde_json::from_value(whole).unwrap();
            let sums = totals(std::slice::from_ref(&line), whole.as_ref(), Currency::MXN).unwrap();
            let list = list.map(|text: &str| Decimal6::parse(text).unwrap());
            assert_eq!(
                highest_discount(&[(line, list)], &sums.lines).to_string(),
                expected,
                "{price} {list:?}"
            );
        }
    }
}

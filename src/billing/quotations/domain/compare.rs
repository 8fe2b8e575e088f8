//! What is different in two versions of a quotation.

use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{Content, ContentLine};

/// What is different in two versions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuotationComparison, example = json!(example()))]
pub struct Comparison {
    /// The one version's number.
    pub from: i32,
    /// The other one's.
    pub to: i32,
    /// What is different besides lines: `{"total": {"from": …, "to": …}}`.
    #[schema(value_type = Object)]
    pub changed: Map<String, Value>,
    /// Lines that are new, gone, or different, in the order of the other version.
    pub lines: Vec<LineChange>,
}

/// A line that is new (`from` is null), gone (`to` is null), or different.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuotationLineChange)]
pub struct LineChange {
    /// As it was.
    #[schema(required)]
    pub from: Option<ContentLine>,
    /// As it is.
    #[schema(required)]
    pub to: Option<ContentLine>,
}

/// What is different in `after`. Lines of the same product, or else of the same description, are the same line.
pub fn compare(from: (i32, &Content), to: (i32, &Content)) -> Comparison {
    let (before, after) = (members(from.1), members(to.1));
    let differs = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
    let told =
        |(name, value): (&String, &Value)| (name.clone(), json!({ "from": before.get(name), "to": value }));
    let changed = differs.map(told).collect();
    let mut left: Vec<&ContentLine> = from.1.lines.iter().collect();
    let mut lines = Vec::new();
    for line in &to.1.lines {
        // An equal line first, so that two lines of one product are not taken for each other.
        let equal = left.iter().position(|other| *other == line);
        let same = equal.or_else(|| left.iter().position(|other| is_same(other, line)));
        let other = same.map(|index| left.remove(index));
        if other != Some(line) {
            lines.push(LineChange { from: other.cloned(), to: Some(line.clone()) });
        }
    }
    lines.extend(left.into_iter().map(|line| LineChange { from: Some(line.clone()), to: None }));
    Comparison { from: from.0, to: to.0, changed, lines }
}

fn is_same(one: &ContentLine, other: &ContentLine) -> bool {
    match (one.line.product_id, other.line.product_id) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one.line.description == other.line.description,
        _ => false,
    }
}

fn members(content: &Content) -> Map<String, Value> {
    let mut members = json!(content).as_object().cloned().unwrap_or_default();
    members.shift_remove("lines");
    members
}

fn example() -> Value {
    let line = |quantity: &str, amount: &str| {
        json!({
            "product_id": null, "description": "Uniforme escolar, talla M", "quantity": quantity, "unit_code": "H87",
            "sat_product_key": null, "unit_price": "185.5", "discount": null, "taxes": [], "amount": amount, "taken_off": "0"
        })
    };
    let money = |amount: &str| json!({ "amount": amount, "currency": "MXN" });
    json!({
        "from": 1, "to": 2, "changed": { "total": { "from": money("7420.00"), "to": money("9275.00") } },
        "lines": [{ "from": line("40", "7420"), "to": line("50", "9275") }]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(lines: &[(&str, &str)]) -> Content {
        let line = |(description, quantity): &(&str, &str)| {
            json!({
                "product_id": null, "description": description, "quantity": quantity, "unit_code": null,
                "sat_product_key": null, "unit_price": "1", "discount": null, "taxes": [], "amount": quantity, "taken_off": "0"
            })
        };
        let zero = json!({ "amount": "0", "currency": "MXN" });
        serde_json::from_value(json!({
            "folio": 1, "customer_name": "x", "currency": "MXN", "title": null, "notes": null, "terms": null,
            "valid_until": "2027-01-31T05:59:59Z", "discount": null, "lines": lines.iter().map(line).collect::<Vec<_>>(),
            "subtotal": zero, "discounts": zero, "transferred": zero, "withheld": zero, "taxes": [], "total": zero
        }))
        .unwrap()
    }

    #[test]
    fn lines_are_found_again_by_what_they_are() {
        let before = content(&[("uno", "1"), ("dos", "2"), ("tres", "3"), ("dos", "5")]);
        let mut after = content(&[("cero", "9"), ("dos", "5"), ("dos", "4"), ("uno", "1")]);
        after.title = Some("Otra".to_owned());
        let found = compare((1, &before), (2, &after));
        assert_eq!(found.changed.keys().collect::<Vec<_>>(), ["title"]);
        let told: Vec<_> = found
            .lines
            .iter()
            .map(|change| {
                let text = |line: &Option<ContentLine>| {
                    line.as_ref().map(|line| format!("{} {}", line.line.description, line.amount))
                };
                (text(&change.from), text(&change.to))
            })
            .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(told, [(None, some("cero 9")), (some("dos 2"), some("dos 4")), (some("tres 3"), None)]);
        assert!(compare((1, &before), (1, &before)).lines.is_empty());
    }
}

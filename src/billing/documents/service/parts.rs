//! Parts that the papers of all kinds have.

use crate::billing::documents::domain::Party;
use crate::billing::domain::{Factor, TaxKind, TaxName, TaxTotal};
use crate::crm::Customer;
use crate::identity::Letterhead;
use crate::kernel::{Decimal6, Message, Money};

/// Who sells.
pub fn seller(letterhead: &Letterhead) -> Party {
    let details = letterhead.tax_id.iter().map(ToString::to_string).collect();
    Party { name: letterhead.name.clone(), details }
}

/// Who buys, as they are now.
pub fn buyer(customer: &Customer, name: &str) -> Party {
    let legal = customer.legal_name.clone().filter(|legal| legal != name);
    let tax_id = customer.tax_id.as_ref().map(ToString::to_string);
    let email = customer.email.as_ref().map(ToString::to_string);
    Party { name: name.to_owned(), details: [legal, tax_id, email].into_iter().flatten().collect() }
}

/// The sums below the lines, the total last.
pub fn sums(subtotal: Money, discounts: Money, taxes: &[TaxTotal], total: Money) -> Vec<(Message, Money)> {
    let mut sums = vec![(Message::new("Subtotal", "Subtotal"), subtotal)];
    let less = |money: Money| Money::from_minor(-money.minor(), money.currency());
    if discounts.minor() > 0 {
        sums.push((Message::new("Discount", "Descuento"), less(discounts)));
    }
    for tax in taxes {
        let Some(amount) = tax.amount else { continue };
        let name = match tax.tax {
            TaxName::Isr => "ISR",
            TaxName::Iva => "IVA",
            TaxName::Ieps => "IEPS",
        };
        let rate = match (tax.factor, tax.rate) {
            (Some(Factor::Rate), Some(rate)) => format!(" {} %", percent(rate)),
            _ => String::new(),
        };
        let (name, amount) = match tax.kind {
            TaxKind::Transferred => {
                (Message::formatted(format!("{name}{rate}"), format!("{name}{rate}")), amount)
            }
            TaxKind::Withheld => (
                Message::formatted(format!("{name}{rate} withheld"), format!("Retención {name}{rate}")),
                less(amount),
            ),
        };
        sums.push((name, amount));
    }
    sums.push((Message::new("Total", "Total"), total));
    sums
}

/// 0.16 as 16.
fn percent(rate: Decimal6) -> Decimal6 {
    Decimal6::from_millionths(rate.millionths().saturating_mul(100))
}

/// The commonest units of the SAT's catalogue `c_ClaveUnidad` as people write them; others by their code.
pub fn unit(code: &str) -> String {
    const UNITS: [(&str, &str); 9] = [
        ("H87", "pz"),
        ("E48", "serv."),
        ("HUR", "h"),
        ("KGM", "kg"),
        ("GRM", "g"),
        ("LTR", "l"),
        ("MTR", "m"),
        ("MTK", "m²"),
        ("ACT", "act."),
    ];
    UNITS.iter().find(|(known, _)| *known == code).map_or(code, |(_, short)| short).to_owned()
}

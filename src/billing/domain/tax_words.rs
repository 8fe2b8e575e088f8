//! Taxes as people write them in a cell: `IVA 16%; ISR ret. 1.25%`.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{Factor, Tax, TaxKind, TaxName};
use crate::kernel::{Decimal6, Invalid, text};

const NAMES: [(TaxName, &str); 3] = [(TaxName::Iva, "IVA"), (TaxName::Isr, "ISR"), (TaxName::Ieps, "IEPS")];

/// The taxes in one cell, which [`read`] reads back.
pub fn written(taxes: &[Tax]) -> String {
    let word = |tax: &Tax| {
        let name = NAMES.iter().find(|(name, _)| *name == tax.tax).map_or("", |(_, word)| word);
        let kind = if tax.kind == TaxKind::Withheld { " ret." } else { "" };
        let millionths = tax.rate.map_or(0, Decimal6::millionths);
        match tax.factor {
            Factor::Exempt => format!("{name}{kind} exento"),
            Factor::Quota => format!("{name}{kind} cuota {}", Decimal::new(millionths, 6).normalize()),
            Factor::Rate => format!("{name}{kind} {}%", Decimal::new(millionths, 4).normalize()),
        }
    };
    taxes.iter().map(word).collect::<Vec<_>>().join("; ")
}

/// The taxes of a cell: a bare `16%`, `16` or `0.16` is IVA; `ret.` keeps it back; `exento` and `cuota 0.5` are known too.
pub fn read(cell: &str) -> Result<Vec<Tax>, Invalid> {
    let pieces = cell.split([';', '|', '\n', '+']).flat_map(|piece| piece.split(", "));
    pieces.map(str::trim).filter(|piece| !piece.is_empty()).map(one).collect()
}

fn one(piece: &str) -> Result<Tax, Invalid> {
    let folded = text::fold(piece);
    let has = |part: &str| folded.contains(part);
    let name =
        NAMES.iter().find(|(_, word)| has(&word.to_lowercase())).map_or(TaxName::Iva, |(name, _)| *name);
    let kind = if has("ret") || has("withh") { TaxKind::Withheld } else { TaxKind::Transferred };
    if has("exen") || has("exempt") {
        return Tax::new(name, kind, Factor::Exempt, None);
    }
    let start = folded.find(|c: char| c.is_ascii_digit()).ok_or_else(|| unreadable(piece))?;
    let rest = &folded[start..];
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
    let number: Decimal = rest[..end].parse().map_err(|_| unreadable(piece))?;
    let factor = if has("cuota") || has("quota") { Factor::Quota } else { Factor::Rate };
    // 16 and 16% are the same; 0.16 is said as a share.
    let is_share = factor == Factor::Quota || (!has("%") && number <= Decimal::ONE);
    let millionths = number * if is_share { Decimal::from(1_000_000) } else { Decimal::from(10_000) };
    let millionths = millionths.to_i64().filter(|_| millionths.fract().is_zero());
    let rate = millionths.map(Decimal6::from_millionths).ok_or_else(|| unreadable(piece))?;
    Tax::new(name, kind, factor, Some(rate))
}

fn unreadable(piece: &str) -> Invalid {
    Invalid::formatted(
        format!("\"{piece}\" is no tax: write it like IVA 16%, ISR ret. 1.25% or IVA exento."),
        format!("\"{piece}\" no es un impuesto: escríbalo como IVA 16%, ISR ret. 1.25% o IVA exento."),
    )
}

#[cfg(test)]
mod tests {
    use super::{read, written};

    #[test]
    fn taxes_of_cells_are_read_and_written_back() {
        for (cell, expected) in [
            ("16%", "IVA 16%"),
            ("16", "IVA 16%"),
            ("0.16", "IVA 16%"),
            ("I.V.A. 8 %", "IVA 8%"),
            ("iva 0%", "IVA 0%"),
            ("IVA exento", "IVA exento"),
            ("IVA 16%; ISR ret. 1.25%", "IVA 16%; ISR ret. 1.25%"),
            ("IVA 16% + Retención ISR 10%", "IVA 16%; ISR ret. 10%"),
            ("IEPS cuota 0.5", "IEPS cuota 0.5"),
            ("IEPS 26.5%, IVA 16%", "IEPS 26.5%; IVA 16%"),
            ("", ""),
        ] {
            let taxes = read(cell).unwrap();
            assert_eq!(written(&taxes), expected, "{cell}");
            assert_eq!(read(&written(&taxes)).unwrap(), taxes);
        }
        for cell in ["mucho", "IVA 17%", "ISR 10%", "IVA ret. exento", "IVA 16.00001%"] {
            assert!(read(cell).is_err(), "{cell}");
        }
    }
}

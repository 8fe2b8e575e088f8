//! Quotations, invoices and credit notes on paper: what a page says, where on it, and the file that is made of it once.
//!
//! What a document says and where it stands is pure: the same version in the same language is the same file, byte for byte, so its
//! hash can stand for it. A few are made at a time, in the background; until a file is in the store of files its row keeps it.

mod domain;
mod http;
mod layout;
mod schema;
mod service;
mod store;
mod tasks;

pub(in crate::billing) use http::{public_routes, routes};
pub(in crate::billing) use service::file_hash;
pub(in crate::billing) use tasks::start;
pub use tasks::{Documents, subscription};

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::domain::{Party, Printed, PrintedLine};
    use super::layout::pdf;
    use crate::kernel::{Color, Currency, Locale, Message, Money, WebUrl};

    fn mxn(minor: i64) -> Money {
        Money::from_minor(minor, Currency::MXN)
    }

    fn quotation(lines: usize) -> Printed {
        let line = |number: usize| PrintedLine {
            description: format!(
                "Vestido bordado a mano «Ñandú» nº {number}, talla única, con envío a Juchitán de Zaragoza"
            ),
            quantity: "1.5".to_owned(),
            unit: "pieza".to_owned(),
            unit_price: "1234.500000".to_owned(),
            discount: number.is_multiple_of(3).then(|| mxn(10_000)),
            amount: mxn(185_175),
        };
        Printed {
            title: Message::new("Quotation", "Cotización"),
            folio: "COT-00042".to_owned(),
            remark: None,
            locale: Locale::ES_MX,
            logo: None,
            primary: Some(Color::parse("#f0c800").unwrap()),
            secondary: Some(Color::parse("#2E2725").unwrap()),
            dates: vec![(Message::new("Date", "Fecha"), NaiveDate::from_ymd_opt(2026, 11, 22).unwrap())],
            seller: Party {
                name: "Sastrería Güicho, S.A. de C.V.".to_owned(),
                details: vec!["RFC EKU9003173C9".to_owned()],
            },
            buyer: Party {
                name: "María Núñez Ibáñez".to_owned(),
                details: vec!["Salina Cruz, Oaxaca".to_owned()],
            },
            lines: (1..=lines).map(line).collect(),
            sums: vec![
                (Message::new("Subtotal", "Subtotal"), mxn(185_175)),
                (Message::new("IVA 16 %", "IVA 16 %"), mxn(29_628)),
                (Message::new("Total", "Total"), mxn(214_803)),
            ],
            notes: "Precios válidos quince días.\nEntrega: ¡en una semana!".to_owned(),
            link: Some((
                Message::new("See and accept it here", "Véala y acéptela aquí"),
                WebUrl::parse("https://ventas.example.mx/q/abc").unwrap(),
            )),
        }
    }

    #[test]
    fn the_same_document_is_the_same_file() {
        let file = pdf(&quotation(3)).unwrap();
        assert!(file.starts_with(b"%PDF-1.") && file.len() < 100_000, "{} bytes", file.len());
        assert_eq!(file, pdf(&quotation(3)).unwrap());
        let other = Printed { folio: "COT-00043".to_owned(), ..quotation(3) };
        assert_ne!(file, pdf(&other).unwrap());
    }

    #[test]
    fn any_number_of_lines_of_any_length_fits() {
        for lines in [0, 1, 40, 200] {
            pdf(&quotation(lines)).unwrap();
        }
        let mut long = quotation(1);
        long.lines[0].description = "muy largo ".repeat(2_000);
        long.notes = "sinespacios".repeat(500);
        pdf(&long).unwrap();
    }
}

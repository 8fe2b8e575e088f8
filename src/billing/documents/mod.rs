//! Quotations and invoices on paper: what a page says, and where on it.
//!
//! Pure: the same document makes the same file, byte for byte, so its hash can stand for it.

mod layout;

use chrono::NaiveDate;

use crate::kernel::{Color, Locale, Message, Money, WebUrl};
use crate::platform::pdf::PdfError;

/// Who sells or buys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Party {
    /// The name.
    pub name: String,
    /// Tax identifier, address and the like, a line each.
    pub details: Vec<String>,
}

/// A line of what is sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedLine {
    /// What it is.
    pub description: String,
    /// How many, as a plain decimal.
    pub quantity: String,
    /// Of what, as people say it.
    pub unit: String,
    /// The price of one, as a plain decimal.
    pub unit_price: String,
    /// What is taken off, when anything is.
    pub discount: Option<Money>,
    /// The amount, before taxes.
    pub amount: Money,
}

/// A document of the tenant on its way to a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// What it is: `Cotización`, `Factura`.
    pub title: Message,
    /// Its number.
    pub folio: String,
    /// What is stamped over it in plain words, such as that it is a draft.
    pub remark: Option<Message>,
    /// Language and formats.
    pub locale: Locale,
    /// The colour of titles and lines.
    pub primary: Option<Color>,
    /// The colour of text on it.
    pub secondary: Option<Color>,
    /// Dates with their names, in their order.
    pub dates: Vec<(Message, NaiveDate)>,
    /// Who sells.
    pub seller: Party,
    /// Who buys.
    pub buyer: Party,
    /// The lines.
    pub lines: Vec<PrintedLine>,
    /// Sums with their names, the last of them the total.
    pub sums: Vec<(Message, Money)>,
    /// What else is to be said.
    pub notes: String,
    /// Where it can be seen and answered, as text and as a QR code.
    pub link: Option<(Message, WebUrl)>,
}

/// The document as PDF.
pub fn pdf(document: &Printed) -> Result<Vec<u8>, PdfError> {
    layout::pages(document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Currency;

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

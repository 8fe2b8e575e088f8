//! What a document says, as plain data.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::kernel::{Color, Currency, Decimal6, Locale, Message, Money, WebUrl};

/// What a document shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A version of a quotation.
    Quotation(Uuid),
    /// An issued invoice.
    Invoice(Uuid),
    /// A credit note.
    CreditNote(Uuid),
}

impl Subject {
    /// Its identifier.
    pub fn id(self) -> Uuid {
        let (Self::Quotation(id) | Self::Invoice(id) | Self::CreditNote(id)) = self;
        id
    }

    /// The folder of its files.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Quotation(_) => "quotations",
            Self::Invoice(_) => "invoices",
            Self::CreditNote(_) => "credit-notes",
        }
    }
}

/// What is made once: a subject as it stands, in a language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// What it shows.
    pub subject: Subject,
    /// Which version of a quotation; 1 of what has no versions.
    pub revision: i32,
    /// `draft` or `sent` of a quotation, `issued` or `void` of the rest.
    pub stage: &'static str,
    /// Language and formats.
    pub locale: Locale,
}

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
    /// The seller's picture, as PNG or JPEG.
    pub logo: Option<Vec<u8>>,
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

/// A price with at least the currency's decimals, and with as many more as it has.
pub fn price(price: Decimal6, currency: Currency) -> String {
    let digits = usize::from(currency.minor_digits());
    let plain = price.to_string();
    let (units, decimals) = plain.split_once('.').unwrap_or((&plain, ""));
    if decimals.len().max(digits) == 0 { plain } else { format!("{units}.{decimals:0<digits$}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_have_the_decimals_of_their_currency_or_more() {
        for (plain, code, expected) in [
            ("185.5", "MXN", "185.50"),
            ("185", "MXN", "185.00"),
            ("0.0125", "MXN", "0.0125"),
            ("1500", "CLP", "1500"),
            ("1500.5", "CLP", "1500.5"),
            ("7.1", "KWD", "7.100"),
        ] {
            let currency = Currency::parse(code).unwrap();
            assert_eq!(price(Decimal6::parse(plain).unwrap(), currency), expected, "{plain} {code}");
        }
    }
}

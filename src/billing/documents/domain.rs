//! What a document says, as plain data.

use chrono::NaiveDate;

use crate::kernel::{Color, Locale, Message, Money, WebUrl};

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

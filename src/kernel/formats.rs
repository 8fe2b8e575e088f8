//! How amounts and dates are written for people, by locale (Unicode CLDR 46, number symbols and long dates).

use chrono::{Datelike, NaiveDate};

use super::{Currency, Language, Locale, Money};

/// What stands before an amount, where people write one.
const SIGNS: [(&str, &str); 13] = [
    ("MXN", "$"),
    ("USD", "$"),
    ("ARS", "$"),
    ("CLP", "$"),
    ("COP", "$"),
    ("UYU", "$"),
    ("DOP", "$"),
    ("EUR", "€"),
    ("BRL", "R$"),
    ("PEN", "S/"),
    ("GTQ", "Q"),
    ("CRC", "₡"),
    ("GBP", "£"),
];

const MONTHS: [(&str, &str); 12] = [
    ("January", "enero"),
    ("February", "febrero"),
    ("March", "marzo"),
    ("April", "abril"),
    ("May", "mayo"),
    ("June", "junio"),
    ("July", "julio"),
    ("August", "agosto"),
    ("September", "septiembre"),
    ("October", "octubre"),
    ("November", "noviembre"),
    ("December", "diciembre"),
];

impl Locale {
    /// A decimal like `1234567.50` with the marks of the locale: `1,234,567.50` or `1.234.567,50`.
    pub fn decimal(self, plain: &str) -> String {
        let (point, separator) = self.marks();
        let (sign, unsigned) = plain.strip_prefix('-').map_or(("", plain), |unsigned| ("-", unsigned));
        let (units, decimals) =
            unsigned.split_once('.').map_or((unsigned, None), |(units, rest)| (units, Some(rest)));
        let mut written = sign.to_owned();
        for (index, digit) in units.char_indices() {
            if index > 0 && (units.len() - index).is_multiple_of(3) {
                written.push(separator);
            }
            written.push(digit);
        }
        if let Some(decimals) = decimals {
            written.push(point);
            written.push_str(decimals);
        }
        written
    }

    /// An amount with its currency: `$1,234.50 MXN`.
    pub fn money(self, money: Money) -> String {
        let amount = self.decimal(&money.amount());
        let (sign, unsigned) = amount.strip_prefix('-').map_or(("", &*amount), |unsigned| ("-", unsigned));
        format!("{sign}{}{unsigned} {}", symbol(money.currency()), money.currency())
    }

    /// A date in words: `22 de noviembre de 2026`, `November 22, 2026`.
    pub fn date(self, date: NaiveDate) -> String {
        let month = MONTHS.get(date.month0() as usize).copied().unwrap_or_default();
        match self.language() {
            Language::Spanish => format!("{} de {} de {}", date.day(), month.1, date.year()),
            Language::English => format!("{} {}, {}", month.0, date.day(), date.year()),
        }
    }

    fn marks(self) -> (char, char) {
        match self.as_str() {
            "es" | "es-AR" | "es-BO" | "es-CL" | "es-CO" | "es-EC" | "es-ES" | "es-GQ" | "es-PY"
            | "es-UY" | "es-VE" | "pt" | "pt-BR" | "pt-PT" | "de" | "de-DE" | "it" | "it-IT" | "ca-ES" => {
                (',', '.')
            }
            "es-CR" | "fr" | "fr-CA" | "fr-FR" => (',', '\u{a0}'),
            _ => ('.', ','),
        }
    }
}

fn symbol(currency: Currency) -> &'static str {
    SIGNS.iter().find(|(code, _)| *code == currency.as_str()).map_or("", |(_, sign)| sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_people_write_them() {
        for (locale, amount, currency, expected) in [
            ("es-MX", "1234567.50", "MXN", "$1,234,567.50 MXN"),
            ("es-MX", "999.00", "USD", "$999.00 USD"),
            ("es-AR", "1234.50", "ARS", "$1.234,50 ARS"),
            ("es-CL", "1500000", "CLP", "$1.500.000 CLP"),
            ("es-CR", "1000.00", "CRC", "₡1\u{a0}000,00 CRC"),
            ("en-US", "-1000.10", "EUR", "-€1,000.10 EUR"),
            ("pt-BR", "0.05", "BRL", "R$0,05 BRL"),
            ("es-MX", "100.00", "CAD", "100.00 CAD"),
        ] {
            let money = Money::parse(amount, Currency::parse(currency).unwrap()).unwrap();
            assert_eq!(Locale::parse(locale).unwrap().money(money), expected);
        }
    }

    #[test]
    fn dates_are_written_in_words() {
        let date = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
        for (locale, expected) in
            [("es-MX", "5 de enero de 2026"), ("en-US", "January 5, 2026"), ("pt-BR", "January 5, 2026")]
        {
            assert_eq!(Locale::parse(locale).unwrap().date(date), expected);
        }
    }
}

//! Currencies, by ISO 4217.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::{Invalid, schema};

/// A currency or unit of account of ISO 4217 in which prices are said; metals and test codes are left out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(into = "&'static str")]
pub struct Currency {
    code: &'static str,
    minor_digits: u8,
}

impl Currency {
    /// The Mexican peso.
    pub const MXN: Self = Self { code: "MXN", minor_digits: 2 };
    /// The dollar of the United States.
    pub const USD: Self = Self { code: "USD", minor_digits: 2 };

    /// Parses a code of three letters in either case.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let code = text.trim().to_ascii_uppercase();
        match CURRENCIES.binary_search_by_key(&code.as_str(), |currency| currency.0) {
            Ok(index) => Ok(Self { code: CURRENCIES[index].0, minor_digits: CURRENCIES[index].1 }),
            Err(_) => Err(Invalid::new(
                "This is not a currency of ISO 4217: use three letters, for example MXN.",
                "Esta no es una moneda ISO 4217: use tres letras, por ejemplo MXN.",
            )),
        }
    }

    /// The code.
    pub fn as_str(self) -> &'static str {
        self.code
    }

    /// The decimals of an amount: 2 for pesos, 0 for Chile's, 4 for the Unidad de Fomento.
    pub fn minor_digits(self) -> u8 {
        self.minor_digits
    }

    /// How many minor units make one: 100 for pesos.
    pub fn minor_per_unit(self) -> i64 {
        10_i64.pow(u32::from(self.minor_digits))
    }

    /// Every currency, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        CURRENCIES.iter().map(|&(code, minor_digits)| Self { code, minor_digits })
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

impl From<Currency> for &'static str {
    fn from(currency: Currency) -> Self {
        currency.code
    }
}

impl utoipa::PartialSchema for Currency {
    fn schema() -> RefOr<Schema> {
        schema::one_of("A currency, by its ISO 4217 code.", Self::all().map(Self::as_str), "MXN")
    }
}

impl utoipa::ToSchema for Currency {}

/// Code and minor-unit digits of ISO 4217, sorted by code.
#[rustfmt::skip]
const CURRENCIES: [(&str, u8); 164] = [
    ("AED", 2), ("AFN", 2), ("ALL", 2), ("AMD", 2), ("AOA", 2), ("ARS", 2), ("AUD", 2), ("AWG", 2),
    ("AZN", 2), ("BAM", 2), ("BBD", 2), ("BDT", 2), ("BHD", 3), ("BIF", 0), ("BMD", 2), ("BND", 2),
    ("BOB", 2), ("BOV", 2), ("BRL", 2), ("BSD", 2), ("BTN", 2), ("BWP", 2), ("BYN", 2), ("BZD", 2),
    ("CAD", 2), ("CDF", 2), ("CHE", 2), ("CHF", 2), ("CHW", 2), ("CLF", 4), ("CLP", 0), ("CNY", 2),
    ("COP", 2), ("COU", 2), ("CRC", 2), ("CUP", 2), ("CVE", 2), ("CZK", 2), ("DJF", 0), ("DKK", 2),
    ("DOP", 2), ("DZD", 2), ("EGP", 2), ("ERN", 2), ("ETB", 2), ("EUR", 2), ("FJD", 2), ("FKP", 2),
    ("GBP", 2), ("GEL", 2), ("GHS", 2), ("GIP", 2), ("GMD", 2), ("GNF", 0), ("GTQ", 2), ("GYD", 2),
    ("HKD", 2), ("HNL", 2), ("HTG", 2), ("HUF", 2), ("IDR", 2), ("ILS", 2), ("INR", 2), ("IQD", 3),
    ("IRR", 2), ("ISK", 0), ("JMD", 2), ("JOD", 3), ("JPY", 0), ("KES", 2), ("KGS", 2), ("KHR", 2),
    ("KMF", 0), ("KPW", 2), ("KRW", 0), ("KWD", 3), ("KYD", 2), ("KZT", 2), ("LAK", 2), ("LBP", 2),
    ("LKR", 2), ("LRD", 2), ("LSL", 2), ("LYD", 3), ("MAD", 2), ("MDL", 2), ("MGA", 2), ("MKD", 2),
    ("MMK", 2), ("MNT", 2), ("MOP", 2), ("MRU", 2), ("MUR", 2), ("MVR", 2), ("MWK", 2), ("MXN", 2),
    ("MXV", 2), ("MYR", 2), ("MZN", 2), ("NAD", 2), ("NGN", 2), ("NIO", 2), ("NOK", 2), ("NPR", 2),
    ("NZD", 2), ("OMR", 3), ("PAB", 2), ("PEN", 2), ("PGK", 2), ("PHP", 2), ("PKR", 2), ("PLN", 2),
    ("PYG", 0), ("QAR", 2), ("RON", 2), ("RSD", 2), ("RUB", 2), ("RWF", 0), ("SAR", 2), ("SBD", 2),
    ("SCR", 2), ("SDG", 2), ("SEK", 2), ("SGD", 2), ("SHP", 2), ("SLE", 2), ("SOS", 2), ("SRD", 2),
    ("SSP", 2), ("STN", 2), ("SVC", 2), ("SYP", 2), ("SZL", 2), ("THB", 2), ("TJS", 2), ("TMT", 2),
    ("TND", 3), ("TOP", 2), ("TRY", 2), ("TTD", 2), ("TWD", 2), ("TZS", 2), ("UAH", 2), ("UGX", 0),
    ("USD", 2), ("USN", 2), ("UYI", 0), ("UYU", 2), ("UYW", 4), ("UZS", 2), ("VED", 2), ("VES", 2),
    ("VND", 0), ("VUV", 0), ("WST", 2), ("XAF", 0), ("XCD", 2), ("XCG", 2), ("XOF", 0), ("XPF", 0),
    ("YER", 2), ("ZAR", 2), ("ZMW", 2), ("ZWG", 2),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_unique_so_that_the_search_finds_them_all() {
        assert!(CURRENCIES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for currency in Currency::all() {
            assert_eq!(Currency::parse(currency.as_str()), Ok(currency));
        }
        assert_eq!(Currency::parse("mxn"), Ok(Currency::MXN));
        assert_eq!(Currency::parse("USD"), Ok(Currency::USD));
    }

    #[test]
    fn decimals_are_those_of_the_standard() {
        for (code, digits) in [
            ("MXN", 2),
            ("CRC", 2),
            ("COP", 2),
            ("CLP", 0),
            ("PEN", 2),
            ("ARS", 2),
            ("BRL", 2),
            ("GTQ", 2),
            ("HNL", 2),
            ("NIO", 2),
            ("PAB", 2),
            ("DOP", 2),
            ("UYU", 2),
            ("PYG", 0),
            ("BOB", 2),
            ("VES", 2),
            ("EUR", 2),
            ("JPY", 0),
            ("KWD", 3),
            ("CLF", 4),
        ] {
            assert_eq!(Currency::parse(code).unwrap().minor_digits(), digits, "{code}");
        }
        assert_eq!(Currency::MXN.minor_per_unit(), 100);
    }

    #[test]
    fn the_rest_is_refused() {
        for text in ["", "MX", "MXNN", "XXX", "XAU", "QQQ", "$", "peso", "M\0N"] {
            assert!(Currency::parse(text).is_err(), "{text:?}");
        }
    }
}

//! Exact decimals with at most six places: quantities, unit prices, rates.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::Invalid;
use super::schema::TextSchema;

/// An exact decimal with at most six places, such as a quantity or a rate. In JSON a text like `"1.5"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Decimal6 {
    millionths: i64,
}

/// A [`Decimal6`] that is not below zero: a price, a rate, a stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NonNegativeDecimal6(Decimal6);

/// A [`Decimal6`] above zero: what is sold of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PositiveDecimal6(Decimal6);

const PLACES: usize = 6;

impl Decimal6 {
    /// 0
    pub const ZERO: Self = Self::from_millionths(0);
    /// 1
    pub const ONE: Self = Self::from_millionths(1_000_000);

    /// A number of millionths, as the database keeps it: `Decimal6::from_millionths(1_500_000)` is 1.5.
    pub const fn from_millionths(millionths: i64) -> Self {
        Self { millionths }
    }

    /// Parses a decimal like `1234.5` or `-0.106667`: a point, no separators, no exponent, at most six places.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let (sign, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => ("-", unsigned),
            None => ("", text),
        };
        let (units, decimals) = match unsigned.split_once('.') {
            Some((units, decimals)) if !decimals.is_empty() => (units, decimals),
            Some(_) => return Err(not_decimal()),
            None => (unsigned, ""),
        };
        let is_plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let has_leading_zero = units.len() > 1 && units.starts_with('0');
        if units.is_empty() || has_leading_zero || !is_plain(units) || !is_plain(decimals) {
            return Err(not_decimal());
        }
        if decimals.len() > PLACES {
            return Err(Invalid::new(
                "The number has more than six decimals.",
                "El número lleva más de seis decimales.",
            ));
        }
        let millionths = format!("{sign}{units}{decimals:0<PLACES$}").parse();
        let millionths = millionths
            .map_err(|_| Invalid::new("The number is too large.", "El número es demasiado grande."))?;
        Ok(Self { millionths })
    }

    /// Parses a decimal that must not be below zero.
    pub fn parse_non_negative(text: &str) -> Result<Self, Invalid> {
        NonNegativeDecimal6::try_from(Self::parse(text)?).map(Self::from)
    }

    /// The number in millionths.
    pub const fn millionths(self) -> i64 {
        self.millionths
    }

    /// The sum; none beyond 64 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.millionths.checked_add(other.millionths).map(Self::from_millionths)
    }

    /// The difference; none beyond 64 bits.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.millionths.checked_sub(other.millionths).map(Self::from_millionths)
    }

    /// The number with all six places: `0.160000`, as tax authorities write rates.
    pub fn six_places(self) -> String {
        let sign = if self.millionths < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.millionths.unsigned_abs(), width = PLACES + 1);
        let (units, decimals) = digits.split_at(digits.len() - PLACES);
        format!("{sign}{units}.{decimals}")
    }
}

fn not_decimal() -> Invalid {
    Invalid::new(
        "The number must be a decimal like 1234.5, without separators of thousands.",
        "El número debe ser un decimal como 1234.5, sin separadores de miles.",
    )
}

/// Without zeros at the end: `1.5`, `16`.
impl fmt::Display for Decimal6 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.six_places().trim_end_matches('0').trim_end_matches('.'))
    }
}

impl TryFrom<String> for Decimal6 {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<Decimal6> for String {
    fn from(decimal: Decimal6) -> Self {
        decimal.to_string()
    }
}

impl TryFrom<Decimal6> for NonNegativeDecimal6 {
    type Error = Invalid;

    fn try_from(decimal: Decimal6) -> Result<Self, Invalid> {
        if decimal < Decimal6::ZERO {
            return Err(Invalid::new(
                "The number must not be below zero.",
                "El número no puede ser negativo.",
            ));
        }
        Ok(Self(decimal))
    }
}

impl TryFrom<Decimal6> for PositiveDecimal6 {
    type Error = Invalid;

    fn try_from(decimal: Decimal6) -> Result<Self, Invalid> {
        if decimal <= Decimal6::ZERO {
            return Err(Invalid::new("The number must be above zero.", "El número debe ser mayor que cero."));
        }
        Ok(Self(decimal))
    }
}

/// What the bounded decimals share.
macro_rules! bounded {
    ($name:ident, $schema:ident) => {
        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(text: String) -> Result<Self, Invalid> {
                Decimal6::parse(&text)?.try_into()
            }
        }

        impl From<$name> for Decimal6 {
            fn from(decimal: $name) -> Self {
                decimal.0
            }
        }

        impl From<$name> for String {
            fn from(decimal: $name) -> Self {
                decimal.0.to_string()
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $schema.schema()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

bounded!(NonNegativeDecimal6, NON_NEGATIVE);
bounded!(PositiveDecimal6, POSITIVE);

// Twelve digits before the point always fit; what has more and still fits is read all the same.
const SCHEMA: TextSchema = TextSchema {
    description: "An exact decimal with at most six places.",
    pattern: r"^-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?$",
    max_length: 20,
    example: "1.5",
};

const NON_NEGATIVE: TextSchema = TextSchema {
    description: "An exact decimal with at most six places, not below zero.",
    pattern: r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?$",
    max_length: 19,
    example: "1.5",
};

const POSITIVE: TextSchema = TextSchema {
    description: "An exact decimal with at most six places, above zero.",
    pattern: concat!(
        r"^([1-9][0-9]{0,11}(\.[0-9]{1,6})?|0\.([1-9][0-9]{0,5}|0[1-9][0-9]{0,4}|00[1-9][0-9]{0,3}",
        r"|000[1-9][0-9]{0,2}|0000[1-9][0-9]?|00000[1-9]))$"
    ),
    max_length: 19,
    example: "1.5",
};

impl utoipa::PartialSchema for Decimal6 {
    fn schema() -> RefOr<Schema> {
        SCHEMA.schema()
    }
}

impl utoipa::ToSchema for Decimal6 {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::schema::generator_of;

    #[test]
    fn decimals_are_read_exactly_and_written_short() {
        for (text, millionths, written) in [
            ("0", 0, "0"),
            ("-0.0", 0, "0"),
            ("1", 1_000_000, "1"),
            ("1.50", 1_500_000, "1.5"),
            ("100", 100_000_000, "100"),
            ("0.160000", 160_000, "0.16"),
            ("-0.000001", -1, "-0.000001"),
            (" 7.10\n", 7_100_000, "7.1"),
            ("9223372036854.775807", i64::MAX, "9223372036854.775807"),
            ("-9223372036854.775808", i64::MIN, "-9223372036854.775808"),
        ] {
            let decimal = Decimal6::parse(text).unwrap();
            assert_eq!((decimal.millionths(), &*decimal.to_string()), (millionths, written), "{text}");
        }
        assert_eq!(Decimal6::parse("0.16").unwrap().six_places(), "0.160000");
        assert_eq!(Decimal6::from_millionths(-1_500_000).six_places(), "-1.500000");
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "+1",
            "01",
            "--1",
            "1,5",
            "1.0000000",
            "1e3",
            "NaN",
            "١",
            "1 0",
            "1\0",
            "9223372036854.775808",
        ] {
            assert!(Decimal6::parse(text).is_err(), "{text:?}");
        }
        assert!(Decimal6::parse_non_negative("-0.000001").is_err());
        for wrong in ["1.5", "null", "[]", r#""-1""#] {
            assert!(serde_json::from_str::<NonNegativeDecimal6>(wrong).is_err(), "{wrong}");
        }
        assert!(PositiveDecimal6::try_from("0.0".to_owned()).is_err());
    }

    #[test]
    fn sums_beyond_64_bits_are_none() {
        let most = Decimal6::from_millionths(i64::MAX);
        assert_eq!(most.checked_add(Decimal6::ONE), None);
        assert_eq!(Decimal6::ZERO.checked_sub(Decimal6::ONE), Some(Decimal6::parse("-1").unwrap()));
    }

    proptest! {
        #[test]
        fn any_decimal_reads_back_as_itself(millionths: i64) {
            let decimal = Decimal6::from_millionths(millionths);
            prop_assert_eq!(Decimal6::parse(&decimal.to_string()), Ok(decimal));
            prop_assert_eq!(Decimal6::parse(&decimal.six_places()), Ok(decimal));
            let json = serde_json::to_string(&decimal).unwrap();
            prop_assert_eq!(serde_json::from_str::<Decimal6>(&json).unwrap(), decimal);
        }

        #[test]
        fn everything_that_the_schemas_describe_is_accepted(
            text in proptest::string::string_regex(&generator_of(&SCHEMA.schema())).unwrap(),
            natural in proptest::string::string_regex(&generator_of(&NON_NEGATIVE.schema())).unwrap(),
            positive in proptest::string::string_regex(&generator_of(&POSITIVE.schema())).unwrap()
        ) {
            prop_assert!(Decimal6::parse(&text).is_ok());
            prop_assert!(Decimal6::parse_non_negative(&natural).is_ok());
            prop_assert!(PositiveDecimal6::try_from(positive).is_ok());
        }
    }
}

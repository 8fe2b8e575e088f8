//! Exact amounts of money.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema, Type};

use super::{Currency, Invalid};

/// An exact amount: minor units (centavos) of a currency. In JSON `{"amount": "1234.56", "currency": "MXN"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "MoneyJson", into = "MoneyJson")]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// An amount of money that is not below zero: a price, a budget, a revenue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "MoneyJson", into = "MoneyJson")]
pub struct NonNegativeMoney(Money);

/// The shape in JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MoneyJson {
    amount: String,
    currency: Currency,
}

impl Money {
    /// An amount of minor units: `Money::from_minor(123_456, Currency::MXN)` is 1,234.56 pesos.
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Parses a decimal like `1234.56` or `-0.50`: a point, no separators, no exponent, no more decimals than the currency has.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, Invalid> {
        let amount = amount.trim();
        let (is_negative, unsigned) = match amount.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, amount),
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
        let digits = usize::from(currency.minor_digits());
        if decimals.len() > digits {
            return Err(Invalid::formatted(
                format!("{currency} has {digits} decimals: the amount has {}.", decimals.len()),
                format!("{currency} lleva {digits} decimales: la cantidad tiene {}.", decimals.len()),
            ));
        }
        let sign = if is_negative { "-" } else { "" };
        let minor = format!("{sign}{units}{decimals:0<digits$}").parse().map_err(|_| too_large())?;
        Ok(Self { minor, currency })
    }

    /// Parses an amount that must not be below zero.
    pub fn parse_non_negative(amount: &str, currency: Currency) -> Result<Self, Invalid> {
        NonNegativeMoney::try_from(Self::parse(amount, currency)?).map(Self::from)
    }

    /// The amount in minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The amount as a decimal with all the currency's decimals: `1234.50`.
    pub fn amount(self) -> String {
        let digits = usize::from(self.currency.minor_digits());
        let sign = if self.minor < 0 { "-" } else { "" };
        let minor = format!("{:0>width$}", self.minor.unsigned_abs(), width = digits + 1);
        let (units, decimals) = minor.split_at(minor.len() - digits);
        if decimals.is_empty() { format!("{sign}{units}") } else { format!("{sign}{units}.{decimals}") }
    }

    /// Whether it has no more digits before the point than the document shows of any amount.
    pub fn is_documented(self) -> bool {
        let unit = 10_u64.pow(u32::from(self.currency.minor_digits()));
        self.minor.unsigned_abs() / unit < 10_u64.pow(DOCUMENTED_DIGITS)
    }

    /// The sum; refused for two currencies and beyond 64 bits.
    pub fn checked_add(self, other: Self) -> Result<Self, Invalid> {
        self.combine(other, i64::checked_add)
    }

    /// The difference; refused for two currencies and beyond 64 bits.
    pub fn checked_sub(self, other: Self) -> Result<Self, Invalid> {
        self.combine(other, i64::checked_sub)
    }

    fn combine(self, other: Self, operation: fn(i64, i64) -> Option<i64>) -> Result<Self, Invalid> {
        if self.currency != other.currency {
            return Err(Invalid::formatted(
                format!(
                    "{} and {} cannot be added: convert one of them first.",
                    self.currency, other.currency
                ),
                format!(
                    "{} y {} no se pueden sumar: convierta antes una de ellas.",
                    self.currency, other.currency
                ),
            ));
        }
        let minor = operation(self.minor, other.minor).ok_or_else(too_large)?;
        Ok(Self { minor, currency: self.currency })
    }
}

fn not_decimal() -> Invalid {
    Invalid::new(
        "The amount must be a decimal like 1234.56, without separators of thousands.",
        "La cantidad debe ser un decimal como 1234.56, sin separadores de miles.",
    )
}

fn too_large() -> Invalid {
    Invalid::new("The amount is too large.", "La cantidad es demasiado grande.")
}

impl TryFrom<Money> for NonNegativeMoney {
    type Error = Invalid;

    fn try_from(money: Money) -> Result<Self, Invalid> {
        if money.minor < 0 {
            return Err(Invalid::new(
                "The amount must not be below zero.",
                "La cantidad no puede ser negativa.",
            ));
        }
        Ok(Self(money))
    }
}

impl From<NonNegativeMoney> for Money {
    fn from(money: NonNegativeMoney) -> Self {
        money.0
    }
}

impl TryFrom<MoneyJson> for Money {
    type Error = Invalid;

    fn try_from(json: MoneyJson) -> Result<Self, Invalid> {
        Self::parse(&json.amount, json.currency)
    }
}

impl TryFrom<MoneyJson> for NonNegativeMoney {
    type Error = Invalid;

    fn try_from(json: MoneyJson) -> Result<Self, Invalid> {
        Money::try_from(json)?.try_into()
    }
}

impl From<Money> for MoneyJson {
    fn from(money: Money) -> Self {
        Self { amount: money.amount(), currency: money.currency }
    }
}

impl From<NonNegativeMoney> for MoneyJson {
    fn from(money: NonNegativeMoney) -> Self {
        money.0.into()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.amount(), self.currency)
    }
}

/// How many digits before the point fit 64 bits in every currency.
const DOCUMENTED_DIGITS: u32 = 14;

/// One object for each number of decimals, so that the document says exactly which amounts a currency takes.
///
/// Larger amounts than documented that still fit are read all the same.
fn money_schema(sign: &str) -> RefOr<Schema> {
    let mut schema = OneOfBuilder::new()
        .description(Some("An exact amount; its decimals are at most those of its currency."))
        .examples([json!({"amount": "1234.56", "currency": "MXN"})]);
    for digits in [2, 0, 3, 4] {
        let decimals = if digits == 0 { String::new() } else { format!(r"(\.[0-9]{{1,{digits}}})?") };
        let amount = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(format!("^{sign}(0|[1-9][0-9]{{0,{}}}){decimals}$", DOCUMENTED_DIGITS - 1)))
            .max_length(Some(20));
        let codes =
            Currency::all().filter(|currency| currency.minor_digits() == digits).map(Currency::as_str);
        let currency = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes));
        schema = schema.item(
            ObjectBuilder::new()
                .schema_type(Type::Object)
                .property("amount", amount)
                .property("currency", currency)
                .required("amount")
                .required("currency")
                .additional_properties(Some(AdditionalProperties::FreeForm(false))),
        );
    }
    RefOr::T(Schema::OneOf(schema.build()))
}

impl utoipa::PartialSchema for Money {
    fn schema() -> RefOr<Schema> {
        money_schema("-?")
    }
}

impl utoipa::ToSchema for Money {}

impl utoipa::PartialSchema for NonNegativeMoney {
    fn schema() -> RefOr<Schema> {
        money_schema("")
    }
}

impl utoipa::ToSchema for NonNegativeMoney {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    #[test]
    fn decimals_are_read_exactly() {
        for (amount, code, minor) in [
            ("1234.56", "MXN", 123_456),
            ("1234.5", "MXN", 123_450),
            ("1234", "MXN", 123_400),
            ("0", "MXN", 0),
            ("-0", "MXN", 0),
            ("0.01", "MXN", 1),
            ("-0.01", "MXN", -1),
            ("1500", "CLP", 1_500),
            ("1.2345", "CLF", 12_345),
            ("0.005", "KWD", 5),
            (" 7.10\n", "USD", 710),
            ("92233720368547758.07", "MXN", i64::MAX),
            ("-92233720368547758.08", "MXN", i64::MIN),
        ] {
            assert_eq!(Money::parse(amount, currency(code)).map(Money::minor), Ok(minor), "{amount} {code}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for (amount, code) in [
            ("", "MXN"),
            ("-", "MXN"),
            (".", "MXN"),
            ("1.", "MXN"),
            (".5", "MXN"),
            ("+1", "MXN"),
            ("01", "MXN"),
            ("--1", "MXN"),
            ("1,234.56", "MXN"),
            ("1.234", "MXN"),
            ("1.000", "MXN"),
            ("1.5", "CLP"),
            ("1e3", "MXN"),
            ("NaN", "MXN"),
            ("inf", "MXN"),
            ("0x10", "MXN"),
            ("١٢", "MXN"),
            ("$1", "MXN"),
            ("1 0", "MXN"),
            ("1\0", "MXN"),
            ("92233720368547758.08", "MXN"),
            ("99999999999999999999999999", "MXN"),
        ] {
            assert!(Money::parse(amount, currency(code)).is_err(), "{amount:?} {code}");
        }
        assert!(Money::parse_non_negative("-0.01", Currency::MXN).is_err());
        assert_eq!(Money::parse_non_negative("0.01", Currency::MXN).map(Money::minor), Ok(1));
    }

    #[test]
    fn json_has_one_shape() {
        let text = r#"{"amount":"1234.50","currency":"MXN"}"#;
        let money: Money = serde_json::from_str(text).unwrap();
        assert_eq!(money, Money::from_minor(123_450, Currency::MXN));
        assert_eq!(serde_json::to_string(&money).unwrap(), text);
        for wrong in [
            r#"{"amount":1234.5,"currency":"MXN"}"#,
            r#"{"amount":"1","currency":"MXN","extra":1}"#,
            r#"{"amount":"1"}"#,
            r#"{"amount":"1","currency":"pesos"}"#,
            r#"{"amount":"1.001","currency":"MXN"}"#,
        ] {
            assert!(serde_json::from_str::<Money>(wrong).is_err(), "{wrong}");
        }
        let negative = r#"{"amount":"-1.00","currency":"MXN"}"#;
        assert!(serde_json::from_str::<Money>(negative).is_ok());
        assert!(serde_json::from_str::<NonNegativeMoney>(negative).is_err());
    }

    #[test]
    fn sums_refuse_a_second_currency_and_overflow() {
        let one = |currency| Money::from_minor(100, currency);
        assert!(one(Currency::MXN).checked_add(one(Currency::USD)).is_err());
        assert!(Money::from_minor(i64::MAX, Currency::MXN).checked_add(one(Currency::MXN)).is_err());
        assert!(Money::from_minor(i64::MIN, Currency::MXN).checked_sub(one(Currency::MXN)).is_err());
        assert_eq!(one(Currency::MXN).to_string(), "1.00 MXN");
        assert_eq!(Money::from_minor(-5, Currency::MXN).to_string(), "-0.05 MXN");
    }

    proptest! {
        #[test]
        fn any_amount_reads_back_as_itself(minor: i64, index in 0..Currency::all().count()) {
            let money = Money::from_minor(minor, Currency::all().nth(index).unwrap());
            prop_assert_eq!(Money::parse(&money.amount(), money.currency()), Ok(money));
            let json = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        }

        #[test]
        fn subtracting_undoes_adding(one in -1_000_000_000_i64..1_000_000_000, other in -1_000_000_000_i64..1_000_000_000) {
            let (one, other) = (Money::from_minor(one, Currency::MXN), Money::from_minor(other, Currency::MXN));
            prop_assert_eq!(one.checked_add(other).unwrap(), other.checked_add(one).unwrap());
            prop_assert_eq!(one.checked_add(other).unwrap().checked_sub(other).unwrap(), one);
        }

        #[test]
        fn everything_that_the_schema_describes_is_accepted(amount in r"-?(0|[1-9][0-9]{0,13})(\.[0-9]{1,4})?") {
            prop_assert!(Money::parse(&amount, currency("CLF")).is_ok());
        }
    }
}

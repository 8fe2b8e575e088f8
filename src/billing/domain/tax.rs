//! Taxes of a line, and the rates that the law knows.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::{Decimal6, Invalid, NonNegativeDecimal6};

/// Which tax. `iva`: value added (SAT 002). `isr`: income (001). `ieps`: special production and services (003).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TaxName {
    /// On income.
    Isr,
    /// On added value.
    Iva,
    /// On special products and services.
    Ieps,
}

/// Whether the customer pays it on top, or keeps it back from what they pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TaxKind {
    /// Added to the price.
    Transferred,
    /// Kept back by the customer.
    Withheld,
}

/// How it is computed: a share of the base, an amount for each unit, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Factor {
    /// A share of the base.
    Rate,
    /// An amount for each unit.
    Quota,
    /// Nothing: the product is exempt.
    Exempt,
}

/// A tax of a line, with a rate that the table has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, try_from = "Form")]
#[schema(example = json!({ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" }))]
pub struct Tax {
    /// Which.
    pub tax: TaxName,
    /// Added, or kept back.
    pub kind: TaxKind,
    /// How it is computed.
    pub factor: Factor,
    /// 0.16 for 16 %, or pesos a unit for a quota; null for `exempt`.
    #[schema(value_type = Option<NonNegativeDecimal6>)]
    pub rate: Option<Decimal6>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    tax: TaxName,
    kind: TaxKind,
    factor: Factor,
    rate: Option<NonNegativeDecimal6>,
}

/// Rates of one tax that may be used, from the first to the last, in millionths.
struct Allowed(TaxName, TaxKind, Factor, i64, i64);

/// The SAT's catalogue `c_TasaOCuota` with the quota of 2026.
#[rustfmt::skip]
const TABLE: &[Allowed] = {
    use Factor::{Quota, Rate};
    use TaxKind::{Transferred, Withheld};
    use TaxName::{Ieps, Isr, Iva};
    &[
        Allowed(Iva, Transferred, Rate, 0, 0),
        Allowed(Iva, Transferred, Rate, 80_000, 80_000),
        Allowed(Iva, Transferred, Rate, 160_000, 160_000),
        Allowed(Iva, Withheld, Rate, 0, 160_000),
        Allowed(Isr, Withheld, Rate, 0, 350_000),
        Allowed(Ieps, Transferred, Rate, 0, 0),
        Allowed(Ieps, Transferred, Rate, 30_000, 30_000),
        Allowed(Ieps, Transferred, Rate, 60_000, 60_000),
        Allowed(Ieps, Transferred, Rate, 70_000, 70_000),
        Allowed(Ieps, Transferred, Rate, 80_000, 80_000),
        Allowed(Ieps, Transferred, Rate, 90_000, 90_000),
        Allowed(Ieps, Transferred, Rate, 250_000, 250_000),
        Allowed(Ieps, Transferred, Rate, 265_000, 265_000),
        Allowed(Ieps, Transferred, Rate, 300_000, 300_000),
        Allowed(Ieps, Transferred, Rate, 304_000, 304_000),
        Allowed(Ieps, Transferred, Rate, 500_000, 500_000),
        Allowed(Ieps, Transferred, Rate, 530_000, 530_000),
        Allowed(Ieps, Transferred, Rate, 1_600_000, 1_600_000),
        Allowed(Ieps, Transferred, Quota, 0, 72_160_500),
        Allowed(Ieps, Withheld, Rate, 60_000, 60_000),
        Allowed(Ieps, Withheld, Rate, 70_000, 70_000),
        Allowed(Ieps, Withheld, Rate, 80_000, 80_000),
        Allowed(Ieps, Withheld, Rate, 90_000, 90_000),
        Allowed(Ieps, Withheld, Rate, 250_000, 250_000),
        Allowed(Ieps, Withheld, Rate, 265_000, 265_000),
        Allowed(Ieps, Withheld, Rate, 300_000, 300_000),
        Allowed(Ieps, Withheld, Rate, 304_000, 304_000),
        Allowed(Ieps, Withheld, Rate, 500_000, 500_000),
        Allowed(Ieps, Withheld, Rate, 530_000, 530_000),
        Allowed(Ieps, Withheld, Rate, 1_600_000, 1_600_000),
        Allowed(Ieps, Withheld, Quota, 0, 72_160_500),
    ]
};

impl Tax {
    /// A tax as it is written; refused when the table does not have it.
    pub fn new(tax: TaxName, kind: TaxKind, factor: Factor, rate: Option<Decimal6>) -> Result<Self, Invalid> {
        let is_allowed = match (factor, rate) {
            // Only what would be added can be exempt.
            (Factor::Exempt, None) => kind == TaxKind::Transferred && tax != TaxName::Isr,
            (Factor::Exempt, Some(_)) | (_, None) => return Err(rate_missing()),
            (_, Some(rate)) => TABLE.iter().any(|allowed| {
                (allowed.0, allowed.1, allowed.2) == (tax, kind, factor)
                    && (allowed.3..=allowed.4).contains(&rate.millionths())
            }),
        };
        if is_allowed { Ok(Self { tax, kind, factor, rate }) } else { Err(not_in_table()) }
    }
}

fn rate_missing() -> Invalid {
    Invalid::new(
        "A tax has a `rate`, such as \"0.16\", unless it is `exempt`: then it has none.",
        "Un impuesto lleva `rate`, por ejemplo \"0.16\", salvo que sea `exempt`: entonces no lleva.",
    )
}

fn not_in_table() -> Invalid {
    Invalid::new(
        "The SAT's table of rates (c_TasaOCuota) does not have this one: IVA is 0, 0.08 or 0.16, withheld up to 0.16; ISR is \
         withheld up to 0.35; IEPS has its own list.",
        "La tabla de tasas del SAT (c_TasaOCuota) no la tiene: el IVA es 0, 0.08 o 0.16, retenido hasta 0.16; el ISR se \
         retiene hasta 0.35; el IEPS tiene su propia lista.",
    )
}

impl TryFrom<Form> for Tax {
    type Error = Invalid;

    fn try_from(form: Form) -> Result<Self, Invalid> {
        Self::new(form.tax, form.kind, form.factor, form.rate.map(Decimal6::from))
    }
}

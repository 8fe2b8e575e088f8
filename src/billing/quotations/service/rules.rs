//! What a company's sellers may offer without asking.

use serde_json::json;

use crate::billing::contract::SalesError;
use crate::billing::contract::events::QuotationRulesChanged;
use crate::billing::quotations::domain::{AmountLimit, DiscountLimits, Rules};
use crate::billing::quotations::store::{self, RulesRow};
use crate::kernel::{Invalid, Money};
use crate::platform::db::TenantTx;
use crate::platform::problem::Problem;

/// Rules to set.
#[derive(Debug, Clone)]
pub struct RulesInput {
    /// By role.
    pub discounts: DiscountLimits,
    /// By currency.
    pub amounts: Vec<AmountLimit>,
}

/// The company's rules and their version, 0 when it never set any.
pub fn rules(tx: &mut TenantTx<'_>) -> Result<(Rules, i32), SalesError> {
    let Some(row) = store::rules(tx)? else { return Ok((Rules::default(), 0)) };
    let corrupt = |_| Problem::internal();
    let discounts = serde_json::from_value(row.discount_limits).map_err(corrupt)?;
    let amounts = serde_json::from_value(row.amount_limits).map_err(corrupt)?;
    Ok((Rules { discounts, amounts }, row.version))
}

/// The company's rules.
pub fn parsed_rules(tx: &mut TenantTx<'_>) -> Result<Rules, SalesError> {
    rules(tx).map(|(rules, _)| rules)
}

/// Sets all rules over those of version `expected`, if one is given.
pub fn set_rules(
    tx: &mut TenantTx<'_>,
    expected: Option<i32>,
    input: RulesInput,
) -> Result<(Rules, i32), SalesError> {
    for (index, limit) in input.amounts.iter().enumerate() {
        let currency = Money::from(*limit).currency();
        if input.amounts[..index].iter().any(|other| Money::from(*other).currency() == currency) {
            let reason =
                Invalid::new("is of a currency that has a limit", "es de una moneda que ya tiene límite");
            return Err(SalesError::at(format!("/amount_limits/{index}"), reason));
        }
    }
    let (_, current) = rules(tx)?;
    if expected.is_some_and(|version| version != current) {
        return Err(SalesError::Stale(current));
    }
    let row = RulesRow {
        tenant_id: tx.tenant().uuid(),
        version: current + 1,
        discount_limits: json!(input.discounts),
        amount_limits: json!(input.amounts),
        updated_at: tx.now(),
    };
    if !store::save_rules(tx, &row, current)? {
        return Err(SalesError::Stale(rules(tx)?.1));
    }
    let tenant = tx.tenant().uuid();
    tx.emit(tenant, row.version, &QuotationRulesChanged { version: row.version });
    Ok((Rules { discounts: input.discounts, amounts: input.amounts }, row.version))
}

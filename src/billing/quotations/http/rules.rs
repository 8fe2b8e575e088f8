//! What sellers may offer without asking.

use actix_web::web::Data;
use actix_web::{get, put};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::ConfigureQuotations;
use crate::billing::domain::Percent;
use crate::billing::http::ReadBilling;
use crate::billing::quotations::domain::{AmountLimit, Rules};
use crate::billing::quotations::service::{self, RulesInput};
use crate::identity::Role;
use crate::kernel::Invalid;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Body, IfMatch, Reply};
use crate::platform::problem::{FieldError, Problem};

/// How much a role may take off.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "role": "SALES", "percent": "10" }))]
struct DiscountLimit {
    /// The role.
    role: Role,
    /// The most percent off a line.
    percent: Percent,
}

/// What sellers may offer without asking: all of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuotationRulesRequest, example = json!({
    "discount_limits": [{ "role": "SALES", "percent": "10" }], "amount_limits": [{ "amount": "100000.00", "currency": "MXN" }]
}))]
pub struct RulesRequest {
    /// The most percent off a line, by role; a role that is missing has no limit, and of several roles the highest counts.
    #[schema(max_items = 6)]
    discount_limits: Vec<DiscountLimit>,
    /// The most that a quotation may come to, one a currency; for whoever may not approve.
    #[schema(max_items = 20)]
    amount_limits: Vec<AmountLimit>,
}

/// What sellers may offer without asking.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuotationRulesView, example = json!({
    "discount_limits": [{ "role": "SALES", "percent": "10" }],
    "amount_limits": [{ "amount": "100000.00", "currency": "MXN" }], "version": 1
}))]
pub struct RulesView {
    /// The most percent off a line, by role.
    discount_limits: Vec<DiscountLimit>,
    /// The most that a quotation may come to.
    amount_limits: Vec<AmountLimit>,
    /// Counts the changes.
    version: i32,
}

/// Read the rules
///
/// Reads what sellers may offer without asking. More needs a colleague's approval before it is sent.
#[utoipa::path(operation_id = "quotations_rules", tag = "quotations", security(("bearer" = ["billing:read"])),
    responses((status = 200, description = "The rules; their `ETag` is the version.", body = RulesView)))]
#[get("/api/v1/quotations/rules")]
pub async fn quotations_rules(who: Authorized<ReadBilling>, db: Data<Db>) -> Result<Reply, Problem> {
    db.read(who.actor(), |tx| Ok::<_, Problem>(reply(service::rules(tx)?))).await
}

/// Set the rules
///
/// Sets what sellers may offer without asking.
#[utoipa::path(operation_id = "quotations_set_rules", tag = "quotations", security(("bearer" = ["tenant:write"])),
    params(("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = RulesRequest,
    responses((status = 200, description = "The rules as they are now.", body = RulesView)))]
#[put("/api/v1/quotations/rules")]
pub async fn quotations_set_rules(
    who: Authorized<ConfigureQuotations>,
    version: IfMatch,
    body: Body<RulesRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let input = body.0.parse()?;
    db.tenant(who.actor(), move |tx| Ok::<_, Problem>(reply(service::set_rules(tx, version.0, input)?))).await
}

fn reply((rules, version): (Rules, i32)) -> Reply {
    let role = |name: &str| serde_json::from_value(json!(name)).ok();
    let limits = rules.discounts.iter();
    let limits =
        limits.filter_map(|(name, percent)| Some(DiscountLimit { role: role(name)?, percent: *percent }));
    let view = RulesView { discount_limits: limits.collect(), amount_limits: rules.amounts, version };
    Reply::ok(&view).version(version)
}

impl RulesRequest {
    fn parse(self) -> Result<RulesInput, Problem> {
        let mut input = RulesInput { discounts: [].into(), amounts: self.amount_limits };
        for (index, limit) in self.discount_limits.into_iter().enumerate() {
            let name = json!(limit.role).as_str().unwrap_or_default().to_owned();
            if input.discounts.insert(name, limit.percent).is_some() {
                let reason = Invalid::new("has a limit already", "ya tiene un límite");
                return Err(Problem::invalid(vec![FieldError::at(
                    format!("/discount_limits/{index}/role"),
                    reason,
                )]));
            }
        }
        Ok(input)
    }
}

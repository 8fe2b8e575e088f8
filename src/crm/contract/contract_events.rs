//! What happens to the contracts of a customer.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::customer_events::{part, user};
use super::{CustomerId, example};
use crate::crm::contracts::domain::{BillingPeriod, ContractStatus};
use crate::kernel::{Currency, Money};
use crate::platform::auth::UserId;
use crate::platform::events::Event;

/// A contract as its first event tells it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerContractCreated {
    /// The customer.
    pub id: CustomerId,
    /// The contract.
    pub contract_id: Uuid,
    /// What it is about.
    pub title: String,
    /// Where it stands.
    pub status: ContractStatus,
    /// What is paid each time.
    pub value: Money,
    /// How often.
    pub billing_period: BillingPeriod,
    /// What that makes in a year.
    pub arr: Money,
    /// Its first day.
    pub starts_on: NaiveDate,
    /// Its last day.
    pub ends_on: Option<NaiveDate>,
    /// When it is to be renewed.
    pub renews_on: Option<NaiveDate>,
}

/// Which fields of a contract changed, with their values before and after.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerContractChanged {
    /// The customer.
    pub id: CustomerId,
    /// The contract.
    pub contract_id: Uuid,
    /// `{"<field>": {"from": …, "to": …}}`.
    #[schema(value_type = Object)]
    pub changes: Map<String, Value>,
}

/// A contract moved to another state.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerContractStatusChanged {
    /// The customer.
    pub id: CustomerId,
    /// The contract.
    pub contract_id: Uuid,
    /// The state before.
    pub from: ContractStatus,
    /// The state now.
    pub to: ContractStatus,
    /// Why, when somebody said.
    pub reason: Option<String>,
}

/// A customer goes on: a contract is in the place of another one.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerRenewed {
    /// The customer.
    pub id: CustomerId,
    /// The contract.
    pub contract_id: Uuid,
    /// The contract in whose place it is.
    pub previous_id: Uuid,
    /// What is paid each time.
    pub value: Money,
    /// What that makes in a year.
    pub arr: Money,
    /// What the contract before made in a year.
    pub previous_arr: Money,
    /// Its first day.
    pub starts_on: NaiveDate,
    /// Its last day.
    pub ends_on: Option<NaiveDate>,
}

/// The day has come on which a contract is to be renewed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerRenewalDue {
    /// The customer.
    pub id: CustomerId,
    /// The contract.
    pub contract_id: Uuid,
    /// The day.
    pub renews_on: NaiveDate,
    /// Whose the customer is.
    pub owner_id: Option<UserId>,
}

fn pesos(minor: i64) -> Money {
    Money::from_minor(minor, Currency::MXN)
}

fn day(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default()
}

impl Event for CustomerContractCreated {
    const TYPE: &'static str = "Customer.ContractCreated";
    const SUBJECT: &'static str = "customer.contract.created";
    const SUMMARY: &'static str = "A contract of a customer was written.";

    fn example() -> Self {
        Self {
            id: example(),
            contract_id: part(),
            title: "Mantenimiento 2027".to_owned(),
            status: ContractStatus::Draft,
            value: pesos(150_000),
            billing_period: BillingPeriod::Month,
            arr: pesos(1_800_000),
            starts_on: day(2027),
            ends_on: None,
            renews_on: Some(day(2028)),
        }
    }
}

impl Event for CustomerContractChanged {
    const TYPE: &'static str = "Customer.ContractChanged";
    const SUBJECT: &'static str = "customer.contract.changed";
    const SUMMARY: &'static str = "Fields of a contract changed.";

    fn example() -> Self {
        let mut changes = Map::new();
        changes.insert("renews_on".to_owned(), json!({ "from": null, "to": "2028-01-01" }));
        Self { id: example(), contract_id: part(), changes }
    }
}

impl Event for CustomerContractStatusChanged {
    const TYPE: &'static str = "Customer.ContractStatusChanged";
    const SUBJECT: &'static str = "customer.contract.status.changed";
    const SUMMARY: &'static str =
        "A contract of a customer moved to another state, by hand or because its end came.";

    fn example() -> Self {
        let (from, to) = (ContractStatus::Draft, ContractStatus::Active);
        Self { id: example(), contract_id: part(), from, to, reason: None }
    }
}

impl Event for CustomerRenewed {
    const TYPE: &'static str = "Customer.Renewed";
    const SUBJECT: &'static str = "customer.renewed";
    const SUMMARY: &'static str = "A contract of a customer was renewed.";

    fn example() -> Self {
        Self {
            id: example(),
            contract_id: part(),
            previous_id: user().uuid(),
            value: pesos(160_000),
            arr: pesos(1_920_000),
            previous_arr: pesos(1_800_000),
            starts_on: day(2028),
            ends_on: None,
        }
    }
}

impl Event for CustomerRenewalDue {
    const TYPE: &'static str = "Customer.RenewalDue";
    const SUBJECT: &'static str = "customer.renewal.due";
    const SUMMARY: &'static str = "The day has come on which a contract is to be renewed.";

    fn example() -> Self {
        Self { id: example(), contract_id: part(), renews_on: day(2028), owner_id: Some(user()) }
    }
}

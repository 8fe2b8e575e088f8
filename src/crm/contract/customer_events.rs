//! What happens to a customer itself.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{CustomerId, CustomerKind, example};
use crate::crm::customers::domain::ActivityKind;
use crate::crm::health::domain::HealthReason;
use crate::platform::auth::UserId;
use crate::platform::events::Event;
use crate::platform::id::Id;

/// A customer as its first event tells it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerCreated {
    /// The customer.
    pub id: CustomerId,
    /// What it is.
    pub kind: CustomerKind,
    /// What it is called.
    pub trade_name: String,
    /// What its papers call it.
    pub legal_name: Option<String>,
    /// The country of its tax identifier.
    pub tax_country: Option<String>,
    /// Its tax identifier.
    pub tax_number: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its phone, in E.164.
    pub phone: Option<String>,
    /// The account above it.
    pub parent_id: Option<CustomerId>,
    /// Whose it is.
    pub owner_id: Option<UserId>,
    /// The lead that it was.
    pub lead_id: Option<Uuid>,
}

/// Which fields of a customer changed, with their values before and after.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerUpdated {
    /// The customer.
    pub id: CustomerId,
    /// `{"<field>": {"from": …, "to": …}}`.
    #[schema(value_type = Object)]
    pub changes: Map<String, Value>,
}

/// A customer got another owner.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerAssigned {
    /// The customer.
    pub id: CustomerId,
    /// The owner before.
    pub from: Option<UserId>,
    /// The owner now.
    pub to: UserId,
}

/// A customer left.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerChurned {
    /// The customer.
    pub id: CustomerId,
    /// Why.
    pub reason: String,
}

/// A customer that had left came back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerReactivated {
    /// The customer.
    pub id: CustomerId,
}

/// A customer went into the archive.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerArchived {
    /// The customer.
    pub id: CustomerId,
    /// What it is called.
    pub trade_name: String,
}

/// A customer came out of the archive.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerRestored {
    /// The customer.
    pub id: CustomerId,
}

/// A person was added to, changed at, or taken from a customer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerContactChanged {
    /// The customer.
    pub id: CustomerId,
    /// The person.
    pub contact_id: Uuid,
    /// What was done.
    pub change: PartChange,
}

/// What was done to something of a customer, such as a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = CustomerPartChange)]
pub enum PartChange {
    /// It is new.
    Added,
    /// It is another one.
    Changed,
    /// It is gone.
    Removed,
}

/// Something was done about a customer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerActivityLogged {
    /// The customer.
    pub id: CustomerId,
    /// The activity.
    pub activity_id: Uuid,
    /// What kind.
    pub kind: ActivityKind,
    /// When it was done.
    pub at: DateTime<Utc>,
}

/// A customer's health became another.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerHealthScoreUpdated {
    /// The customer.
    pub id: CustomerId,
    /// The score before.
    pub from: i32,
    /// The score now.
    pub to: i32,
    /// Which rules gave or took how many points.
    pub reasons: Vec<HealthReason>,
}

pub(super) fn user() -> UserId {
    Id::from(Uuid::from_u128(0x0199_f3a2_0001_7d40_9b1f_3f6f_0a6b_2c11))
}

pub(super) fn part() -> Uuid {
    Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c52)
}

pub(super) fn moment() -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(1_796_050_800_000_000_000)
}

impl Event for CustomerCreated {
    const TYPE: &'static str = "Customer.Created";
    const SUBJECT: &'static str = "customer.created";
    const SUMMARY: &'static str = "A customer was created, by hand, by an integration or from a lead.";

    fn example() -> Self {
        Self {
            id: example(),
            kind: CustomerKind::Company,
            trade_name: "Sastrería Nájera".to_owned(),
            legal_name: Some("Confecciones Nájera SA de CV".to_owned()),
            tax_country: Some("MX".to_owned()),
            tax_number: Some("EKU9003173C9".to_owned()),
            email: Some("ines@sastrerianajera.mx".to_owned()),
            phone: Some("+529711609009".to_owned()),
            parent_id: None,
            owner_id: Some(user()),
            lead_id: None,
        }
    }
}

impl Event for CustomerUpdated {
    const TYPE: &'static str = "Customer.Updated";
    const SUBJECT: &'static str = "customer.updated";
    const SUMMARY: &'static str = "Fields of a customer changed.";

    fn example() -> Self {
        let mut changes = Map::new();
        changes.insert("website".to_owned(), json!({ "from": null, "to": "https://sastrerianajera.mx" }));
        Self { id: example(), changes }
    }
}

impl Event for CustomerAssigned {
    const TYPE: &'static str = "Customer.Assigned";
    const SUBJECT: &'static str = "customer.assigned";
    const SUMMARY: &'static str = "A customer got another owner.";

    fn example() -> Self {
        Self { id: example(), from: None, to: user() }
    }
}

impl Event for CustomerChurned {
    const TYPE: &'static str = "Customer.Churned";
    const SUBJECT: &'static str = "customer.churned";
    const SUMMARY: &'static str = "A customer left.";

    fn example() -> Self {
        Self { id: example(), reason: "Cerró la tienda".to_owned() }
    }
}

impl Event for CustomerReactivated {
    const TYPE: &'static str = "Customer.Reactivated";
    const SUBJECT: &'static str = "customer.reactivated";
    const SUMMARY: &'static str = "A customer that had left came back.";

    fn example() -> Self {
        Self { id: example() }
    }
}

impl Event for CustomerArchived {
    const TYPE: &'static str = "Customer.Archived";
    const SUBJECT: &'static str = "customer.archived";
    const SUMMARY: &'static str = "A customer went into the archive.";

    fn example() -> Self {
        Self { id: example(), trade_name: "Sastrería Nájera".to_owned() }
    }
}

impl Event for CustomerRestored {
    const TYPE: &'static str = "Customer.Restored";
    const SUBJECT: &'static str = "customer.restored";
    const SUMMARY: &'static str = "A customer came out of the archive.";

    fn example() -> Self {
        Self { id: example() }
    }
}

impl Event for CustomerContactChanged {
    const TYPE: &'static str = "Customer.ContactChanged";
    const SUBJECT: &'static str = "customer.contact.changed";
    const SUMMARY: &'static str = "A person was added to, changed at, or taken from a customer.";

    fn example() -> Self {
        Self { id: example(), contact_id: part(), change: PartChange::Added }
    }
}

impl Event for CustomerActivityLogged {
    const TYPE: &'static str = "Customer.ActivityLogged";
    const SUBJECT: &'static str = "customer.activity.logged";
    const SUMMARY: &'static str = "A call, mail, note, meeting or message was noted on a customer.";

    fn example() -> Self {
        Self { id: example(), activity_id: part(), kind: ActivityKind::Call, at: moment() }
    }
}

impl Event for CustomerHealthScoreUpdated {
    const TYPE: &'static str = "Customer.HealthScoreUpdated";
    const SUBJECT: &'static str = "customer.health-score.updated";
    const SUMMARY: &'static str = "A customer's health became another.";

    fn example() -> Self {
        let reasons = vec![HealthReason { rule: "active_contract".to_owned(), points: 15 }];
        Self { id: example(), from: 70, to: 85, reasons }
    }
}

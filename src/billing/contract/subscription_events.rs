//! What happens to subscriptions.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{InvoiceId, SubscriptionId};
use crate::billing::subscriptions::domain::Period;
use crate::crm::CustomerId;
use crate::kernel::{Currency, Money};
use crate::platform::events::{Event, EventKind};
use crate::platform::id::Id;

/// The events of subscriptions, for the catalogue.
pub fn catalogue() -> Vec<EventKind> {
    vec![
        EventKind::of::<SubscriptionCreated>(),
        EventKind::of::<SubscriptionChanged>(),
        EventKind::of::<SubscriptionBilled>(),
        EventKind::of::<SubscriptionPastDue>(),
        EventKind::of::<SubscriptionRecovered>(),
        EventKind::of::<SubscriptionPaused>(),
        EventKind::of::<SubscriptionResumed>(),
        EventKind::of::<SubscriptionCancelled>(),
    ]
}

/// There is a subscription.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SubscriptionCreated {
    /// The subscription.
    pub id: SubscriptionId,
    /// Who pays.
    pub customer_id: CustomerId,
    /// How often it is billed.
    pub period: Period,
    /// What a whole period costs before taxes.
    pub net: Money,
}

/// A subscription is called or costs something else, or ends with its period.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SubscriptionChanged {
    /// The subscription.
    pub id: SubscriptionId,
    /// Who pays.
    pub customer_id: CustomerId,
    /// What a whole period costs before taxes.
    pub net: Money,
}

/// A period was billed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SubscriptionBilled {
    /// The subscription.
    pub id: SubscriptionId,
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// The first day of the period.
    pub starts_on: NaiveDate,
    /// The day after its last.
    pub ends_on: NaiveDate,
}

/// An invoice of a subscription was not paid in time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SubscriptionPastDue {
    /// The subscription.
    pub id: SubscriptionId,
    /// Who pays.
    pub customer_id: CustomerId,
    /// The invoice.
    pub invoice_id: InvoiceId,
}

/// No invoice of a subscription is overdue any more.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SubscriptionRecovered {
    /// The subscription.
    pub id: SubscriptionId,
    /// Who pays.
    pub customer_id: CustomerId,
}

/// A subscription is not billed for now.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SubscriptionPaused {
    /// The subscription.
    pub id: SubscriptionId,
    /// Who pays.
    pub customer_id: CustomerId,
    /// `by_user` or `unpaid`.
    pub reason: String,
}

/// A subscription is billed again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SubscriptionResumed {
    /// The subscription.
    pub id: SubscriptionId,
    /// Who pays.
    pub customer_id: CustomerId,
}

/// A subscription is over.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SubscriptionCancelled {
    /// The subscription.
    pub id: SubscriptionId,
    /// Who pays.
    pub customer_id: CustomerId,
}

const fn uuid(last: u128) -> Uuid {
    Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c00 + last)
}

fn subscription() -> SubscriptionId {
    Id::from(uuid(0x91))
}

fn customer() -> CustomerId {
    Id::from(uuid(0x72))
}

fn invoice() -> InvoiceId {
    Id::from(uuid(0x71))
}

fn day(month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, month, 1).unwrap_or_default()
}

impl Event for SubscriptionCreated {
    const TYPE: &'static str = "Subscription.Created";
    const SUBJECT: &'static str = "subscription.created";
    const SUMMARY: &'static str = "A subscription was made.";

    fn example() -> Self {
        Self {
            id: subscription(),
            customer_id: customer(),
            period: Period::Month,
            net: Money::from_minor(150_000, Currency::MXN),
        }
    }
}

impl Event for SubscriptionChanged {
    const TYPE: &'static str = "Subscription.Changed";
    const SUBJECT: &'static str = "subscription.changed";
    const SUMMARY: &'static str = "A subscription was changed, or will end with the period that was billed.";

    fn example() -> Self {
        Self { id: subscription(), customer_id: customer(), net: Money::from_minor(150_000, Currency::MXN) }
    }
}

impl Event for SubscriptionBilled {
    const TYPE: &'static str = "Subscription.Billed";
    const SUBJECT: &'static str = "subscription.billed";
    const SUMMARY: &'static str = "A period of a subscription was billed.";

    fn example() -> Self {
        Self { id: subscription(), invoice_id: invoice(), starts_on: day(1), ends_on: day(2) }
    }
}

impl Event for SubscriptionPastDue {
    const TYPE: &'static str = "Subscription.PastDue";
    const SUBJECT: &'static str = "subscription.past-due";
    const SUMMARY: &'static str = "An invoice of a subscription was not paid in time.";

    fn example() -> Self {
        Self { id: subscription(), customer_id: customer(), invoice_id: invoice() }
    }
}

impl Event for SubscriptionRecovered {
    const TYPE: &'static str = "Subscription.Recovered";
    const SUBJECT: &'static str = "subscription.recovered";
    const SUMMARY: &'static str = "No invoice of a subscription is overdue any more.";

    fn example() -> Self {
        Self { id: subscription(), customer_id: customer() }
    }
}

impl Event for SubscriptionPaused {
    const TYPE: &'static str = "Subscription.Paused";
    const SUBJECT: &'static str = "subscription.paused";
    const SUMMARY: &'static str =
        "A subscription is not billed for now: somebody paused it, or its last reminder was in vain.";

    fn example() -> Self {
        Self { id: subscription(), customer_id: customer(), reason: "by_user".to_owned() }
    }
}

impl Event for SubscriptionResumed {
    const TYPE: &'static str = "Subscription.Resumed";
    const SUBJECT: &'static str = "subscription.resumed";
    const SUMMARY: &'static str = "A subscription is billed again.";

    fn example() -> Self {
        Self { id: subscription(), customer_id: customer() }
    }
}

impl Event for SubscriptionCancelled {
    const TYPE: &'static str = "Subscription.Cancelled";
    const SUBJECT: &'static str = "subscription.cancelled";
    const SUMMARY: &'static str = "A subscription is over.";

    fn example() -> Self {
        Self { id: subscription(), customer_id: customer() }
    }
}

//! What happens to quotations.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ProductId, QuotationId};
use crate::billing::domain::{Discount, DocumentLine};
use crate::crm::CustomerId;
use crate::kernel::{Currency, Decimal6, Money};
use crate::platform::auth::UserId;
use crate::platform::events::{Event, EventKind};
use crate::platform::id::Id;

/// The events of quotations.
pub fn catalogue() -> Vec<EventKind> {
    vec![
        EventKind::of::<QuotationCreated>(),
        EventKind::of::<QuotationVersionCreated>(),
        EventKind::of::<QuotationApprovalRequested>(),
        EventKind::of::<QuotationApproved>(),
        EventKind::of::<QuotationRejected>(),
        EventKind::of::<QuotationSent>(),
        EventKind::of::<QuotationAccepted>(),
        EventKind::of::<QuotationCancelled>(),
        EventKind::of::<QuotationExpired>(),
        EventKind::of::<QuotationRulesChanged>(),
    ]
}

/// A quotation is new: a draft.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuotationCreated {
    /// The quotation.
    pub quotation_id: QuotationId,
    /// Its number in the company.
    pub folio: i64,
    /// Whom it is for.
    pub customer_id: CustomerId,
    /// Who works on it.
    pub owner_id: Option<UserId>,
    /// The quotation that it is a copy of.
    pub copied_from: Option<QuotationId>,
}

/// The document says something else.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuotationVersionCreated {
    /// The quotation.
    pub quotation_id: QuotationId,
    /// The number of the document's version.
    pub number: i32,
    /// What it comes to.
    pub total: Money,
}

/// A seller asks to offer what a rule does not let them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuotationApprovalRequested {
    /// The quotation.
    pub quotation_id: QuotationId,
    /// Who asks.
    pub requested_by: Option<UserId>,
    /// Which rules: `discount`, `amount`.
    pub reasons: Vec<String>,
    /// The most that is taken off a line, in percent.
    pub highest_discount: Decimal6,
    /// What it comes to.
    pub total: Money,
}

/// A seller may offer it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuotationApproved {
    /// The quotation.
    pub quotation_id: QuotationId,
    /// Who says so.
    pub decided_by: Option<UserId>,
    /// Who asked.
    pub requested_by: Option<UserId>,
    /// Why.
    pub note: Option<String>,
}

/// Who rejected a quotation. `reviewer`: a colleague, before it was sent. `customer`: whom it is for, which cancels it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RejectedBy {
    /// A colleague.
    Reviewer,
    /// The customer.
    Customer,
}

/// A colleague or the customer does not want it so.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuotationRejected {
    /// The quotation.
    pub quotation_id: QuotationId,
    /// Who.
    pub by: RejectedBy,
    /// Why.
    pub reason: Option<String>,
    /// Who asked for the approval.
    pub requested_by: Option<UserId>,
}

/// The customer can see and answer it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuotationSent {
    /// The quotation.
    pub quotation_id: QuotationId,
    /// Its number in the company.
    pub folio: i64,
    /// Whom it is for.
    pub customer_id: CustomerId,
    /// What it comes to.
    pub total: Money,
    /// Until when it can be accepted.
    pub valid_until: DateTime<Utc>,
}

/// It is sold: its prices are frozen, and what it takes is taken.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuotationAccepted {
    /// The quotation.
    pub quotation_id: QuotationId,
    /// Its number in the company.
    pub folio: i64,
    /// Whom it is for.
    pub customer_id: CustomerId,
    /// The currency of the prices.
    pub currency: Currency,
    /// What it comes to.
    pub total: Money,
    /// What is taken off the whole.
    pub discount: Option<Discount>,
    /// What was sold, at the prices of the sale.
    pub lines: Vec<DocumentLine>,
    /// Who works on it.
    pub owner_id: Option<UserId>,
}

/// It was given up, by the company or by the customer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuotationCancelled {
    /// The quotation.
    pub quotation_id: QuotationId,
    /// Whom it was for.
    pub customer_id: CustomerId,
    /// Why.
    pub reason: Option<String>,
}

/// Its time is over.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuotationExpired {
    /// The quotation.
    pub quotation_id: QuotationId,
    /// Whom it was for.
    pub customer_id: CustomerId,
    /// Who works on it.
    pub owner_id: Option<UserId>,
}

/// What sellers may offer without asking was set.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuotationRulesChanged {
    /// Counts the changes.
    pub version: i32,
}

const fn known(last: u128) -> Uuid {
    Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c00 + last)
}

fn quotation() -> QuotationId {
    Id::from(known(0x71))
}

fn customer() -> CustomerId {
    Id::from(known(0x65))
}

fn user() -> UserId {
    Id::from(known(0x12))
}

fn total() -> Money {
    Money::from_minor(774_648, Currency::MXN)
}

fn line() -> DocumentLine {
    let product: ProductId = Id::from(known(0x61));
    let line = json!({
        "product_id": product, "description": "Uniforme escolar, talla M", "quantity": "40", "unit_code": "H87",
        "sat_product_key": "53102700", "unit_price": "185.5", "discount": { "percent": "10" },
        "taxes": [{ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" }]
    });
    #[expect(clippy::expect_used, reason = "it is a line")]
    serde_json::from_value(line).expect("a line")
}

impl Event for QuotationCreated {
    const TYPE: &'static str = "Quotation.Created";
    const SUBJECT: &'static str = "quotation.created";
    const SUMMARY: &'static str = "A quotation was drafted.";

    fn example() -> Self {
        Self {
            quotation_id: quotation(),
            folio: 12,
            customer_id: customer(),
            owner_id: Some(user()),
            copied_from: None,
        }
    }
}

impl Event for QuotationVersionCreated {
    const TYPE: &'static str = "Quotation.VersionCreated";
    const SUBJECT: &'static str = "quotation.version.created";
    const SUMMARY: &'static str = "A draft says something else than before; the versions before are kept.";

    fn example() -> Self {
        Self { quotation_id: quotation(), number: 2, total: total() }
    }
}

impl Event for QuotationApprovalRequested {
    const TYPE: &'static str = "Quotation.ApprovalRequested";
    const SUBJECT: &'static str = "quotation.approval.requested";
    const SUMMARY: &'static str = "A seller asks to offer more than the company's rules let them.";

    fn example() -> Self {
        Self {
            quotation_id: quotation(),
            requested_by: Some(user()),
            reasons: vec!["discount".to_owned()],
            highest_discount: Decimal6::from_millionths(25_000_000),
            total: total(),
        }
    }
}

impl Event for QuotationApproved {
    const TYPE: &'static str = "Quotation.Approved";
    const SUBJECT: &'static str = "quotation.approved";
    const SUMMARY: &'static str =
        "A colleague lets a seller offer what they asked for. A sale is `Quotation.Accepted`.";

    fn example() -> Self {
        let note = Some("Cliente de muchos años".to_owned());
        let requested_by = Some(Id::from(known(0x13)));
        Self { quotation_id: quotation(), decided_by: Some(user()), requested_by, note }
    }
}

impl Event for QuotationRejected {
    const TYPE: &'static str = "Quotation.Rejected";
    const SUBJECT: &'static str = "quotation.rejected";
    const SUMMARY: &'static str = "A colleague does not let it be offered, or the customer does not want it.";

    fn example() -> Self {
        let reason = Some("Muy caro".to_owned());
        Self { quotation_id: quotation(), by: RejectedBy::Customer, reason, requested_by: None }
    }
}

impl Event for QuotationSent {
    const TYPE: &'static str = "Quotation.Sent";
    const SUBJECT: &'static str = "quotation.sent";
    const SUMMARY: &'static str = "The customer can see and answer a quotation.";

    fn example() -> Self {
        Self {
            quotation_id: quotation(),
            folio: 12,
            customer_id: customer(),
            total: total(),
            valid_until: DateTime::from_timestamp_nanos(1_796_050_800_000_000_000),
        }
    }
}

impl Event for QuotationAccepted {
    const TYPE: &'static str = "Quotation.Accepted";
    const SUBJECT: &'static str = "quotation.accepted";
    const SUMMARY: &'static str =
        "A quotation is sold: its prices are frozen, its stock and its lots are taken.";

    fn example() -> Self {
        Self {
            quotation_id: quotation(),
            folio: 12,
            customer_id: customer(),
            currency: Currency::MXN,
            total: total(),
            discount: None,
            lines: vec![line()],
            owner_id: Some(user()),
        }
    }
}

impl Event for QuotationCancelled {
    const TYPE: &'static str = "Quotation.Cancelled";
    const SUBJECT: &'static str = "quotation.cancelled";
    const SUMMARY: &'static str = "A quotation was given up; what was reserved for it can be had again.";

    fn example() -> Self {
        Self { quotation_id: quotation(), customer_id: customer(), reason: Some("Duplicada".to_owned()) }
    }
}

impl Event for QuotationExpired {
    const TYPE: &'static str = "Quotation.Expired";
    const SUBJECT: &'static str = "quotation.expired";
    const SUMMARY: &'static str =
        "Nobody answered a quotation in time; what was reserved for it can be had again.";

    fn example() -> Self {
        Self { quotation_id: quotation(), customer_id: customer(), owner_id: Some(user()) }
    }
}

impl Event for QuotationRulesChanged {
    const TYPE: &'static str = "Quotation.RulesChanged";
    const SUBJECT: &'static str = "quotation.rules.changed";
    const SUMMARY: &'static str = "What sellers may offer without asking was set.";

    fn example() -> Self {
        Self { version: 2 }
    }
}

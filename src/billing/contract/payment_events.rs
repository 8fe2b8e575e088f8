//! What happens to payments.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{InvoiceId, PaymentId};
use crate::billing::payments::domain::Method;
use crate::crm::CustomerId;
use crate::kernel::{Currency, Money};
use crate::platform::events::{Event, EventKind};
use crate::platform::id::Id;

/// The events of payments, for the catalogue.
pub fn catalogue() -> Vec<EventKind> {
    vec![
        EventKind::of::<PaymentSucceeded>(),
        EventKind::of::<PaymentAllocated>(),
        EventKind::of::<PaymentRefundRequested>(),
        EventKind::of::<PaymentRefunded>(),
        EventKind::of::<PaymentRefundFailed>(),
    ]
}

/// A part of a payment, and the invoice that it pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Allocation {
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// How much of it.
    pub amount: Money,
}

/// Money came.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PaymentSucceeded {
    /// The payment.
    pub id: PaymentId,
    /// Who paid.
    pub customer_id: CustomerId,
    /// How.
    pub method: Method,
    /// How much.
    pub amount: Money,
    /// What it pays; the rest is the customer's credit.
    pub allocations: Vec<Allocation>,
}

/// What was left of a payment pays invoices.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PaymentAllocated {
    /// The payment.
    pub id: PaymentId,
    /// Who paid.
    pub customer_id: CustomerId,
    /// What it pays besides.
    pub allocations: Vec<Allocation>,
}

/// A provider is asked to give money back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PaymentRefundRequested {
    /// The payment.
    pub id: PaymentId,
    /// The refund.
    pub refund_id: Uuid,
    /// How much.
    pub amount: Money,
}

/// Money was given back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PaymentRefunded {
    /// The payment.
    pub id: PaymentId,
    /// The refund.
    pub refund_id: Uuid,
    /// Who had paid.
    pub customer_id: CustomerId,
    /// How much was given back.
    pub amount: Money,
    /// What is owed again of which invoices.
    pub allocations: Vec<Allocation>,
}

/// A provider refused to give money back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PaymentRefundFailed {
    /// The payment.
    pub id: PaymentId,
    /// The refund.
    pub refund_id: Uuid,
    /// How much.
    pub amount: Money,
}

const fn uuid(last: u128) -> Uuid {
    Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c00 + last)
}

fn payment() -> PaymentId {
    Id::from(uuid(0x81))
}

fn customer() -> CustomerId {
    Id::from(uuid(0x72))
}

const AMOUNT: Money = Money::from_minor(50_000, Currency::MXN);

fn allocations() -> Vec<Allocation> {
    vec![Allocation { invoice_id: Id::from(uuid(0x71)), amount: AMOUNT }]
}

impl Event for PaymentSucceeded {
    const TYPE: &'static str = "Payment.Succeeded";
    const SUBJECT: &'static str = "payment.succeeded";
    const SUMMARY: &'static str = "Money came: noted by somebody, or told by a provider.";

    fn example() -> Self {
        let (id, customer_id, method) = (payment(), customer(), Method::Transfer);
        Self { id, customer_id, method, amount: AMOUNT, allocations: allocations() }
    }
}

impl Event for PaymentAllocated {
    const TYPE: &'static str = "Payment.Allocated";
    const SUBJECT: &'static str = "payment.allocated";
    const SUMMARY: &'static str = "What was left of a payment pays invoices.";

    fn example() -> Self {
        Self { id: payment(), customer_id: customer(), allocations: allocations() }
    }
}

impl Event for PaymentRefundRequested {
    const TYPE: &'static str = "Payment.RefundRequested";
    const SUBJECT: &'static str = "payment.refund.requested";
    const SUMMARY: &'static str = "A provider is asked to give money back.";

    fn example() -> Self {
        Self { id: payment(), refund_id: uuid(0x82), amount: AMOUNT }
    }
}

impl Event for PaymentRefunded {
    const TYPE: &'static str = "Payment.Refunded";
    const SUBJECT: &'static str = "payment.refunded";
    const SUMMARY: &'static str = "Money was given back; what it paid is owed again.";

    fn example() -> Self {
        let (id, refund_id, customer_id) = (payment(), uuid(0x82), customer());
        Self { id, refund_id, customer_id, amount: AMOUNT, allocations: allocations() }
    }
}

impl Event for PaymentRefundFailed {
    const TYPE: &'static str = "Payment.RefundFailed";
    const SUBJECT: &'static str = "payment.refund.failed";
    const SUMMARY: &'static str = "A provider refused to give money back.";

    fn example() -> Self {
        Self { id: payment(), refund_id: uuid(0x82), amount: AMOUNT }
    }
}

//! What happens between a company and its payment providers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{InvoiceId, PaymentAccountId};
use crate::billing::payments::domain::Method;
use crate::kernel::{Currency, Money};
use crate::platform::events::{Event, EventKind};
use crate::platform::id::Id;

/// The events of providers, for the catalogue.
pub fn catalogue() -> Vec<EventKind> {
    vec![
        EventKind::of::<PaymentAccountConnected>(),
        EventKind::of::<PaymentAccountDisconnected>(),
        EventKind::of::<PaymentPageOpened>(),
        EventKind::of::<PaymentPageEnded>(),
        EventKind::of::<PaymentNoticeRefused>(),
    ]
}

/// The company connected with a provider, or changed how.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PaymentAccountConnected {
    /// The account.
    pub id: PaymentAccountId,
    /// `stripe` or `paypal`.
    pub provider: Method,
}

/// The company is connected with a provider no more.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PaymentAccountDisconnected {
    /// The account.
    pub id: PaymentAccountId,
    /// `stripe` or `paypal`.
    pub provider: Method,
}

/// A provider made a page on which an invoice can be paid.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PaymentPageOpened {
    /// The page.
    pub id: Uuid,
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// `stripe` or `paypal`.
    pub provider: Method,
    /// What is to be paid there.
    pub amount: Money,
}

/// Nobody can pay on a page any more, and nobody did.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PaymentPageEnded {
    /// The page.
    pub id: Uuid,
    /// The invoice.
    pub invoice_id: InvoiceId,
}

/// A provider told something that does not fit what we know; somebody should look.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PaymentNoticeRefused {
    /// The notice.
    pub id: Uuid,
    /// `stripe` or `paypal`.
    pub provider: String,
    /// The provider's name of it.
    pub event: String,
    /// Its kind, as the provider calls it.
    pub kind: String,
    /// Why.
    pub reason: String,
}

const fn uuid(last: u128) -> Uuid {
    Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c00 + last)
}

fn account() -> PaymentAccountId {
    Id::from(uuid(0x83))
}

fn invoice() -> InvoiceId {
    Id::from(uuid(0x71))
}

impl Event for PaymentAccountConnected {
    const TYPE: &'static str = "Payment.AccountConnected";
    const SUBJECT: &'static str = "payment.account.connected";
    const SUMMARY: &'static str =
        "The company connected with a payment provider, or changed its credentials.";

    fn example() -> Self {
        Self { id: account(), provider: Method::Stripe }
    }
}

impl Event for PaymentAccountDisconnected {
    const TYPE: &'static str = "Payment.AccountDisconnected";
    const SUBJECT: &'static str = "payment.account.disconnected";
    const SUMMARY: &'static str = "The company is connected with a payment provider no more.";

    fn example() -> Self {
        Self { id: account(), provider: Method::Paypal }
    }
}

impl Event for PaymentPageOpened {
    const TYPE: &'static str = "Payment.PageOpened";
    const SUBJECT: &'static str = "payment.page.opened";
    const SUMMARY: &'static str = "A provider made a page on which an invoice can be paid.";

    fn example() -> Self {
        let amount = Money::from_minor(116_000, Currency::MXN);
        Self { id: uuid(0x84), invoice_id: invoice(), provider: Method::Stripe, amount }
    }
}

impl Event for PaymentPageEnded {
    const TYPE: &'static str = "Payment.PageEnded";
    const SUBJECT: &'static str = "payment.page.ended";
    const SUMMARY: &'static str = "Nobody can pay on a page any more, and nobody did.";

    fn example() -> Self {
        Self { id: uuid(0x84), invoice_id: invoice() }
    }
}

impl Event for PaymentNoticeRefused {
    const TYPE: &'static str = "Payment.NoticeRefused";
    const SUBJECT: &'static str = "payment.notice.refused";
    const SUMMARY: &'static str =
        "A provider told something that does not fit what is known here, such as another amount.";

    fn example() -> Self {
        Self {
            id: uuid(0x85),
            provider: "stripe".to_owned(),
            event: "evt_1".to_owned(),
            kind: "checkout.session.completed".to_owned(),
            reason: "the page is none of ours".to_owned(),
        }
    }
}

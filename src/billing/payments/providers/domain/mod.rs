//! What payment providers are asked and what they tell, without input and output.

pub mod paypal;
pub mod stripe;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::billing::payments::domain::Method;
use crate::kernel::{Currency, Money};

/// Who collects money for the company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Stripe.
    Stripe,
    /// PayPal.
    Paypal,
}

impl Provider {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::Paypal => "paypal",
        }
    }

    /// The provider that is stored as `name`.
    pub fn stored(name: &str) -> Option<Self> {
        [Self::Stripe, Self::Paypal].into_iter().find(|provider| provider.as_str() == name)
    }

    /// How its payments are noted.
    pub fn method(self) -> Method {
        match self {
            Self::Stripe => Method::Stripe,
            Self::Paypal => Method::Paypal,
        }
    }

    /// Whether it takes this currency, and counts its decimals as ISO 4217 does.
    pub fn takes(self, currency: Currency) -> bool {
        const STRIPE: [&str; 22] = [
            "ARS", "BOB", "BRL", "CAD", "CHF", "CLP", "COP", "CRC", "DOP", "EUR", "GBP", "GTQ", "HNL", "JPY",
            "MXN", "NIO", "PAB", "PEN", "PYG", "USD", "UYU", "AUD",
        ];
        const PAYPAL: [&str; 8] = ["AUD", "BRL", "CAD", "CHF", "EUR", "GBP", "MXN", "USD"];
        match self {
            Self::Stripe => STRIPE.contains(&currency.as_str()),
            Self::Paypal => PAYPAL.contains(&currency.as_str()),
        }
    }

    /// How long a page to pay on may be open.
    pub fn page_lasts(self) -> TimeDelta {
        match self {
            // Stripe's most is a day, and PayPal's a few hours.
            Self::Stripe => TimeDelta::hours(23),
            Self::Paypal => TimeDelta::hours(3),
        }
    }
}

/// What an account is used with; sealed where it is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "provider", rename_all = "lowercase")]
pub enum Credentials {
    /// Of Stripe.
    Stripe {
        /// `sk_…` or `rk_…`
        secret_key: String,
        /// `whsec_…`
        webhook_secret: String,
    },
    /// Of PayPal.
    Paypal {
        /// Who we are.
        client_id: String,
        /// The proof of it.
        client_secret: String,
        /// PayPal's name of our webhook.
        webhook_id: String,
    },
}

impl Credentials {
    /// Whose they are.
    pub fn provider(&self) -> Provider {
        match self {
            Self::Stripe { .. } => Provider::Stripe,
            Self::Paypal { .. } => Provider::Paypal,
        }
    }

    /// The last characters of what they are known by.
    pub fn hint(&self) -> String {
        let (Self::Stripe { secret_key: known, .. } | Self::Paypal { client_id: known, .. }) = self;
        let last: Vec<char> = known.chars().rev().take(4).collect();
        format!("…{}", last.into_iter().rev().collect::<String>())
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Credentials({})", self.provider().as_str())
    }
}

/// A page that is asked for, on which one invoice is paid.
#[derive(Debug, Clone)]
pub struct Order {
    /// Our name of the page; also what keeps it from being made twice.
    pub checkout: Uuid,
    /// The invoice.
    pub invoice: Uuid,
    /// What the customer reads: series and number.
    pub label: String,
    /// What is to be paid.
    pub amount: Money,
    /// Where the customer comes back to.
    pub return_url: String,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

/// A page that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The provider's name of it.
    pub external: String,
    /// Where it is.
    pub url: String,
}

/// What an event of a provider means to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Money came on a page.
    Paid {
        /// The provider's name of the page.
        external: String,
        /// The provider's name of the payment.
        payment: String,
        /// How much, where it could be read.
        amount: Option<Money>,
    },
    /// The customer agreed; the money is still to be taken.
    Approved {
        /// The provider's name of the page.
        external: String,
    },
    /// Nobody will pay on the page any more.
    Ended {
        /// The provider's name of the page.
        external: String,
    },
    /// Money went back to a customer.
    GivenBack {
        /// The provider's name of the payment.
        payment: String,
        /// How much of it in all, where it could be read.
        total: Option<Money>,
    },
    /// Nothing that we act on.
    Nothing,
}

/// What came of a request for a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refunded {
    /// It is on its way, under this name.
    Taken(String),
    /// It will not be.
    Refused(String),
}

/// The text at `pointer`.
fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order() -> Order {
        Order {
            checkout: Uuid::from_u128(1),
            invoice: Uuid::from_u128(2),
            label: "A-17".to_owned(),
            amount: Money::from_minor(116_000, Currency::MXN),
            return_url: "https://www.empresa.mx/gracias".to_owned(),
            expires_at: DateTime::from_timestamp(1_796_050_800, 0).unwrap(),
        }
    }

    fn form(pairs: &[(&'static str, String)]) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }

    #[test]
    #[ignore = "installs PyPI's stripe and paypal-server-sdk: `cargo test --lib -- --ignored published_shape`"]
    fn requests_have_the_published_shape_and_others_are_refused() {
        let (money, id) = (Money::from_minor(5_000, Currency::MXN), Uuid::from_u128(3));
        let (checkout, refund) =
            (form(&stripe::checkout_form(&order())), form(&stripe::refund_form("pi_1", money, id)));
        let (paypal_order, paypal_refund) =
            (paypal::order_body(&order()).to_string(), paypal::refund_body(money, id).to_string());
        let (session, order_request) = ("checkout.SessionCreateParams", "OrderRequest");
        let requests = [
            ("stripe", session, checkout.clone(), true),
            ("stripe", session, format!("{checkout}&invoice_id=1"), false),
            ("stripe", session, checkout.replace("unit_amount", "unit_price"), false),
            ("stripe", session, checkout.replace("=116000", "=1160.5x"), false),
            ("stripe", "RefundCreateParams", refund.clone(), true),
            ("stripe", "RefundCreateParams", refund.replace("payment_intent", "payment"), false),
            ("paypal", order_request, paypal_order.clone(), true),
            ("paypal", order_request, paypal_order.replace("custom_id", "customer_id"), false),
            ("paypal", order_request, paypal_order.replace("purchase_units", "units"), false),
            ("paypal", "RefundRequest", paypal_refund.clone(), true),
            ("paypal", "RefundRequest", paypal_refund.replace("currency_code", "currency"), false),
        ];
        let line = |(provider, model, body, is_right): &(&str, &str, String, bool)| {
            let name = format!("{model}: {body}");
            let line = json!({ "name": name, "provider": provider, "model": model, "body": body, "is_right": is_right });
            format!("{line}\n")
        };
        let file = std::env::temp_dir().join(format!("cauce-payment-requests-{}.jsonl", std::process::id()));
        std::fs::write(&file, requests.iter().map(line).collect::<String>()).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/payment-requests.sh");
        let output = std::process::Command::new(script).arg(&file).output().unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told = String::from_utf8(output.stdout).unwrap();
        assert_eq!(told, "paypal: 3 refused\npaypal: 2 taken\nstripe: 4 refused\nstripe: 2 taken\n");
    }
}

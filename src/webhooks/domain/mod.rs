//! The rules of webhooks, without input and output: where they may go, how they are signed, when they are tried again.

mod address;
mod schedule;
mod secret;
mod target;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use address::is_public;
pub use schedule::wait_after;
pub use secret::{SigningSecret, signatures};
pub use target::{Reach, Target};

/// Endpoints that a tenant may have.
pub const MOST_ENDPOINTS: i64 = 20;

/// The kind of a test ping, which is in no log and no catalogue.
pub const PING: &str = "Webhook.Ping";

/// Why nothing is sent to an endpoint. `by_user`: somebody disabled it. `failing`: it failed for days without a success.
/// `gone`: it answered 410.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisabledReason {
    /// Somebody disabled it.
    ByUser,
    /// It failed for too long.
    Failing,
    /// It says that it is gone.
    Gone,
}

impl DisabledReason {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ByUser => "by_user",
            Self::Failing => "failing",
            Self::Gone => "gone",
        }
    }
}

/// How a delivery stands. `pending`: it is tried, or tried again. `delivered`: the receiver took it. `failed`: it is tried
/// no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// Tried, or tried again.
    Pending,
    /// Taken by the receiver.
    Delivered,
    /// Tried no more.
    Failed,
}

impl DeliveryStatus {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// How an attempt went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver answered with this status, and asked for so many seconds of peace, if any.
    Answered {
        /// The HTTP status.
        status: u16,
        /// `Retry-After` in seconds.
        retry_after: Option<u32>,
    },
    /// There was no answer.
    Failed(Failure),
}

/// Why there was no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It took too long.
    Timeout,
    /// No connection, or it broke.
    Connection,
    /// The address is not public, or not one to call.
    Address,
    /// The secret cannot be opened: it was sealed under another `JWT_SECRET`.
    Secret,
    /// The log no longer has the event.
    Event,
}

impl Outcome {
    /// Whether the receiver took it: any 2xx, and nothing else.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Answered { status: 200..=299, .. })
    }

    /// The status, when there was an answer.
    pub fn status(self) -> Option<i32> {
        match self {
            Self::Answered { status, .. } => Some(i32::from(status)),
            Self::Failed(_) => None,
        }
    }

    /// The stable name of what went wrong.
    pub fn error(self) -> Option<&'static str> {
        match self {
            Self::Answered { status: 200..=299, .. } => None,
            Self::Answered { status: 300..=399, .. } => Some("redirect"),
            Self::Answered { .. } => Some("status"),
            Self::Failed(Failure::Timeout) => Some("timeout"),
            Self::Failed(Failure::Connection) => Some("connection"),
            Self::Failed(Failure::Address) => Some("address_refused"),
            Self::Failed(Failure::Secret) => Some("secret_unreadable"),
            Self::Failed(Failure::Event) => Some("event_gone"),
        }
    }
}

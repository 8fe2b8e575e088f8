//! What is done about customers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was done about a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = CustomerActivityKind)]
pub enum ActivityKind {
    /// Somebody called.
    Call,
    /// An e-mail was sent or came.
    Email,
    /// A thought to keep.
    Note,
    /// People met.
    Meeting,
    /// A chat message was sent or came.
    Message,
}

impl ActivityKind {
    /// The name in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Email => "email",
            Self::Note => "note",
            Self::Meeting => "meeting",
            Self::Message => "message",
        }
    }
}

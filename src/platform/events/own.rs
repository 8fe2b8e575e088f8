//! What happens to events themselves, told as events: an operator dealt with one that failed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Event, EventKind};

/// A dead letter is tried again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeadLetterRetried {
    /// The dead letter.
    pub id: Uuid,
    /// The subscription that handles the event again.
    pub subscription: String,
    /// The event.
    pub event_id: Uuid,
    /// Its kind.
    pub event_type: String,
}

/// A dead letter is left as it is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeadLetterSkipped {
    /// The dead letter.
    pub id: Uuid,
    /// The subscription that never handled the event.
    pub subscription: String,
    /// The event.
    pub event_id: Uuid,
    /// Its kind.
    pub event_type: String,
}

/// The events about events, for the catalogue.
pub fn event_catalogue() -> Vec<EventKind> {
    vec![EventKind::of::<DeadLetterRetried>(), EventKind::of::<DeadLetterSkipped>()]
}

const LETTER: Uuid = Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c21);
const EVENT: Uuid = Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c22);

impl Event for DeadLetterRetried {
    const TYPE: &'static str = "DeadLetter.Retried";
    const SUBJECT: &'static str = "platform.dead-letter.retried";
    const SUMMARY: &'static str = "An operator had an event tried again that a subscription had given up on.";

    fn example() -> Self {
        let (subscription, event_type) = ("leads-scoring".to_owned(), "Lead.Created".to_owned());
        Self { id: LETTER, subscription, event_id: EVENT, event_type }
    }
}

impl Event for DeadLetterSkipped {
    const TYPE: &'static str = "DeadLetter.Skipped";
    const SUBJECT: &'static str = "platform.dead-letter.skipped";
    const SUMMARY: &'static str = "An operator left an event alone that a subscription had given up on.";

    fn example() -> Self {
        let (subscription, event_type) = ("leads-scoring".to_owned(), "Lead.Created".to_owned());
        Self { id: LETTER, subscription, event_id: EVENT, event_type }
    }
}

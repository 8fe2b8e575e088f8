//! What happens when a lead becomes a customer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::LeadId;
use crate::platform::events::Event;
use crate::platform::id::Id;

/// A lead became a customer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadConverted {
    /// The lead.
    pub id: LeadId,
    /// The customer.
    pub customer_id: Uuid,
    /// Where the lead came from.
    pub source: String,
    /// The campaign of its last touch, when one is known.
    pub campaign: Option<String>,
}

impl Event for LeadConverted {
    const TYPE: &'static str = "Lead.Converted";
    const SUBJECT: &'static str = "lead.converted";
    const SUMMARY: &'static str = "A lead became a customer.";

    fn example() -> Self {
        let id = |last: u128| Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c00 + last);
        Self {
            id: Id::from(id(0x11)),
            customer_id: id(0x21),
            source: "facebook".to_owned(),
            campaign: Some("buen-fin".to_owned()),
        }
    }
}

//! What happens when two leads become one, and when that is undone.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::LeadId;
use crate::platform::events::Event;
use crate::platform::id::Id;

/// Another lead went into this one, with its contacts and activities.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadMerged {
    /// The lead that stayed.
    pub id: LeadId,
    /// The lead that went into it, and is no more.
    pub other_id: LeadId,
    /// The merge, by which it can be undone.
    pub merge_id: Uuid,
    /// What changed in the lead that stayed: `{"<field>": {"from": …, "to": …}}`.
    #[schema(value_type = Object)]
    pub changes: Map<String, Value>,
}

/// Two leads are again what they were before they were merged.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadMergeUndone {
    /// The lead that had stayed.
    pub id: LeadId,
    /// The lead that is there again.
    pub other_id: LeadId,
    /// The merge.
    pub merge_id: Uuid,
    /// What changed back in the lead that had stayed: `{"<field>": {"from": …, "to": …}}`.
    #[schema(value_type = Object)]
    pub changes: Map<String, Value>,
}

fn id(last: u128) -> LeadId {
    Id::from(Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c00 + last))
}

fn industry(from: Option<&str>, to: Option<&str>) -> Map<String, Value> {
    Map::from_iter([("industry".to_owned(), json!({ "from": from, "to": to }))])
}

impl Event for LeadMerged {
    const TYPE: &'static str = "Lead.Merged";
    const SUBJECT: &'static str = "lead.merged";
    const SUMMARY: &'static str = "A lead went into another one, which keeps its contacts and activities.";

    fn example() -> Self {
        let changes = industry(None, Some("Confección"));
        Self { id: id(0x11), other_id: id(0x12), merge_id: id(0x13).uuid(), changes }
    }
}

impl Event for LeadMergeUndone {
    const TYPE: &'static str = "Lead.MergeUndone";
    const SUBJECT: &'static str = "lead.merge.undone";
    const SUMMARY: &'static str = "Two merged leads are again what they were.";

    fn example() -> Self {
        let changes = industry(Some("Confección"), None);
        Self { id: id(0x11), other_id: id(0x12), merge_id: id(0x13).uuid(), changes }
    }
}

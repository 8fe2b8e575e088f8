//! What happens to the rules by which new leads get their owners.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::platform::events::Event;

/// A rule was added, changed, or taken away.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeadAssignmentRuleChanged {
    /// The rule.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// What was done: `added`, `changed` or `removed`.
    pub change: RuleChange,
}

/// What was done to a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuleChange {
    /// It is new.
    Added,
    /// It says something else.
    Changed,
    /// It is gone.
    Removed,
}

impl Event for LeadAssignmentRuleChanged {
    const TYPE: &'static str = "Lead.AssignmentRuleChanged";
    const SUBJECT: &'static str = "lead.assignment-rule.changed";
    const SUMMARY: &'static str =
        "A rule by which new leads get their owners was added, changed or taken away.";

    fn example() -> Self {
        let id = Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c31);
        Self { id, name: "Ferias del Istmo".to_owned(), change: RuleChange::Added }
    }
}

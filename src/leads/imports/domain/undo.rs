//! The undoing of an import: how far it is, and what it left as it is.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kernel::Message;

/// The most leads that are named with what was left of them.
const LEADS_NAMED: usize = 200;

/// How far the undoing of an import is; stored with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Undo {
    /// Who asked for it.
    pub user: Option<Uuid>,
    /// The correlation id of the request.
    pub correlation: String,
    /// What is being done.
    pub phase: Phase,
    /// The last lead that was looked at.
    pub behind: Uuid,
    /// Leads of the import that are gone.
    pub removed: i32,
    /// Leads that have their former values again.
    pub restored: i32,
    /// Leads of the import that stay, because somebody changed them since.
    pub kept: i32,
    /// Leads of which something stays, and why; the first of them.
    pub leads: Vec<(Uuid, Message)>,
}

/// The two halves of undoing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Leads that the import brought are removed.
    Brought,
    /// Leads that it changed get back what they were.
    Changed,
}

impl Undo {
    /// Nothing is done yet.
    pub fn begin(user: Option<Uuid>, correlation: String) -> Self {
        Self {
            user,
            correlation,
            phase: Phase::Brought,
            behind: Uuid::nil(),
            removed: 0,
            restored: 0,
            kept: 0,
            leads: Vec::new(),
        }
    }

    /// Names a lead of which something stays.
    pub fn name(&mut self, lead: Uuid, reason: Message) {
        if self.leads.len() < LEADS_NAMED {
            self.leads.push((lead, reason));
        }
    }
}

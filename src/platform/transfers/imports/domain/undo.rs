//! The undoing of an import: how far it is, and what it left as it is.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kernel::Message;

/// The most records that are named with what was left of them.
const RECORDS_NAMED: usize = 200;

/// How far the undoing of an import is; stored with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Undo {
    /// Who asked for it.
    pub user: Option<Uuid>,
    /// The correlation id of the request.
    pub correlation: String,
    /// What is being done.
    pub phase: Phase,
    /// The last record that was looked at.
    pub behind: Uuid,
    /// Records of the import that are gone.
    pub removed: i32,
    /// Records that have their former values again.
    pub restored: i32,
    /// Records of the import that stay, because somebody changed them since or merged them into others.
    pub kept: i32,
    /// Records of which something stays, and why; the first of them.
    #[serde(alias = "leads")]
    pub records: Vec<(Uuid, Message)>,
}

/// The two halves of undoing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Records that the import brought are removed.
    Brought,
    /// Records that it changed get back what they were.
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
            records: Vec::new(),
        }
    }

    /// Names a record that the import brought and that stays.
    pub fn keep(&mut self, record: Uuid, reason: Message) {
        self.kept += 1;
        self.name(record, reason);
    }

    /// Names a record of which something stays.
    pub fn name(&mut self, record: Uuid, reason: Message) {
        if self.records.len() < RECORDS_NAMED {
            self.records.push((record, reason));
        }
    }
}

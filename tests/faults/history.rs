//! What the writers did and what they were answered.

use std::time::{Duration, Instant};

/// What was asked for.
#[derive(Debug, Clone)]
pub enum Action {
    /// A new lead with this e-mail address, which no other request has, and the score that the rules give it.
    Create { email: String, score: i64 },
    /// These notes, which no other request has, on a lead.
    Note { marker: String },
    /// Another state of a lead.
    Move { to: &'static str },
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was done: the lead and its version after it.
    Acked { lead: String, version: i64 },
    /// It was refused with this status, below 500.
    Refused(u16),
    /// It was answered with this status, 500 or above.
    Failed(u16),
    /// No answer came; it was done or it was not.
    Unknown,
    /// No server took the connection; it was not done.
    Unreachable,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Whose.
    pub tenant: usize,
    /// What.
    pub action: Action,
    /// Its correlation id.
    pub correlation: String,
    /// What came of it.
    pub outcome: Outcome,
    /// When it was sent.
    pub sent: Instant,
    /// How long the answer took, or the lack of one.
    pub took: Duration,
}

/// An uploaded file that the server took.
#[derive(Debug, Clone)]
pub struct Import {
    /// The import.
    pub id: String,
    /// Whose.
    pub tenant: usize,
    /// The e-mail addresses of its leads, and the scores that the rules give them.
    pub leads: Vec<(String, i64)>,
    /// Rows that are in it a second time.
    pub repeated: i64,
    /// Rows without any way to reach somebody.
    pub empty: i64,
}

/// A time in which the server may fail.
#[derive(Debug, Clone, Copy)]
pub struct Allowed {
    /// Its beginning.
    pub from: Instant,
    /// Its end.
    pub until: Instant,
}

/// All requests of a run.
pub struct History {
    /// In the order of writers, then of time.
    pub entries: Vec<Entry>,
    /// The file that was imported meanwhile.
    pub import: Option<Import>,
    /// When failures are allowed.
    pub allowed: Vec<Allowed>,
}

impl History {
    /// Whether `entry` met the server at a time when it may fail.
    pub fn excuses(&self, entry: &Entry) -> bool {
        let answered = entry.sent + entry.took;
        self.allowed.iter().any(|allowed| entry.sent < allowed.until && answered > allowed.from)
    }

    /// How many were acknowledged.
    pub fn acked(&self) -> usize {
        self.entries.iter().filter(|entry| matches!(entry.outcome, Outcome::Acked { .. })).count()
    }

    /// How many nobody knows of.
    pub fn unknown(&self) -> usize {
        self.entries
            .iter()
            .filter(|entry| matches!(entry.outcome, Outcome::Unknown | Outcome::Failed(_)))
            .count()
    }

    /// How many requests reached a server, or may have.
    pub fn sent(&self) -> usize {
        self.entries.iter().filter(|entry| entry.outcome != Outcome::Unreachable).count()
    }

    /// The longest wait for an answer that came.
    pub fn slowest(&self) -> Duration {
        let answered = |entry: &&Entry| !matches!(entry.outcome, Outcome::Unknown | Outcome::Unreachable);
        self.entries.iter().filter(answered).map(|entry| entry.took).max().unwrap_or_default()
    }
}

//! What a team is.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::identity::contract::TeamId;
use crate::kernel::Line;
use crate::platform::auth::UserId;

/// A team's name: one line of at most 120 characters.
pub(in crate::identity) type TeamName = Line<120>;

/// A team and who is in it.
#[derive(Debug, Clone)]
pub(in crate::identity) struct Team {
    /// The team.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// Who is in it, by identifier.
    pub members: BTreeSet<UserId>,
    /// Counts changes.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

//! What may happen to teams.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::platform::auth::UserId;
use crate::platform::events::Event;

const USER: Uuid = Uuid::from_u128(0x0199_f3a2_7c1e_7d40_9b1f_3f6f_0a6b_2c11);

/// People work together.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TeamCreated {
    /// The team's name.
    pub name: String,
    /// Who is in it.
    pub member_ids: Vec<UserId>,
}

impl Event for TeamCreated {
    const TYPE: &'static str = "Team.Created";
    const SUBJECT: &'static str = "team.created";
    const SUMMARY: &'static str = "A team was made.";

    fn example() -> Self {
        Self { name: "Ventas Oaxaca".to_owned(), member_ids: vec![USER.into()] }
    }
}

/// A team has another name or other people; it acts on their next request.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TeamUpdated {
    /// Its name now.
    pub name: String,
    /// Who came.
    pub joined_ids: Vec<UserId>,
    /// Who went.
    pub left_ids: Vec<UserId>,
}

impl Event for TeamUpdated {
    const TYPE: &'static str = "Team.Updated";
    const SUBJECT: &'static str = "team.updated";
    const SUMMARY: &'static str = "A team has another name or other people.";

    fn example() -> Self {
        Self { name: "Ventas Oaxaca".to_owned(), joined_ids: vec![USER.into()], left_ids: Vec::new() }
    }
}

/// A team is no more; its people stay.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TeamDeleted {
    /// What it was called.
    pub name: String,
}

impl Event for TeamDeleted {
    const TYPE: &'static str = "Team.Deleted";
    const SUBJECT: &'static str = "team.deleted";
    const SUMMARY: &'static str = "A team was dissolved.";

    fn example() -> Self {
        Self { name: "Ventas Oaxaca".to_owned() }
    }
}

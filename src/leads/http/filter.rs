//! Which leads, as the body of a request says it.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::leads::domain::Status;
use crate::leads::store::Filter;
use crate::platform::http::{Moment, search_patterns};
use crate::platform::problem::Problem;

/// Which leads, as in lists; what is left out does not matter.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadFilter {
    /// In this state.
    status: Option<Status>,
    /// Of this owner.
    owner_id: Option<Uuid>,
    /// From this source.
    source: Option<String>,
    /// With this tag.
    tag: Option<String>,
    /// Brought by this import.
    import_id: Option<Uuid>,
    /// With this score or more.
    score_min: Option<i32>,
    /// With this score or less.
    score_max: Option<i32>,
    /// Created at or after.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    created_from: Option<Moment>,
    /// Created before.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    created_to: Option<Moment>,
    /// Changed at or after.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    updated_from: Option<Moment>,
    /// Changed before.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    updated_to: Option<Moment>,
    /// With a follow-up at or after.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    follow_up_from: Option<Moment>,
    /// With a follow-up before.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    follow_up_to: Option<Moment>,
    /// Marked as forgotten, or not.
    forgotten: Option<bool>,
    /// Words in the company, contact or e-mail, or digits of the phone.
    #[schema(max_length = 100)]
    q: Option<String>,
    /// Conditions on custom fields as text: `{"giro": "Textil", "piezas.from": "10"}`.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    fields: Option<BTreeMap<String, String>>,
}

impl LeadFilter {
    /// Takes the conditions on custom fields out of it, as (name, value).
    pub fn take_conditions(&mut self) -> Vec<(String, String)> {
        self.fields.take().into_iter().flatten().collect()
    }

    /// What it leaves, without its conditions on custom fields.
    pub fn parse(self) -> Result<Filter, Problem> {
        let at = |moment: Option<Moment>| moment.map(Moment::utc);
        Ok(Filter {
            status: self.status,
            owner: self.owner_id,
            source: self.source,
            tag: self.tag,
            import: self.import_id,
            score: (self.score_min, self.score_max),
            created: (at(self.created_from), at(self.created_to)),
            updated: (at(self.updated_from), at(self.updated_to)),
            follow_up: (at(self.follow_up_from), at(self.follow_up_to)),
            forgotten: self.forgotten,
            patterns: self.q.as_deref().map(search_patterns).transpose()?,
            fields: Vec::new(),
        })
    }
}

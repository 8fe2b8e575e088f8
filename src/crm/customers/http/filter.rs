//! Which customers, as the body of a request says it.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::crm::contract::CustomerKind;
use crate::crm::customers::domain::Status;
use crate::crm::customers::store::Filter;
use crate::platform::http::{Moment, search_patterns};
use crate::platform::problem::Problem;

/// Which customers, as in lists; what is left out does not matter.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "status": "active", "fields": { "localidad": "Salina Cruz" } }))]
pub struct CustomerFilter {
    /// In this state.
    status: Option<Status>,
    /// Companies or people.
    kind: Option<CustomerKind>,
    /// Of this owner.
    owner_id: Option<Uuid>,
    /// Right below this account.
    parent_id: Option<Uuid>,
    /// Brought by this import.
    import_id: Option<Uuid>,
    /// With this tag.
    tag: Option<String>,
    /// With this health score or more.
    health_min: Option<i32>,
    /// With this health score or less.
    health_max: Option<i32>,
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
    /// `true` takes the archive instead of all others.
    archived: Option<bool>,
    /// Words in the names, the tax identifier or the e-mail, or digits of the phone.
    #[schema(max_length = 100)]
    q: Option<String>,
    /// Conditions on custom fields as text: `{"giro": "Textil", "piezas.from": "10"}`.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    fields: Option<BTreeMap<String, String>>,
}

impl CustomerFilter {
    /// Takes the conditions on custom fields out of it, as (name, value).
    pub fn take_conditions(&mut self) -> Vec<(String, String)> {
        self.fields.take().into_iter().flatten().collect()
    }

    /// What it leaves, without its conditions on custom fields.
    pub fn parse(self) -> Result<Filter, Problem> {
        let at = |moment: Option<Moment>| moment.map(Moment::utc);
        Ok(Filter {
            status: self.status,
            kind: self.kind,
            owner: self.owner_id,
            parent: self.parent_id,
            lead: None,
            import: self.import_id,
            tag: self.tag,
            health: (self.health_min, self.health_max),
            created: (at(self.created_from), at(self.created_to)),
            updated: (at(self.updated_from), at(self.updated_to)),
            archived: self.archived.unwrap_or_default(),
            patterns: self.q.as_deref().map(search_patterns).transpose()?,
            fields: Vec::new(),
        })
    }
}

//! What is known of a lead, and what changed in it.

use serde_json::{Map, Value, json};

use super::{Consent, Form};
use crate::kernel::{EmailAddress, Line, Money, Phone, Prose, WebUrl, take_value};

/// The most tags of a lead.
pub const MOST_TAGS: usize = 50;

/// What is known of a lead, each part parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// The company.
    pub company_name: Line<255>,
    /// The person.
    pub contact_name: Option<Line<255>>,
    /// Their e-mail address.
    pub email: Option<EmailAddress>,
    /// Their phone.
    pub phone: Option<Phone>,
    /// The company's web site.
    pub website: Option<WebUrl>,
    /// What the company does.
    pub industry: Option<Line<100>>,
    /// How many people work there.
    pub employee_count: Option<i32>,
    /// What it sells in a year.
    pub annual_revenue: Option<Money>,
    /// Where the lead came from.
    pub source: Line<100>,
    /// Labels, without repetition.
    pub tags: Vec<Line<50>>,
    /// Free text.
    pub notes: Option<Prose<10_000>>,
    /// What the tenant keeps beside.
    pub custom_fields: Map<String, Value>,
    /// Whether they agreed to be written to.
    pub consent: Option<Consent>,
}

impl Details {
    /// The keys by which another lead would be the same person.
    pub fn identities(&self) -> Vec<(&'static str, String)> {
        let email = self.email.as_ref().map(|email| ("email", email.normalized()));
        let phone = self.phone.as_ref().map(|phone| ("phone", phone.identity()));
        email.into_iter().chain(phone).collect()
    }

    /// Takes those of `tags` that it lacks, as many as there is room for.
    pub fn take_tags(&mut self, tags: &[Line<50>]) {
        let room = MOST_TAGS.max(self.tags.len());
        self.tags = joined_tags(&self.tags, tags);
        self.tags.truncate(room);
    }

    /// With what `fresh` knows and these lack: what is there stays, tags and custom fields join while there is room, notes are
    /// written below.
    #[must_use]
    pub fn completed(&self, fresh: &Self) -> Self {
        let mut details = self.clone();
        fill(&mut details.contact_name, fresh.contact_name.as_ref());
        fill(&mut details.email, fresh.email.as_ref());
        fill(&mut details.phone, fresh.phone.as_ref());
        fill(&mut details.website, fresh.website.as_ref());
        fill(&mut details.industry, fresh.industry.as_ref());
        fill(&mut details.employee_count, fresh.employee_count.as_ref());
        fill(&mut details.annual_revenue, fresh.annual_revenue.as_ref());
        fill(&mut details.consent, fresh.consent.as_ref());
        details.take_tags(&fresh.tags);
        if let Some(more) = &fresh.notes {
            let said = self.notes.as_ref().map(Prose::as_str).unwrap_or_default();
            if !said.contains(more.as_str()) {
                // What would be too long stays as it is.
                let both = Prose::parse(&format!("{said}\n{}", more.as_str()));
                details.notes = both.ok().or(details.notes);
            }
        }
        for (key, value) in &fresh.custom_fields {
            if details.custom_fields.get(key).is_none_or(Value::is_null) {
                take_value(&mut details.custom_fields, key, value.clone());
            }
        }
        details
    }
}

/// `tags`, and behind them those of `more` that are not among them, however many that makes.
pub fn joined_tags(tags: &[Line<50>], more: &[Line<50>]) -> Vec<Line<50>> {
    let mut joined = tags.to_vec();
    for tag in more {
        if !joined.contains(tag) {
            joined.push(tag.clone());
        }
    }
    joined
}

fn fill<T: Clone>(field: &mut Option<T>, fresh: Option<&T>) {
    if field.is_none() {
        *field = fresh.cloned();
    }
}

/// What differs between two states of a lead's details, as `{"<field>": {"from": …, "to": …}}`.
pub fn changes(before: &Details, after: &Details) -> Map<String, Value> {
    let (before, after) = (Form::from(before), Form::from(after));
    let pairs = [
        ("company_name", json!(before.company_name), json!(after.company_name)),
        ("contact_name", json!(before.contact_name), json!(after.contact_name)),
        ("email", json!(before.email), json!(after.email)),
        ("phone", json!(before.phone), json!(after.phone)),
        ("website", json!(before.website), json!(after.website)),
        ("industry", json!(before.industry), json!(after.industry)),
        ("employee_count", json!(before.employee_count), json!(after.employee_count)),
        ("annual_revenue", json!(before.annual_revenue), json!(after.annual_revenue)),
        ("source", json!(before.source), json!(after.source)),
        ("tags", json!(before.tags), json!(after.tags)),
        ("notes", json!(before.notes), json!(after.notes)),
        ("custom_fields", json!(before.custom_fields), json!(after.custom_fields)),
        ("consent", json!(before.consent), json!(after.consent)),
    ];
    pairs
        .into_iter()
        .filter(|(_, from, to)| from != to)
        .map(|(field, from, to)| (field.to_owned(), json!({ "from": from, "to": to })))
        .collect()
}
